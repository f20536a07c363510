"""What the graph says of things, asked of a `Graph`: facts, figures with bounds and hedges, evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gob_graph.agents.answers import Evidence, Fact, Figure, Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gob_graph.client.graph import Graph

PREFIXES: Final = """PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX void: <http://rdfs.org/ns/void#>
"""
FACTS: Final = """SELECT ?p (STR(?o) AS ?value) (ISIRI(?o) AS ?thing) (LANG(?o) AS ?language)
    (STR(DATATYPE(?o)) AS ?type) ?g WHERE {{
    GRAPH ?g {{ <{iri}> ?p ?o }} FILTER(?p != void:inDataset)
}} ORDER BY ?p ?value"""
LINKS: Final = """SELECT DISTINCT ?s ?p WHERE {{
    GRAPH ?g {{ ?s ?p <{iri}> }} FILTER(?p NOT IN (rdf:subject, rdf:object, void:inDataset) && ISIRI(?s))
}} ORDER BY ?p ?s LIMIT {limit}"""
FIGURES: Final = """SELECT ?figure ?what ?exact ?more ?about ?hedge ?date ?unit WHERE {{
    {{ VALUES ?of {{ {things} }} ?figure gov:figureOf ?of }} UNION {{ VALUES ?figure {{ {things} }} }}
    ?figure gov:indicator ?what .
    OPTIONAL {{ ?figure gov:exactValue ?exact }} OPTIONAL {{ ?figure gov:exclusiveLowerBound ?more }}
    OPTIONAL {{ ?figure gov:approximateValue ?about }} OPTIONAL {{ ?figure gov:hedge ?hedge }}
    OPTIONAL {{ ?figure gov:referenceDate ?date }} OPTIONAL {{ ?figure gov:unitOfMeasure ?unit }}
}} ORDER BY ?figure"""
STATEMENTS: Final = """SELECT DISTINCT ?thing ?p ?o ?kind ?iri ?identifier ?words WHERE {{
    {{
        VALUES ?thing {{ {things} }}
        ?fact rdf:subject ?thing ; rdf:predicate ?p ; rdf:object ?object .
        {{ ?iri oa:hasBody ?fact ; dct:identifier ?identifier . OPTIONAL {{ ?iri dct:description ?words }}
           BIND("statement" AS ?kind) }}
        UNION {{ ?fact prov:hadPrimarySource ?iri . OPTIONAL {{ ?iri rdfs:label ?words }} BIND("document" AS ?kind) }}
        UNION {{ ?fact gov:derivedBy ?iri . OPTIONAL {{ ?iri dct:description ?words FILTER(LANG(?words) = "en") }}
           BIND("rule" AS ?kind) }}
    }}
    UNION {{
        VALUES ?thing {{ {things} }}
        ?thing void:inDataset ?file . ?graph void:subset ?file . ?file prov:hadPrimarySource ?iri .
        GRAPH ?graph {{ ?thing ?p ?object }} OPTIONAL {{ ?iri rdfs:label ?words }} BIND("document" AS ?kind)
    }}
    BIND(STR(?object) AS ?o)
}} ORDER BY ?thing ?p ?o ?kind ?iri"""
"""A fact's own evidence; and the document of a file, for what the graph of the file says of the thing."""
SHOWN: Final = 200
"""Things that refer to a described one, at most."""
Row = dict[str, Any]


def asked(graph: Graph, text: str) -> list[Row]:
    """The rows of a query of ours; each cell a text."""
    gov = f"PREFIX gov: <{graph.manifest['ontology_base']}/ns/governance#>\n"
    table = graph.select_arrow(PREFIXES + gov + text)
    return [{k: None if v is None else str(v) for k, v in row.items()} for row in table.to_pylist()]


def in_values(iris: Iterable[str]) -> str:
    """IRIs for a VALUES clause, each once."""
    return " ".join(f"<{iri}>" for iri in dict.fromkeys(iris))


def facts_of(graph: Graph, iri: str, language: str) -> list[Fact]:
    """The facts about a thing, each with its evidence."""
    rows = asked(graph, FACTS.format(iri=iri))
    graphs = {v: k for k, v in graph.manifest["graphs"].items()}
    names = graph.names([r["p"] for r in rows] + [r["value"] for r in rows if r["thing"] == "True"], language)
    support: dict[tuple[str, str], list[Evidence]] = {}
    for row in asked(graph, STATEMENTS.format(things=in_values([iri]))) if rows else ():
        support.setdefault((row["p"], row["o"]), []).append(_evidence(row))
    return [
        Fact(
            property=row["p"],
            property_label=names.get(row["p"], local(row["p"])),
            value=row["value"],
            value_label=names.get(row["value"]) if row["thing"] == "True" else None,
            language=row["language"] or None,
            datatype=row["type"],
            layer=graphs.get(row["g"], ""),
            evidence=support.get((row["p"], row["value"]), []),
        )
        for row in rows
    ]


def links_to(graph: Graph, iri: str, language: str) -> list[Link]:
    """What refers to a thing; at most `SHOWN` and one more."""
    rows = asked(graph, LINKS.format(iri=iri, limit=SHOWN + 1))
    names = graph.names([row["s"] for row in rows], language)
    return [Link(iri=row["s"], label=names.get(row["s"], local(row["s"])), property=row["p"]) for row in rows]


def figures_of(graph: Graph, things: Sequence[str], language: str) -> list[Figure]:
    """The figures among things, and of them."""
    if not things:
        return []
    rows = asked(graph, FIGURES.format(things=in_values(things)))
    names = graph.names([r[key] for r in rows for key in ("what", "unit") if r[key]], language)
    found = {
        row["figure"]: Figure(
            iri=row["figure"],
            what=names.get(row["what"], local(row["what"])),
            exact=row["exact"],
            more_than=row["more"],
            about=row["about"],
            hedge=row["hedge"],
            date=row["date"],
            unit=names.get(row["unit"], local(row["unit"])) if row["unit"] else None,
        )
        for row in rows
    }
    return list(found.values())


def evidence_of(graph: Graph, things: Sequence[str], most: int) -> list[Evidence]:
    """What the facts of things stand on: the statements and documents first, each once for a thing."""
    if not things:
        return []
    rows = asked(graph, STATEMENTS.format(things=in_values(things)))
    once = {(row["thing"], row["iri"]): _evidence(row) for row in reversed(rows)}
    order = ("statement", "document", "rule")
    return sorted(once.values(), key=lambda e: (order.index(e.kind), e.about, e.identifier, e.iri))[:most]


def _evidence(row: Mapping[str, Any]) -> Evidence:
    return Evidence(
        kind=row["kind"],
        about=row["thing"],
        property=row["p"],
        identifier=row["identifier"] or "",
        words=row["words"] or "",
        iri=row["iri"],
    )


def local(iri: str) -> str:
    """The last part of an IRI."""
    return iri.rstrip("/").replace("#", "/").rpartition("/")[2]
