"""The organisation chart as a drawing that stands by itself: geometry here, the markup in ``templates/chart.svg``.

Texts are wrapped by the widths of Arial (`measure`); every box is as high as the highest of its kind, so that the rows
stay even for any number of administrations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.drawing.chart import view as chart_view
from gob_graph.endpoint.web.pages.drawing.text_width import wrapped

if TYPE_CHECKING:
    from gob_graph.endpoint.web.pages.drawing.chart import Chart, Unit
    from gob_graph.endpoint.web.pages.home import Board
    from gob_graph.endpoint.web.pages.institution_page import Item

WIDTH, MARGIN, GAP, STEM, LINE = 1120, 24, 16, 22, 19
NAME, SMALL = 15.0, 12.5
PADDING = 14


@dataclass(slots=True)
class Box:
    """One box: what it says, where it leads, where it stands."""

    lines: list[str]
    small: str
    link: str
    language: str | None
    x: float
    y: float
    width: float
    height: float = 0

    @property
    def needed(self) -> float:
        """The height that its texts need."""
        return 2 * PADDING - 4 + LINE * len(self.lines) + (18 if self.small else 0)


@dataclass(slots=True)
class Panel:
    """A governing body: its name, the boxes of its posts, and what is said of its members and meetings."""

    title: Box
    posts: list[Box]
    said: list[str]
    y: float
    height: float

    @property
    def said_y(self) -> float:
        """Where the first of the sentences stands."""
        return max((p.y + p.height for p in self.posts), default=self.title.y + self.title.height) + 24


@dataclass(slots=True)
class Drawing:
    """The whole chart."""

    top: Box
    panels: list[Panel]
    units: list[Box]
    columns: int
    height: float = 0


def view(day: str) -> dict[str, Any]:
    """What the template is filled with, for a day or, when it is empty, as the page of the institution says it.

    Raises:
        RequestError: ``bad-parameter``: the text is no day.
    """
    seen = chart_view(day)
    shown = seen["chart"]
    return {
        "drawing": drawing(shown),
        "chart": shown,
        "day": seen["day"],
        "release": here().release,
        "language": i18n.language(),
    }


def drawing(shown: Chart) -> Drawing:
    """Place every box."""
    top = _box(shown.institution, shown.abbreviation.text if shown.abbreviation else "", (WIDTH - 420) / 2, MARGIN, 420)
    top.height = top.needed
    y = top.y + top.height
    panels = []
    for board in shown.boards:
        panels.append(_panel(board, y + STEM))
        y = panels[-1].y + panels[-1].height
    columns = shown.columns
    width = (WIDTH - 2 * MARGIN - GAP * (columns - 1)) / columns if columns > 1 else 320.0
    left = MARGIN if columns > 1 else (WIDTH - width) / 2
    units = [_box(u.item, _small(u), left + (n % columns) * (width + GAP), 0, width) for n, u in enumerate(shown.units)]
    height = max((u.needed for u in units), default=0)
    for number, unit in enumerate(units):
        unit.height, unit.y = height, y + 2 * STEM + (number // columns) * (height + 2 * STEM)
    bottom = max([y, *(u.y + u.height for u in units)])
    return Drawing(top, panels, units, columns, bottom + MARGIN + 20)


def _box(item: Item, small: str, x: float, y: float, width: float) -> Box:
    lines = wrapped(item.label.text, width - 2 * PADDING, NAME, bold=True)
    return Box(lines, small, item.iri, item.label.language, x, y, width)


def _small(unit: Unit) -> str:
    if not unit.known:
        return i18n.gettext("not known")
    return unit.kind.text if unit.kind else ""


def _panel(board: Board, y: float) -> Panel:
    title = _box(board.item, "", MARGIN + 16, y + 4, WIDTH - 2 * MARGIN - 32)
    title.height = title.needed - 10
    roles = [(c, i18n.gettext("chairs the body")) for c in board.chairs]
    roles += [(a, i18n.gettext("assists the chair")) for a in board.assistants]
    width = (WIDTH - 2 * MARGIN - 32 - GAP * (len(roles) - 1)) / max(1, len(roles))
    posts = [
        _box(item, role, MARGIN + 16 + n * (width + GAP), title.y + title.height, width)
        for n, (item, role) in enumerate(roles)
    ]
    for post in posts:
        post.height = max(p.needed for p in posts)
    said = [line for text in sentences(board) for line in wrapped(text, WIDTH - 2 * MARGIN - 60, 14)]
    panel = Panel(title, posts, said, y, 0)
    panel.height = panel.said_y - y + 20 * len(said) - (0 if said else 10)
    return panel


def sentences(board: Board) -> list[str]:
    """What is said of the members and meetings of a body, with every hedge, as plain text."""
    found = []
    if board.count:
        kinds = ", ".join(k.label.text for k in board.kinds)
        text = f"{i18n.gettext('Members:')} {i18n.number(board.count)}" + (f" ({kinds})" if kinds else "")
        text = board.who or text
        if board.qualifier:
            text += f", {i18n.gettext('at present')} (“{board.qualifier.text}”)"
        found.append(text)
    if board.criteria:
        found.append(f"{i18n.gettext('Criterion:')} {', '.join(c.label.text for c in board.criteria)}")
    for meeting in board.meetings:
        hedges = ", ".join(m.label.text for m in meeting.modality)
        how = " ".join(b.label.text for b in (*meeting.bound, *meeting.frequency))
        words = f" (“{meeting.words.text}”)" if meeting.words and meeting.words.language != i18n.language() else ""
        found.append(f"{i18n.gettext('Meets:')} {', '.join(filter(None, (hedges, how)))}{words}")
    return found
