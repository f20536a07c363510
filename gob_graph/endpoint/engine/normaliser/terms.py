"""What a term of a query means: its IRI, or its literal; and names for new variables."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser.statements import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gob_graph.endpoint.engine.normaliser.tree import Triple

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
FEW = 500
"""Matches that are counted at most: a pattern with fewer is where an evaluation should begin."""
Pattern = tuple[ox.NamedNode | None, ox.NamedNode | None, ox.NamedNode | ox.Literal | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """The prefixes of a query, the names that it does not use, and how often a pattern matches in the data."""

    prefixes: Mapping[str, str]
    taken: frozenset[str]
    matches: Callable[[Pattern], int]
    """Counts the matches of a pattern, up to `FEW`; it only chooses among forms that mean the same."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def variable(self) -> str:
        """A variable that does not stand in the query."""
        return next(name for number in self._numbers if (name := f"?v_{number}") not in self.taken)

    def iri(self, text: str) -> str | None:
        """The IRI that a term stands for; None when it is none, or depends on a base or an escape."""
        if text.startswith("<"):
            return text[1:-1] if absolute(text) else None
        prefix, colon, local = text.partition(":")
        if not colon or text[0] in "\"'_?$" or "\\" in text:
            return None
        begin = self.prefixes.get(prefix + ":")
        return begin + local if begin is not None and absolute(f"<{begin}{local}>") else None

    def few(self, triple: Triple) -> bool:
        """Whether a pattern with a constant subject or object has few matches in the data."""
        predicate = RDF_TYPE if triple.path.text == "a" else self.iri(triple.path.text) if triple.path.simple else None
        ends = self._term(triple.subject), self._term(triple.object)
        if predicate is None or ends == (None, None) or isinstance(ends[0], ox.Literal):
            return False
        return self.matches((ends[0], ox.NamedNode(predicate), ends[1])) < FEW

    def _term(self, text: str) -> ox.NamedNode | ox.Literal | None:
        if iri := self.iri(text):
            return ox.NamedNode(iri)
        body, _, language = text[1:].rpartition(text[0])
        if text[0] not in "\"'" or "\\" in body or body[:2] == text[0] * 2 or language.startswith("^"):
            return None
        return ox.Literal(body, language=language[1:]) if language else ox.Literal(body)
