"""Finds the things that a text may mean, the likeliest first, with the reasons for each.

A candidate is confirmed (`match`) only when nothing else comes near it. A former body is a candidate like any other and
says that it is one; what followed it is offered behind it, where the graph knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.reconciliation.folding import fold
from gob_graph.endpoint.reconciliation.score import SAME_LETTERS, compare
from gob_graph.endpoint.reconciliation.things import CODES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.reconciliation.catalogue import Catalogue
    from gob_graph.endpoint.reconciliation.identifiers import Identifier

LEAST: Final = 57.0
"""The score below which nothing is offered."""
WORTH: Final = 40.0
"""The score below which a name is no candidate at all, whatever properties speak for its thing."""
ENOUGH: Final = 80.0
"""The score of the best candidate from which on misspelt words are not looked for."""
SURE, SURE_WORDS, SURE_LENGTH, APART = 88.0, 80.0, 7, 10.0
"""A name that is not the very one is confirmed from this score on, from this much of its telling words, from so many
letters, and when the next candidate is so many points behind."""
BESIDE: Final = 95.0
"""The score of another candidate from which on even the very name is not confirmed."""
SUCCESSOR, WRONG_TYPE = 0.8, 0.85
"""What a successor gets of the score of what it followed; what is left to a thing of another type than wished."""
PART, WHOLE = 0.65, 0.3
"""Of a text in several parts, the score of what one part names: this much, and more by how much of it the part is."""
UNIT: Final = 0.97
"""The score of a name beside that of what its thing is a unit of, such as “GOB – Brussel Mobiliteit”."""
PROPERTIES: Final = 0.25
"""How much of the score the properties make that come with a query."""
COMPARED: Final = 20
"""Candidates whose properties are looked at."""
Agreeing = Callable[[list[int]], Mapping[int, float]]
_PARTS = re.compile(r"\s+[-–—/|>]+\s+|\s*[;,:(){}\[\]]+\s*|\s+[/|]\s*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query; `strict` says of types ``should``, ``any`` or ``all``; `properties` are (id, values)."""

    text: str
    types: tuple[str, ...] = ()
    strict: str = "should"
    properties: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that may be meant. `how` is ``name``, ``identifier``, ``iri``, ``part`` or ``successor``.

    `text` is the name or identifier that was hit, `kind` what it is to the thing, `of` what this one followed.
    """

    number: int
    score: float
    how: str
    text: str = ""
    kind: str = ""
    language: str = ""
    letters: float = 0.0
    words: float = 0.0
    shared: bool = False
    of: int | None = None
    right_type: bool | None = None
    agreeing: float | None = None
    match: bool = False

    @property
    def same(self) -> bool:
        """Whether it is the very name or identifier that was asked for."""
        return self.how != "successor" and self.letters >= 100


@dataclass(slots=True)
class Matcher:
    """Answers queries from a catalogue."""

    known: Catalogue
    _best: dict[int, Candidate] = field(default_factory=dict)

    def candidates(self, asked: Asked, agreeing: Agreeing | None = None) -> list[Candidate]:
        """The candidates, the likeliest first; at most one of them is confirmed.

        `agreeing` says, of things, how much of the properties that came with the query they have, from 0 to 1.
        """
        self._best = {}
        text = asked.text.strip()
        number = self.known.number(text) if text else None
        if number is not None:
            self._offer(Candidate(number, 100.0, "iri", text, "iri", "", 100, 100))
        self._identifiers(text)
        self._names(text)
        self._parts(text)
        self._successors()
        found = [one for candidate in self._best.values() if (one := self._typed(candidate, asked))]
        if asked.properties and agreeing:
            likely = sorted(found, key=self._place)[:COMPARED]
            shares = agreeing([one.number for one in likely])
            found = [_with_properties(one, shares.get(one.number, 0.0)) for one in likely]
        found = sorted((one for one in found if one.score >= LEAST), key=self._place)
        return self._confirmed(found, text)

    def _offer(self, candidate: Candidate) -> None:
        held = self._best.get(candidate.number)
        if held is None or (candidate.score, -len(candidate.kind)) > (held.score, -len(held.kind)):
            self._best[candidate.number] = candidate

    def _identifiers(self, text: str) -> None:
        for one in self.known.identifiers.exact(text) if text else ():
            number = self.known.paths.find(one.thing)
            if number is not None:
                self._offer(_of_identifier(number, one))

    def _names(self, text: str) -> None:
        folded = fold(text)
        if not folded.words:
            return
        index = self.known.index
        self._compare(folded.text, index.same(folded))
        near = index.near(folded, loose=False)
        self._compare(folded.text, near)
        if max((one.score for one in self._best.values()), default=0.0) < ENOUGH:
            seen = set(near)
            self._compare(folded.text, [n for n in index.near(folded, loose=True) if n not in seen])

    def _compare(self, text: str, numbers: Iterable[int], share: float = 1.0, how: str = "name") -> None:
        folded, index = fold(text), self.known.index
        for n in numbers:
            name = index.texts[n]
            found = compare(folded, name, index.weight)
            if found.score < WORTH:
                continue
            kind, language = KINDS[index.kinds[n]], CODES[index.languages[n]]
            whole = share == 1.0
            self._offer(
                Candidate(
                    index.owners[n],
                    round(found.score * share, 1),
                    how,
                    name,
                    kind,
                    language,
                    found.letters if whole else min(found.letters, 99.0),
                    found.words,
                )
            )

    def _parts(self, text: str) -> None:
        """Names in a text that holds more than one, such as an institution and its unit, or a name and its acronym."""
        if any(one.same for one in self._best.values()):
            return
        parts = [folded for part in _PARTS.split(text) if len((folded := fold(part)).compact) > 1]
        if len(parts) < 2:
            return
        whole = sum(len(part.compact) for part in parts)
        owners = [{self.known.index.owners[n] for n in self.known.index.same(part)} for part in parts]
        agreed = set.intersection(*owners)
        index = self.known.index
        for place, part in enumerate(parts):
            share = PART + WHOLE * len(part.compact) / whole
            near = index.same(part) or index.near(part, loose=True)
            self._compare(part.text, near, share, "part")
            named = set().union(*owners[:place], *owners[place + 1 :])
            units = [n for n in near if self.known.wholes.get(index.owners[n], frozenset()) & named]
            self._compare(part.text, units, UNIT, "part")
            agreed |= owners[place] & {index.owners[n] for n in units}
        for number in agreed:
            self._best[number] = replace(self._best[number], score=SAME_LETTERS - 1, letters=100, words=100)

    def _successors(self) -> None:
        best = sorted(self._best.values(), key=lambda one: -one.score)[:3]
        for former in best:
            ended = self.known.ended.get(former.number)
            for iri in ended.successors if ended else ():
                number = self.known.number(iri)
                if number is not None:
                    score = round(former.score * SUCCESSOR, 1)
                    self._offer(
                        Candidate(
                            number, score, "successor", former.text, former.kind, former.language, of=former.number
                        )
                    )

    def _typed(self, one: Candidate, asked: Asked) -> Candidate | None:
        if not asked.types:
            return one
        own = set(self.known.classes.get(one.number, ()))
        wanted = set(asked.types)
        right = wanted <= own if asked.strict == "all" else bool(wanted & own)
        if not right and asked.strict in {"all", "any"}:
            return None
        return replace(one, right_type=right, score=one.score if right else round(one.score * WRONG_TYPE, 1))

    def _place(self, one: Candidate) -> tuple[float, bool, bool, int, str]:
        """Of equals, what is no concept, what is not a former body, what it is hit by, its path."""
        path = self.known.paths[one.number]
        rank = KINDS.index(one.kind) if one.kind in KINDS else 0
        return -one.score, path.startswith("auth/"), one.number in self.known.ended, rank, path

    def _confirmed(self, found: list[Candidate], text: str) -> list[Candidate]:
        """Confirm the first one if nothing else comes near it."""
        if not found:
            return found
        first = found[0]
        others = [one for one in found[1:] if one.of != first.number]
        nearest = max((one.score for one in others), default=0.0)
        if first.shared or first.how == "successor" or first.right_type is False:
            sure = False
        elif first.same:
            sure = nearest < BESIDE
        else:
            sure = (
                first.how == "name"
                and first.number not in self.known.ended
                and first.score >= SURE
                and first.words >= SURE_WORDS
                and len(fold(text).compact) >= SURE_LENGTH
                and nearest <= first.score - APART
            )
        if first.agreeing is not None and first.agreeing < 0.5:
            sure = False
        return [replace(first, match=sure), *found[1:]]


def _of_identifier(number: int, one: Identifier) -> Candidate:
    shared = bool(one.via)
    return Candidate(number, 100.0, "identifier", one.written, one.scheme, "", 100, 100, shared=shared)


def _with_properties(one: Candidate, agreeing: float) -> Candidate:
    score = round(one.score * (1 - PROPERTIES) + 100 * PROPERTIES * agreeing, 1)
    return replace(one, score=score, agreeing=agreeing)
