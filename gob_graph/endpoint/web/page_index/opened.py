"""The page index as it is read: names, classes, and things in the order of their names."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from gob_graph.endpoint.engine.page_query import Term

REMEMBERED: Final = 50_000
"""Things whose names are kept in memory."""


class Entry(NamedTuple):
    """What a thing is called: the best text of each language ('' for none), and more by language."""

    labels: dict[str, str]
    glosses: dict[str, str]
    own: frozenset[str]
    """The languages whose text is the project's own wording."""
    signature: int


@dataclass(frozen=True, slots=True)
class Signature:
    """What many things have in common: the layers that give each class, the languages of names, the years of dates."""

    id: int
    types: dict[str, tuple[str, ...]]
    languages: tuple[str, ...]
    years: tuple[str, ...]
    things: int


class PageIndex:
    """The index of a release; any thread may ask."""

    def __init__(self, path: Path) -> None:
        self._address = f"file:{quote(str(path))}?mode=ro&immutable=1"
        self._own_connection = threading.local()
        self._entries: dict[str, Entry | None] = {}

    def _rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        db = getattr(self._own_connection, "db", None)
        if db is None:
            db = self._own_connection.db = sqlite3.connect(self._address, uri=True, check_same_thread=False)
        return list(db.execute(query, given))

    def entry(self, iri: str) -> Entry | None:
        """What a thing is called; None where nothing has a name or class that is called so."""
        if iri not in self._entries:
            if len(self._entries) >= REMEMBERED:
                self._entries.clear()
            self._entries[iri] = self._read(iri)
        return self._entries[iri]

    def types(self, iri: str) -> tuple[str, ...]:
        """The classes of a thing, sorted."""
        found = self._rows("SELECT signature FROM thing WHERE iri = ? AND signature > 0", iri)
        return tuple(sorted(self.signatures[found[0][0]].types)) if found else ()

    def _read(self, iri: str) -> Entry | None:
        found = self._rows("SELECT id, signature FROM thing WHERE iri = ?", iri)
        if not found:
            return None
        number, signature = found[0]
        labels = self._rows("SELECT language, text FROM label WHERE thing = ?", number)
        glosses = self._rows("SELECT language, text FROM gloss WHERE thing = ?", number)
        own = [code for code, text in labels if self.is_own(text, code, number)]
        return Entry(dict(labels), dict(glosses), frozenset(own), signature)

    def is_own(self, text: str, language: str, thing: int | None = None) -> bool:
        """Whether a text is a name in the project's own wording; of a thing, or of any."""
        query = "SELECT 1 FROM own WHERE text = ? AND language = ? AND thing = COALESCE(?, thing) LIMIT 1"
        return bool(self._rows(query, text, language, thing))

    def definitions(self, iri: str) -> list[tuple[str, str]]:
        """The definitions of a thing: text and language."""
        query = "SELECT text, language FROM definition JOIN thing ON thing.id = thing WHERE iri = ?"
        return [(text, language) for text, language in self._rows(query, iri)]

    @cached_property
    def signatures(self) -> dict[int, Signature]:
        """All signatures, by number."""
        return {
            number: Signature(
                number,
                {cls: tuple(layers) for cls, layers in json.loads(types).items()},
                tuple(json.loads(languages)),
                tuple(json.loads(years)),
                things,
            )
            for number, types, languages, years, things in self._rows("SELECT * FROM signature")
        }

    @cached_property
    def classes(self) -> Counter[str]:
        """How many things each class has."""
        found: Counter[str] = Counter()
        for one in self.signatures.values():
            found.update(dict.fromkeys(one.types, one.things))
        return found

    def used(self, signatures: Collection[int] | None = None) -> Counter[str]:
        """How many statements there are with each property; of the things of some signatures, or of all."""
        found: Counter[str] = Counter()
        for signature, name, statements in self._rows("SELECT * FROM used"):
            if signatures is None or signature in signatures:
                found[name] += statements
        return found

    def example(self, term: str) -> tuple[Term, Term] | None:
        """A member of a class, with the class; or a statement with a property: subject and value."""
        for subject, value in self._rows("SELECT subject, value FROM example WHERE term = ?", term):
            line = f"<{subject}> <{term}> {value or f'<{term}>'} ."
            triple = next(iter(ox.parse(line, format=ox.RdfFormat.N_TRIPLES)))
            return (ox.NamedNode(subject), triple.object) if not isinstance(triple.object, ox.Triple) else None
        return None

    def things(self, signatures: Collection[int], language: str, most: int, start: int = 0) -> list[str]:
        """Things of some signatures in the order of their names in a language: so many, from a place on."""
        if len(signatures) == len(self.signatures):
            query = (
                "SELECT iri FROM place JOIN thing ON id = thing WHERE language = ? AND place > ? ORDER BY place LIMIT ?"
            )
            found = self._rows(query, language, start, most)
        else:
            query = """SELECT iri FROM place JOIN thing ON id = thing
                WHERE language = ? AND place.signature IN (SELECT value FROM json_each(?))
                ORDER BY place LIMIT ? OFFSET ?"""
            found = self._rows(query, language, json.dumps(sorted(signatures)), most, start)
        return [iri for (iri,) in found]

    def placed(self, signatures: Collection[int], language: str) -> list[tuple[str, int | None]]:
        """All things of some signatures with their positions: those with one first, then by name."""
        query = """SELECT iri, position FROM place JOIN thing ON id = thing
            WHERE language = ? AND place.signature IN (SELECT value FROM json_each(?))
            ORDER BY position IS NULL, position, place"""
        return [tuple(row) for row in self._rows(query, language, json.dumps(sorted(signatures)))]

    def named(self) -> Iterator[tuple[str, Signature]]:
        """Every thing that has a class and a name in some language."""
        query = """SELECT iri, signature FROM thing
            WHERE signature > 0 AND id IN (SELECT thing FROM label WHERE language <> '')"""
        for iri, signature in self._rows(query):
            yield iri, self.signatures[signature]
