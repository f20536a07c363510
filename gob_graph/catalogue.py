"""The dataset in a catalogue: DCAT-AP 3 with what is only known where it is served.

The layer `meta` says what the dataset is, wherever it is served. Added here, from the manifest and the settings: the
files with their addresses, sizes and digests, the SPARQL service, and whom to ask.
https://semiceu.github.io/DCAT-AP/releases/3.0.1/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from gob_graph.formats import FORMATS, by_name
from gob_graph.manifest import dataset_iri
from gob_graph.tables import table_and_format
from gob_graph.vocab import (
    DCAT,
    DCT,
    FOAF,
    LANGUAGES,
    LAYERS,
    RDF,
    RDFS,
    SKOS,
    SPDX,
    VCARD,
    VOID,
    XSD,
    layer_graph,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gob_graph.release import Release
    from gob_graph.settings import Settings

CATALOGUE_PATH = "id/dataset/catalogue"
"""Below the base: the catalogue that lists the dataset."""

AUTHORITY = "http://publications.europa.eu/resource/authority/"
FILE_TYPES = {
    "turtle": "RDF_TURTLE",
    "ntriples": "RDF_N_TRIPLES",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON_LD",
    "trig": "RDF_TRIG",
    "nquads": "RDF_N_QUADS",
}
"""The EU file type of each format that carries a graph."""
TABLE_FORMATS = {"csv": ("CSV", "CSV", "text/csv"), "parquet": ("Parquet", "PARQUET", "application/vnd.apache.parquet")}
"""Label, EU file type and media type of the formats of tables, by extension."""
QUERIES = ox.NamedNode(f"{AUTHORITY}file-type/SPARQLQ")
"""The EU file type that portals show as SPARQL."""
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
GZIP = ox.NamedNode(MEDIA_TYPES + "application/gzip")
PROTOCOL = ox.NamedNode("https://www.w3.org/TR/sparql11-protocol/")
OTHER_SERVICE = ox.NamedNode("http://inspire.ec.europa.eu/metadata-codelist/SpatialDataServiceType/other")
"""The Belgian profile asks for a type of INSPIRE's list; of its classes, this one fits a SPARQL endpoint."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "whole": {"nl": "De hele graaf", "fr": "Le graphe entier", "de": "Der ganze Graph", "en": "The whole graph"},
    "layer": {"nl": "De laag", "fr": "La couche", "de": "Die Schicht", "en": "The layer"},
    "table": {"nl": "De tabel", "fr": "Le tableau", "de": "Die Tabelle", "en": "The table"},
    "service": {
        "nl": "SPARQL-endpoint",
        "fr": "Point d’accès SPARQL",
        "de": "SPARQL-Endpunkt",
        "en": "SPARQL endpoint",
    },
    "service-description": {
        "nl": "Beantwoordt query’s in SPARQL 1.1; alleen lezen.",
        "fr": "Répond aux requêtes en SPARQL 1.1 ; en lecture seule.",
        "de": "Beantwortet Abfragen in SPARQL 1.1; nur lesend.",
        "en": "Answers queries in SPARQL 1.1; read-only.",
    },
    "other-service": {
        "nl": "andere dienst",
        "fr": "autre service",
        "de": "sonstiger Dienst",
        "en": "other service",
    },
    "contact": {"nl": "Contact", "fr": "Contact", "de": "Kontakt", "en": "Contact"},
}


NAMING = frozenset({RDF.type, SKOS.prefLabel, SKOS.notation, RDFS.label, DCT.term("title")})
"""What a reader needs of a thing that is only referred to."""
PARTS = frozenset({DCT.publisher, DCT.temporal})
"""Properties whose value is a part of the record."""


def document(release: Release, settings: Settings) -> list[ox.Triple]:
    """The whole catalogue document: what `meta` says of catalogue and dataset, what `served` adds, and names.

    A harvester takes every `dcat:Dataset` in a document for one to import, so the edition, which would be a second one
    with each release, is only named here (``dcat:hasCurrentVersion``). Statistics are in the VoID description.
    """
    quads = list(ox.parse(path=str(release.dataset), format=ox.RdfFormat.N_QUADS))
    base, meta = release.base_iri, layer_graph(release.base_iri, "meta")
    dataset, catalogue = ox.NamedNode(release.dataset_iri), ox.NamedNode(f"{base}/{CATALOGUE_PATH}")
    in_meta = [q.triple for q in quads if q.graph_name == meta]
    told = [t for t in in_meta if t.subject == catalogue or (t.subject == dataset and not _untold(t.predicate))]
    parts = {t.object for t in told if t.predicate in PARTS}
    told += [t for t in in_meta if t.subject in parts]
    wanted = {t.object for t in told if t.predicate != DCAT.hasCurrentVersion} - {dataset}
    named = (q.triple for q in quads if q.subject in wanted and q.predicate in NAMING)
    return list(dict.fromkeys([*told, *served(release.manifest, release.id, settings), *named]))


