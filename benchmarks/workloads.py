"""What is asked. Every query is small text; the answers are from one row to ten thousand triples."""

from __future__ import annotations

from dataclasses import dataclass, replace

PREFIXES = """PREFIX cv: <http://data.europa.eu/m8g/>
PREFIX gov: <https://data.example.org/ns/governance#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX schema: <http://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
JSON = "application/sparql-results+json"
TRIPLES = "application/n-triples"


@dataclass(frozen=True, slots=True)
class Workload:
    """A query; `unique` makes each request another text, so that no cache of answers helps."""

    name: str
    query: str
    unique: bool = True
    accept: str = JSON
    subjects: str = ""
    """A query for the IRIs that take the place of <urn:it>, one after the other."""
    floors: tuple[float, float] = (0, 0)
    """The least ratio to `oxigraph serve` for one and for eight clients; 0: none is set."""


_ENTITY = "SELECT ?property ?value WHERE { <urn:it> ?property ?value }"
_SUBJECTS = PREFIXES + "SELECT DISTINCT ?it WHERE { ?it a cv:PublicOrganisation } ORDER BY ?it LIMIT 500"

_SMALL = Workload("small, unique", _ENTITY, subjects=_SUBJECTS, floors=(0.3, 0.15))
_LARGER = (
    Workload(
        "join, unique",
        PREFIXES
        + """SELECT ?unit ?label ?of ?place WHERE {
  ?unit org:unitOf ?of ; schema:position ?place ; skos:prefLabel ?label .
  ?of skos:prefLabel ?name . FILTER(LANG(?label) = "fr" && LANG(?name) = "nl")
} LIMIT 500""",
    ),
    Workload(
        "aggregate, unique",
        PREFIXES
        + "SELECT ?class (COUNT(?it) AS ?count) WHERE { ?it a ?class } GROUP BY ?class ORDER BY DESC(?count) ?class",
    ),
    Workload(
        "property path, unique",
        PREFIXES
        + "SELECT (COUNT(DISTINCT ?unit) AS ?count) WHERE { ?unit org:unitOf/org:subOrganizationOf* <urn:it> }",
        subjects=PREFIXES + "SELECT DISTINCT ?it WHERE { ?unit org:unitOf ?it } ORDER BY ?it LIMIT 200",
    ),
    Workload(
        "label search, unique",
        PREFIXES
        + """SELECT ?it ?label WHERE {
  ?it skos:prefLabel ?label . FILTER(CONTAINS(LCASE(STR(?label)), "mobilit")) } LIMIT 100""",
    ),
    Workload(
        "CONSTRUCT, 10 000 triples, unique",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 10000",
        accept=TRIPLES,
    ),
)


def _repeated(workload: Workload) -> Workload:
    """The same question again and again, as people and pages ask it."""
    return replace(workload, name=workload.name.replace("unique", "repeated"), unique=False, floors=(0.7, 0.7))


WORKLOADS = (_repeated(_SMALL), _SMALL, *(one for each in _LARGER for one in (_repeated(each), each)))
