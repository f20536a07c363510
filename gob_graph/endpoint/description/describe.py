"""Ask the graph for everything that it says of one IRI: three queries on the page lane, whatever the thing is.

First the facts are counted by predicate, in both directions; then they are fetched, of a predicate with more than
`CAP` facts the first ones only; then labels of all that is mentioned and the evidence of each fact.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.description.model import (
    FIRST,
    LANGUAGE_ORDER,
    Entity,
    Event,
    Fact,
    Figure,
    Group,
    Said,
    Value,
    figure_of,
    local_name,
)
from gob_graph.endpoint.description.rows import NAMES, by_thing, event_of, evidence_of, files_of, labels_of, text_of
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.vocab import DCT, LAYERS, ORG, RDF, RDFS, SCHEMA, governance, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Row

Counts = dict[tuple[str, object], int]
"""The number of facts in a way (`out`, `in`) with a predicate."""
CAP = 250
"""Facts of one predicate and direction that a description holds; the counts tell of the others."""
PREFIXES = """PREFIX dct: <http://purl.org/dc/terms/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX schema: <http://schema.org/>
PREFIX void: <http://rdfs.org/ns/void#>
"""
OUT = "FILTER(?p != void:inDataset)"
IN = "FILTER(?p NOT IN (rdf:subject, rdf:predicate, rdf:object, void:inDataset))"
"""Evidence is told with each fact."""
COUNTS = f"""{PREFIXES}SELECT ?way ?p ?n WHERE {{
    {{ SELECT ("out" AS ?way) ?p (COUNT(*) AS ?n) WHERE {{ VALUES ?iri {{ UNDEF }} ?iri ?p ?o {OUT} }} GROUP BY ?p }}
    UNION
    {{ SELECT ("in" AS ?way) ?p (COUNT(*) AS ?n) WHERE {{
        VALUES ?iri {{ UNDEF }} ?s ?p ?iri {IN}
    }} GROUP BY ?p }}
}}"""
WAYS = {"out": "?iri {p} ?o", "in": "?s {p} ?iri"}
FACT = {
    "out": "VALUES ?iri { UNDEF } ?fact rdf:subject ?iri ; rdf:predicate ?p ; rdf:object ?o .",
    "in": "VALUES ?iri { UNDEF } VALUES ?s { UNDEF } ?fact rdf:object ?iri ; rdf:subject ?s ; rdf:predicate ?p .",
}
FILE = {
    "out": "VALUES ?iri { UNDEF } ?iri void:inDataset ?dataset .",
    "in": "VALUES ?s { UNDEF } ?s void:inDataset ?dataset .",
}
DOCUMENT = """?graph void:subset ?dataset . ?dataset prov:hadPrimarySource ?document .
        OPTIONAL { ?document rdfs:label ?title }"""
SOURCES = (
    """?quote oa:hasBody ?fact ; dct:identifier ?identifier ; oa:hasTarget ?target . ?target oa:hasSource ?page .
        OPTIONAL { ?quote dct:description ?words }
        OPTIONAL { ?page schema:url ?address . ?target oa:hasSelector ?selector . ?selector rdf:value ?fragment }""",
    "?fact prov:hadPrimarySource ?document . OPTIONAL { ?document rdfs:label ?title }",
    "?fact gov:derivedBy ?rule . ?rule dct:description ?sentence .",
)


def describe(engine: Engine, iri: str) -> Entity | None:
    """Everything that the release says of an IRI; None when it says nothing and refers to it nowhere.

    Raises:
        RequestError: the engine has no time or room for it now.
        ValueError: the text is no IRI.
    """
    return _Asker(engine, ox.NamedNode(iri)).entity()


class _Asker:
    """One description in the making."""

    def __init__(self, engine: Engine, node: ox.NamedNode) -> None:
        self.engine, self.node = engine, node
        manifest = engine.release.manifest
        self.gov = governance(manifest["ontology_base"])
        self.layers = {layer: layer_graph(manifest["base_iri"], layer).value for layer in LAYERS}
        self.layer_of = {graph: layer for layer, graph in self.layers.items()}

    def entity(self) -> Entity | None:
        counts: Counts = {(text_of(r["way"]), r["p"]): int(text_of(r["n"])) for r in self.ask(COUNTS) if "p" in r}
        if not counts:
            return None
        found = [r for r in self.ask(self.facts_query(counts)) if "p" in r]
        about = [r for r in found if "near" not in r]
        facts = [self.fact(row) for row in about if _named(row.get("s", self.node))]
        near = by_thing(r for r in found if "near" in r)
        events = self.events(near, facts)
        figures = {iri: figure for iri, about in near.items() if (figure := figure_of(about, self.gov))}
        needed = set(mentioned(facts, events, figures.values())) | {
            ox.NamedNode(graph) for graph in self.layers.values()
        }
        extra = self.ask(self.last_query(), thing=needed | {self.node}, s=self.subjects(facts))
        labels, positions = labels_of(extra)
        facts = self.with_evidence(facts, extra)
        place = Place(labels, positions)
        said: Said = defaultdict(list)
        for fact in facts:
            if fact.subject == self.node:
                said[fact.predicate].append(fact.value)
        return Entity(
            iri=self.node.value,
            types=tuple(sorted(v.value for v in said.get(RDF.type, ()))),
            facts=groups((f for f in facts if f.subject == self.node), "out", counts, place),
            incoming=groups((f for f in facts if f.value == self.node), "in", counts, place),
            labels=labels,
            layers=self.layers,
            figure=figure_of(said, self.gov),
            figures=figures,
            events=tuple(events),
            ended=next((e for e in events if e.ended), None),
            cap=CAP,
        )

    def with_evidence(self, facts: Iterable[Fact], extra: list[Row]) -> list[Fact]:
        """The facts, each with its own evidence, or else with that of the file which says all of its subject."""
        own, files = evidence_of(extra, self.node), files_of(extra, self.node)
        found = []
        for f in facts:
            file = files.get((f.subject, self.layers.get(f.layer)))
            evidence = own.get((f.subject, f.predicate, f.value)) or file
            found.append(Fact(f.subject, f.predicate, f.value, f.layer, evidence))
        return found

    def ask(self, text: str, **given: Iterable[Value]) -> list[Row]:
        return rows(self.engine, text, iri=self.node, **given)

    def subjects(self, facts: Iterable[Fact]) -> set[Value]:
        return {f.subject for f in facts if f.value == self.node} or {self.node}

    def facts_query(self, counts: Counts) -> str:
        """One branch for the predicates with few facts, one for each of the others; and the changes it was part of."""
        branches = []
        for way, pattern in WAYS.items():
            long = [p for (w, p), n in counts.items() if w == way and n > CAP]
            without = f"FILTER(?p NOT IN ({', '.join(map(str, long))}))" if long else ""
            branches.append(
                f"{{ VALUES ?iri {{ UNDEF }} GRAPH ?g {{ {pattern.format(p='?p')} }} {without} "
                f"{IN if way == 'in' else OUT} }}"
            )
            for p in long:
                inner = f"VALUES ?iri {{ UNDEF }} GRAPH ?g {{ {pattern.format(p=p)} }}"
                end = "?o" if way == "out" else "?s"
                branches.append(f"{{ SELECT ?g ({p} AS ?p) {end} WHERE {{ {inner} }} ORDER BY {end} LIMIT {CAP} }}")
        took_part = f"(org:changedBy|org:resultedFrom|<{self.gov}endEvent>)"
        branches.append(f"{{ VALUES ?iri {{ UNDEF }} ?iri {took_part} ?near . ?near ?p ?o }}")
        branches.append(f"{{ VALUES ?iri {{ UNDEF }} ?near <{self.gov}figureOf> ?iri . ?near ?p ?o }}")
        return f"{PREFIXES}SELECT DISTINCT ?g ?s ?p ?o ?near WHERE {{ {' UNION '.join(branches)} }}"

    def last_query(self) -> str:
        names = ", ".join(map(str, (*NAMES, SCHEMA.position)))
        branches = [f"{{ VALUES ?thing {{ UNDEF }} ?thing ?name ?text FILTER(?name IN ({names})) }}"]
        branches += [f"{{ {start} {source} }}" for start in FACT.values() for source in SOURCES]
        branches += [f"{{ {start} {DOCUMENT} }}" for start in FILE.values()]
        own = f"PREFIX gov: <{self.gov}>\nPREFIX rdfs: <{RDFS}>\n"
        return f"{PREFIXES}{own}SELECT DISTINCT * WHERE {{ {' UNION '.join(branches)} }}"

    def fact(self, row: Row) -> Fact:
        graph = row["g"]
        layer = self.layer_of.get(graph.value, "") if isinstance(graph, ox.NamedNode) else ""
        return Fact(row.get("s", self.node), row["p"], row.get("o", self.node), layer)  # type: ignore[arg-type]

    def events(self, near: Mapping[str, Said], facts: Iterable[Fact]) -> list[Event]:
        ends = {f.value.value for f in facts if f.subject == self.node and f.predicate == self.gov.endEvent}
        return sorted(
            (
                event_of(iri, about, self.gov, ended=iri in ends)
                for iri, about in near.items()
                if ORG.ChangeEvent in about.get(RDF.type, ())
            ),
            key=lambda e: (e.date or "", e.iri),
        )


class Place:
    """Where a fact stands among those of its predicate: by stated position, then by name, then by language."""

    def __init__(self, labels: Mapping[str, tuple[tuple[int, ox.Literal], ...]], positions: Mapping[str, int]) -> None:
        self.labels, self.positions = labels, positions

    def __call__(self, term: Value) -> tuple[int, int, str]:
        """What to sort a subject or value by."""
        if isinstance(term, ox.Literal):
            return 0, LANGUAGE_ORDER.get(term.language or "", 9), term.value
        named = self.labels.get(term.value)
        return 1, self.positions.get(term.value, 10**9), named[0][1].value if named else local_name(term.value)


def groups(facts: Iterable[Fact], way: str, counts: Counts, place: Place) -> tuple[Group, ...]:
    """Facts by predicate: those that a description begins with, then the others by label."""
    by_predicate: dict[ox.NamedNode, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_predicate[fact.predicate].append(fact)
    groups = [
        Group(
            predicate,
            tuple(sorted(several, key=lambda f: place(f.value if way == "out" else f.subject))),
            counts[way, predicate],
        )
        for predicate, several in by_predicate.items()
    ]

    def order(group: Group) -> tuple[int, str]:
        known = group.predicate in FIRST
        return (FIRST.index(group.predicate) if known else len(FIRST)), place(group.predicate)[2].casefold()

    return tuple(sorted(groups, key=order))


def mentioned(facts: Iterable[Fact], events: Iterable[Event], figures: Iterable[Figure]) -> Iterator[ox.NamedNode]:
    """Every IRI that needs a label; of a literal its datatype."""
    for fact in facts:
        for term in (fact.subject, fact.predicate, fact.value):
            yield term.datatype if isinstance(term, ox.Literal) else term
    named = [iri for e in events for iri in (e.iri, e.qualifier, e.change, *e.originals, *e.results)]
    named += [iri for figure in figures for iri in (figure.unit, figure.indicator)]
    yield from (ox.NamedNode(iri) for iri in named if iri)


def _named(term: object) -> bool:
    return isinstance(term, ox.NamedNode)


SAID = "SELECT ?p WHERE { VALUES ?iri { UNDEF } ?iri ?p ?o } LIMIT 1"
LICENCE = f"SELECT ?licence WHERE {{ VALUES ?dataset {{ UNDEF }} ?dataset {DCT.license} ?licence }}"


def is_described(engine: Engine, iri: str) -> bool:
    """Whether the release says anything of an IRI."""
    return bool(rows(engine, SAID, iri=ox.NamedNode(iri)))


@per_release
def licence(engine: Engine) -> str | None:
    """The licence of the dataset."""
    dataset = ox.NamedNode(engine.release.dataset_iri)
    return next((text_of(row["licence"]) for row in rows(engine, LICENCE, dataset=dataset)), None)
