"""What a release says of its subjects, of some properties: read from its N-Quads in one pass into a table.

The lines are sorted, so all that is said of a subject stands together: one row each, by IRI. What is said of a million
bodies is not held as objects; the table is in memory, or in a file that is gone afterwards.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.vocab import RDF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

Value = tuple[str, str | None]
"""An IRI with None, or a text with its language (``""`` for none)."""
MEMORY: Final = ":memory:"
CACHED: Final = 64 << 10
"""KiB of a table in a file that are held in memory."""
REMEMBERED: Final = 2048
"""Subjects that are kept as they were read: many bodies refer to one event, or to one registered entity."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one subject, by property."""

    values: dict[str, list[Value]] = field(default_factory=dict)

    def iris(self, *properties: ox.NamedNode) -> list[str]:
        """The IRIs among the values of some properties, each once, in their order."""
        found = []
        for property_ in properties:
            found += [text for text, language in self.values.get(property_.value, ()) if language is None]
        return list(dict.fromkeys(found)) if len(found) > 1 else found

    def texts(self, *properties: ox.NamedNode) -> list[str]:
        """The texts among the values."""
        return [text for text, _ in self.literals(*properties)]

    def literals(self, *properties: ox.NamedNode) -> list[tuple[str, str]]:
        """The texts among the values, with their languages."""
        found = []
        for property_ in properties:
            for text, language in self.values.get(property_.value, ()):
                if language is not None:
                    found.append((text, language))
        return found


NOTHING: Final = Said()


class SaidTable:
    """What is said of each subject, by its IRI."""

    def __init__(self, database: sqlite3.Connection, properties: Sequence[str]) -> None:
        self._database, self._properties = database, properties
        self.of = lru_cache(REMEMBERED)(self._of)

    def _of(self, iri: str) -> Said:
        row = self._database.execute("SELECT said FROM said WHERE iri = ?", (iri,)).fetchone()
        return self._said(row[0]) if row else NOTHING

    def below(self, start: str) -> Iterator[tuple[str, Said]]:
        """The subjects whose IRI begins so, in the order of their IRIs."""
        end = start[:-1] + chr(ord(start[-1]) + 1)
        order = "SELECT iri, said FROM said WHERE iri >= ? AND iri < ? ORDER BY iri"
        for iri, row in self._database.execute(order, (start, end)):
            yield iri, self._said(row)

    def _said(self, row: str) -> Said:
        values: dict[str, list[Value]] = {}
        parts = iter(json.loads(row))
        for place, text, language in zip(parts, parts, parts, strict=True):
            values.setdefault(self._properties[place], []).append((text, language))
        return Said(values)


@contextmanager
def said_table(
    dataset: Path, properties: Iterable[str], graphs: Iterable[str], scratch: Path | None
) -> Iterator[SaidTable]:
    """What the sorted N-Quads of a file say of their subjects.

    Args:
        dataset: the file.
        properties: the IRIs of the properties that are read. A subject of which only its classes are said is left out.
        graphs: the IRIs of the graphs that are read.
        scratch: where a file for the table may stand meanwhile; without one it is held in memory.
    """
    wanted = list(properties)
    if scratch:
        scratch.unlink(missing_ok=True)
    with closing(sqlite3.connect(str(scratch or MEMORY), isolation_level=None)) as database:
        try:
            for said in ("page_size = 16384", f"cache_size = -{CACHED}", "journal_mode = OFF", "synchronous = OFF"):
                database.execute(f"PRAGMA {said}")
            database.execute("CREATE TABLE said (iri TEXT PRIMARY KEY, said TEXT) WITHOUT ROWID")
            database.execute("BEGIN")
            database.executemany("INSERT INTO said VALUES (?, ?)", _rows(dataset, wanted, graphs))
            database.execute("COMMIT")
            yield SaidTable(database, wanted)
        finally:
            if scratch:
                scratch.unlink(missing_ok=True)


def _rows(dataset: Path, properties: Sequence[str], graphs: Iterable[str]) -> Iterator[tuple[str, str]]:
    wanted = {f"<{iri}>".encode(): place for place, iri in enumerate(properties)}
    classes = wanted.get(f"{RDF.type}".encode())
    endings = {f" <{iri}> .\n".encode() for iri in graphs}
    subject, found, telling = b"", list[int | str | None](), False
    with dataset.open("rb") as stream:
        for line in stream:
            of, property_, rest = line.split(b" ", 2)
            place = wanted.get(property_)
            if place is None:
                continue
            end = rest.rindex(b" <")
            if rest[end:] not in endings or not line.startswith(b"<"):
                continue
            if of != subject:
                if telling:
                    yield _iri(subject), json.dumps(found)
                subject, found, telling = of, [], False
            value = _value(rest[:end], line)
            if value:
                found += (place, *value)
                telling = telling or place != classes
    if telling:
        yield _iri(subject), json.dumps(found)


def _iri(subject: bytes) -> str:
    if b"\\" in subject:
        (quad,) = ox.parse(subject + b" <a:> <a:> .", format=ox.RdfFormat.N_QUADS)
        return str(quad.subject.value)
    return subject[1:-1].decode()


def _value(term: bytes, line: bytes) -> Value | None:
    """The object of a line, unless it is neither an IRI nor a literal."""
    if b"\\" in term or not term.startswith((b'"', b"<")) or term.startswith(b"<<"):
        (quad,) = ox.parse(line, format=ox.RdfFormat.N_QUADS)
        value = quad.object
        if isinstance(value, ox.Literal):
            return value.value, value.language or ""
        return (value.value, None) if isinstance(value, ox.NamedNode) else None
    if term.startswith(b"<"):
        return term[1:-1].decode(), None
    _, text, kind = term.decode().split('"')
    return text, kind[1:].partition("--")[0].lower() if kind.startswith("@") else ""
