"""Makes the page index of a release from its dataset, thing by thing: the sorted file has each thing in one place."""

from __future__ import annotations

import itertools
import json
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph import curies
from gob_graph.endpoint.web.page_index.schema import INDEXES, TABLES
from gob_graph.vocab import DCT, LANGUAGES, RDF, RDFS, SCHEMA, SKOS, XSD, governance, preference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gob_graph.release import Release

NAMES: Final = (SKOS.prefLabel, SKOS.altLabel, RDFS.label, DCT.term("title"))
"""Properties whose languages are those in which a thing has a name; `gov:formerName` is one more."""
DATES: Final = frozenset({XSD.date, XSD.dateTime, XSD.gYear, XSD.gYearMonth})
ASSERTED: Final = ("source", "external", "history")
"""Layers in which sources speak."""
_BATCH: Final = 20_000
_FAST: Final = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
"""For a draft, which is thrown away when anything goes wrong, and synchronised when it is whole."""

Signature = tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...], tuple[str, ...]]
"""The layers that give each class, the languages of the names, the years of all dates."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The properties that matter, and the names of the layers."""

    ranks: dict[ox.NamedNode, int]
    gloss: ox.NamedNode
    wording: ox.NamedNode
    naming: frozenset[ox.NamedNode]
    layers: dict[str, str]
    prefixes: dict[str, str]

    @classmethod
    def of(cls, release: Release) -> Terms:
        """Those of a release."""
        base = str(release.manifest["ontology_base"])
        gov = governance(base)
        ranked = (ox.NamedNode(f"{base}/ns/display#label"), SKOS.prefLabel, RDFS.label, DCT.term("title"),
                  SCHEMA.term("text"), SKOS.notation, DCT.identifier)  # fmt: skip
        return cls(
            {term: rank for rank, term in enumerate(ranked)},
            ox.NamedNode(f"{gov}gloss"),
            ox.NamedNode(f"{gov}wording"),
            frozenset({*NAMES, ox.NamedNode(f"{gov}formerName")}),
            {iri: name for name, iri in release.manifest["graphs"].items()},
            dict(release.manifest["prefixes"]),
        )


@dataclass(slots=True)
class Thing:
    """What is said of one thing, as far as pages need it for all."""

    iri: str
    labels: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By language: rank and text of the best one."""
    glosses: dict[str, str] = field(default_factory=dict)
    definitions: list[tuple[str, str]] = field(default_factory=list)
    types: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    languages: set[str] = field(default_factory=set)
    years: set[str] = field(default_factory=set)
    preferred: list[tuple[str, str, str]] = field(default_factory=list)
    """Layer, language and text of each `skos:prefLabel`."""
    position: int | None = None
    worded: bool = False
    said: set[tuple[ox.NamedNode, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]] = field(default_factory=set)
    """Property and value of every statement."""

    @property
    def signature(self) -> Signature:
        """What it has in common with others."""
        types = tuple(sorted((cls, tuple(sorted(layers))) for cls, layers in self.types.items()))
        return types, tuple(sorted(self.languages)), tuple(sorted(self.years))

    @property
    def own(self) -> set[tuple[str, str]]:
        """Text and language of the names in our own wording, where sources name the thing in other languages only."""
        said = {language for layer, language, _ in self.preferred if layer in ASSERTED}
        ours = ((text, language) for layer, language, text in self.preferred if layer == "vocab")
        return {(text, language) for text, language in ours if self.worded and said and language not in said}

    def label(self, language: str) -> str | None:
        """The text that it is called by on a page in a language."""
        found = (self.labels[code][1] for code in (*preference(language), "") if code in self.labels)
        return next(found, None)


def things(release: Release, terms: Terms) -> Iterator[Thing]:
    """Everything that something is said of, in the order of the dataset."""
    quads = ox.parse(path=release.dataset, format=ox.RdfFormat.N_QUADS)
    for subject, about in itertools.groupby(quads, key=lambda quad: quad.subject):
        if isinstance(subject, ox.NamedNode):
            yield _read(subject.value, about, terms)


def _read(iri: str, quads: Iterable[ox.Quad], terms: Terms) -> Thing:
    thing = Thing(iri)
    for _, predicate, value, graph in quads:
        layer = terms.layers.get(graph.value, graph.value) if isinstance(graph, ox.NamedNode) else ""
        thing.said.add((predicate, value))
        if predicate == RDF.type and isinstance(value, ox.NamedNode):
            thing.types[value.value].add(layer)
        elif predicate == terms.wording:
            thing.worded = True
        elif isinstance(value, ox.Literal):
            _literal(thing, predicate, value, layer, terms)
    return thing


def _literal(thing: Thing, predicate: ox.NamedNode, value: ox.Literal, layer: str, terms: Terms) -> None:
    language, text = value.language or "", value.value
    rank = terms.ranks.get(predicate)
    if rank is not None and (language not in thing.labels or (rank, text) < thing.labels[language]):
        thing.labels[language] = (rank, text)
    if predicate in terms.naming and language:
        thing.languages.add(language)
    if value.datatype in DATES and predicate != RDF.object:
        thing.years.add(text[:4])
    if predicate == SKOS.prefLabel:
        thing.preferred.append((layer, language, text))
    elif predicate in (SKOS.definition, RDFS.comment):
        thing.definitions.append((text, language))
    elif predicate == SCHEMA.position and text.isdigit():
        thing.position = int(text)
    elif predicate == terms.gloss:
        thing.glosses[language] = text


def sort_key(text: str) -> str:
    """The place of a name in an alphabetical list: without accents, so that É stands at E."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


