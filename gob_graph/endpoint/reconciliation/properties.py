"""What can be fetched of the things that were found: the properties of the graph by short names, and a few of our own.

A text with languages is one property in each of them (``skos:prefLabel@nl``): several values would make extra rows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from gob_graph import curies
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.reconciliation.catalogue import PREFERENCE
from gob_graph.endpoint.reconciliation.prepare import catalogue
from gob_graph.errors import RequestError
from gob_graph.vocab import LANGUAGES, XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gob_graph.endpoint.engine.engine import Engine

OWN: Final = {
    "iri": "Identifier (IRI)",
    "status": "Current or former",
    "successor": "Successor",
    "identifier": "Identifiers elsewhere",
}
"""Properties of the service itself, as message ids."""
USED: Final = """SELECT DISTINCT ?class ?property (LANG(?value) AS ?language) WHERE {
    GRAPH ?graph { ?thing ?property ?value }
    FILTER(?graph NOT IN (graph:evidence, graph:meta))
    ?thing a ?class
}"""
VALUES: Final = """SELECT DISTINCT ?thing ?property ?value WHERE {
    VALUES ?thing { UNDEF }
    VALUES ?property { UNDEF }
    ?thing ?property ?value
}"""
LARGEST_INT: Final = 2**31
"""Integers from here on are sent as text: clients keep 31 bits of them."""
Cell = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Property:
    """A property that a client asks for: its id there, the IRI in the graph (none for our own), the language."""

    id: str
    iri: str = ""
    language: str = ""


@per_release
def used(engine: Engine) -> dict[str, dict[str, set[str]]]:
    """The properties of the things of each class, and the languages of their values."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows(engine, USED):
        languages = found[row["class"].value][row["property"].value]
        language = row.get("language")
        if language is not None and language.value:
            languages.add(language.value)
    return found


def of_type(engine: Engine, wanted: str | None) -> list[Property]:
    """The properties that things of a class have, or any thing; our own first."""
    languages: dict[str, set[str]] = defaultdict(set)
    for class_, properties in used(engine).items():
        if wanted is None or class_ == wanted:
            for iri, several in properties.items():
                languages[iri] |= several
    found = [Property(name) for name in OWN]
    for iri in sorted(languages, key=lambda iri: compact(engine, iri)):
        name = compact(engine, iri)
        codes = [code for code in LANGUAGES if code in languages[iri]]
        found += [Property(f"{name}@{code}", iri, code) for code in codes] or [Property(name, iri)]
    return found


def property_of(engine: Engine, given: str) -> Property:
    """The property that an id or an IRI means.

    Raises:
        RequestError: nothing in the graph has it (property-unknown).
    """
    if given in OWN:
        return Property(given)
    name, _, language = given.partition("@")
    iri = expand(engine, name)
    if iri is None or not any(iri in properties for properties in used(engine).values()):
        raise RequestError("property-unknown", f"no property {given[:100]!r}")
    return Property(given, iri, language)


def values_of(engine: Engine, numbers: Iterable[int], iris: Iterable[str]) -> dict[tuple[str, str], list[Any]]:
    """The values of properties (IRIs) of things, by thing and property, in a steady order."""
    known = catalogue(engine)
    things = [ox.NamedNode(known.iri(n)) for n in numbers]
    wanted = [ox.NamedNode(iri) for iri in dict.fromkeys(iris)]
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    if things and wanted:
        for row in rows(engine, VALUES, thing=things, property=wanted):
            found[row["thing"].value, row["property"].value].append(row["value"])
    return {key: sorted(several, key=str) for key, several in found.items()}


def cells(engine: Engine, values: list[Any], language: str, naming: Callable[[int], str]) -> list[Cell]:
    """Values as a client takes them: of texts in several languages, those of one language."""
    languages = {v.language for v in values if isinstance(v, ox.Literal) and v.language}
    code = next((c for c in (language, *PREFERENCE) if c in languages), None)
    chosen = [v for v in values if not (isinstance(v, ox.Literal) and v.language) or v.language == code]
    return [_cell(engine, value, naming) for value in chosen]


def _cell(engine: Engine, value: Any, naming: Callable[[int], str]) -> Cell:  # noqa: ANN401 - a term
    if isinstance(value, ox.NamedNode):
        known = catalogue(engine)
        number = known.number(value.value)
        return {"str": value.value} if number is None else {"id": known.paths[number], "name": naming(number)}
    if value.datatype == XSD.integer and abs(int(value.value)) < LARGEST_INT:
        return {"int": int(value.value)}
    if value.datatype in {XSD.decimal, XSD.double}:
        return {"float": float(value.value)}
    # Days, months and years stay text: clients would make a moment of them that no source gives.
    return {"str": value.value}


def agreement(
    engine: Engine, asked: Iterable[tuple[Property, tuple[str, ...]]]
) -> Callable[[list[int]], Mapping[int, float]]:
    """How much of the values that came with a query things have, from 0 to 1."""
    wanted = [(p, {_plain(v) for v in several}) for p, several in asked]

    def shares(numbers: list[int]) -> dict[int, float]:
        known = catalogue(engine)
        held = values_of(engine, numbers, [p.iri for p, _ in wanted if p.iri])
        found = {}
        for n in numbers:
            agreeing = sum(
                bool(several & _texts(engine, held.get((known.iri(n), p.iri), []), p)) for p, several in wanted
            )
            found[n] = agreeing / len(wanted)
        return found

    return shares


def _texts(engine: Engine, values: list[Any], asked: Property) -> set[str]:
    """What values are compared as: texts, codes, names of things, years and days."""
    known = catalogue(engine)
    found: set[str] = set()
    for value in values:
        found.add(_plain(value.value))
        number = known.number(value.value) if isinstance(value, ox.NamedNode) else None
        if number is not None:
            found |= {_plain(name.text) for name in known.names(number)} | {known.paths[number].casefold()}
        if isinstance(value, ox.Literal) and value.value[:4].isdigit():
            found |= {value.value[:4], value.value[:10]}
    return found if asked.iri else {asked.id}


def _plain(value: str) -> str:
    """A value without what clients add: ``2014-01-01T00:00:00Z`` of a year, ``.0`` of a number."""
    text = value.strip().casefold()
    if text.endswith("t00:00:00z"):
        text = text.removesuffix("t00:00:00z")
        text = text.removesuffix("-01-01")
    return text.removesuffix(".0")


def compact(engine: Engine, iri: str) -> str:
    """A term as a short id: prefix and name where the release has a prefix for it, else the IRI."""
    return curies.compact(iri, engine.release.manifest["prefixes"]) or iri


def expand(engine: Engine, given: str) -> str | None:
    """The IRI that an id means: of a short one with a known prefix, or itself."""
    if iri := curies.expand(given, engine.release.manifest["prefixes"]):
        return iri
    return given if given.startswith(("http://", "https://")) else None
