"""Which tables there are and what their columns may hold: read from the shapes.

A table is a node shape in ontology/tables/, a column one of its property shapes. What a column may hold is what its
property shape says together with the shapes that the data must pass: those with the same path that hold for the class
of the rows. The type therefore never promises more than the gate, or the making of the rows, has proved.
https://www.w3.org/TR/shacl/#property-shapes
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pyoxigraph as ox

from gob_graph.errors import SourceError
from gob_graph.vocab import DCT, LANGUAGES, RDF, RDFS, SH, SKOS, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Kind = Literal["language", "text", "iri", "term", "string", "integer", "decimal", "boolean", "date", "partial"]
Node = ox.NamedNode | ox.BlankNode
Texts = dict[str, str]
LONG = "/table-form/long"
"""The end of the IRI of the form with one row for each value."""
TYPES: Mapping[ox.NamedNode, Kind] = {
    XSD.string: "string",
    XSD.integer: "integer",
    XSD.decimal: "decimal",
    XSD.boolean: "boolean",
    XSD.date: "date",
    XSD.gYear: "partial",
    XSD.gYearMonth: "partial",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a property, followed forwards or backwards."""

    predicate: ox.NamedNode
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """What one property shape of a table says, with what the gate demands of the same path.

    `several` is set unless at most one value (for the kind `language`: one in each language) is possible; `required`
    holds the languages that are demanded for the kind `language`, and ``""`` for other kinds.
    """

    name: str
    path: tuple[Step, ...]
    kind: Kind
    several: bool
    required: frozenset[str]
    cls: ox.NamedNode | None
    only: ox.NamedNode | None
    titles: Texts
    texts: Texts


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its rows are the instances of the classes or the subjects of the properties."""

    name: str
    titles: Texts
    texts: Texts
    classes: tuple[ox.NamedNode, ...]
    subjects_of: tuple[ox.NamedNode, ...]
    columns: tuple[Column, ...]
    long: bool = False


@dataclass(slots=True)
class Graph:
    """Triples by subject and predicate."""

    said: dict[object, dict[ox.NamedNode, list[object]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    @classmethod
    def of(cls, triples: Iterable[ox.Triple]) -> Graph:
        """The index of some triples."""
        made = cls()
        for t in triples:
            made.said[t.subject][t.predicate].append(t.object)
        return made

    def all(self, node: object, predicate: ox.NamedNode) -> list[object]:
        """Every value."""
        return self.said[node][predicate] if node in self.said else []

    def nodes(self, node: object, predicate: ox.NamedNode) -> list[ox.NamedNode]:
        """Every value that is an IRI, in order."""
        found = [o for o in self.all(node, predicate) if isinstance(o, ox.NamedNode)]
        return sorted(found, key=lambda o: o.value)

    def number(self, node: object, predicate: ox.NamedNode) -> int | None:
        """The value as a whole number."""
        found = [int(o.value) for o in self.all(node, predicate) if isinstance(o, ox.Literal)]
        return found[0] if found else None

    def texts(self, node: object, predicate: ox.NamedNode) -> Texts:
        """The value in each of our languages."""
        found = {o.language: o.value for o in self.all(node, predicate) if isinstance(o, ox.Literal) and o.language}
        return {code: found[code] for code in LANGUAGES if code in found}

    def items(self, head: object) -> list[object]:
        """The members of a list."""
        found = []
        while head != RDF.nil:
            found += self.all(head, RDF.first)
            (head,) = self.all(head, RDF.rest)
        return found

    def subjects(self, predicate: ox.NamedNode, value: object) -> list[object]:
        """What has the value."""
        return [node for node, said in self.said.items() if value in said.get(predicate, ())]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads tables: `tables` are their shapes, `gate` those that the data must pass, `terms` the ontology."""

    tables: Graph
    gate: Graph
    terms: Graph
    display_label: ox.NamedNode
    path: Path

    def read(self) -> list[Table]:
        """Every table, in the order of their names.

        Raises:
            SourceError: a table or a column has no text in one of the four languages, or a path that is not known here.
        """
        shapes = [node for node in self.tables.subjects(RDF.type, SH.NodeShape) if isinstance(node, ox.NamedNode)]
        return [self._table(node) for node in sorted(shapes, key=lambda node: node.value)]

    def _table(self, node: ox.NamedNode) -> Table:
        classes = tuple(self.tables.nodes(node, SH.targetClass))
        properties = self.tables.nodes(node, SH.property)
        ordered = sorted(properties, key=lambda p: (self.tables.number(p, SH.order) or 0, p.value))
        return Table(
            name=_last(node),
            titles=self._texts(node, self.tables.texts(node, RDFS.label), "rdfs:label"),
            texts=self._texts(node, self.tables.texts(node, RDFS.comment), "rdfs:comment"),
            classes=classes,
            subjects_of=tuple(self.tables.nodes(node, SH.targetSubjectsOf)),
            columns=tuple(self._column(p, classes) for p in ordered),
            long=any(form.value.endswith(LONG) for form in self.tables.nodes(node, DCT.type)),
        )

    def _column(self, node: ox.NamedNode, classes: tuple[ox.NamedNode, ...]) -> Column:
        path = self._path(node)
        told = [(self.tables, node), *self._demands(path, classes)]
        kind, several = _kind(told)
        term = path[0].predicate if len(path) == 1 and not path[0].inverse else None
        own = self.tables
        titles = own.texts(node, SH.term("name")) or self._of_term(term, self.display_label, RDFS.label)
        texts = own.texts(node, SH.description) or self._of_term(term, SKOS.definition)
        mine = _least(own, node)
        return Column(
            name=_last(node),
            path=path,
            kind=kind,
            several=several,
            required=frozenset().union(*(_required(g, n, kind) for g, n in told)),
            cls=next((c for g, n in told for c in g.nodes(n, SH.term("class"))), None),
            only=next(iter(own.nodes(node, SH.term("class"))), None) if mine else None,
            titles=self._texts(node, titles, "sh:name"),
            texts=self._texts(node, texts, "sh:description"),
        )

    def _texts(self, node: ox.NamedNode, found: Texts, what: str) -> Texts:
        missing = [code for code in LANGUAGES if code not in found]
        if missing:
            raise SourceError(self.path, f"<{node.value}> needs {what} in {', '.join(missing)}")
        return found

    def _of_term(self, term: ox.NamedNode | None, *predicates: ox.NamedNode) -> Texts:
        return next((found for p in predicates if (found := self.terms.texts(term, p))), {})

    def _path(self, node: ox.NamedNode) -> tuple[Step, ...]:
        found = self.tables.all(node, SH.path)
        if len(found) != 1:
            raise SourceError(self.path, f"<{node.value}> needs one sh:path")
        members = self.tables.items(found[0]) if self.tables.all(found[0], RDF.first) else found
        return tuple(self._step(node, member) for member in members)

    def _step(self, node: ox.NamedNode, member: object) -> Step:
        if isinstance(member, ox.NamedNode):
            return Step(member)
        inverse = self.tables.nodes(member, SH.inversePath)
        if len(inverse) != 1:
            raise SourceError(self.path, f"<{node.value}> has a path that is neither a property, an inverse nor a list")
        return Step(inverse[0], inverse=True)

    def _demands(self, path: tuple[Step, ...], classes: Iterable[ox.NamedNode]) -> list[tuple[Graph, Node]]:
        """The property shapes of the gate that hold for every row and have the same path."""
        if len(path) != 1 or path[0].inverse or not classes:
            return []
        wider = set.intersection(*({cls, *self._superclasses(cls)} for cls in classes))
        shapes = {shape for cls in wider for shape in self.gate.subjects(SH.targetClass, cls)}
        inner = {p for shape in shapes for p in self.gate.all(shape, SH.property)}
        found = [p for p in inner if self.gate.all(p, SH.path) == [path[0].predicate] and isinstance(p, Node)]
        return [(self.gate, p) for p in sorted(found, key=str) if self.gate.number(p, SH.maxCount) != 0]

    def _superclasses(self, cls: ox.NamedNode) -> set[ox.NamedNode]:
        found: set[ox.NamedNode] = set()
        todo = [cls]
        while todo:
            fresh = set(self.terms.nodes(todo.pop(), RDFS.subClassOf)) - found
            found |= fresh
            todo += fresh
        return found


