"""The data model documented from the graph: each term of the ontology with what is said, demanded and made of it.

Nothing is listed by hand: a term that is added to the ontology appears here with its shapes, counts and an example.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox
from flask import url_for

from gob_graph.curies import compact
from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.page_query import declared, rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.page_index.prepare import page_index
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.institution_page import ours
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.shapes import Constraint, constraints, constraints_on_property
from gob_graph.endpoint.web.pages.term import Cell, Cells
from gob_graph.vocab import DCT, LANGUAGES, OWL, RDF, RDFS, SKOS, governance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Term as Node

SAID = """
SELECT ?term ?property ?value WHERE {
    ?ontology a owl:Ontology .
    ?term rdfs:isDefinedBy ?ontology ;
        ?property ?value .
}
"""
PARTS = """
SELECT ?term ?count ?kind WHERE {
    { ?dataset void:propertyPartition ?part . ?part void:property ?term ; void:triples ?count . BIND("p" AS ?kind)
        FILTER NOT EXISTS { ?dataset void:class ?any } }
    UNION { ?dataset void:classPartition ?part . ?part void:class ?term ; void:entities ?count . BIND("c" AS ?kind) }
}
"""


@dataclass(frozen=True, slots=True)
class Term:
    """One class or property of the ontology, in words of a language."""

    name: str
    link: str
    code: str
    label: Label
    names: tuple[tuple[str, str], ...]
    definition: Label | None
    notes: tuple[Label, ...]
    above: tuple[Cell, ...]
    inverse: tuple[Cell, ...]
    domain: tuple[Cell, ...]
    range: tuple[Cell, ...]
    demands: tuple[Constraint, ...]
    uses: int
    example: tuple[Cell, ...]
    properties: tuple[Cell, ...] = ()
    deprecated: bool = False
    replaced_by: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class InUse:
    """A class or property that the graph uses, ours or another's: how often, and a query that shows what it holds."""

    cell: Cell
    is_class: bool
    uses: int
    query: str
    declared: str
    """The same query with its prefixes."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A vocabulary that is reused: how many of its terms, and how often."""

    prefix: str
    namespace: str
    classes: int
    properties: int
    entities: int
    triples: int


@dataclass(frozen=True, slots=True)
class Model:
    """The ontology as a page shows it."""

    classes: list[Term]
    properties: list[Term]
    vocabularies: list[Vocabulary]


def model(engine: Engine, language: str) -> Model:
    """The terms of the ontology, by name, and the vocabularies that are reused.

    Raises:
        RequestError: the engine has no time or room now.
    """
    said = _said(engine)
    used = _used(engine, said)
    maker = _Maker(engine, language, said)
    classes = [maker.term(iri, used.get(iri)) for iri in sorted(said) if OWL.Class in _types(said[iri])]
    properties = [maker.term(iri, used.get(iri)) for iri in sorted(said) if OWL.Class not in _types(said[iri])]
    return Model(classes, properties, _vocabularies(engine))


CLASS_QUERY = "SELECT ?thing WHERE { ?thing a %s } LIMIT 10"
PROPERTY_QUERY = "SELECT ?thing ?value WHERE { ?thing %s ?value } LIMIT 10"


def page_of(name: str) -> str:
    """The page of a term of the ontology, in the language of the page that is being made."""
    return url_for("documentation.term", language=i18n.language(), name=name)


def in_use(engine: Engine, language: str) -> list[InUse]:
    """Every class and property in use in the layers but `meta`, classes first, by short name."""
    cells, prefixes = Cells(engine, language), engine.release.manifest["prefixes"]
    found = []
    for row in rows(engine, PARTS):
        iri, is_class = row["term"].value, row["kind"].value == "c"
        query = (CLASS_QUERY if is_class else PROPERTY_QUERY) % (compact(iri, prefixes) or f"<{iri}>")
        found.append(InUse(cells.named(iri), is_class, int(row["count"].value), query, declared(query, prefixes)))
    return sorted(found, key=lambda term: (not term.is_class, term.cell.code))


Said = dict[ox.NamedNode, "list[Node]"]


@per_release
def _said(engine: Engine) -> dict[str, Said]:
    """What the ontology says of each term, by property."""
    found: dict[str, Said] = {}
    for row in rows(engine, SAID):
        values = found.setdefault(row["term"].value, defaultdict(list))
        values[ox.NamedNode(row["property"].value)].append(row["value"])
    return found


