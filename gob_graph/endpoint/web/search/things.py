"""The texts of the things of a release, read from its dataset in one pass; what joins two things waits in a database.

The sorted dataset has all about a thing in one place, so that nothing of the others is held meanwhile.
"""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.vocab import ADMS, CV, DCT, LOCN, ORG, RDF, RDFS, SCHEMA, SKOS, governance, preference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.release import Release

REGISTERED: Final = ox.NamedNode("http://www.w3.org/ns/regorg#hasRegisteredOrganization")
_TABLES: Final = """
CREATE TABLE link (thing TEXT, property TEXT, other TEXT);
CREATE TABLE number (thing TEXT, text TEXT);
CREATE TABLE agency (thing TEXT, text TEXT);
CREATE TABLE term (thing TEXT, language TEXT, text TEXT);
CREATE TABLE role (thing TEXT, property TEXT, other TEXT);
"""
_INDEXES: Final = """
CREATE INDEX link_thing ON link (thing, property);
CREATE INDEX number_thing ON number (thing);
CREATE INDEX agency_thing ON agency (thing);
CREATE INDEX term_thing ON term (thing);
"""
_NUMBERS: Final = """
WITH bearer AS (
    SELECT thing, other AS identifier FROM link WHERE property = 'identifier'
    UNION ALL
    SELECT registered.thing, own.other FROM link AS registered JOIN link AS own
        ON own.thing = registered.other AND own.property = 'identifier' WHERE registered.property = 'registered'
)
SELECT DISTINCT bearer.thing, agency.text, number.text FROM bearer JOIN number ON number.thing = bearer.identifier
    LEFT JOIN agency ON agency.thing = bearer.identifier
"""
_BATCH: Final = 20_000


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a thing: what the text is to it, and its language."""

    thing: str
    kind: str
    text: str
    language: str = ""
    statement: str = ""
    """The number of the statement of the source page that the thing is."""


@dataclass(frozen=True, slots=True)
class _Terms:
    kinds: dict[ox.NamedNode, str]
    naming: frozenset[ox.NamedNode]
    roles: frozenset[ox.NamedNode]
    statement: ox.NamedNode
    evidence: str
    silent: frozenset[str]
    """The layers whose texts lead to nothing, but for the statements."""

    @classmethod
    def of(cls, release: Release) -> _Terms:
        base, graphs = str(release.manifest["ontology_base"]), release.manifest["graphs"]
        gov = governance(base)
        display = ox.NamedNode(f"{base}/ns/display#label")
        given = {
            "name": (SKOS.prefLabel, RDFS.label, DCT.term("title"), display),
            "short": (SKOS.altLabel,),
            "former": (ox.NamedNode(f"{gov}formerName"),),
            "other": (SCHEMA.alternateName, DCT.alternative, ox.NamedNode(f"{gov}gloss"), SKOS.hiddenLabel,
                      LOCN.fullAddress),
            "identifier": (SKOS.notation, DCT.identifier, CV.email, CV.telephone),
            "description": (SKOS.definition, DCT.description, RDFS.comment),
            "note": (SKOS.scopeNote, SKOS.editorialNote, SKOS.historyNote, SKOS.example, SKOS.note, SKOS.changeNote),
            "words": (SCHEMA.term("text"),),
        }  # fmt: skip
        roles = {ox.NamedNode(f"{gov}{name}") for name in ("chairs", "assists", "governs")}
        return cls(
            {term: kind for kind, terms in given.items() for term in terms},
            frozenset({display, RDFS.label, SKOS.prefLabel}),
            frozenset({*roles, ORG.role, ORG.headOf}),
            ox.NamedNode(f"{gov}SourceStatement"),
            graphs["evidence"],
            frozenset({graphs["evidence"], graphs["meta"]}),
        )


def of_things(release: Release) -> Iterator[Said]:
    """Every text of every thing."""
    terms = _Terms.of(release)
    with closing(sqlite3.connect("")) as db:  # a file without a name, gone with the connection
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        waiting = _Waiting(db)
        quads = ox.parse(path=release.dataset, format=ox.RdfFormat.N_QUADS)
        for subject, about in itertools.groupby(quads, key=lambda quad: quad.subject):
            if isinstance(subject, ox.NamedNode):
                several = list(about)
                yield from _texts(subject.value, several, terms)
                waiting.add(subject.value, several, terms)
        waiting.flush()
        db.executescript(_INDEXES)
        yield from _numbers(db)
        yield from _roles(db)


def _texts(thing: str, quads: list[ox.Quad], terms: _Terms) -> Iterator[Said]:
    statements = _statements(quads, terms)
    for _, predicate, value, graph in quads:
        kind = terms.kinds.get(predicate)
        if kind is None or not isinstance(value, ox.Literal) or not isinstance(graph, ox.NamedNode):
            continue
        for statement in statements:
            yield Said(thing, "words" if value.language else "identifier", value.value, value.language or "", statement)
        if not statements and graph.value not in terms.silent:
            yield Said(thing, kind, value.value, value.language or "")


def _statements(quads: list[ox.Quad], terms: _Terms) -> list[str]:
    """The numbers of the statement of the source page that a thing is; mostly none."""
    said = [
        quad for quad in quads if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value == terms.evidence
    ]
    if not any(quad.predicate == RDF.type and quad.object == terms.statement for quad in said):
        return []
    return [
        quad.object.value for quad in said if quad.predicate == DCT.identifier and isinstance(quad.object, ox.Literal)
    ]


class _Waiting:
    """What is joined with other things when all have been read."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._rows: dict[str, list[tuple[str, ...]]] = {
            name: [] for name in ("link", "number", "agency", "term", "role")
        }

    def add(self, thing: str, quads: list[ox.Quad], terms: _Terms) -> None:
        rows = self._rows
        for _, predicate, value, _ in quads:
            if isinstance(value, ox.NamedNode):
                if predicate in terms.roles:
                    rows["role"].append((thing, predicate.value, value.value))
                elif predicate in (REGISTERED, ADMS.identifier):
                    rows["link"].append((thing, "registered" if predicate == REGISTERED else "identifier", value.value))
            elif isinstance(value, ox.Literal):
                if predicate == SKOS.notation:
                    rows["number"].append((thing, value.value))
                elif predicate == ADMS.schemeAgency:
                    rows["agency"].append((thing, value.value))
                elif predicate in terms.naming:
                    rows["term"].append((thing, value.language or "", value.value))
        if any(len(several) >= _BATCH for several in rows.values()):
            self.flush()

    def flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                places = ", ".join("?" * len(rows[0]))
                self._db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - our own tables
                rows.clear()


def _numbers(db: sqlite3.Connection) -> Iterator[Said]:
    """The identifiers that a thing, or what it is registered as, has elsewhere."""
    for thing, agency, number in db.execute(_NUMBERS):
        yield Said(thing, "identifier", f"{agency} {number}" if agency else number)


def _roles(db: sqlite3.Connection) -> Iterator[Said]:
    """What a post or body does for another, in words: “zit voor: Directieraad”."""

    def names(thing: str) -> dict[str, str]:
        found = db.execute("SELECT language, MIN(text) FROM term WHERE thing = ? GROUP BY language", (thing,))
        return dict(found.fetchall())

    for thing, relation, other in db.execute("SELECT DISTINCT thing, property, other FROM role"):
        called = names(other)
        for language, verb in names(relation).items():
            name = next((called[code] for code in (*preference(language), "") if code in called), "")
            yield Said(thing, "role", f"{verb}: {name}", language)
