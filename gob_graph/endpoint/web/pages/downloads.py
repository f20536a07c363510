"""The files of a release as a table: what each holds, in which format, how large, with which digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.endpoint.web.pages.i18n import number
from gob_graph.formats import by_name
from gob_graph.tables import FOLDER
from gob_graph.vocab import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gob_graph.formats import Format
    from gob_graph.release import Release

WHOLE = "dataset"
GZIP = ".gz"
QUERIES = "queries/"
FORMATS: Mapping[str, tuple[str, str]] = {
    "json": ("JSON", "application/json"),
    "csv": ("CSV", "text/csv"),
    "tsv": ("TSV", "text/tab-separated-values"),
    "txt": ("Text", "text/plain"),
    "rq": ("SPARQL", "application/sparql-query"),
    "html": ("HTML", "text/html"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
    "svg": ("SVG", "image/svg+xml"),
    "zip": ("ZIP", "application/zip"),
}
"""What stands in a release beside RDF: by extension, label and media type."""
PARTS: Mapping[str, str] = {
    WHOLE: "All the data",
    "report": "Report of the validation",
    "shapes": "SHACL shapes",
    "ids": "Register of identifiers",
    "quality": "Figures of data quality",
    "catalog": "Catalogue record",
    "context": "JSON-LD context",
    "site": "Texts for the pages of this institution",
    "statistics": "Counts by class and property, for the planning of queries",
}
"""What a file holds, as message ids; layers are named by the graph."""
UNITS = ("B", "kB", "MB", "GB")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One file: `part` is ``dataset``, a layer, or the name of what it documents."""

    name: str
    part: str
    format: str
    media_type: str
    compressed: bool
    bytes: int
    sha256: str
    link: str

    @property
    def size(self) -> str:
        """The size as people write it, with units of 1000."""
        amount, unit = float(self.bytes), 0
        while amount >= 1000 and unit < len(UNITS) - 1:
            amount, unit = amount / 1000, unit + 1
        return f"{number(round(amount, 1 if unit else 0))} {UNITS[unit]}"


@dataclass(frozen=True, slots=True)
class Downloads:
    """The files by what they hold."""

    whole: list[Distribution]
    layers: list[Distribution]
    others: list[Distribution]
    queries: list[Distribution]


def files_of(release: Release) -> Downloads:
    """The files of a release, the whole graph first, then its layers in their order, then the rest by name."""
    files = list(_distributions(release))
    return Downloads(
        [f for f in files if f.part == WHOLE],
        sorted((f for f in files if f.part in LAYERS), key=lambda f: (LAYERS.index(f.part), f.name)),
        [f for f in files if f.part not in {WHOLE, *LAYERS} and not f.name.startswith((QUERIES, FOLDER))],
        [f for f in files if f.name.startswith(QUERIES)],
    )


def _distributions(release: Release) -> Iterator[Distribution]:
    for name, entry in sorted(release.manifest["files"].items()):
        plain = name.removesuffix(GZIP)
        stem, _, extension = plain.rpartition(".")
        label, media_type = format_of(extension)
        yield Distribution(
            name=name,
            part=stem or plain,
            format=label,
            media_type=media_type,
            compressed=name.endswith(GZIP),
            bytes=entry["bytes"],
            sha256=entry["sha256"],
            link=f"/releases/{release.id}/{name}",
        )


def format_of(extension: str) -> tuple[str, str]:
    """Label and media type of a file by its extension."""
    if extension in FORMATS:
        return FORMATS[extension]
    known: Format | None = by_name(extension)
    return (known.label, known.media_type) if known else (extension.upper(), "application/octet-stream")
