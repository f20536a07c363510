"""What the values of a query's variables are: IRIs, texts with or without a language, or others.

Known from where a variable stands, and from a sample of the values of its predicate. A variable that is computed, or
that stands nowhere in the parsed patterns, has no known kinds.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser.terms import RDF_TYPE
from gob_graph.endpoint.engine.normaliser.tree import Block, Nested, Select, Union, Verbatim, is_variable
from gob_graph.vocab import XSD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gob_graph.endpoint.engine.normaliser.path import Path
    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Group, Query, Triple

Kind = Literal["iri", "text", "language", "other"]
SAMPLE: Final = 200
"""Values of a predicate that are looked at."""
_NONE: Final[frozenset[Kind]] = frozenset()
_IRI: Final[frozenset[Kind]] = frozenset({"iri"})


class Kinds:
    """The kinds of the values of predicates, and of the variables of one query."""

    def __init__(self, query: Query, terms: Terms, store: ox.Store, computed: frozenset[str]) -> None:
        self._terms, self._store = terms, store
        self._sampled: dict[str, frozenset[Kind]] = {}
        self._known: Mapping[str, set[Kind]] = defaultdict(set)
        for triple in triples(query.group):
            self._see(triple)
        self._computed = computed

    def of(self, variable: str) -> frozenset[Kind]:
        """The kinds that are known of a variable; none when nothing is known."""
        return _NONE if variable in self._computed else frozenset(self._known.get(variable, ()))

    def values(self, path: Path) -> frozenset[Kind]:
        """The kinds of what stands at the end of a path."""
        match path.kind:
            case "link":
                predicate = RDF_TYPE if path.text == "a" else self._terms.iri(path.text)
                return self._sample(predicate) if predicate else _NONE
            case "sequence":
                return self.values(path.parts[-1])
            case "alternative":
                return _NONE.union(*map(self.values, path.parts))
            case "inverse":
                return _IRI
            case "not":
                return _NONE
            case _:
                return self.values(path.parts[0])

    def _see(self, triple: Triple) -> None:
        if is_variable(triple.subject):
            self._known[triple.subject].add("iri")
        if is_variable(triple.path.text):
            self._known[triple.path.text].add("iri")
        elif is_variable(triple.object):
            self._known[triple.object].update(self.values(triple.path))

    def _sample(self, predicate: str) -> frozenset[Kind]:
        found = self._sampled.get(predicate)
        if found is None:
            quads = self._store.quads_for_pattern(None, ox.NamedNode(predicate), None, None)
            found = self._sampled[predicate] = frozenset(_kind(quad.object) for quad in islice(quads, SAMPLE))
        return found


def _kind(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Kind:
    if not isinstance(term, ox.Literal):
        return "iri"
    if term.language:
        return "language"
    return "text" if term.datatype == XSD.string else "other"


def triples(group: Group) -> Iterator[Triple]:
    """The triple patterns of a group and of the groups within it."""
    for element in group.elements:
        match element:
            case Block():
                yield from element.triples
            case Nested() | Select():
                yield from triples(element.group)
            case Union():
                for part in element.groups:
                    yield from triples(part)
            case Verbatim() if element.exists:
                yield from triples(element.exists)
            case _:
                pass
