"""What a search means: every word, a word that begins so, one of the same meaning, or one that is nearly spelt so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gob_graph.endpoint.reconciliation.folding import fold
from gob_graph.endpoint.reconciliation.prepare import catalogue
from gob_graph.endpoint.web.search.index import CODES, GROUPS
from gob_graph.endpoint.web.search.prepare import search_index
from gob_graph.endpoint.web.search.synonyms import meant_by
from gob_graph.endpoint.web.search.texts import KINDS, NAMING, THING

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.web.search.index import Key, SearchIndex

LONGEST: Final = 200
"""Characters of a search that are looked at."""
WORDS: Final = 24
"""Words of a search that are looked at."""
MOST: Final = 5000
"""Texts that are looked at for each word."""
EXACT, SYNONYM, MISSPELT = range(3)
"""How a text has a word: as it is asked for or as its beginning, in another word, or nearly spelt so."""
ENOUGH: Final = 0.5
"""The share of the telling words that something must have when nothing has them all."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found, and by what; `how` is the least exact way in which a word was found."""

    of: Key
    kind: str
    text: str
    language: str
    how: int
    group: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the likeliest first; `partial` when nothing has all of its words.

    `also` are the phrases that were looked for besides the words asked for.
    """

    hits: tuple[Hit, ...] = ()
    partial: bool = False
    also: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where a hit stands: the smaller comes first."""

    missing: int
    misspelt: bool
    less_than_a_name: bool
    speaks_of_it: bool
    group: int
    not_whole: bool
    how: int
    kind: int
    other_language: bool
    not_first: bool
    length: int
    text: str
    key: Key


def find(engine: Engine, asked: str, language: str = "") -> Found:
    """What a search finds, each once; of equal texts, that in the language is shown.

    Raises:
        RequestError: the engine has no time or room now.
    """
    index = search_index(engine.release)
    words = tuple(dict.fromkeys(fold(asked[:LONGEST]).words))[:WORDS]
    found = _Search(index, words, language).found()
    numbered = _numbered(engine, index, asked) if words else {}
    hits = (*numbered.values(), *(hit for hit in found.hits if hit.of not in numbered))
    return Found(hits, found.partial and not numbered, found.also)


def _numbered(engine: Engine, index: SearchIndex, asked: str) -> dict[Key, Hit]:
    """What bears the very identifier that is asked for, however that is spelled."""
    found: dict[Key, Hit] = {}
    for one in catalogue(engine).identifiers.exact(asked):
        key = (THING, f"{engine.release.base_iri}/{one.thing}")
        text = f"{one.scheme} {one.written}".strip()
        owner = index.owner(key)
        if owner is not None:
            found.setdefault(key, Hit(key, "identifier", text, "", EXACT, index.group(owner)))
    return found


class _Search:
    """One search: by word, how each text has it."""

    def __init__(self, index: SearchIndex, words: tuple[str, ...], language: str) -> None:
        self.index, self.words, self.language, self.also = index, words, language, dict[str, None]()
        self.having = [self._having(word) for word in words]

    def _having(self, word: str) -> dict[int, int]:
        names = self.index.names
        found = dict.fromkeys(names.holding(word, MOST), EXACT)
        for phrase in meant_by(word):
            parts = [names.holding(part, MOST) for part in fold(phrase).words]
            new = set.intersection(*parts) - found.keys()
            if new:
                self.also[phrase] = None
                found |= dict.fromkeys(new, SYNONYM)
        return found or dict.fromkeys(names.holding_like(word, MOST), MISSPELT)

    def found(self) -> Found:
        """What has all words, else what has enough of them."""
        if not self.words:
            return Found()
        owners = [{self.index.names.owners[n] for n in having} for having in self.having]
        several = set.intersection(*owners)
        if several:
            return Found(self._hits(several), also=tuple(self.also))
        weights = [self.index.names.weight(word) for word in self.words]
        share: dict[int, float] = {}
        for weight, some in zip(weights, owners, strict=True):
            for owner in some:
                share[owner] = share.get(owner, 0.0) + weight / sum(weights)
        enough = {owner for owner, part in share.items() if part >= ENOUGH}
        return Found(self._hits(enough), partial=True, also=tuple(self.also))

    def _hits(self, owners: set[int]) -> tuple[Hit, ...]:
        best: dict[int, tuple[Place, Hit]] = {}
        for name in set().union(*self.having):
            owner = self.index.names.owners[name]
            if owner not in owners:
                continue
            placed = self._placed(name, owner)
            if owner not in best or placed[0] < best[owner][0]:
                best[owner] = placed
        return tuple(hit for _, hit in sorted(best.values(), key=lambda pair: pair[0]))

    def _placed(self, name: int, owner: int) -> tuple[Place, Hit]:
        names = self.index.names
        hows = [having[name] for having in self.having if name in having]
        missing = len(self.words) - len(hows)
        text, kind, language = names.texts[name], names.kinds[name], CODES[names.languages[name]]
        key, group = self.index.key(owner), self.index.group(owner)
        folded = fold(text).words
        whole = kind < NAMING and tuple(dict.fromkeys(folded)) == self.words
        place = Place(
            missing,
            max(hows) == MISSPELT,
            not whole or GROUPS.index(group) >= GROUPS.index("concept"),
            kind >= NAMING,
            GROUPS.index(group),
            not whole,
            max(hows),
            kind,
            bool(language) and language != self.language,
            not folded[:1] or not folded[0].startswith(self.words[0]),
            len(text),
            text,
            key,
        )
        return place, Hit(key, KINDS[kind], text, language, max(hows), group)
