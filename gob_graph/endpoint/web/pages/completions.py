"""What the editor offers while one types: prefixes, classes with their counts, properties and things, by label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.web.pages.labels import labels

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine

CLASSES = "SELECT ?class (COUNT(DISTINCT ?thing) AS ?count) WHERE { ?thing a ?class } GROUP BY ?class"
PROPERTIES = "SELECT ?property (COUNT(*) AS ?count) WHERE { ?thing ?property ?value } GROUP BY ?property"
THINGS = """
SELECT DISTINCT ?thing ?class WHERE {
    ?thing skos:prefLabel|rdfs:label|dct:title|schema:text ?label ; a ?class .
    FILTER(ISIRI(?thing))
    FILTER NOT EXISTS { ?thing a rdf:Property }
    FILTER NOT EXISTS { ?thing a rdfs:Class }
}
"""
"""What has a name and stands for itself; evidence has none."""


def completions(engine: Engine, language: str) -> dict[str, Any]:
    """For the editor: ``prefixes`` (name, namespace), and lists of (compact IRI, label, count or kind).

    What has no compact IRI is left out, for it cannot be written shortly; a label is empty where nothing gives one.

    Raises:
        RequestError: the engine has no time or room now.
    """
    known = labels(engine)

    def named(iri: str) -> tuple[str, str] | None:
        short = known.compact(iri)
        return (short, known.of(iri, language).text if known.known(iri) else "") if short != iri else None

    counts = {row["class"].value: int(row["count"].value) for row in rows(engine, CLASSES)}
    uses = {row["property"].value: int(row["count"].value) for row in rows(engine, PROPERTIES)}
    kinds: dict[str, list[str]] = {}
    for row in rows(engine, THINGS):
        kinds.setdefault(row["thing"].value, []).append(row["class"].value)
    # Of several kinds the rarest says most.
    kind = {thing: min(of, key=lambda iri: (not known.known(iri), counts[iri], iri)) for thing, of in kinds.items()}
    return {
        "prefixes": dict(sorted(engine.release.manifest["prefixes"].items())),
        "classes": sorted([*name, counts[iri]] for iri in counts if (name := named(iri))),
        "properties": sorted([*name, uses[iri]] for iri in uses if (name := named(iri))),
        "things": sorted([*name, known.of(kind[iri], language).text] for iri in kind if (name := named(iri))),
    }
