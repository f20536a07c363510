"""Bars of the numbers of a table: one drawing for each group of rows that count the same, each on its own scale.

A number that the source gives as a bound or an approximation is drawn as such: its bar is open and its sign stands
before it, so that it is never read as exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from gob_graph.endpoint.web.pages.i18n import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MEASURES = {"exact_value": "", "more_than": "> ", "approximate_value": "≈ "}
"""The columns that are drawn, with the sign that stands before their numbers."""
GROUP = "indicator"
"""Rows with the same value here count the same."""
PLACE = "reference_date"
WIDTH, STEP = 360, 30
"""The longest bar, and the distance of two, in pixels of the drawing."""
TOO_MANY = 200
"""Rows beyond which bars say less than the table."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: where it stands, how long its bar is, what is written beside it."""

    y: int
    width: int
    name: str
    value: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """One drawing."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """The height of the drawing."""
        return len(self.bars) * STEP


def drawn(records: list[dict[str, str]], named: Callable[[str], str]) -> list[Bars]:
    """The drawings of the rows of a table, those of most rows first; none where it has no numbers to draw.

    `named` gives the label of an IRI in the language of the page.
    """
    if not records or len(records) > TOO_MANY or not MEASURES.keys() <= records[0].keys() or GROUP not in records[0]:
        return []
    groups: dict[str, list[dict[str, str]]] = {}
    for record in records:
        groups.setdefault(record[GROUP], []).append(record)
    made = [Bars(named(group), _bars(rows, named)) for group, rows in groups.items()]
    return sorted(made, key=lambda b: (-len(b.bars), b.title))


def _bars(rows: Iterable[Mapping[str, str]], named: Callable[[str], str]) -> tuple[Bar, ...]:
    found = [
        (row.get(PLACE, ""), row["iri"], measure, Decimal(row[measure]))
        for row in rows
        for measure in MEASURES
        if row[measure]
    ]
    most = max((abs(value) for *_, value in found), default=Decimal(1)) or Decimal(1)
    ordered = enumerate(sorted(found))
    return tuple(
        Bar(
            place * STEP,
            max(1, round(abs(value) / most * WIDTH)),
            when or named(iri),
            MEASURES[measure] + number(value),
            exact=not MEASURES[measure],
        )
        for place, (when, iri, measure, value) in ordered
    )
