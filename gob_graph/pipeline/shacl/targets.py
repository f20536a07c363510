"""Which nodes a shape is about (SHACL section 2.1.3), counted: a shape without focus nodes checks nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rdflib.namespace import RDF, RDFS, SH

from gob_graph import vocab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import rdflib


_KINDS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
_TYPE, _SUBCLASS = str(vocab.RDF.type), str(vocab.RDFS.subClassOf)


@dataclass(frozen=True, slots=True)
class Targets:
    """How many focus nodes each shape has that has a target and is not deactivated, and all, each counted once."""

    of_shape: Mapping[Any, int]
    focus_nodes: int


class _Bits:
    """What targets name, in N-Triples, and of which shapes: each shape is a bit of a number."""

    def __init__(self, shapes: rdflib.Graph, text: Callable[[Any], str]) -> None:
        off = {s for s, value in shapes.subject_objects(SH.deactivated) if str(value) in {"true", "1"}}
        said = {kind: list(shapes.subject_objects(kind)) for kind in _KINDS}
        said[SH.targetClass] += [(shape, shape) for shape in implicit_classes(shapes)]
        self.text, self.of_shape = text, dict[Any, int]()
        self.classes, self.nodes, self.subjects, self.objects = (
            self._table((shape, term) for shape, term in said[kind] if shape not in off) for kind in _KINDS
        )

    def _table(self, pairs: Iterable[tuple[Any, Any]]) -> dict[str, int]:
        table: dict[str, int] = defaultdict(int)
        for shape, term in pairs:
            table[self.text(term)] |= self.of_shape.setdefault(shape, 1 << len(self.of_shape))
        return table

    def with_narrower(self, data: Iterable[str]) -> dict[str, int]:
        """The classes that targets name, and those that the data put below them."""
        narrower: dict[str, set[str]] = defaultdict(set)
        for narrow, wide in _subclasses(data):
            narrower[wide].add(narrow)
        table: dict[str, int] = defaultdict(int)
        for cls, bits in self.classes.items():
            kinds, todo = {cls}, [cls]
            while todo:
                fresh = narrower.get(todo.pop(), set()) - kinds
                kinds |= fresh
                todo += fresh
            for kind in kinds:
                table[kind] |= bits
        return table


def _subclasses(data: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each pair that rdfs:subClassOf joins; the few lines are looked for in the text, as reading all takes longer."""
    for part in data:
        at = part.find(_SUBCLASS)
        while at >= 0:
            end = part.index("\n", at)
            subject, predicate, rest = part[part.rfind("\n", 0, at) + 1 : end].split(" ", 2)
            if predicate == _SUBCLASS:
                yield subject, rest[:-2]
            at = part.find(_SUBCLASS, end)


def find_targets(data: Sequence[str], shapes: rdflib.Graph, text: Callable[[Any], str]) -> Targets:
    """The focus nodes of every shape with a target.

    `data` are N-Triples, part by part, as `Terms.ntriples` writes them, and `text` gives a term of `shapes` so.
    """
    bits = _Bits(shapes, text)
    counted = Counter(_shapes_of_nodes(data, bits).values())
    return Targets(
        {shape: sum(n for bits_set, n in counted.items() if bits_set & bit) for shape, bit in bits.of_shape.items()},
        sum(counted.values()),
    )


def _shapes_of_nodes(data: Sequence[str], bits: _Bits) -> dict[str, int]:
    """The shapes of each focus node."""
    found, classes = defaultdict(int, bits.nodes), bits.with_narrower(data)
    ends = {p: (bits.subjects.get(p, 0), bits.objects.get(p, 0)) for p in {*bits.subjects, *bits.objects}}
    for part in data:
        for line in part.split("\n")[:-1]:
            subject, predicate, rest = line.split(" ", 2)
            if predicate in ends:
                of_subject, of_object = ends[predicate]
                if of_subject:
                    found[subject] |= of_subject
                if of_object:
                    found[rest[:-2]] |= of_object
            if predicate == _TYPE and (of_class := classes.get(rest[:-2])):
                found[subject] |= of_class
    return found


def has_targets(shapes: rdflib.Graph) -> bool:
    """Whether any shape, deactivated or not, says what it is about."""
    return any((None, kind, None) in shapes for kind in _KINDS) or any(implicit_classes(shapes))


def implicit_classes(shapes: rdflib.Graph) -> Iterable[Any]:
    """The shapes that are classes too (SHACL section 2.1.3.3)."""
    classes = set(shapes.transitive_subjects(RDFS.subClassOf, RDFS.Class))
    for kind in (SH.NodeShape, SH.PropertyShape):
        for shape in shapes.subjects(RDF.type, kind):
            if any(cls in classes for cls in shapes.objects(shape, RDF.type)):
                yield shape
