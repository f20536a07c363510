"""What the sources say of when an organisation existed: years and events, each with first and last day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import rows

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine

MARKS = """
SELECT DISTINCT ?organisation ?kind ?event ?when ?first ?last WHERE {
    VALUES ?organisation { UNDEF }
    {
        VALUES (?property ?kind) { (gov:startEvent "start") (gov:endEvent "end") }
        ?organisation ?property ?event .
        ?event gov:notBefore ?first ; gov:notAfter ?last .
    }
    UNION
    {
        ?event org:originalOrganization|org:resultingOrganization ?organisation ;
            gov:notBefore ?first ;
            gov:notAfter ?last .
        BIND("event" AS ?kind)
    }
    UNION { ?organisation gov:attestedIn ?when . BIND("named" AS ?kind) }
    UNION { GRAPH graph:source { ?organisation a ?class } BIND("page" AS ?kind) }
}
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a source says: `kind` is ``start``, ``end``, ``event`` or ``named``; days are inclusive."""

    kind: str
    first: date
    last: date
    event: str | None
    when: ox.Literal | None
    """The year or day in which a source names the organisation, as the graph has it."""


@dataclass(slots=True)
class Marks:
    """All of one organisation, in order of time."""

    marks: list[Mark]
    on_page: bool = False

    def of(self, *kinds: str) -> list[Mark]:
        """Those of some kinds."""
        return [mark for mark in self.marks if mark.kind in kinds]


def marks_of(engine: Engine, iris: list[str]) -> dict[str, Marks]:
    """The marks of each organisation; empty ones for an organisation that no source dates.

    Raises:
        RequestError: the engine has no time or room for it now.
    """
    found: dict[str, Marks] = defaultdict(lambda: Marks([]))
    for row in rows(engine, MARKS, organisation=[ox.NamedNode(iri) for iri in iris]) if iris else []:
        marks, kind, event, when = (row.get(n) for n in ("organisation", "kind", "event", "when"))
        several = found[_text(marks)]
        if _text(kind) == "page":
            several.on_page = True
            continue
        literal = when if isinstance(when, ox.Literal) else None
        days = _days(_text(when)) if literal else (_day(_text(row["first"])), _day(_text(row["last"])))
        several.marks.append(Mark(_text(kind), *days, _text(event) or None, literal))
    for several in found.values():
        several.marks.sort(key=lambda m: (m.first, m.last, m.kind, m.event or ""))
    return {iri: found[iri] for iri in iris}


def _days(text: str) -> tuple[date, date]:
    """The first and the last day of a year, or the day itself."""
    if len(text) == 4:
        return date(int(text), 1, 1), date(int(text), 12, 31)
    return _day(text), _day(text)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _text(term: object) -> str:
    return str(getattr(term, "value", "") if term is not None else "")
