"""Which nodes a shape is about (SHACL section 2.1.3), counted: a shape without focus nodes checks nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rdflib.namespace import RDF, RDFS, SH

from gob_graph import vocab

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyoxigraph as ox
    import rdflib

    from gob_graph.pipeline.shacl.terms import Terms


@dataclass(frozen=True, slots=True)
class Targets:
    """The focus nodes of each shape that has a target and is not deactivated: nodes are terms of pyoxigraph."""

    of_shape: Mapping[Any, frozenset[Any]]

    @property
    def focus_nodes(self) -> int:
        """How many nodes are checked, each counted once."""
        return len({node for nodes in self.of_shape.values() for node in nodes})


@dataclass(slots=True)
class _Index:
    """The ends of the properties that targets name, the instances and the narrower ones of classes."""

    ends: dict[Any, tuple[set[Any], set[Any]]]
    instances: dict[Any, set[Any]] = field(default_factory=lambda: defaultdict(set))
    below: dict[Any, set[Any]] = field(default_factory=lambda: defaultdict(set))

    def fill(self, data: Iterable[ox.Triple | ox.Quad]) -> None:
        """Go through the data, once."""
        for t in data:
            if t.predicate in self.ends:
                subjects, objects = self.ends[t.predicate]
                subjects.add(t.subject)
                objects.add(t.object)
            if t.predicate == vocab.RDF.type:
                self.instances[t.object].add(t.subject)
            elif t.predicate == vocab.RDFS.subClassOf:
                self.below[t.object].add(t.subject)

    def of_class(self, cls: Any) -> set[Any]:  # noqa: ANN401
        """The instances of a class and of those below it."""
        kinds, todo = {cls}, [cls]
        while todo:
            fresh = self.below.get(todo.pop(), set()) - kinds
            kinds |= fresh
            todo += fresh
        return {node for kind in kinds for node in self.instances.get(kind, ())}


def find_targets(data: Iterable[ox.Triple | ox.Quad], shapes: rdflib.Graph, terms: Terms) -> Targets:
    """The focus nodes of every shape with a target."""
    named = {p for kind in (SH.targetSubjectsOf, SH.targetObjectsOf) for p in shapes.objects(predicate=kind)}
    index = _Index({terms.back(predicate): (set(), set()) for predicate in named})
    index.fill(data)
    found: dict[Any, set[Any]] = {}

    def add(shape: Any, nodes: Iterable[Any]) -> None:  # noqa: ANN401
        found.setdefault(shape, set()).update(nodes)

    for shape, cls in shapes.subject_objects(SH.targetClass):
        add(shape, index.of_class(terms.back(cls)))
    for shape in implicit_classes(shapes):
        add(shape, index.of_class(terms.back(shape)))
    for shape, node in shapes.subject_objects(SH.targetNode):
        add(shape, [terms.back(node)])
    for shape, predicate in shapes.subject_objects(SH.targetSubjectsOf):
        add(shape, index.ends[terms.back(predicate)][0])
    for shape, predicate in shapes.subject_objects(SH.targetObjectsOf):
        add(shape, index.ends[terms.back(predicate)][1])
    off = {s for s, value in shapes.subject_objects(SH.deactivated) if str(value) in {"true", "1"}}
    return Targets({shape: frozenset(nodes) for shape, nodes in found.items() if shape not in off})


def has_targets(shapes: rdflib.Graph) -> bool:
    """Whether any shape, deactivated or not, says what it is about."""
    kinds = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
    return any((None, kind, None) in shapes for kind in kinds) or any(implicit_classes(shapes))


def implicit_classes(shapes: rdflib.Graph) -> Iterable[Any]:
    """The shapes that are classes too (SHACL section 2.1.3.3)."""
    classes = set(shapes.transitive_subjects(RDFS.subClassOf, RDFS.Class))
    for kind in (SH.NodeShape, SH.PropertyShape):
        for shape in shapes.subjects(RDF.type, kind):
            if any(cls in classes for cls in shapes.objects(shape, RDF.type)):
                yield shape
