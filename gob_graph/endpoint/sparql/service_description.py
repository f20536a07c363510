"""What this endpoint is, for clients that read before they ask: SPARQL 1.1 Service Description with VoID.

Made from the tables that serve, so that it cannot promise what they do not hold. https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.formats import FORMATS, offers
from gob_graph.settings import HERE
from gob_graph.vocab import DCAT, DCT, FOAF, LAYERS, RDF, RDFS, SD, VOID, XSD, governance, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gob_graph.release import Release
    from gob_graph.settings import Settings

LIMITS = {
    "query_timeout": "second",
    "query_memory": "MiB",
    "result_limit": "MiB",
    "query_length": "byte",
    "uri_length": "byte",
    "client_running": "query",
}
"""The settings that a client can run into, and their units."""

ABOUT = """
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX void: <http://rdfs.org/ns/void#>
CONSTRUCT { ?about ?property ?value } WHERE {
    VALUES ?dataset { UNDEF }
    VALUES ?graph { UNDEF }
    GRAPH ?graph {
        { ?dataset ?property ?value BIND(?dataset AS ?about)
          FILTER(!isNumeric(?value) && ?property != dct:identifier) }
        UNION { ?dataset void:classPartition?/(void:classPartition|void:propertyPartition) ?about .
                ?about ?property ?value }
        UNION { ?about sh:declare ?value BIND(sh:declare AS ?property) }
        UNION { ?declaring sh:declare ?about . ?about ?property ?value }
    }
}
"""
"""What the release says of itself: the dataset, its partitions by class and property, the prefixes of the project.

