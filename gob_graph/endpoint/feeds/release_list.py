"""The list of releases: as plain values for JSON and pages, and as DCAT with a checksum of each file."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.errors import ReleaseError
from gob_graph.formats import FORMATS
from gob_graph.publication import Publication, publications, release_ids
from gob_graph.release import MANIFEST, Release, open_release
from gob_graph.tables import CSVW, FOLDER
from gob_graph.vocab import DCAT, DCT, RDF, SPDX, XSD

if TYPE_CHECKING:
    from gob_graph.settings import Settings

MEDIA_TYPES = {f.extension: f.media_type for f in FORMATS if f.codec is not None} | {
    "txt": "text/plain",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "rq": "application/sparql-query",
    "gz": "application/gzip",
    "rdfp": "application/rdf-patch",
}
IANA = "https://www.iana.org/assignments/media-types/"


def media_type(name: str) -> str:
    """The media type of a file of a release."""
    if name == f"{FOLDER}{CSVW}":
        return "application/csvm+json"
    return MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def stamp(p: Publication) -> str:
    """When a publication happened, as an xsd:dateTime in UTC."""
    return p.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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


def dcat(listed: list[dict[str, Any]], base_iri: str) -> list[ox.Triple]:
    """The same in DCAT: each release a version of the dataset, each kept file a distribution with its checksum."""
    dataset = ox.NamedNode(f"{base_iri}/id/dataset/gob-kg")
    triples = [ox.Triple(dataset, RDF.type, DCAT.Dataset)]
    for row in listed:
        node = ox.NamedNode(row["url"])
        triples += [
            ox.Triple(dataset, DCAT.hasVersion, node),
            ox.Triple(node, RDF.type, DCAT.Dataset),
            ox.Triple(node, DCAT.isVersionOf, dataset),
            ox.Triple(node, DCT.identifier, ox.Literal(row["id"])),
            ox.Triple(node, DCAT.version, ox.Literal(row["version"])),
            ox.Triple(node, DCT.issued, ox.Literal(row["issued"], datatype=XSD.date)),
        ]
        triples += [
            ox.Triple(node, DCT.available, ox.Literal(p["at"], datatype=XSD.dateTime)) for p in row["published"]
        ]
        for file in row["files"]:
            if file["kept"]:
                triples += _distribution(node, file)
    return triples


def _distribution(node: ox.NamedNode, file: dict[str, Any]) -> list[ox.Triple]:
    url, checksum = ox.NamedNode(file["url"]), ox.NamedNode(f"{file['url']}#sha256")
    return [
        ox.Triple(node, DCAT.distribution, url),
        ox.Triple(url, RDF.type, DCAT.Distribution),
        ox.Triple(url, DCAT.downloadURL, url),
        ox.Triple(url, DCAT.mediaType, ox.NamedNode(IANA + media_type(file["name"]))),
        ox.Triple(url, DCAT.byteSize, ox.Literal(str(file["bytes"]), datatype=XSD.nonNegativeInteger)),
        ox.Triple(url, SPDX.checksum, checksum),
        ox.Triple(checksum, RDF.type, SPDX.Checksum),
        ox.Triple(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256),
        ox.Triple(checksum, SPDX.checksumValue, ox.Literal(file["sha256"], datatype=XSD.hexBinary)),
    ]
