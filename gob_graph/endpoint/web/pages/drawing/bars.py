"""The numbers of an answer as bars, for the page and as a drawing that stands by itself; markup in ``_bars.svg``.

A chart says no more than the data: a bound (“more than”) is an open bar, an approximate number has a broken outline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.drawing.text_width import width, wrapped
from gob_graph.endpoint.web.pages.institution_page import hedged
from gob_graph.endpoint.web.pages.term import MOMENTS, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.endpoint.engine.page_query import Row, Term
    from gob_graph.endpoint.web.pages.term import Cells

ROWS: Final = 30
"""Bars at most; the table has the others."""
LETTERS: Final = 14
"""The size of the letters."""
KINDS: Final = ("exclusiveLowerBound", "approximateValue")
SKIPPED: Final = frozenset({"position", "start", "end"})
"""Numbers that say where something stands, not how much it is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of a drawing: its width, where bars begin, the width of a name (above its bar where bars begin at 0)."""

    width: int
    left: int
    names: int


WIDE: Final = Layout(860, 300, 280)
NARROW: Final = Layout(320, 0, 316)
"""Of a phone, where the drawing keeps the size of its letters."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One number: its name on at most two lines, its words, its length, and the property that it is a value of."""

    lines: list[str]
    text: str
    width: float
    kind: str
    y: float
    """Of its upper edge."""
    name_y: float
    """Of the first line of its name."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number before it is drawn: what it is of, its words, its kind, and its share of the largest."""

    name: str
    text: str
    kind: str
    share: float


@dataclass(frozen=True, slots=True)
class Bars:
    """The whole drawing."""

    bars: list[Bar]
    height: float
    more: int
    """Rows that are not drawn."""
    kinds: frozenset[str]
    layout: Layout


def drawings(columns: Sequence[str], rows: Sequence[Row], cells: Cells, query: str) -> tuple[Bars, Bars] | None:
    """The bars of a table, for a screen and for a phone; None where it has no column of numbers, or but one number."""
    numbers = [c for c in columns if c not in SKIPPED and _numeric(c, rows)]
    if not numbers:
        return None
    found = [(row, c, number) for row in rows for c in numbers if (number := _number(row.get(c))) is not None]
    if len({c for _, c, _ in found}) > 1 and not _roles(query):
        found = [one for one in found if one[1] == numbers[0]]
    if len(found) < 2:
        return None
    most = max(number for _, _, number in found) or Decimal(1)
    roles, others = _roles(query), [c for c in columns if c not in numbers and c not in SKIPPED and c != "hedge"]
    named = [
        Figure(_name(row, others, cells), hedged(kind := roles.get(c, ""), i18n.number(n)), kind, float(n / most))
        for row, c, n in found[:ROWS]
    ]
    more = len(found) - len(named)
    return placed(named, WIDE, more), placed(named, NARROW, more)


def placed(figures: Sequence[Figure], layout: Layout, more: int = 0) -> Bars:
    """The bars one below the other; their words stand to the right, a name to the left or above."""
    words = max(width(figure.text, LETTERS) for figure in figures)
    longest = min(layout.width - layout.left - words - 26, 380)
    made, y = [], 8.0
    for figure in figures:
        lines = wrapped(figure.name, layout.names, LETTERS)[:2]
        above = 0 if layout.left else 2 + 15 * len(lines)
        name_y = y + 12 if not layout.left else y + (10 if len(lines) > 1 else 16)
        made.append(Bar(lines, figure.text, max(1, figure.share * longest), figure.kind, y + above, name_y))
        y += above + (34 if layout.left else 32)
    return Bars(made, y + 2, more, frozenset(b.kind for b in made), layout)


def _numeric(column: str, rows: Sequence[Row]) -> bool:
    values = [row[column] for row in rows if column in row]
    return bool(values) and all(_number(value) is not None for value in values)


def _number(term: Term | None) -> Decimal | None:
    if not isinstance(term, ox.Literal) or term.datatype not in NUMBERS:
        return None
    try:
        return Decimal(term.value)
    except InvalidOperation:
        return None


def _roles(query: str) -> dict[str, str]:
    """The variables that are bounds or approximations, by the property that binds them."""
    found = ((kind, re.search(rf"[:#/]{kind}>?\s+\?(\w+)", query)) for kind in KINDS)
    return {match[1]: kind for kind, match in found if match}


def _name(row: Row, others: Sequence[str], cells: Cells) -> str:
    """What a bar is of: what is counted and the year, else the first thing or text of the row."""
    dates = [c for c in others if isinstance(v := row.get(c), ox.Literal) and v.datatype in MOMENTS]
    words = [c for c in others if c in row and c not in dates]
    if dates:
        shown = list(dict.fromkeys(cells.of(row[c]).text for c in dates))
        return "–".join(shown)
    texts = [c for c in words if isinstance(row[c], ox.Literal)]
    named = [c for c in words if isinstance(row[c], ox.NamedNode)]
    chosen = (named[-1:] if named and not texts else texts[:1]) or named[:1]
    name = cells.of(row[chosen[0]]).text if chosen else ""
    return f"{name} ({i18n.gettext('no date')})" if "year" in others and "year" not in row else name