def _last(node: ox.NamedNode) -> str:
    return node.value.rpartition("/")[2]


def _datatypes(graph: Graph, node: Node) -> set[ox.NamedNode]:
    choices = [member for head in graph.all(node, SH.term("or")) for member in graph.items(head)]
    return {d for n in (node, *choices) for d in graph.nodes(n, SH.datatype)}


def _kind(told: Iterable[tuple[Graph, Node]]) -> tuple[Kind, bool]:
    """The kind of the values, and whether there may be several."""
    told = list(told)
    several = all(graph.number(node, SH.maxCount) != 1 for graph, node in told)
    datatypes = {d for graph, node in told for d in _datatypes(graph, node)}
    if RDF.langString in datatypes:
        unique = any(graph.all(node, SH.uniqueLang) for graph, node in told)
        return ("text", several) if not several or not unique else ("language", False)
    if datatypes:
        kinds = {TYPES.get(d, "string") for d in datatypes}
        return ("partial" if "partial" in kinds else kinds.pop() if len(kinds) == 1 else "string"), several
    iris = any(graph.all(n, SH.term("class")) or SH.IRI in graph.all(n, SH.nodeKind) for graph, n in told)
    return ("iri" if iris else "term"), several


def _least(graph: Graph, node: Node) -> bool:
    """Whether a violation follows from a missing value."""
    grave = not graph.all(node, SH.severity) or SH.Violation in graph.all(node, SH.severity)
    return grave and bool(graph.number(node, SH.minCount))


def _required(graph: Graph, node: Node, kind: Kind) -> frozenset[str]:
    if kind != "language":
        return frozenset({""}) if _least(graph, node) else frozenset()
    if graph.all(node, SH.severity) not in ([], [SH.Violation]) or not graph.number(node, SH.qualifiedMinCount):
        return frozenset()
    lists = (head for s in graph.all(node, SH.qualifiedValueShape) for head in graph.all(s, SH.languageIn))
    named = [graph.items(head) for head in lists]
    return frozenset(o.value for items in named if len(items) == 1 for o in items if isinstance(o, ox.Literal))
