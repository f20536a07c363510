"""The rows of the tables: what the graph says of each focus node, as plain values in columns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from gob_graph.errors import SourceError
from gob_graph.pipeline.tables.fields import BESIDE, LIST_VALUES, LONG, VALUES, Field, fields_of
from gob_graph.pipeline.tables.shapes import Step
from gob_graph.pipeline.tables.values import READ
from gob_graph.pipeline.tables.words import WORDS
from gob_graph.vocab import DCT, FALLBACK, LANGUAGES, LAYERS, RDF, RDFS, SCHEMA, SKOS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from gob_graph.pipeline.sources import Layers
    from gob_graph.pipeline.tables.shapes import Column, Table, Texts
    from gob_graph.pipeline.tables.values import Value

Columns: TypeAlias = "dict[str, list[Value]]"
"""The values of each field, in the order of the rows."""
LABELS = (SKOS.prefLabel, RDFS.label, DCT.term("title"), DCT.term("identifier"))
"""Where the label of a thing is looked for, after the label for display."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A table with its rows."""

    name: str
    titles: Texts
    texts: Texts
    fields: tuple[Field, ...]
    columns: Columns
    rows: int
    classes: tuple[ox.NamedNode, ...] = ()


@dataclass(slots=True)
class Facts:
    """The graph by property, and what is asked of it for every table.

    Properties are indexed when they are first needed: a table uses few of them.
    """

    layers: Layers
    display_label: ox.NamedNode
    triples: Mapping[ox.NamedNode, list[ox.Triple]] = field(init=False)
    forwards: dict[ox.NamedNode, dict[object, list[object]]] = field(default_factory=dict)
    backwards: dict[ox.NamedNode, dict[object, list[object]]] = field(default_factory=dict)
    labels: dict[object, str | None] = field(default_factory=dict)
    terms: dict[object, object] = field(default_factory=dict)
    """Each term once: the library makes another object whenever a triple is asked for it."""

    def __post_init__(self) -> None:
        """Sort the triples by property."""
        found: dict[ox.NamedNode, list[ox.Triple]] = defaultdict(list)
        for layer in LAYERS:
            for t in self.layers[layer]:
                found[t.predicate].append(t)
        self.triples = found

    def step(self, step: Step) -> dict[object, list[object]]:
        """What one step of a path leads to, by where it begins."""
        index = (self.backwards if step.inverse else self.forwards).get(step.predicate)
        if index is None:
            index, known = defaultdict(list), self.terms
            for t in self.triples.get(step.predicate, ()):
                start, end = (t.object, t.subject) if step.inverse else (t.subject, t.object)
                one_end = end if isinstance(end, ox.Literal) else known.setdefault(end, end)
                index[known.setdefault(start, start)].append(one_end)
            (self.backwards if step.inverse else self.forwards)[step.predicate] = index
        return index

    def forget(self, needed: Collection[ox.NamedNode]) -> None:
        """Give up the indexes of all properties but the needed ones; what is asked for later is indexed again."""
        for index in (self.forwards, self.backwards):
            for predicate in index.keys() - needed:
                del index[predicate]

    def said(self, node: object, predicate: ox.NamedNode) -> list[object]:
        """The values of a property."""
        index = self.forwards.get(predicate)
        return (self.step(Step(predicate)) if index is None else index).get(node, [])

    def follow(self, node: object, path: tuple[Step, ...]) -> list[object]:
        """The values at the end of a path, each once."""
        if len(path) == 1:
            return self.step(path[0]).get(node, [])
        found: list[object] = [node]
        for step in path:
            index = self.step(step)
            found = [end for start in found for end in index.get(start, ())]
        return list(dict.fromkeys(found)) if len(found) > 1 else found

    def followed(self, nodes: list[ox.NamedNode], path: tuple[Step, ...]) -> list[list[object]]:
        """The values at the end of a path, for each of many nodes."""
        if len(path) > 1:
            return [self.follow(node, path) for node in nodes]
        index = self.step(path[0])
        return [index.get(node, []) for node in nodes]

    def label(self, node: object) -> str | None:
        """The label in the first of our languages that has one; of several the first by code point."""
        if node not in self.labels:
            self.labels[node] = self._label(node)
        return self.labels[node]

    def _label(self, node: object) -> str | None:
        for predicate in (self.display_label, *LABELS):
            texts = [o for o in self.said(node, predicate) if isinstance(o, ox.Literal)]
            for language in (*FALLBACK, None):
                found = [o.value for o in texts if o.language == language]
                if found:
                    return min(found)
        return None

    def place(self, node: object) -> tuple[int, str]:
        """Where a value stands among others: by its position, then by code point."""
        positions = [int(o.value) for o in self.said(node, SCHEMA.position) if isinstance(o, ox.Literal)]
        return (min(positions) if positions else 0, str(node))

    def layer(self, triple: ox.Triple) -> str:
        """The layer that a triple stands in."""
        return next(layer for layer in LAYERS if triple in self.layers[layer])


