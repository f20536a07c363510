"""The classes of a release, counted; and one class: its members, its place among the others, what is demanded of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.web.page_index.make import ASSERTED
from gob_graph.endpoint.web.page_index.prepare import page_index
from gob_graph.endpoint.web.pages.labels import labels

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.web.page_index.opened import PageIndex

SHORT = 10_000
"""Members of a class up to which those with a position come first; of larger ones all stand in the order of names."""

KINDS = {
    "rdf:type": "type",
    **dict.fromkeys(
        ("org:unitOf", "gov:governs", "org:postIn", "skos:inScheme", "skos:broader", "dct:isPartOf", "gov:figureOf",
         "gov:claimedBy", "gov:planOf"), "whole"
    ),
    **dict.fromkeys(("gov:formerUnitOf", "gov:endEvent"), "former"),
}  # fmt: skip
"""What a property says of a member."""
DETAILS = f"""
SELECT ?thing ?property ?other WHERE {{
    VALUES ?thing {{ UNDEF }}
    ?thing ?property ?other .
    FILTER(?property IN ({", ".join(KINDS)}))
}}
"""
RELATIVES = """
SELECT ?relation ?other WHERE {
    VALUES ?class { UNDEF }
    { ?class rdfs:subClassOf ?other . BIND("above" AS ?relation) }
    UNION { ?other rdfs:subClassOf ?class . BIND("below" AS ?relation) }
    FILTER(ISIRI(?other) && ?other != ?class)
}
ORDER BY ?relation ?other
"""


@dataclass(frozen=True, slots=True)
class Class:
    """A class with the number of its members; `told` when an asserted layer has members of it."""

    iri: str
    count: int
    told: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a class: its other types, what it is part of, and whether it is former."""

    iri: str
    position: int | None
    types: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    former: bool = False


def classes(engine: Engine) -> tuple[Class, ...]:
    """Every class that has members.

    Raises:
        RequestError: ``not-prepared``.
    """
    index = page_index(engine.release)
    told = {
        cls
        for one in index.signatures.values()
        for cls, layers in one.types.items()
        if not set(ASSERTED).isdisjoint(layers)
    }
    return tuple(Class(iri, count, iri in told) for iri, count in sorted(index.classes.items()))


def members(engine: Engine, iri: str, language: str, most: int, start: int) -> tuple[list[Member], bool]:
    """So many members of a class from a place on, and whether any member of it has a position."""
    index = page_index(engine.release)
    having = _having(index, iri)
    if index.classes[iri] > SHORT:
        return [Member(thing, None) for thing in index.things(having, language, most, start)], False
    placed = index.placed(having, language)
    some = [Member(thing, position) for thing, position in placed[start : start + most]]
    return some, any(position is not None for _, position in placed)


def _having(index: PageIndex, iri: str) -> set[int]:
    return {number for number, one in index.signatures.items() if iri in one.types}


def detailed(engine: Engine, some: list[Member]) -> list[Member]:
    """Members with their types and what they are part of, in one question for all."""
    if not some:
        return []
    known = labels(engine)
    by_kind: dict[tuple[str, str], list[str]] = {}
    for row in rows(engine, DETAILS, thing=[ox.NamedNode(m.iri) for m in some]):
        kind = KINDS[known.compact(row["property"].value)]
        by_kind.setdefault((row["thing"].value, kind), []).append(row["other"].value)
    return [
        Member(
            m.iri,
            m.position,
            tuple(sorted(by_kind.get((m.iri, "type"), ()))),
            tuple(sorted(by_kind.get((m.iri, "whole"), ()))),
            (m.iri, "former") in by_kind,
        )
        for m in some
    ]


def used_properties(engine: Engine, iri: str) -> list[tuple[str, int]]:
    """The properties that members of a class have, with the number of statements; the most used first."""
    index = page_index(engine.release)
    return sorted(index.used(_having(index, iri)).items(), key=lambda pair: (-pair[1], pair[0]))


def relatives(engine: Engine, iri: str) -> dict[str, list[str]]:
    """The classes directly above and below."""
    found: dict[str, list[str]] = {"above": [], "below": []}
    for row in rows(engine, RELATIVES, **{"class": ox.NamedNode(iri)}):
        found[row["relation"].value].append(row["other"].value)
    return found
