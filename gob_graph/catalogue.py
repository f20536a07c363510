"""The dataset in a catalogue: DCAT-AP 3 with what is only known where it is served.

The layer `meta` says what the dataset is, wherever it is served. Added here, from the manifest and the settings: the
files with their addresses, sizes and digests, the SPARQL service, and whom to ask.
https://semiceu.github.io/DCAT-AP/releases/3.0.1/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from gob_graph.formats import FORMATS, by_name
from gob_graph.tables import table_and_format
from gob_graph.vocab import (
    DATASET_PATH,
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
        "nl": "SPARQL-eindpunt",
        "fr": "Point d’accès SPARQL",
        "de": "SPARQL-Endpunkt",
        "en": "SPARQL endpoint",
    },
    "service-description": {
        "nl": "Beantwoordt vragen aan de graaf in SPARQL 1.1; alleen lezen.",
        "fr": "Répond en SPARQL 1.1 aux questions posées au graphe ; en lecture seule.",
        "de": "Beantwortet Fragen an den Graphen in SPARQL 1.1; nur lesend.",
        "en": "Answers questions to the graph in SPARQL 1.1; read-only.",
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


def document(release: Release, settings: Settings) -> list[ox.Triple]:
    """The whole catalogue document: the layer `meta`, what `served` adds, and the names of what both refer to."""
    quads = list(ox.parse(path=str(release.dataset), format=ox.RdfFormat.N_QUADS))
    base, meta = release.base_iri, layer_graph(release.base_iri, "meta")
    said = [*(q.triple for q in quads if q.graph_name == meta), *served(release.manifest, release.id, settings)]
    ours = {f"{base}/{DATASET_PATH}", f"{base}/{DATASET_PATH}/{release.version}", f"{base}/{CATALOGUE_PATH}"}
    wanted = {t.object for t in said if isinstance(t.subject, ox.NamedNode) and t.subject.value in ours}
    named = (q.triple for q in quads if q.graph_name != meta and q.subject in wanted and q.predicate in NAMING)
    return list(dict.fromkeys([*said, *named]))


def served(manifest: Mapping[str, object], identity: str, settings: Settings) -> list[ox.Triple]:
    """Files, service and contact of a release that is served at the address of the settings."""
    base = manifest["base_iri"]
    dataset, catalogue = ox.NamedNode(f"{base}/{DATASET_PATH}"), ox.NamedNode(f"{base}/{CATALOGUE_PATH}")
    licence = ox.NamedNode(str(manifest["license"]))
    service = ox.NamedNode(f"{settings.service_url}/sparql")
    triples = [
        ox.Triple(catalogue, DCAT.service, service),
        ox.Triple(catalogue, DCT.issued, ox.Literal(str(manifest["issued"]), datatype=XSD.date)),
        ox.Triple(catalogue, FOAF.homepage, ox.NamedNode(f"{settings.service_url}/")),
        ox.Triple(ox.NamedNode(f"{settings.service_url}/"), RDF.type, FOAF.Document),
        ox.Triple(dataset, DCAT.landingPage, ox.NamedNode(f"{settings.service_url}/")),
        *_service(service, dataset, licence),
        *_contact(dataset, settings.contact),
    ]
    files = manifest["files"]
    edition = ox.NamedNode(f"{dataset.value}/{manifest['version']}")
    for name, entry in sorted(files.items() if isinstance(files, dict) else ()):
        found = _content(name)
        if found:
            node = ox.NamedNode(f"{edition.value}/file/{name}")
            address = ox.NamedNode(f"{settings.service_url}/releases/{identity}/{name}")
            triples += [ox.Triple(d, DCAT.distribution, node) for d in (dataset, edition)]
            triples += _distribution(node, address, found, entry)
            triples += [ox.Triple(node, DCT.license, licence)]
            if name.startswith("dataset."):
                triples.append(ox.Triple(dataset, VOID.dataDump, address))
    return triples


class Content(NamedTuple):
    """What a file holds: a key of `WORDS` with the name of the part, and its format."""

    what: str
    part: str
    label: str
    file_type: str
    media_type: str
    zipped: bool = False


def _content(name: str) -> Content | None:
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


def _distribution(
    node: ox.NamedNode, address: ox.NamedNode, content: Content, entry: Mapping[str, object]
) -> Iterator[ox.Triple]:
    kind = ox.NamedNode(f"{AUTHORITY}file-type/{content.file_type}")
    media = ox.NamedNode(MEDIA_TYPES + content.media_type)
    zipped = content.zipped
    checksum = ox.NamedNode(f"{node.value}/checksum")
    ending = f"{content.part} ({content.label}{', gzip' if zipped else ''})"
    yield ox.Triple(node, RDF.type, DCAT.Distribution)
    yield from _texts(node, DCT.term("title"), {code: text + ending for code, text in WORDS[content.what].items()})
    yield ox.Triple(node, DCAT.accessURL, address)
    yield ox.Triple(node, DCAT.downloadURL, address)
    yield ox.Triple(node, DCT.term("format"), kind)
    yield ox.Triple(kind, RDF.type, DCT.MediaTypeOrExtent)
    yield ox.Triple(node, DCAT.mediaType, media)
    yield ox.Triple(media, RDF.type, DCT.MediaType)
    if zipped:
        yield ox.Triple(node, DCAT.compressFormat, GZIP)
        yield ox.Triple(GZIP, RDF.type, DCT.MediaType)
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


def _contact(dataset: ox.NamedNode, contact: str) -> Iterator[ox.Triple]:
    if contact:
        node = ox.NamedNode(f"{dataset.value}/contact")
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
