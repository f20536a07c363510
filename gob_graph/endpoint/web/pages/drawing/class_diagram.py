"""The class diagram of the ontology: where each box and line stands, made from the model; the template draws it.

One group for each class that is specialised: it stands on top, its kinds below it in the columns of the layout, joined
by a trunk on the left. Classes with a single kind stand beside each other, each above its own. A box lists the
properties that are for its members, each with what its value is. Classes of others that our properties are for, but
that have no kinds here, come last, without lines.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.endpoint.web.pages.drawing.text_width import width
from gob_graph.endpoint.web.pages.term import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gob_graph.endpoint.web.pages.ontology import Model, Term

GAP, LEFT = 20, 34
"""Between boxes, and left of them for the trunk; in pixels of the drawing."""
HEAD, LINE, FOOT = 42, 20, 8
"""Height of the head of a box, of a line, and of what stays free below the last."""
BUS, BETWEEN = 26, 34
"""Height above a row, for the line that joins its boxes, and between groups."""
PADDING = 24
"""What a box has on both sides of its text; a longer text is cut: the page of the class has it in full."""
TITLE, TEXT = 14, 13
"""Sizes of the letters, as static/documentation.css has them."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How many boxes stand beside each other, and how wide each is."""

    columns: int
    width: int


WIDE, NARROW = Layout(3, 322), Layout(1, 286)
"""Of a screen, and of a phone, where the drawing keeps the size of its letters."""


@dataclass(frozen=True, slots=True)
class Line:
    """One property in a box."""

    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Box:
    """A class with its place: left and upper corner, height."""

    title: str
    code: str
    link: str | None
    reused: bool
    lines: tuple[Line, ...]
    x: int
    y: int
    width: int

    @property
    def height(self) -> int:
        """How high the box is."""
        return HEAD + LINE * len(self.lines) + (FOOT if self.lines else 0)

    @property
    def middle(self) -> int:
        """Where a line from above meets the box."""
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Diagram:
    """All boxes, the lines as SVG paths, and the points of the arrows that say “is a kind of”."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    arrows: tuple[tuple[int, int], ...]
    width: int
    height: int
    box_width: int
    head: int = HEAD
    line: int = LINE


def diagram(model: Model, layout: Layout = WIDE) -> Diagram:
    """The diagram of a model; empty where the ontology has no class."""
    drawing = _Drawing(model, layout)
    kinds: dict[str, list[Term]] = defaultdict(list)
    cells: dict[str, Cell] = {}
    for term in model.classes:
        for cell in term.above:
            kinds[cell.code].append(term)
            cells[cell.code] = cell
    order = sorted(kinds, key=lambda c: (-len(kinds[c]), c))
    for code in order:
        if len(kinds[code]) > 1:
            drawing.group(cells[code], kinds[code])
    drawing.pairs([(cells[code], kinds[code][0]) for code in order if len(kinds[code]) == 1])
    placed = kinds.keys() | drawing.ours
    alone = {c.code: c for p in model.properties for c in p.domain if c.code not in placed}
    drawing.row_of(alone.values())
    return drawing.done()


class _Drawing:
    """Places boxes from above to below."""

    def __init__(self, model: Model, layout: Layout) -> None:
        self.layout, self.room, self.y = layout, layout.width - PADDING, 0
        self.ours = {term.code for term in model.classes}
        self.boxes: list[Box] = []
        self.lines: list[str] = []
        self.arrows: list[tuple[int, int]] = []
        self.properties: dict[str, list[Line]] = defaultdict(list)
        for term in model.properties:
            values = " / ".join(cell.text for cell in term.range)
            text = f"{term.label.text} → {values}" if values else term.label.text
            for cell in term.domain:
                self.properties[cell.code].append(Line(cut(text, TEXT, self.room), term.link))

    def box(self, cell: Cell, x: int, y: int) -> Box:
        found = tuple(self.properties.get(cell.code, ()))
        title = cut(cell.text, TITLE, self.room, bold=True)
        return Box(title, cell.code, cell.link, cell.code not in self.ours, found, x, y, self.layout.width)

    def group(self, above: Cell, kinds: Sequence[Term]) -> None:
        """A class and its kinds."""
        head = self.box(above, 0, self.y)
        self.boxes.append(head)
        top = self.y + head.height
        self.y = top + BUS - 14
        trunk, bottom = LEFT // 2, top
        for start in range(0, len(kinds), self.layout.columns):
            placed = self._row([_cell(term) for term in kinds[start : start + self.layout.columns]])
            bus = placed[0].y - BUS // 2
            bottom = bus
            self.lines.append(f"M{trunk} {bus}H{placed[-1].middle}")
            self.lines += [f"M{box.middle} {bus}V{box.y}" for box in placed]
        self.lines.append(f"M{trunk} {top}V{bottom}")
        self.arrows.append((trunk, top))
        self.y += BETWEEN

    def pairs(self, pairs: Sequence[tuple[Cell, Term]]) -> None:
        """Classes with one kind each, in rows: the class, and its kind below it."""
        for start in range(0, len(pairs), self.layout.columns):
            chosen = pairs[start : start + self.layout.columns]
            above = self._row([cell for cell, _ in chosen])
            below = self._row([_cell(term) for _, term in chosen])
            for upper, lower in zip(above, below, strict=True):
                foot = upper.y + upper.height
                self.lines.append(f"M{upper.middle} {foot}V{lower.y}")
                self.arrows.append((upper.middle, foot))
            self.y += BETWEEN - BUS

    def row_of(self, cells: Iterable[Cell]) -> None:
        """Boxes without lines."""
        alone = sorted(cells, key=lambda cell: cell.code)
        for start in range(0, len(alone), self.layout.columns):
            self._row(alone[start : start + self.layout.columns])

    def _row(self, cells: Sequence[Cell]) -> list[Box]:
        self.y += BUS
        placed = [self.box(cell, LEFT + place * (self.layout.width + GAP), self.y) for place, cell in enumerate(cells)]
        self.boxes += placed
        self.y += max(box.height for box in placed)
        return placed

    def done(self) -> Diagram:
        """The drawing with its size."""
        columns, box = self.layout.columns, self.layout.width
        whole = LEFT + columns * box + (columns - 1) * GAP
        return Diagram(tuple(self.boxes), tuple(self.lines), tuple(self.arrows), whole, self.y, box)


def cut(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """The text, or as much of it as fits a box."""
    if width(text, size, bold=bold) <= room:
        return text
    end = next(n for n in range(len(text), 0, -1) if n == 1 or width(f"{text[:n]}…", size, bold=bold) <= room)
    return f"{text[:end].rstrip()}…"


def _cell(term: Term) -> Cell:
    return Cell(term.label.text, term.label.language, term.link, term.code)
