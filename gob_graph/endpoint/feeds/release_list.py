"""The list of releases: as plain values for JSON and pages, and as DCAT with a checksum of each file."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph import catalogue
from gob_graph.errors import ReleaseError
from gob_graph.formats import FORMATS
from gob_graph.publication import Publication, publications, release_ids
from gob_graph.release import MANIFEST, Release, open_release
from gob_graph.tables import CSVW, FOLDER
from gob_graph.vocab import DCAT, DCT, RDF, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.settings import Settings

MEDIA_TYPES = {f.extension: f.media_type for f in FORMATS if f.codec is not None} | {
    "txt": "text/plain",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "rq": "application/sparql-query",
    "gz": "application/gzip",
    "rdfp": "application/rdf-patch",
}
INHERITED = frozenset({DCT.description, DCT.publisher, DCT.language, DCT.accessRights, DCT.license, DCAT.theme})
"""Properties of the dataset that its versions have, too."""


def media_type(name: str) -> str:
    """The media type of a file of a release."""
    if name == f"{FOLDER}{CSVW}":
        return "application/csvm+json"
    return MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def stamp(p: Publication) -> str:
    """When a publication happened, as an xsd:dateTime in UTC; with milliseconds unless it is first in its second."""
    precision = "milliseconds" if p.at.microsecond else "seconds"
    return p.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def rows(settings: Settings, only: str | None = None) -> list[dict[str, Any]]:
    """Every release that stands here, the one published last first."""
    log = publications(settings.release_dir)
    last = {p.release: p.number for p in log}
    found = []
    for identity in [only] if only else release_ids(settings.release_dir):
        try:
            release = open_release(settings.release_dir / identity, verify=False)
        except ReleaseError:
            continue
        found.append(_row(release, [p for p in log if p.release == identity], settings, log[-1] if log else None))
    return sorted(found, key=lambda row: -last.get(row["id"], 0))


def _row(release: Release, published: list[Publication], settings: Settings, now: Publication | None) -> dict[str, Any]:
    address = f"{settings.service_url}/releases/{release.id}"
    pruned = release.pruned
    return {
        "id": release.id,
        "version": release.version,
        "issued": release.issued,
        "current": bool(now and now.release == release.id),
        "published": [{"number": p.number, "at": stamp(p), "rollback": p.rollback} for p in published],
        "triples": release.manifest["triples"],
        "distinct_triples": release.manifest["distinct_triples"],
        "url": address,
        "manifest": f"{address}/{MANIFEST}",
        "files": [
            {"name": name, "url": f"{address}/{name}", "kept": name not in pruned, **entry}
            for name, entry in release.manifest["files"].items()
        ],
    }


def dcat(listed: list[dict[str, Any]], release: Release, settings: Settings) -> list[ox.Triple]:
    """The same in DCAT: the dataset as the current release has it, each release a version of it, each kept file.

    Everything a harvester imports a dataset with is in this one document.
    """
    dataset = ox.NamedNode(release.dataset_iri)
    listing = ox.NamedNode(f"{release.base_iri}/{catalogue.CATALOGUE_PATH}")
    triples = [t for t in catalogue.document(release, settings) if t.subject != listing]
    about = [t for t in triples if t.subject == dataset]
    licence = ox.NamedNode(release.manifest["license"])
    for row in listed:
        node = ox.NamedNode(row["url"])
        triples += [
            ox.Triple(dataset, DCAT.hasVersion, node),
            ox.Triple(node, RDF.type, DCAT.Dataset),
            ox.Triple(node, DCAT.isVersionOf, dataset),
            ox.Triple(node, DCT.identifier, ox.Literal(row["id"])),
            ox.Triple(node, DCAT.version, ox.Literal(row["version"])),
            ox.Triple(node, DCT.issued, ox.Literal(row["issued"], datatype=XSD.date)),
            *_inherited(node, about, row["version"]),
        ]
        triples += [
            ox.Triple(node, DCT.available, ox.Literal(p["at"], datatype=XSD.dateTime)) for p in row["published"]
        ]
        for file in row["files"]:
            if file["kept"]:
                triples += _distribution(node, file, licence)
    return list(dict.fromkeys(triples))


def _inherited(node: ox.NamedNode, about: list[ox.Triple], version: str) -> Iterator[ox.Triple]:
    """What holds of the dataset holds of its versions; the title has the number besides."""
    for t in about:
        if t.predicate == DCT.term("title") and isinstance(t.object, ox.Literal):
            text = ox.Literal(f"{t.object.value} {version}", language=t.object.language)
            yield ox.Triple(node, t.predicate, text)
        elif t.predicate in INHERITED:
            yield ox.Triple(node, t.predicate, t.object)


def _distribution(node: ox.NamedNode, file: dict[str, Any], licence: ox.NamedNode) -> Iterator[ox.Triple]:
    url, content = ox.NamedNode(file["url"]), catalogue.content_of(file["name"])
    yield ox.Triple(node, DCAT.distribution, url)
    if content:
        yield from catalogue.distribution(url, url, content, licence)
    else:
        media = ox.NamedNode(catalogue.MEDIA_TYPES + media_type(file["name"]))
        yield ox.Triple(url, DCT.term("title"), ox.Literal(file["name"]))
        yield from catalogue.downloaded(url, url, media, licence)
    yield from catalogue.measured(url, ox.NamedNode(f"{url.value}#sha256"), file)
