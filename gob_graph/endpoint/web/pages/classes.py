"""The classes of a release, counted; and one class: its members, its place among the others, what is demanded of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine

COUNTS = """
SELECT ?class (COUNT(DISTINCT ?thing) AS ?count) (MAX(?asserted) AS ?told) WHERE {
    GRAPH ?graph { ?thing a ?class }
    BIND(?graph IN (graph:source, graph:external, graph:history) AS ?asserted)
}
GROUP BY ?class
ORDER BY ?class
"""
MEMBERS = """
SELECT DISTINCT ?thing ?position WHERE {
    VALUES ?class { UNDEF }
    ?thing a ?class .
    OPTIONAL { ?thing schema:position ?position }
}
"""
DETAILS = """
SELECT ?thing ?kind ?other WHERE {
    VALUES ?thing { UNDEF }
    VALUES (?property ?kind) {
        (rdf:type "type") (org:unitOf "whole") (gov:governs "whole") (org:postIn "whole") (skos:inScheme "whole")
        (skos:broader "whole") (dct:isPartOf "whole") (gov:figureOf "whole") (gov:claimedBy "whole")
        (gov:planOf "whole") (gov:formerUnitOf "former") (gov:endEvent "former")
    }
    ?thing ?property ?other .
}
"""
USED = """
SELECT ?property (COUNT(*) AS ?count) WHERE {
    VALUES ?class { UNDEF }
    ?thing a ?class ;
        ?property ?value .
}
GROUP BY ?property
ORDER BY DESC(?count) ?property
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


@per_release
def classes(engine: Engine) -> tuple[Class, ...]:
    """Every class that has members.

    Raises:
        RequestError: the engine has no time or room now.
    """
    found = rows(engine, COUNTS)
    return tuple(Class(r["class"].value, int(r["count"].value), r["told"].value == "true") for r in found)


def members(engine: Engine, iri: str) -> list[Member]:
    """The members of a class, in no order yet."""
    found = rows(engine, MEMBERS, **{"class": ox.NamedNode(iri)})
    return [Member(r["thing"].value, int(r["position"].value) if "position" in r else None) for r in found]


def detailed(engine: Engine, some: list[Member]) -> list[Member]:
    """Members with their types and what they are part of, in one question for all."""
    if not some:
        return []
    by_kind: dict[tuple[str, str], list[str]] = {}
    for row in rows(engine, DETAILS, thing=[ox.NamedNode(m.iri) for m in some]):
        by_kind.setdefault((row["thing"].value, row["kind"].value), []).append(row["other"].value)
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
    """The properties that members of a class have, with the number of statements."""
    found = rows(engine, USED, **{"class": ox.NamedNode(iri)})
    return [(r["property"].value, int(r["count"].value)) for r in found if "property" in r]


def relatives(engine: Engine, iri: str) -> dict[str, list[str]]:
    """The classes directly above and below."""
    found: dict[str, list[str]] = {"above": [], "below": []}
    for row in rows(engine, RELATIVES, **{"class": ox.NamedNode(iri)}):
        found[row["relation"].value].append(row["other"].value)
    return found