def _used(engine: Engine, said: Mapping[str, Said]) -> dict[str, tuple[int, tuple[Node, ...]]]:
    """How often each term is used, and one use: a thing of the class, or subject and value of the property."""
    index = page_index(engine.release)
    uses = index.used()
    found: dict[str, tuple[int, tuple[Node, ...]]] = {}
    for iri, about in said.items():
        if example := index.example(iri):
            is_class = OWL.Class in _types(about)
            found[iri] = (index.classes[iri], example[:1]) if is_class else (uses[iri], example)
    return found


def _types(said: Said) -> list[Node]:
    return said.get(RDF.type, [])


class _Maker:
    """Puts what is said of a term into words."""

    def __init__(self, engine: Engine, language: str, said: Mapping[str, Said]) -> None:
        self.engine, self.language, self.said = engine, language, said
        self.cells = Cells(engine, language)
        self.namespace = governance(engine.release.manifest["ontology_base"])

    def term(self, iri: str, used: tuple[int, tuple[Node, ...]] | None) -> Term:
        said = self.said[iri]
        is_class = OWL.Class in _types(said)
        demands = constraints if is_class else constraints_on_property
        uses, example = used or (0, ())
        return Term(
            name=iri.removeprefix(self.namespace),
            link=page_of(iri.removeprefix(self.namespace)),
            code=labels(self.engine).compact(iri),
            label=labels(self.engine).of(iri, self.language),
            names=tuple(self._names(said)),
            definition=self._text(said, SKOS.definition),
            notes=tuple(n for p in (SKOS.scopeNote, SKOS.example) if (n := self._text(said, p))),
            above=self._linked(said, RDFS.subClassOf) + self._linked(said, RDFS.subPropertyOf),
            inverse=self._linked(said, OWL.inverseOf),
            domain=self._linked(said, RDFS.domain),
            range=self._linked(said, RDFS.range),
            demands=tuple(demands(self.engine.release, iri, self.language)),
            uses=uses,
            example=tuple(self.cells.of(node) for node in example),
            properties=tuple(self._properties(iri)) if is_class else (),
            deprecated=bool(said.get(OWL.deprecated)),
            replaced_by=self._linked(said, DCT.isReplacedBy),
        )

    def _names(self, said: Said) -> list[tuple[str, str]]:
        texts = {v.language: v.value for v in said.get(RDFS.label, []) if isinstance(v, ox.Literal)}
        return [(code, texts[code]) for code in LANGUAGES if code in texts]

    def _text(self, said: Said, predicate: ox.NamedNode) -> Label | None:
        return ours([v for v in said.get(predicate, []) if isinstance(v, ox.Literal)], self.language)

    def _linked(self, said: Said, predicate: ox.NamedNode) -> tuple[Cell, ...]:
        found = sorted(v.value for v in said.get(predicate, []) if isinstance(v, ox.NamedNode))
        return tuple(self.named(iri) for iri in found)

    def named(self, iri: str) -> Cell:
        """A term of ours leads to its own page."""
        cell = self.cells.named(iri)
        if iri in self.said:
            return Cell(cell.text, cell.language, page_of(iri.removeprefix(self.namespace)), cell.code)
        return cell

    def _properties(self, iri: str) -> list[Cell]:
        """The properties that are for members of this class."""
        node = ox.NamedNode(iri)
        return [self.named(other) for other, said in sorted(self.said.items()) if node in said.get(RDFS.domain, [])]


@per_release
def _vocabularies(engine: Engine) -> list[Vocabulary]:
    """The vocabularies in use, from the VoID partitions: each counts terms and uses."""
    prefixes = engine.release.manifest["prefixes"]
    counts: dict[str, dict[str, list[int]]] = {}
    for row in rows(engine, PARTS):
        iri = row["term"].value
        namespace = iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
        kinds = counts.setdefault(namespace, {"c": [], "p": []})
        kinds[row["kind"].value].append(int(row["count"].value))
    known = {namespace: prefix for prefix, namespace in prefixes.items()}
    found = [
        Vocabulary(
            known.get(namespace, ""),
            namespace,
            len(kinds["c"]),
            len(kinds["p"]),
            sum(kinds["c"]),
            sum(kinds["p"]),
        )
        for namespace, kinds in counts.items()
    ]
    return sorted(found, key=lambda v: (-v.triples, v.namespace))
