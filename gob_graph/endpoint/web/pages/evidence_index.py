"""Where each fact of a release comes from: the statements of the source page, and other documents.

Facts that have evidence of their own are read once. Those of files that one document gave whole may be millions: they
are asked for by their subjects.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.institution_graph import QUOTES, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Row

K = TypeVar("K")
V = TypeVar("V")
DOCUMENTS = """
SELECT ?subject ?predicate ?object ?document WHERE {
    ?fact rdf:subject ?subject ;
        rdf:predicate ?predicate ;
        rdf:object ?object ;
        prov:hadPrimarySource ?document .
}
"""
HAS_FILES = "SELECT ?dataset WHERE { ?dataset prov:hadPrimarySource ?document . ?graph void:subset ?dataset } LIMIT 1"
OF_FILES = """
SELECT ?subject ?predicate ?object ?document WHERE {
    VALUES ?subject { UNDEF }
    ?subject void:inDataset ?dataset .
    ?graph void:subset ?dataset .
    ?dataset prov:hadPrimarySource ?document .
    GRAPH ?graph { ?subject ?predicate ?object }
}
"""
Key = tuple[str, str, str]
"""Subject, predicate and object as N-Triples terms without the angle brackets of IRIs."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The statements of the source page and the addresses of documents that say something."""

    quotes: tuple[Reference, ...] = ()
    documents: tuple[str, ...] = ()

    def __add__(self, other: Proof) -> Proof:
        """Both, without what stands in both twice."""
        quotes, documents = dict.fromkeys(self.quotes + other.quotes), {*self.documents, *other.documents}
        return Proof(tuple(quotes), tuple(sorted(documents)))


class EvidenceIndex:
    """The proofs of facts, by fact and by the pair of things that a fact links."""

    def __init__(self, quotes: Iterable[tuple[Key, Reference]], documents: Iterable[tuple[Key, str]]) -> None:
        self._quotes = _lists(quotes)
        self._documents = _lists(documents)
        keys = list({**self._quotes, **self._documents})
        self._by_pair = _lists(((key[0], key[2]), key) for key in keys)
        self._by_text = _lists((key[2], key) for key in keys)

    def __add__(self, other: EvidenceIndex) -> EvidenceIndex:
        """What both know; the first is not copied."""
        both = EvidenceIndex((), ())
        both._quotes = _joined(self._quotes, other._quotes)
        both._documents = _joined(self._documents, other._documents)
        both._by_pair = _joined(self._by_pair, other._by_pair)
        both._by_text = _joined(self._by_text, other._by_text)
        return both

    def of(self, subject: str, predicate: str, value: object) -> Proof:
        """The proof of one fact; an empty one where it needs none."""
        return self._proof([(subject, predicate, text_of(value))])

    def documents_of(self, subject: str, predicate: str) -> tuple[str, ...]:
        """The documents that say anything of a thing by a property."""
        found = (d for (s, p, _), several in self._documents.items() if (s, p) == (subject, predicate) for d in several)
        return tuple(sorted(set(found)))

    def between(self, subjects: Iterable[str], values: Iterable[object]) -> Proof:
        """The proofs of all facts that lead from one of the subjects to one of the values."""
        ends = [text_of(value) for value in values]
        return self._proof([k for s in subjects for e in ends for k in self._by_pair.get((s, e), ())])

    def of_texts(self, texts: Iterable[object]) -> Proof:
        """The proofs of the texts that one thing alone has."""
        keys = [self._by_text.get(text_of(text), []) for text in texts]
        return self._proof([k for several in keys if len({key[0] for key in several}) == 1 for k in several])

    def _proof(self, keys: list[Key]) -> Proof:
        quotes = dict.fromkeys(q for key in keys for q in self._quotes.get(key, ()))
        documents = dict.fromkeys(d for key in keys for d in self._documents.get(key, ()))
        return Proof(tuple(quotes), tuple(sorted(documents)))


def _lists(pairs: Iterable[tuple[K, V]]) -> MutableMapping[K, list[V]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _joined(first: MutableMapping[K, list[V]], other: MutableMapping[K, list[V]]) -> MutableMapping[K, list[V]]:
    return ChainMap({key: first.get(key, []) + several for key, several in other.items()}, first)


def text_of(term: object) -> str:
    """A term as the index writes it."""
    return str(term).removeprefix("<").removesuffix(">")


def evidence_index(engine: Engine, things: Iterable[str]) -> EvidenceIndex:
    """The index of the release that an engine answers from, with the files' facts about some things.

    Raises:
        RequestError: the engine has no time or room now.
    """
    index = _own(engine)
    subjects = [ox.NamedNode(iri) for iri in dict.fromkeys(things)] if _has_files(engine) else []
    if not subjects:
        return index
    found = rows(engine, OF_FILES, subject=subjects)
    return index + EvidenceIndex((), [(_key(row), row["document"].value) for row in found])


@per_release
def _has_files(engine: Engine) -> bool:
    return bool(rows(engine, HAS_FILES))


@per_release
def _own(engine: Engine) -> EvidenceIndex:
    quotes = []
    for row in rows(engine, QUOTES):
        address = row.get("address")
        quotes.append((_key(row), Reference(row["statement"].value, address.value if address else None)))
    return EvidenceIndex(quotes, [(_key(row), row["document"].value) for row in rows(engine, DOCUMENTS)])


def _key(row: Row) -> Key:
    return text_of(row["subject"]), text_of(row["predicate"]), text_of(row["object"])
