"""The names of the files of the tables in a release: what the pipeline writes and the endpoint reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = "tables/"
CSVW = "csv-metadata.json"
"""Where a reader of CSV on the Web looks for the metadata of the tables of a folder."""
PACKAGE = "datapackage.json"
SHAPES = "shapes.ttl"
"""The shapes that say which tables and columns there are."""
SPREADSHEET = ".spreadsheet.csv"
"""The end of the name of the variant that no spreadsheet takes for formulas."""


def table_and_format(name: str) -> tuple[str, str] | None:
    """The table and the extension (``csv``, ``parquet``) of a file of a release; None for every other file."""
    stem, _, extension = name.removeprefix(FOLDER).partition(".")
    return (stem, extension) if name.startswith(FOLDER) and extension in {"csv", "parquet"} else None


def table_names(files: Iterable[str]) -> list[str]:
    """The tables of a release with these files, in order."""
    found = map(table_and_format, files)
    return sorted({pair[0] for pair in found if pair and pair[1] == "csv"})


def metadata_of(name: str) -> str | None:
    """The file that describes a CSV of a release (https://www.w3.org/TR/tabular-data-model/#link-header)."""
    found = table_and_format(name)
    return f"{FOLDER}{CSVW}" if found and found[1] == "csv" else None
