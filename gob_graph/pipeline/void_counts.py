"""The counts of VoID (section 4): of terms, and of partitions (4.5), which query editors complete from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from gob_graph.vocab import RDF, VOID, XSD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Term: TypeAlias = "ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple"


@dataclass(slots=True)
class Counted:
    """The different terms of some triples, each of which stands there once."""

    triples: int = 0
    subjects: set[object] = field(default_factory=set)
    predicates: set[ox.NamedNode] = field(default_factory=set)
    objects: set[object] = field(default_factory=set)
    classes: set[object] = field(default_factory=set)
    entities: set[object] = field(default_factory=set)

    def add(self, triples: Collection[ox.Triple]) -> None:
        """Count triples that are not counted yet."""
        a = RDF.type
        self.triples += len(triples)
        for subject, predicate, thing in triples:
            self.subjects.add(subject)
            self.predicates.add(predicate)
            self.objects.add(thing)
            if predicate == a:
                self.classes.add(thing)
                self.entities.add(subject)

    def update(self, other: Counted) -> None:
        """Count what was counted of other triples."""
        self.triples += other.triples
        for name in ("subjects", "predicates", "objects", "classes", "entities"):
            getattr(self, name).update(getattr(other, name))

    def statistics(self, node: ox.NamedNode) -> set[ox.Triple]:
        """The counts in VoID (section 4)."""
        counts = {
            VOID.triples: self.triples,
            VOID.distinctSubjects: len(self.subjects),
            VOID.distinctObjects: len(self.objects),
            VOID.properties: len(self.predicates),
            VOID.classes: len(self.classes),
            VOID.entities: len(self.entities),
        }
        return {ox.Triple(node, predicate, integer(count)) for predicate, count in counts.items()}


def partitions(dataset: ox.NamedNode, triples: Collection[ox.Triple]) -> set[ox.Triple]:
    """The partitions of the triples of a dataset by class and by property, and of each class by property."""
    made: set[ox.Triple] = set()
    types: dict[object, frozenset[Term]] = {}
    # Many things have the same classes: one set for all of them.
    same: dict[frozenset[Term], frozenset[Term]] = {}
    classes: Counter[Term] = Counter()
    a = RDF.type
    for subject, predicate, thing in triples:
        if predicate == a:
            wider = types.get(subject, frozenset()) | {thing}
            types[subject] = same.setdefault(wider, wider)
            classes[thing] += 1
    # By all classes of the subject at once: there are few sets of classes, and many triples.
    together = Counter((types.get(subject), predicate) for subject, predicate, _ in triples)
    properties: Counter[ox.NamedNode] = Counter()
    of_class: Counter[tuple[Term, ox.NamedNode]] = Counter()
    for (of_subject, predicate), count in together.items():
        properties[predicate] += count
        for cls in of_subject or ():
            of_class[cls, predicate] += count
    for cls, count in classes.items():
        node = _part(dataset, "class", cls)
        made |= {
            ox.Triple(dataset, VOID.classPartition, node),
            ox.Triple(node, RDF.type, VOID.Dataset),
            ox.Triple(node, VOID.term("class"), cls),
            ox.Triple(node, VOID.entities, integer(count)),
        }
    for predicate, count in properties.items():
        node = _part(dataset, "property", predicate)
        made |= {*_of_property(dataset, node, predicate, count), ox.Triple(node, RDF.type, VOID.Dataset)}
    for (cls, predicate), count in of_class.items():
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
