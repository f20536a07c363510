"""The Reconciliation Service API 0.2 (W3C Entity Reconciliation Community Group) on plain values, and the draft of 1.0.

Requests come as parsed JSON and leave as documents for JSON; words for people are asked of `Words`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from gob_graph.endpoint.reconciliation import properties
from gob_graph.endpoint.reconciliation.folding import fold
from gob_graph.endpoint.reconciliation.matching import Asked, Matcher
from gob_graph.endpoint.reconciliation.prepare import catalogue

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.reconciliation.catalogue import Catalogue
    from gob_graph.endpoint.reconciliation.matching import Candidate
    from gob_graph.endpoint.reconciliation.queries import Query

SUGGESTED: Final = 10
REMEMBERED: Final = 4096
"""Answers that are kept, of all languages together."""
Document = dict[str, Any]


class Words(Protocol):
    """What is said to people, in the language of the request."""

    language: str

    def term(self, iri: str) -> str:
        """The name of a class or property."""

    def own(self, text: str) -> str:
        """A text of the interface."""

    def name(self, known: Catalogue, number: int) -> str:
        """The name of a thing; of a former body with what followed it."""

    def description(self, known: Catalogue, found: Candidate) -> str:
        """Why a thing is a candidate, and what has to be known of it."""


_kept: OrderedDict[tuple[object, ...], tuple[Candidate, ...]] = OrderedDict()
_keeping = threading.Lock()


@dataclass(slots=True)
class Service:
    """The service over the release of an engine, for one request."""

    engine: Engine
    words: Words
    known: Catalogue = field(init=False)

    def __post_init__(self) -> None:
        """Take the catalogue of the release."""
        self.known = catalogue(self.engine)

    def candidates(self, query: Query) -> list[Document]:
        """The candidates for one query, at most as many as it asks for."""
        return [self._candidate(found) for found in self._found(query)[: query.limit]]

    def _found(self, query: Query) -> tuple[Candidate, ...]:
        asked = Asked(query.text, query.types, query.strict, tuple((p.id, v) for p, v in query.properties))
        key = (self.engine.release.path, asked)
        with _keeping:
            known = _kept.get(key)
        if known is not None:
            return known
        agreeing = properties.agreement(self.engine, query.properties) if query.properties else None
        found = tuple(Matcher(self.known).candidates(asked, agreeing))[:50]
        with _keeping:
            _kept[key] = found
            while len(_kept) > REMEMBERED:
                _kept.popitem(last=False)
        return found

    def _candidate(self, found: Candidate) -> Document:
        known = self.known
        return {
            "id": known.paths[found.number],
            "name": self.words.name(known, found.number),
            "description": self.words.description(known, found),
            "type": self._types(found.number),
            "score": found.score,
            "match": found.match,
            "features": [{"id": name, "value": value} for name, value in features(known, found).items()],
        }

    def _types(self, number: int) -> list[Document]:
        return [self._type(iri) for iri in self.known.classes.get(number, ())]

    def _type(self, iri: str) -> Document:
        return {"id": properties.compact(self.engine, iri), "name": self.words.term(iri)}

    def types(self) -> list[str]:
        """The classes of things, those with the most things first."""
        return list(self.known.class_counts)

    def default_types(self) -> list[Document]:
        """The classes of things that are no concepts and have identifiers or an end: bodies; else the largest ones."""
        return [self._type(iri) for iri in (self.known.body_classes or self.types())[:5]]

    def suggest_entities(self, prefix: str, cursor: int, limit: int) -> list[Document]:
        """Things with a name that begins so, or a word of it."""
        folded = fold(prefix)
        if not folded.words:
            return []
        found: dict[int, tuple[int, int, str]] = {}
        numbers = [*self.known.index.same(folded), *self.known.index.beginning_with(folded.words[-1], 200)]
        for n in numbers:
            name = fold(self.known.index.texts[n])
            if all(any(word.startswith(w) for word in name.words) for w in folded.words):
                owner = self.known.index.owners[n]
                place = (int(not name.text.startswith(folded.text)), len(name.text), name.text)
                found[owner] = min(found.get(owner, place), place)
        identified = [self.known.paths.find(one.thing) for one in self.known.identifiers.exact(prefix)]
        order = [n for n in dict.fromkeys(identified) if n is not None]
        order += [n for n in sorted(found, key=found.__getitem__) if n not in order]
        return [self._suggested(n) for n in order[cursor : cursor + limit]]

    def _suggested(self, number: int) -> Document:
        name = self.words.name(self.known, number)
        types = self._types(number)
        return {"id": self.known.paths[number], "name": name, "notable": types,
                "description": ", ".join(t["name"] for t in types)}  # fmt: skip

    def suggest_types(self, prefix: str) -> list[Document]:
        """Classes whose name or id has a word that begins so."""
        return _beginning(prefix, [self._type(iri) for iri in self.types()])

    def suggest_properties(self, prefix: str) -> list[Document]:
        """Properties whose name or id has a word that begins so."""
        return _beginning(prefix, [self._property(p) for p in properties.of_type(self.engine, None)])

    def propose(self, type_: str | None, limit: int) -> list[Document]:
        """The properties that things of a type have."""
        return [self._property(p) for p in properties.of_type(self.engine, type_)[:limit]]

    def _property(self, asked: properties.Property) -> Document:
        if not asked.iri:
            return {"id": asked.id, "name": self.words.own(properties.OWN[asked.id])}
        name = self.words.term(asked.iri)
        return {"id": asked.id, "name": f"{name} ({asked.language})" if asked.language else name}

    def extend(self, ids: list[str], wanted: list[properties.Property]) -> tuple[list[Document], dict[str, Document]]:
        """The values of properties of things: what the properties are, and by given id and property the cells."""
        numbers = {given: self.known.number(given) for given in ids}
        found = [n for n in numbers.values() if n is not None]
        held = properties.values_of(self.engine, found, [p.iri for p in wanted if p.iri])
        lines = {
            given: {p.id: [] if number is None else self._cells(number, p, held) for p in wanted}
            for given, number in numbers.items()
        }
        return [self._property(p) for p in wanted], lines

    def _cells(self, number: int, asked: properties.Property, held: dict[tuple[str, str], list[Any]]) -> list[Document]:
        known = self.known
        if asked.iri:
            values = held.get((known.iri(number), asked.iri), [])
            if asked.language:
                values = [v for v in values if getattr(v, "language", None) == asked.language]
            return properties.cells(self.engine, values, self.words.language, lambda n: self.words.name(known, n))
        return self._own_cells(number, asked.id)

    def _own_cells(self, number: int, name: str) -> list[Document]:
        known = self.known
        ended = known.ended.get(number)
        if name == "iri":
            return [{"str": known.iri(number)}]
        if name == "status":
            return [{"str": "former" if ended else "current"}]
        if name == "successor":
            after = [known.number(iri) for iri in ended.successors] if ended else []
            return [{"id": known.paths[n], "name": self.words.name(known, n)} for n in after if n is not None]
        all_of_it = {(one.scheme, one.written) for one in known.identifiers.of(known.paths[number])}
        own = sorted((scheme, written) for scheme, written in all_of_it if "://" not in written)
        return [{"str": f"{scheme}: {written}" if scheme else written} for scheme, written in own]


def features(known: Catalogue, found: Candidate) -> dict[str, float | bool]:
    """What speaks for a candidate, as numbers and truth values."""
    told: dict[str, float | bool] = {
        "same": found.same,
        "letters": found.letters,
        "words": found.words,
        "identifier": found.how in {"identifier", "iri"},
        "shared_identifier": found.shared,
        "former_name": found.kind == "former",
        "short_name": found.kind == "short",
        "part": found.how == "part",
        "successor": found.how == "successor",
        "former_body": found.number in known.ended,
    }
    if found.right_type is not None:
        told["type"] = found.right_type
    if found.agreeing is not None:
        told["properties"] = round(100 * found.agreeing, 1)
    return told


def _beginning(prefix: str, several: list[Document]) -> list[Document]:
    wanted = fold(prefix).words
    return [
        one
        for one in several
        if all(any(w.startswith(start) for w in fold(f"{one['name']} {one['id']}").words) for start in wanted)
    ]
