"""Which nodes a shape is about (SHACL section 2.1.3), counted: a shape without focus nodes checks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rdflib.namespace import RDF, RDFS, SH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import rdflib


@dataclass(frozen=True, slots=True)
class Targets:
    """The focus nodes of each shape that has a target and is not deactivated; shapes and nodes as terms of rdflib."""

    of_shape: Mapping[Any, frozenset[Any]]

    @property
    def focus_nodes(self) -> int:
        """How many nodes are checked, each counted once."""
        return len({node for nodes in self.of_shape.values() for node in nodes})


def find_targets(data: rdflib.Graph, shapes: rdflib.Graph) -> Targets:
    """The focus nodes of every shape with a target."""
    found: dict[Any, set[Any]] = {}

    def add(shape: Any, nodes: Iterable[Any]) -> None:  # noqa: ANN401
        found.setdefault(shape, set()).update(nodes)

    for shape, cls in shapes.subject_objects(SH.targetClass):
        add(shape, _instances(data, cls))
    for shape in implicit_classes(shapes):
        add(shape, _instances(data, shape))
    for shape, node in shapes.subject_objects(SH.targetNode):
        add(shape, [node])
    for shape, predicate in shapes.subject_objects(SH.targetSubjectsOf):
        add(shape, data.subjects(predicate))
    for shape, predicate in shapes.subject_objects(SH.targetObjectsOf):
        add(shape, data.objects(predicate=predicate))
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


def _instances(data: rdflib.Graph, cls: Any) -> set[Any]:  # noqa: ANN401
    return {node for kind in data.transitive_subjects(RDFS.subClassOf, cls) for node in data.subjects(RDF.type, kind)}