def fill(tables: Iterable[Table], facts: Facts, path: Path) -> Iterator[Filled]:
    """Every table with its rows, one after the other, and last the table of what they have lists of.

    Raises:
        SourceError: a value does not fit what the shapes say of its column; the text names both. `path` is where the
            shapes stand.
    """
    maker, rest = _Maker(facts, path), list(tables)
    while rest:
        yield maker.table(rest.pop(0))
        steps = (step.predicate for table in rest for column in table.columns for step in column.path)
        facts.forget({facts.display_label, RDF.type, SCHEMA.position, *LABELS, *steps})
    yield maker.lists()


@dataclass(slots=True)
class _Maker:
    facts: Facts
    path: Path
    several: list[tuple[Value, ...]] = field(default_factory=list)

    def table(self, table: Table) -> Filled:
        nodes = self._nodes(table)
        fields = fields_of(table)
        columns = self._long(table, nodes) if table.long else self._wide(table, nodes)
        count = len(columns[fields[0].name])
        return Filled(table.name, table.titles, table.texts, fields, columns, count, table.classes)

    def lists(self) -> Filled:
        """The table of what other tables have lists of."""
        columns: Columns = {f.name: [row[n] for row in self.several] for n, f in enumerate(VALUES)}
        return Filled(LIST_VALUES, WORDS["list-values"], WORDS["list-values-text"], VALUES, columns, len(self.several))

    def _nodes(self, table: Table) -> list[ox.NamedNode]:
        """The focus nodes, those without a demanded value of the demanded class left out, in order."""
        instances = self.facts.step(Step(RDF.type, inverse=True))
        typed = {node for cls in table.classes for node in instances.get(cls, ())}
        named = {t.subject for p in table.subjects_of for t in self.facts.triples.get(p, ())}
        nodes: list[ox.NamedNode] = [n for n in typed | named if isinstance(n, ox.NamedNode)]
        for column in table.columns:
            if column.only:
                cls = column.only
                nodes = [n for n in nodes if self._of_class(n, column, cls)]
        ordering = [c for c in table.columns if c.kind == "integer" and c.path[-1].predicate == SCHEMA.position]
        return sorted(nodes, key=lambda n: (*(self._position(n, c) for c in ordering), n.value))

    def _of_class(self, node: ox.NamedNode, column: Column, cls: ox.NamedNode) -> bool:
        ends = self.facts.follow(node, column.path)
        return bool(ends) and all(cls in self.facts.said(end, RDF.type) for end in ends)

    def _position(self, node: ox.NamedNode, column: Column) -> int:
        found = [int(o.value) for o in self.facts.follow(node, column.path) if isinstance(o, ox.Literal)]
        return min(found, default=0)

    def _wide(self, table: Table, nodes: list[ox.NamedNode]) -> Columns:
        made: Columns = {"iri": [n.value for n in nodes], "label": [self.facts.label(n) for n in nodes]}
        for column in table.columns:
            found = self.facts.followed(nodes, column.path)
            if column.kind == "language":
                made |= self._languages(column, nodes, found)
            elif column.several:
                made[column.name] = [self._list(table, column, n, v) for n, v in zip(nodes, found, strict=True)]
            else:
                made |= self._single(column, nodes, found)
        return made

    def _languages(self, column: Column, nodes: list[ox.NamedNode], found: list[list[object]]) -> Columns:
        made: Columns = {f"{column.name}_{code}": [None] * len(nodes) for code in LANGUAGES}
        for row, (node, values) in enumerate(zip(nodes, found, strict=True)):
            for value in values:
                code = value.language if isinstance(value, ox.Literal) else None
                if not isinstance(value, ox.Literal) or code not in LANGUAGES:
                    raise self._unfit(column, node, value, f"a text in {', '.join(LANGUAGES)}")
                cells = made[f"{column.name}_{code}"]
                if cells[row] is not None:
                    raise self._unfit(column, node, value, "the only text in its language")
                cells[row] = value.value
        return made

    def _single(self, column: Column, nodes: list[ox.NamedNode], found: list[list[object]]) -> Columns:
        values: list[object] = []
        for node, ends in zip(nodes, found, strict=True):
            if len(ends) > 1:
                raise self._unfit(column, node, ends[1], "the only value")
            values.append(ends[0] if ends else None)
        plain = [None if v is None else self._plain(column, n, v) for n, v in zip(nodes, values, strict=True)]
        made: Columns = {column.name: plain}
        for what in BESIDE.get(column.kind, ()):
            look = _LOOK[what]
            made[f"{column.name}_{what}"] = [None if v is None else look(self.facts, v) for v in values]
        return made

    def _list(self, table: Table, column: Column, node: ox.NamedNode, found: list[object]) -> list[object]:
        ordered = sorted(found, key=self.facts.place)
        values: list[object] = []
        for number, end in enumerate(ordered, 1):
            value = self._plain(column, node, end)
            label, lang = _label(self.facts, end), _lang(self.facts, end)
            beside = {"iri": {"label": label}, "text": {"lang": lang}}.get(column.kind)
            values.append({"value": value, **beside} if beside else value)
            text = end.value if isinstance(end, ox.NamedNode | ox.Literal) else str(end)
            row = (table.name, node.value, self.facts.label(node), column.name, number, text, label, lang)
            self.several.append(row)
        return values

    def _long(self, table: Table, nodes: list[ox.NamedNode]) -> Columns:
        rows: list[tuple[Value, ...]] = []
        for node in sorted(nodes, key=lambda n: n.value):
            for column in table.columns:
                predicate = column.path[0].predicate
                found = [v for v in self.facts.said(node, predicate) if isinstance(v, ox.Literal)]
                for value in sorted(found, key=lambda v: (v.language or "", v.value)):
                    layer = self.facts.layer(ox.Triple(node, predicate, value))
                    label = self.facts.label(node)
                    rows.append((node.value, label, column.name, value.value, value.language, layer))
        return {f.name: [row[n] for row in rows] for n, f in enumerate(LONG)}

    def _plain(self, column: Column, node: ox.NamedNode, value: object) -> Value:
        if column.kind == "iri":
            if not isinstance(value, ox.NamedNode):
                raise self._unfit(column, node, value, "an IRI")
            if column.cls and column.cls not in self.facts.said(value, RDF.type):
                raise self._unfit(column, node, value, f"an instance of {column.cls}")
            return value.value
        if column.kind == "term" and isinstance(value, ox.NamedNode):
            return value.value
        if not isinstance(value, ox.Literal):
            raise self._unfit(column, node, value, "a literal")
        try:
            return READ.get(column.kind, str)(value.value)
        except (ValueError, ArithmeticError, LookupError) as error:
            raise self._unfit(column, node, value, f"one that the column can hold ({column.kind})") from error

    def _unfit(self, column: Column, node: ox.NamedNode, value: object, wanted: str) -> SourceError:
        return SourceError(
            self.path, f"column {column.name!r}: {value} of {node} is not {wanted}; change the shapes, or the data"
        )


def _label(facts: Facts, value: object) -> str | None:
    return facts.label(value) if isinstance(value, ox.NamedNode) else None


def _lang(_: Facts, value: object) -> str | None:
    return value.language if isinstance(value, ox.Literal) else None


def _datatype(_: Facts, value: object) -> str | None:
    return value.datatype.value if isinstance(value, ox.Literal) else None


def _year(_: Facts, value: object) -> int | None:
    text = value.value if isinstance(value, ox.Literal) else ""
    return int(text[:4]) if text[:4].isdecimal() else None


_LOOK: Mapping[str, Callable[[Facts, object], str | int | None]] = {
    "label": _label,
    "lang": _lang,
    "datatype": _datatype,
    "year": _year,
}
