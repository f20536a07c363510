"""The class diagram of the ontology: where each box and line stands, made from the model; the template draws it.

One group for each class that is specialised: it stands on top, its kinds below it in rows of `COLUMNS`, joined by a
trunk on the left. Classes with a single kind stand beside each other, each above its own. A box lists the properties
that are for its members, each with what its value is. Classes of others that our properties are for, but that have no
kinds here, come last, without lines.
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

COLUMNS = 3
WIDTH, GAP, LEFT = 322, 20, 34
"""Of a box, between boxes, and left of them for the trunk; in pixels of the drawing."""
HEAD, LINE, FOOT = 42, 20, 8
"""Height of the head of a box, of a line, and of what stays free below the last."""
BUS, BETWEEN = 26, 34
"""Height above a row, for the line that joins its boxes, and between groups."""
ROOM = WIDTH - 24
"""Width for text in a box; a longer text is cut; the list below the drawing has it in full."""
TITLE, TEXT = 14, 13
"""Sizes of the letters, as static/documentation.css has them."""


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

    @property
    def height(self) -> int:
        """How high the box is."""
        return HEAD + LINE * len(self.lines) + (FOOT if self.lines else 0)

    @property
    def middle(self) -> int:
        """Where a line from above meets the box."""
        return self.x + WIDTH // 2


@dataclass(frozen=True, slots=True)
class Diagram:
    """All boxes, the lines as SVG paths, and the points of the arrows that say “is a kind of”."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    arrows: tuple[tuple[int, int], ...]
    width: int
    height: int
    box_width: int = WIDTH
    head: int = HEAD
    line: int = LINE


def diagram(model: Model) -> Diagram:
    """The diagram of a model; empty where the ontology has no class."""
    drawing = _Drawing(model)
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
    alone = {c.code: c for p in model.properties for c in p.domain if c.code not in kinds and not _ours(c)}
    drawing.row_of(alone.values())
    return drawing.done()


def _ours(cell: Cell) -> bool:
    return bool(cell.link and cell.link.startswith("#"))


class _Drawing:
    """Places boxes from above to below."""

    def __init__(self, model: Model) -> None:
        self.y = 0
        self.boxes: list[Box] = []
        self.lines: list[str] = []
        self.arrows: list[tuple[int, int]] = []
        self.properties: dict[str, list[Line]] = defaultdict(list)
        for term in model.properties:
            values = " / ".join(cell.text for cell in term.range)
            text = f"{term.label.text} → {values}" if values else term.label.text
            for cell in term.domain:
                self.properties[cell.code].append(Line(cut(text, TEXT), f"#{term.name}"))

    def box(self, cell: Cell, x: int, y: int) -> Box:
        found = tuple(self.properties.get(cell.code, ()))
        return Box(cut(cell.text, TITLE, bold=True), cell.code, cell.link, not _ours(cell), found, x, y)

    def group(self, above: Cell, kinds: Sequence[Term]) -> None:
        """A class and its kinds."""
        head = self.box(above, 0, self.y)
        self.boxes.append(head)
        top = self.y + head.height
        self.y = top + BUS - 14
        trunk, bottom = LEFT // 2, top
        for start in range(0, len(kinds), COLUMNS):
            placed = self._row([_cell(term) for term in kinds[start : start + COLUMNS]])
            bus = placed[0].y - BUS // 2
            bottom = bus
            self.lines.append(f"M{trunk} {bus}H{placed[-1].middle}")
            self.lines += [f"M{box.middle} {bus}V{box.y}" for box in placed]
        self.lines.append(f"M{trunk} {top}V{bottom}")
        self.arrows.append((trunk, top))
        self.y += BETWEEN

    def pairs(self, pairs: Sequence[tuple[Cell, Term]]) -> None:
        """Classes with one kind each, in rows: the class, and its kind below it."""
        for start in range(0, len(pairs), COLUMNS):
            chosen = pairs[start : start + COLUMNS]
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
        for start in range(0, len(alone), COLUMNS):
            self._row(alone[start : start + COLUMNS])

    def _row(self, cells: Sequence[Cell]) -> list[Box]:
        self.y += BUS
        placed = [self.box(cell, LEFT + place * (WIDTH + GAP), self.y) for place, cell in enumerate(cells)]
        self.boxes += placed
        self.y += max(box.height for box in placed)
        return placed

    def done(self) -> Diagram:
        """The drawing with its size."""
        whole = LEFT + COLUMNS * WIDTH + (COLUMNS - 1) * GAP
        return Diagram(tuple(self.boxes), tuple(self.lines), tuple(self.arrows), whole, self.y)


def cut(text: str, size: float, *, bold: bool = False) -> str:
    """The text, or as much of it as fits a box."""
    if width(text, size, bold=bold) <= ROOM:
        return text
    end = next(n for n in range(len(text), 0, -1) if n == 1 or width(f"{text[:n]}…", size, bold=bold) <= ROOM)
    return f"{text[:end].rstrip()}…"


def _cell(term: Term) -> Cell:
    return Cell(term.label.text, term.label.language, f"#{term.name}", term.code)
