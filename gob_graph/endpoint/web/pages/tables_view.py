"""The tables of a release as pages show them: read from its CSV files and their metadata."""

from __future__ import annotations

import csv
import io
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.i18n import gettext, message, spaced
from gob_graph.endpoint.web.pages.links import curie, safe_link
from gob_graph.tables import CSVW, FOLDER, SPREADSHEET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gob_graph.endpoint.web.pages.labels import Labels
    from gob_graph.release import Release

SHOWN = 10
"""Rows of a table on its page."""
TYPES = {
    "string": message("text"),
    "integer": message("whole number"),
    "decimal": message("decimal number"),
    "boolean": message("yes or no"),
    "date": message("day"),
}
NUMBERS = frozenset({"integer", "decimal"})
LABEL = "label"
"""How the name of a column ends that has the label of what the column before it has the address of."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the files, and what it is in the language of the page."""

    name: str
    title: str
    text: str
    type: str
    numeric: bool
    required: bool
    property: str
    link: str | None
    language: str | None
    """Of its texts, where all are in one."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its files are below `folder`."""

    name: str
    title: str
    text: str
    rows: int
    folder: str
    columns: tuple[Column, ...]

    @property
    def files(self) -> list[tuple[str, str, str]]:
        """Label, address and media type of each file."""
        base = f"{self.folder}{self.name}"
        return [
            ("CSV", f"{base}.csv", "text/csv"),
            ("Parquet", f"{base}.parquet", "application/vnd.apache.parquet"),
            (gettext("CSV for spreadsheets"), f"{base}{SPREADSHEET}", "text/csv"),
        ]


@dataclass(frozen=True, slots=True)
class Value:
    """A cell: its text, and the address that an IRI in it leads to."""

    text: str
    link: str | None = None
    language: str | None = None


@per_release
def _metadata(release: Release) -> dict[str, dict[str, Any]]:
    """The description of each table, by its name; none where the release has no tables."""
    name = f"{FOLDER}{CSVW}"
    if name not in release.manifest["files"]:
        return {}
    document = json.loads((release.path / name).read_text(encoding="utf-8"))
    return {table["url"].removesuffix(".csv"): table for table in document["tables"]}


def tables(release: Release, language: str) -> list[Table]:
    """Every table, in the order of the names that people read."""
    found = [_table(release, name, described, language) for name, described in _metadata(release).items()]
    return sorted(found, key=lambda table: table.title.casefold())


def table(release: Release, name: str, language: str) -> Table | None:
    """One table; None where the release has none of the name."""
    described = _metadata(release).get(name)
    return _table(release, name, described, language) if described else None


def _table(release: Release, name: str, described: Mapping[str, Any], language: str) -> Table:
    return Table(
        name,
        _text(described["dc:title"], language),
        _text(described["dc:description"], language),
        described["void:entities"],
        f"/releases/{release.id}/{FOLDER}",
        tuple(_column(column, language) for column in described["tableSchema"]["columns"]),
    )


def _column(described: Mapping[str, Any], language: str) -> Column:
    iri, kind = described.get("propertyUrl", ""), described["datatype"]
    return Column(
        described["name"],
        _text(described["rdfs:label"], language),
        _text(described["dc:description"], language),
        gettext(TYPES[kind]),
        kind in NUMBERS,
        described["required"],
        curie(iri) if iri else "",
        safe_link(iri) if iri else None,
        described.get("lang"),
    )


def _text(values: list[dict[str, str]], language: str) -> str:
    return spaced(next(v["@value"] for v in values if v["@language"] == language), language)


def records(release: Release, name: str, count: int) -> list[dict[str, str]]:
    """The first rows of a table, as texts by the names of the columns."""
    body = (release.path / FOLDER / f"{name}.csv").open("rb")
    with io.TextIOWrapper(body, encoding="utf-8", newline="") as stream:
        return list(itertools.islice(csv.DictReader(stream), count))


def first_rows(release: Release, shown: Table, known: Labels) -> list[list[Value]]:
    """The first rows of a table as cells."""
    languages = {column.name: column.language for column in shown.columns}
    return [list(_cells(record, languages, known)) for record in records(release, shown.name, SHOWN)]


def _cells(record: Mapping[str, str], languages: Mapping[str, str | None], known: Labels) -> Iterator[Value]:
    for name, text in record.items():
        if text.startswith(("http://", "https://")):
            yield Value(curie(text).strip("<>"), safe_link(text))
        else:
            yield Value(text, language=(languages.get(name) or _language(record, name, known)) if text else None)


def _language(record: Mapping[str, str], name: str, known: Labels) -> str | None:
    """The language of a text: of the column beside it that says so, or of the label of the thing that it names."""
    if named := record.get(f"{name}_lang"):
        return named
    if name == LABEL or name.endswith(f"_{LABEL}"):
        return known.language(record.get(name.removesuffix(LABEL).rstrip("_") or "iri", ""), record[name])
    return None