Totals are left out: they hold for the release without the graph that states them, those given here for what is served.
Counts of partitions leave that graph out, too."""

SAID = (
    "Queries: SPARQL 1.1, all of it but SERVICE, which is refused: federate from your client. Of the SPARQL 1.2 and "
    "RDF 1.2 drafts, what the engine (Oxigraph) knows: VERSION, triple terms, reifiers and annotations, the functions "
    "TRIPLE, SUBJECT, PREDICATE, OBJECT, isTRIPLE, and literals with a base direction (STRLANGDIR, LANGDIR, hasLANG, "
    "hasLANGDIR). JSON-LD cannot carry triple terms. DESCRIBE gives a concise bounded description without "
    "reifications. The default graph is the union of the named graphs. No updates: the graph changes by releases."
)


SAID_OF_OTHERS = (
    "Queries: SPARQL 1.1, all of it but SERVICE, which is refused: federate from your client, and but functions of "
    "engines' own. Another engine evaluates them. The default graph is the union of the named graphs. No updates: the "
    "graph changes by releases."
)
"""The same where an engine that others run evaluates."""


def _said(settings: Settings) -> list[str]:
    """What the service offers and, where another engine evaluates, how its answers differ from SPARQL."""
    if settings.store in HERE:
        return [SAID]
    # Here, for what speaks with another engine needs packages that a client of a release on disk has not.
    from gob_graph.endpoint.engine.remote.probes import published

    differences = published(settings.accepted_differences)
    return [SAID_OF_OTHERS, *(f"Difference “{name}”: {text}" for name, text in differences)]


def dataset_of(release: Release) -> ox.NamedNode:
    """The dataset, of which a release is one edition."""
    return ox.NamedNode(release.dataset_iri)


def limits(settings: Settings) -> list[tuple[str, int | float, str]]:
    """Name, value and unit of each limit, for display."""
    return [(name, getattr(settings, name), unit) for name, unit in LIMITS.items()]


TITLES = {
    "nl": "SPARQL-endpoint",
    "fr": "Point d’accès SPARQL",
    "de": "SPARQL-Endpunkt",
    "en": "SPARQL endpoint",
}
"""The title of the service in each language."""


def describe(release: Release, settings: Settings, about: Iterable[ox.Triple] = ()) -> list[ox.Triple]:
    """The service, its dataset with the number of triples of each graph, its formats and its limits.

    `about` is what the query `ABOUT` gives.
    """
    service = ox.NamedNode(f"{settings.service_url}/sparql")
    dataset = dataset_of(release)
    triples = [
        ox.Triple(service, RDF.type, SD.Service),
        ox.Triple(service, RDF.type, DCAT.DataService),
        ox.Triple(service, SD.endpoint, service),
        ox.Triple(service, DCAT.endpointURL, service),
        ox.Triple(service, DCAT.servesDataset, dataset),
        *(ox.Triple(service, DCT.term("title"), ox.Literal(text, language=code)) for code, text in TITLES.items()),
        ox.Triple(service, DCT.license, ox.NamedNode("https://creativecommons.org/publicdomain/zero/1.0/")),
        ox.Triple(service, DCT.conformsTo, ox.NamedNode("https://www.w3.org/TR/sparql11-protocol/")),
        *(ox.Triple(service, DCT.description, ox.Literal(text, language="en")) for text in _said(settings)),
        ox.Triple(service, SD.supportedLanguage, SD.SPARQL11Query),
        ox.Triple(service, SD.feature, SD.UnionDefaultGraph),
        ox.Triple(service, SD.defaultDataset, dataset),
    ]
    triples += [ox.Triple(service, SD.resultFormat, ox.NamedNode(iri)) for iri in _format_iris()]
    triples += _dataset(service, dataset, release)
    triples += _graphs(dataset, release)
    triples += _limits(service, settings)
    triples += about
    return triples + _contact(service, settings)


def _dataset(service: ox.NamedNode, dataset: ox.NamedNode, release: Release) -> list[ox.Triple]:
    """The dataset, the edition of it that is served, and its default graph."""
    edition = ox.NamedNode(f"{dataset.value}/{release.version}")
    default = ox.NamedNode(f"{service.value}#default-graph")
    union = "The union of the named graphs; each triple counts once."
    return [
        ox.Triple(dataset, RDF.type, SD.Dataset),
        ox.Triple(dataset, RDF.type, VOID.Dataset),
        ox.Triple(dataset, VOID.sparqlEndpoint, service),
        ox.Triple(dataset, DCT.identifier, ox.Literal(dataset.value)),
        ox.Triple(dataset, DCAT.version, ox.Literal(release.version)),
        ox.Triple(dataset, DCAT.hasCurrentVersion, edition),
        ox.Triple(edition, DCT.identifier, ox.Literal(release.id)),
        ox.Triple(dataset, SD.defaultGraph, default),
        ox.Triple(default, RDF.type, SD.Graph),
        ox.Triple(default, VOID.triples, _integer(release.manifest["distinct_triples"])),
        ox.Triple(default, RDFS.comment, ox.Literal(union, language="en")),
    ]


def _contact(service: ox.NamedNode, settings: Settings) -> list[ox.Triple]:
    """The page or mail address of the operator, when one is set."""
    if not settings.contact:
        return []
    page = settings.contact if "://" in settings.contact else f"mailto:{settings.contact}"
    return [ox.Triple(service, FOAF.page, ox.NamedNode(page))]


def _format_iris() -> list[str]:
    carried = {f.name for kind in ("bindings", "boolean", "graph") for f in offers(kind)}
    return [f.sd_iri for f in FORMATS if f.sd_iri and f.name in carried]


def _graphs(dataset: ox.NamedNode, release: Release) -> Iterator[ox.Triple]:
    for layer in LAYERS:
        name = layer_graph(release.base_iri, layer)
        node = ox.NamedNode(f"{dataset.value}/graph/{layer}")
        yield ox.Triple(dataset, SD.namedGraph, node)
        yield ox.Triple(node, RDF.type, SD.NamedGraph)
        yield ox.Triple(node, SD.term("name"), name)
        yield ox.Triple(node, SD.graph, name)
        yield ox.Triple(name, RDF.type, SD.Graph)
        yield ox.Triple(name, VOID.triples, _integer(release.manifest["triples"][layer]))


def _limits(service: ox.NamedNode, settings: Settings) -> Iterator[ox.Triple]:
    gov = governance(settings.ontology_base)
    for name, value, unit in limits(settings):
        node = ox.NamedNode(f"{service.value}#limit-{name.replace('_', '-')}")
        yield ox.Triple(service, gov.limit, node)
        yield ox.Triple(node, RDFS.label, ox.Literal(name.replace("_", " "), language="en"))
        yield ox.Triple(node, RDF.value, ox.Literal(str(value), datatype=XSD.decimal))
        yield ox.Triple(node, DCT.description, ox.Literal(f"in units of one {unit}", language="en"))


def _integer(number: int) -> ox.Literal:
    return ox.Literal(str(number), datatype=XSD.integer)
