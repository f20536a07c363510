"""Where each fact of a release comes from, read once: the statements of the source page, and other documents."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.institution_graph import QUOTES, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Row

DOCUMENTS = """
SELECT ?subject ?predicate ?object ?document WHERE {
    ?fact rdf:subject ?subject ;
        rdf:predicate ?predicate ;
        rdf:object ?object ;
        prov:hadPrimarySource ?document .
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
        self._quotes: dict[Key, list[Reference]] = defaultdict(list)
        self._documents: dict[Key, list[str]] = defaultdict(list)
        self._by_pair: dict[tuple[str, str], list[Key]] = defaultdict(list)
        self._by_text: dict[str, list[Key]] = defaultdict(list)
        for key, quote in quotes:
            self._quotes[key].append(quote)
        for key, document in documents:
            self._documents[key].append(document)
        for key in {**self._quotes, **self._documents}:
            self._by_pair[key[0], key[2]].append(key)
            self._by_text[key[2]].append(key)

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


def text_of(term: object) -> str:
    """A term as the index writes it."""
    return str(term).removeprefix("<").removesuffix(">")


@per_release
def evidence_index(engine: Engine) -> EvidenceIndex:
    """The index of the release that an engine answers from.

    Raises:
        RequestError: the engine has no time or room now.
    """
    quotes = []
    for row in rows(engine, QUOTES):
        address = row.get("address")
        quotes.append((_key(row), Reference(row["statement"].value, address.value if address else None)))
    return EvidenceIndex(quotes, [(_key(row), row["document"].value) for row in rows(engine, DOCUMENTS)])


def _key(row: Row) -> Key:
    return text_of(row["subject"]), text_of(row["predicate"]), text_of(row["object"])