def _untold(predicate: ox.NamedNode) -> bool:
    """What the record leaves out: statistics, editions, and the identifier, which older software made the id."""
    return predicate in {DCAT.hasVersion, DCT.identifier} or predicate.value.startswith(VOID)


def served(manifest: Mapping[str, Any], identity: str, settings: Settings) -> list[ox.Triple]:
    """Files, service and contact of a release that is served at the address of the settings."""
    base, home = manifest["base_iri"], ox.NamedNode(f"{settings.service_url}/")
    catalogue, service = ox.NamedNode(f"{base}/{CATALOGUE_PATH}"), ox.NamedNode(f"{settings.service_url}/sparql")
    dataset, day = ox.NamedNode(dataset_iri(manifest)), ox.Literal(str(manifest["issued"]), datatype=XSD.date)
    return [
        ox.Triple(catalogue, DCAT.service, service),
        ox.Triple(catalogue, DCT.issued, day),
        ox.Triple(catalogue, DCT.modified, day),
        ox.Triple(catalogue, FOAF.homepage, home),
        ox.Triple(home, RDF.type, FOAF.Document),
        *of_dataset(dataset, manifest, identity, settings),
        *_service(service, dataset, ox.NamedNode(str(manifest["license"]))),
    ]


def completed(told: Iterable[ox.Triple], iri: str, release: Release, settings: Settings) -> list[ox.Triple]:
    """The document about one thing; that of the dataset or its edition with what is known where it is served."""
    dataset = release.dataset_iri
    if iri not in {dataset, f"{dataset}/{release.version}"}:
        return list(told)
    # A reader takes one identifier; in releases by older software that of the dataset is the id of the release.
    kept = [t for t in told if t.subject.value != dataset or t.predicate != DCT.identifier]  # type: ignore[union-attr]
    return list(dict.fromkeys([*kept, *of_dataset(ox.NamedNode(iri), release.manifest, release.id, settings)]))


def of_dataset(
    dataset: ox.NamedNode, manifest: Mapping[str, Any], identity: str, settings: Settings
) -> Iterator[ox.Triple]:
    """What a document about the dataset, or an edition of it, says where it is served: files, contact, endpoint."""
    whole = ox.NamedNode(dataset_iri(manifest))
    day, licence = ox.Literal(str(manifest["issued"]), datatype=XSD.date), ox.NamedNode(str(manifest["license"]))
    yield ox.Triple(dataset, DCAT.landingPage, ox.NamedNode(f"{settings.service_url}/"))
    yield from _contact(dataset, ox.NamedNode(f"{whole.value}/contact"), settings.contact)
    edition = f"{whole.value}/{manifest['version']}"
    for name, entry in sorted(manifest["files"].items()):
        found = content_of(name)
        if found:
            node = ox.NamedNode(f"{edition}/file/{name}")
            address = ox.NamedNode(f"{settings.service_url}/releases/{identity}/{name}")
            yield ox.Triple(dataset, DCAT.distribution, node)
            yield from distribution(node, address, found, licence)
            yield from measured(node, ox.NamedNode(f"{node.value}/checksum"), entry)
            if name.startswith("dataset."):
                yield ox.Triple(dataset, VOID.dataDump, address)
    if dataset == whole:
        yield ox.Triple(dataset, DCT.identifier, ox.Literal(dataset.value))
        yield ox.Triple(dataset, DCT.modified, day)
        yield from _endpoint(dataset, ox.NamedNode(f"{settings.service_url}/sparql"), licence)


def _endpoint(dataset: ox.NamedNode, service: ox.NamedNode, licence: ox.NamedNode) -> Iterator[ox.Triple]:
    """The SPARQL endpoint as one more way to get the dataset: always as it is now."""
    node = ox.NamedNode(f"{service.value}#distribution")
    yield ox.Triple(dataset, DCAT.distribution, node)
    yield ox.Triple(node, RDF.type, DCAT.Distribution)
    yield from _texts(node, DCT.term("title"), WORDS["service"])
    yield from _texts(node, DCT.description, WORDS["service-description"])
    yield ox.Triple(node, DCAT.accessURL, service)
    yield ox.Triple(node, DCAT.accessService, service)
    yield ox.Triple(service, RDF.type, DCAT.DataService)
    yield ox.Triple(node, DCT.term("format"), QUERIES)
    yield ox.Triple(QUERIES, RDF.type, DCT.MediaTypeOrExtent)
    yield ox.Triple(node, DCT.conformsTo, PROTOCOL)
    yield ox.Triple(PROTOCOL, RDF.type, DCT.Standard)
    yield ox.Triple(node, DCT.license, licence)


class Content(NamedTuple):
    """What a file holds: a key of `WORDS` with the name of the part, and its format."""

    what: str
    part: str
    label: str
    file_type: str
    media_type: str
    zipped: bool = False


