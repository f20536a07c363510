"""The index of a search: the texts, and what each of them leads to; made with the page index, mapped from its file."""

from __future__ import annotations

import json
import sqlite3
from array import array
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.reconciliation.array_file import joined, open_arrays, part_of, write_arrays
from gob_graph.endpoint.reconciliation.index import Name, NameIndex
from gob_graph.endpoint.reconciliation.texts import Texts
from gob_graph.endpoint.web.search.texts import KINDS, STATEMENT, THING, read_texts
from gob_graph.vocab import LANGUAGES, ORG, OWL, RDF, RDFS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gob_graph.endpoint.web.page_index.opened import PageIndex
    from gob_graph.release import Release

CODES: Final = (*LANGUAGES, "")
GROUPS: Final = ("body", "question", "thing", "page", "concept", "term", "statement")
"""What is found, organisations and posts first."""
BODIES: Final = frozenset({ORG.Organization.value, ORG.Post.value})
TERMS: Final = frozenset({RDF.Property.value, RDFS.Class.value, OWL.Class.value})
LAYOUT: Final = 1
Key = tuple[str, str]
"""What is found: `THING` and an IRI, or another kind and a name."""


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """The texts by number, and what they lead to by theirs."""

    names: NameIndex
    _owners: Texts
    """Kind and name with a line end between them, sorted."""
    _groups: memoryview
    statements: Mapping[str, tuple[str, str]]
    """What each statement of the source page is called, by its number: text and language."""

    @classmethod
    def opened(cls, path: Path, about: str) -> SearchIndex:
        """The index that was written to a file.

        Raises:
            ArrayFileError: it is damaged, or was made from something else.
        """
        arrays = open_arrays(path, LAYOUT, about)
        statements = json.loads(bytes(arrays["statements"]))
        names, owners = NameIndex.of(part_of(arrays, "names")), Texts.of(part_of(arrays, "owners"))
        return cls(names, owners, arrays["groups"], statements)

    def key(self, owner: int) -> Key:
        """What a number stands for."""
        kind, _, name = self._owners[owner].partition("\n")
        return kind, name

    def owner(self, key: Key) -> int | None:
        """The number of what can be found."""
        return self._owners.find("\n".join(key))

    def group(self, owner: int) -> str:
        """Which of `GROUPS` it belongs to."""
        return GROUPS[self._groups[owner]]


_TABLES: Final = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE text (owner TEXT, kind INTEGER, language INTEGER, text TEXT, length INTEGER);
CREATE TABLE owner (id INTEGER PRIMARY KEY, key TEXT UNIQUE);
"""
_NAMES: Final = """
SELECT id - 1, kind, language, text FROM (SELECT DISTINCT * FROM text) AS text JOIN owner ON key = text.owner
ORDER BY length, id, kind, language, text
"""


def write(release: Release, pages: PageIndex, path: Path, about: str) -> None:
    """Write the index of a release to a file.

    Raises:
        OSError: the disk is full or not writable.
        sqlite3.Error: the same, of the file without a name in which the texts are put into order.
    """
    statements: dict[str, tuple[str, str]] = {}
    groups = array("B")

    def rows() -> Iterator[tuple[str, int, int, str, int]]:
        for text in read_texts(release):
            if text.of[0] == STATEMENT and text.kind == "words":
                statements[text.of[1]] = text.text, text.language
            code = CODES.index(text.language if text.language in CODES else "")
            yield "\n".join(text.of), KINDS.index(text.kind), code, text.text, len(text.text)

    def owners() -> Iterator[str]:
        for (key,) in db.execute("SELECT key FROM owner ORDER BY id"):
            groups.append(GROUPS.index(_group(key, pages, release.base_iri)))
            yield key

    with closing(sqlite3.connect("")) as db:
        db.executescript(_TABLES)
        db.executemany("INSERT INTO text VALUES (?, ?, ?, ?, ?)", rows())
        # In the order of their bytes, as they are looked for.
        db.execute("INSERT INTO owner (key) SELECT DISTINCT owner FROM text ORDER BY owner")
        arrays = {
            **joined(
                names=NameIndex((Name(*row) for row in db.execute(_NAMES)), ordered=True).arrays(),
                owners=Texts(owners()).arrays(),
            ),
            "groups": memoryview(groups),
            "statements": memoryview(json.dumps(statements).encode()),
        }
    write_arrays(path, LAYOUT, about, arrays)


def _group(owner: str, pages: PageIndex, base: str) -> str:
    kind, _, name = owner.partition("\n")
    if kind != THING:
        return kind
    own = pages.types(name)
    if not BODIES.isdisjoint(own):
        return "body"
    return "term" if not TERMS.isdisjoint(own) else "concept" if name.startswith(f"{base}/auth/") else "thing"