class Writer:
    """Writes things to a database, many at a time."""

    def __init__(self, db: sqlite3.Connection, prefixes: dict[str, str]) -> None:
        self._db, self._prefixes = db, prefixes
        self._rows: defaultdict[str, list[tuple[object, ...]]] = defaultdict(list)
        self._signatures: dict[Signature, int] = {}
        self._counts: Counter[int] = Counter()
        self._used: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._examples: dict[str, tuple[str, str]] = {}

    def add(self, number: int, thing: Thing) -> None:
        """One thing, under a number of its own."""
        signature = self._signature(thing)
        self._counts[signature] += 1
        self._used[signature].update(predicate.value for predicate, _ in thing.said)
        self._exemplify(thing)
        if not signature and not thing.labels and not thing.definitions:
            return
        rows = self._rows
        rows["thing"].append((number, thing.iri, signature, thing.position))
        rows["label"] += ((number, language, text) for language, (_, text) in thing.labels.items())
        rows["gloss"] += ((number, language, text) for language, text in thing.glosses.items())
        rows["own"] += ((text, language, number) for text, language in thing.own)
        rows["definition"] += ((number, text, language) for text, language in thing.definitions)
        if signature:
            for language in LANGUAGES:
                text = thing.label(language) or curies.compact(thing.iri, self._prefixes) or thing.iri
                rows["sorted"].append((language, sort_key(text), text, thing.iri, number, signature))
        if len(rows["thing"]) >= _BATCH:
            self.flush()

    def _signature(self, thing: Thing) -> int:
        return self._signatures.setdefault(thing.signature, len(self._signatures) + 1) if thing.types else 0

    def _exemplify(self, thing: Thing) -> None:
        """Keep the thing as the example of its classes and properties, where it is the first by its IRI."""
        first = [term for term in thing.types if self._is_first(term, thing.iri)]
        self._examples.update(dict.fromkeys(first, (thing.iri, "")))
        for property_ in {predicate for predicate, _ in thing.said if self._is_first(predicate.value, thing.iri)}:
            value = min(str(value) for predicate, value in thing.said if predicate == property_)
            self._examples[property_.value] = thing.iri, value

    def _is_first(self, term: str, iri: str) -> bool:
        return term not in self._examples or iri < self._examples[term][0]

    def flush(self) -> None:
        """Write what was added."""
        for table, rows in self._rows.items():
            if rows:
                places = ", ".join("?" * len(rows[0]))
                self._db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - names of our tables
        self._rows.clear()

    def finish(self) -> None:
        """Write what things have in common, and the order of their names."""
        for (types, languages, years), number in self._signatures.items():
            self._rows["signature"].append(
                (number, json.dumps(dict(types)), json.dumps(languages), json.dumps(years), self._counts[number])
            )
        self._rows["example"] += ((term, *example) for term, example in self._examples.items())
        self._rows["used"] += (
            (number, name, count) for number, used in self._used.items() for name, count in used.items()
        )
        self.flush()


def write(release: Release, path: Path) -> None:
    """Write the page index of a release to a new file.

    Raises:
        sqlite3.Error: the disk is full or not writable.
    """
    terms = Terms.of(release)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(_FAST + TABLES)
        db.execute("BEGIN")
        writer = Writer(db, terms.prefixes)
        for number, thing in enumerate(things(release, terms), 1):
            writer.add(number, thing)
        writer.finish()
        db.execute("COMMIT")
        db.executescript(INDEXES + "ANALYZE;")
