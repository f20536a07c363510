"""The tables of the page index."""

from __future__ import annotations

from typing import Final

LAYOUT: Final = 1
"""The number of this layout; an index of another one is made again."""
TABLES: Final = """
CREATE TABLE thing (
    id INTEGER PRIMARY KEY,
    iri TEXT NOT NULL,
    signature INTEGER NOT NULL,  -- 0: it has no class
    position INTEGER             -- schema:position
);
CREATE TABLE label (  -- the best one of each language; '' for texts without
    thing INTEGER NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (thing, language)
) WITHOUT ROWID;
CREATE TABLE gloss (
    thing INTEGER NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (thing, language)
) WITHOUT ROWID;
CREATE TABLE own (  -- names in the project's own wording, of things that sources name in other languages only
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    thing INTEGER NOT NULL,
    PRIMARY KEY (text, language, thing)
) WITHOUT ROWID;
CREATE TABLE definition (
    thing INTEGER NOT NULL,
    text TEXT NOT NULL,
    language TEXT NOT NULL
);
CREATE TABLE signature (  -- what many things have in common
    id INTEGER PRIMARY KEY,
    types TEXT NOT NULL,      -- JSON: the layers that give each class
    languages TEXT NOT NULL,  -- JSON: of the names
    years TEXT NOT NULL,      -- JSON: of all dates
    things INTEGER NOT NULL
);
CREATE TABLE used (  -- how many statements with a property the things of a signature have
    signature INTEGER NOT NULL,
    property TEXT NOT NULL,
    statements INTEGER NOT NULL,
    PRIMARY KEY (signature, property)
) WITHOUT ROWID;
CREATE TABLE example (  -- of a class: a member; of a property: subject, and value as in N-Triples
    term TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sorted (  -- all things with a class, for each language of the pages
    language TEXT NOT NULL,
    key TEXT NOT NULL,
    plain TEXT NOT NULL,
    iri TEXT NOT NULL,
    thing INTEGER NOT NULL,
    signature INTEGER NOT NULL
);
"""
INDEXES: Final = """
CREATE UNIQUE INDEX thing_iri ON thing (iri);
CREATE INDEX definition_thing ON definition (thing);
CREATE TABLE place (  -- the order of the names in a language
    language TEXT NOT NULL,
    place INTEGER NOT NULL,
    thing INTEGER NOT NULL,
    signature INTEGER NOT NULL,
    PRIMARY KEY (language, place)
) WITHOUT ROWID;
INSERT INTO place
    SELECT language, ROW_NUMBER() OVER (PARTITION BY language ORDER BY key, plain, iri), thing, signature FROM sorted;
DROP TABLE sorted;
"""
