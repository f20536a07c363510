"""Bars of the numbers of a table: one drawing for each group of rows that count the same, each on its own scale.

A number that the source gives as a bound or an approximation is drawn as such: its bar is open and its sign stands
before it, so that it is never read as exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from gob_graph.endpoint.web.pages.drawing.bars import NARROW, WIDE, Figure, placed
from gob_graph.endpoint.web.pages.i18n import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gob_graph.endpoint.web.pages.drawing.bars import Bars

MEASURES = {
    "exact_value": ("", ""),
    "more_than": ("exclusiveLowerBound", "> "),
    "approximate_value": ("approximateValue", "≈ "),
}
"""The columns that are drawn, with their kind of bar and the sign that stands before their numbers."""
GROUP = "indicator"
"""Rows with the same value here count the same."""
PLACE = "reference_date"
TOO_MANY = 200
"""Rows beyond which bars say less than the table."""


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers that count the same, drawn for a screen and for a phone."""

    title: str
    wide: Bars
    narrow: Bars


def drawn(records: list[dict[str, str]], named: Callable[[str], str]) -> list[Group]:
    """The drawings of the rows of a table, those of most rows first; none where it has no numbers to draw.

    `named` gives the label of an IRI in the language of the page.
    """
    if not records or len(records) > TOO_MANY or not MEASURES.keys() <= records[0].keys() or GROUP not in records[0]:
        return []
    groups: dict[str, list[dict[str, str]]] = {}
    for record in records:
        groups.setdefault(record[GROUP], []).append(record)
    figures = sorted(
        ((named(group), _figures(rows, named)) for group, rows in groups.items()), key=lambda g: (-len(g[1]), g[0])
    )
    return [Group(title, placed(several, WIDE), placed(several, NARROW)) for title, several in figures if several]


def _figures(rows: Iterable[Mapping[str, str]], named: Callable[[str], str]) -> list[Figure]:
    found = [
        (row.get(PLACE, ""), row["iri"], measure, Decimal(row[measure]))
        for row in rows
        for measure in MEASURES
        if row[measure]
    ]
    most = max((abs(value) for *_, value in found), default=Decimal(1)) or Decimal(1)
    return [
        Figure(when or named(iri), MEASURES[measure][1] + number(value), MEASURES[measure][0], float(abs(value) / most))
        for when, iri, measure, value in sorted(found)
    ]
