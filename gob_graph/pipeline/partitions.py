"""VoID partitions (section 4.5): how many things of each class, with which properties; editors complete from them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from gob_graph.vocab import RDF, VOID, XSD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Term: TypeAlias = "ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple"


def partitions(dataset: ox.NamedNode, triples: Collection[ox.Triple]) -> set[ox.Triple]:
    """The partitions of the triples of a dataset by class and by property, and of each class by property."""
    made: set[ox.Triple] = set()
    types: dict[object, frozenset[Term]] = {}
    # Many things have the same classes: one set for all of them.
    same: dict[frozenset[Term], frozenset[Term]] = {}
    for t in triples:
        if t.predicate == RDF.type:
            wider = types.get(t.subject, frozenset()) | {t.object}
            types[t.subject] = same.setdefault(wider, wider)
    classes = Counter(t.object for t in triples if t.predicate == RDF.type)
    for cls, count in classes.items():
        node = _part(dataset, "class", cls)
        made |= {
            ox.Triple(dataset, VOID.classPartition, node),
            ox.Triple(node, RDF.type, VOID.Dataset),
            ox.Triple(node, VOID.term("class"), cls),
            ox.Triple(node, VOID.entities, integer(count)),
        }
    for predicate, count in Counter(t.predicate for t in triples).items():
        node = _part(dataset, "property", predicate)
        made |= {*_of_property(dataset, node, predicate, count), ox.Triple(node, RDF.type, VOID.Dataset)}
    for (cls, predicate), count in Counter(
        (cls, t.predicate) for t in triples for cls in types.get(t.subject, ())
    ).items():
        part = _part(dataset, "class", cls)
        made |= set(_of_property(part, _part(part, "property", predicate), predicate, count))
    return made


def _of_property(whole: ox.NamedNode, node: ox.NamedNode, predicate: ox.NamedNode, count: int) -> Iterator[ox.Triple]:
    """The partition of one property; those of classes go without a type, or most things in the graph would be they."""
    yield ox.Triple(whole, VOID.propertyPartition, node)
    yield ox.Triple(node, VOID.property, predicate)
    yield ox.Triple(node, VOID.triples, integer(count))


def _part(dataset: ox.NamedNode, kind: str, term: object) -> ox.NamedNode:
    value = term.value if isinstance(term, ox.NamedNode) else str(term)
    slug = value.split("://", 1)[-1].replace("/", "-").replace("#", "-").strip("-").lower()
    return ox.NamedNode(f"{dataset.value}/{kind}/{slug}")


def integer(number: int) -> ox.Literal:
    """A count as a literal."""
    return ox.Literal(str(number), datatype=XSD.integer)