def content_of(name: str) -> Content | None:
    """What a file of a release is; None for files that are no distribution of the dataset."""
    table = table_and_format(name)
    if table:
        return Content("table", f" {table[0]}", *TABLE_FORMATS[table[1]])
    stem, _, extension = name.removesuffix(".gz").partition(".")
    target = by_name(extension, [f for f in FORMATS if f.name in FILE_TYPES])
    if not target or stem not in {"dataset", *LAYERS}:
        return None
    what, part = ("whole", "") if stem == "dataset" else ("layer", f" {stem}")
    return Content(what, part, target.label, FILE_TYPES[target.name], target.media_type, name.endswith(".gz"))


def distribution(
    node: ox.NamedNode, address: ox.NamedNode, content: Content, licence: ox.NamedNode
) -> Iterator[ox.Triple]:
    """A file that holds the graph, a layer or a table, but for its size and digest (`measured`)."""
    kind = ox.NamedNode(f"{AUTHORITY}file-type/{content.file_type}")
    zipped = content.zipped
    ending = f"{content.part} ({content.label}{', gzip' if zipped else ''})"
    yield from _texts(node, DCT.term("title"), {code: text + ending for code, text in WORDS[content.what].items()})
    yield from downloaded(node, address, ox.NamedNode(MEDIA_TYPES + content.media_type), licence)
    yield ox.Triple(node, DCT.term("format"), kind)
    yield ox.Triple(kind, RDF.type, DCT.MediaTypeOrExtent)
    if zipped:
        yield ox.Triple(node, DCAT.compressFormat, GZIP)
        yield ox.Triple(GZIP, RDF.type, DCT.MediaType)


def downloaded(
    node: ox.NamedNode, address: ox.NamedNode, media: ox.NamedNode, licence: ox.NamedNode
) -> Iterator[ox.Triple]:
    """What a harvester needs of any file: where it is, its media type, its licence."""
    yield ox.Triple(node, RDF.type, DCAT.Distribution)
    yield ox.Triple(node, DCAT.accessURL, address)
    yield ox.Triple(node, DCAT.downloadURL, address)
    yield ox.Triple(node, DCAT.mediaType, media)
    yield ox.Triple(media, RDF.type, DCT.MediaType)
    yield ox.Triple(node, DCT.license, licence)


def measured(node: ox.NamedNode, checksum: ox.NamedNode, entry: Mapping[str, Any]) -> Iterator[ox.Triple]:
    """Size and digest of a file, as the manifest gives them."""
    yield ox.Triple(node, DCAT.byteSize, ox.Literal(str(entry["bytes"]), datatype=XSD.nonNegativeInteger))
    yield ox.Triple(node, SPDX.checksum, checksum)
    yield ox.Triple(checksum, RDF.type, SPDX.Checksum)
    yield ox.Triple(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
    yield ox.Triple(SPDX.checksumAlgorithm_sha256, RDF.type, SPDX.ChecksumAlgorithm)
    yield ox.Triple(checksum, SPDX.checksumValue, ox.Literal(str(entry["sha256"]), datatype=XSD.hexBinary))


def _service(service: ox.NamedNode, dataset: ox.NamedNode, licence: ox.NamedNode) -> Iterator[ox.Triple]:
    yield ox.Triple(service, RDF.type, DCAT.DataService)
    yield from _texts(service, DCT.term("title"), WORDS["service"])
    yield from _texts(service, DCT.description, WORDS["service-description"])
    yield ox.Triple(service, DCAT.endpointURL, service)
    yield ox.Triple(service, DCAT.endpointDescription, service)
    yield ox.Triple(service, DCAT.servesDataset, dataset)
    yield ox.Triple(service, DCAT.theme, ox.NamedNode(f"{AUTHORITY}data-theme/GOVE"))
    yield ox.Triple(service, DCT.license, licence)
    yield ox.Triple(service, DCT.type, OTHER_SERVICE)
    yield ox.Triple(OTHER_SERVICE, RDF.type, SKOS.Concept)
    yield from _texts(OTHER_SERVICE, SKOS.prefLabel, WORDS["other-service"])
    yield ox.Triple(service, DCT.conformsTo, PROTOCOL)
    yield ox.Triple(PROTOCOL, RDF.type, DCT.Standard)


def _contact(dataset: ox.NamedNode, node: ox.NamedNode, contact: str) -> Iterator[ox.Triple]:
    if contact:
        web = "://" in contact
        yield ox.Triple(dataset, DCAT.contactPoint, node)
        yield ox.Triple(node, RDF.type, VCARD.Kind)
        yield ox.Triple(node, RDF.type, VCARD.Organization)
        yield from _texts(node, VCARD.term("organization-name"), WORDS["contact"])
        yield ox.Triple(
            node, VCARD.hasURL if web else VCARD.hasEmail, ox.NamedNode(contact if web else f"mailto:{contact}")
        )


def _texts(node: ox.NamedNode, predicate: ox.NamedNode, texts: Mapping[str, str]) -> Iterable[ox.Triple]:
    return [ox.Triple(node, predicate, ox.Literal(texts[code], language=code)) for code in LANGUAGES]
