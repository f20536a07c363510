"""The registry of identifiers of a release, row by row: `ids.csv` may have a million of them."""

from __future__ import annotations

import csv
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from gob_graph.endpoint.engine.prepared_index import PreparedIndex

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.release import Release

FIELDS: Final = ("path", "status", "changed", "successor", "reason", "meaning")
IDS, FILE = "ids.csv", "minted.sqlite"
_TABLE: Final = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE minted (place INTEGER PRIMARY KEY, path TEXT UNIQUE, status TEXT, changed TEXT, successor TEXT,
    reason TEXT, meaning TEXT);
"""
_ROW: Final = f"SELECT {', '.join(FIELDS)} FROM minted"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Minted:
    """One row: a path below the base and what became of it."""

    path: str
    status: str
    changed: str
    successor: str
    reason: str
    meaning: str

    @property
    def withdrawn(self) -> bool:
        """Whether the IRI was minted in error and stands for nothing any more."""
        return self.status == "withdrawn"


class Registry(Mapping[str, Minted]):
    """The rows by path, in the order of the file; any thread may ask."""

    def __init__(self, path: Path) -> None:
        self._address = f"file:{quote(str(path))}?mode=ro&immutable=1"
        self._own = threading.local()

    def _rows(self, end: str, *given: str) -> sqlite3.Cursor:
        db = getattr(self._own, "db", None)
        if db is None:
            db = self._own.db = sqlite3.connect(self._address, uri=True, check_same_thread=False)
        return db.execute(f"{_ROW} {end}", given)

    def __getitem__(self, path: str) -> Minted:
        """The row of a path."""
        for row in self._rows("WHERE path = ?", path):
            return Minted(*row)
        raise KeyError(path)

    def __iter__(self) -> Iterator[str]:
        """All paths."""
        return (row[0] for row in self._rows("ORDER BY place"))

    def __len__(self) -> int:
        """How many rows."""
        return sum(1 for _ in self._rows(""))

    def all(self) -> Iterator[Minted]:
        """All rows."""
        return (Minted(*row) for row in self._rows("ORDER BY place"))


def write(release: Release, path: Path) -> None:
    """Write the rows of a release to a database.

    Raises:
        OSError: the rows cannot be read.
        sqlite3.Error: the disk is full or not writable.
    """
    with closing(sqlite3.connect(path)) as db, (release.path / IDS).open(encoding="utf-8", newline="") as stream:
        db.executescript(_TABLE)
        rows = ([row[name] for name in FIELDS] for row in csv.DictReader(stream))
        # As in a dictionary: of two rows with one path, the last.
        db.executemany("INSERT OR REPLACE INTO minted VALUES (NULL, ?, ?, ?, ?, ?, ?)", rows)
        db.commit()


class _Minted:
    name, module = "minted", __spec__.name

    def made(self, release: Release) -> list[str]:
        return ["layout 1", str(release.manifest["files"].get(IDS, {}).get("sha256"))]

    def write(self, release: Release, folder: Path) -> None:
        write(release, folder / FILE)

    def open(self, release: Release, folder: Path) -> Registry:
        return Registry(folder / FILE)


MINTED: Final = PreparedIndex(_Minted())

if __name__ == "__main__":
    MINTED.main()
