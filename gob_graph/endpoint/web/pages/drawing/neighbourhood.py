"""What a thing is linked with, drawn: what refers to it on the left, what it refers to on the right.

Only what people or sources said is drawn: an inferred fact would show each relation a second time, from its other end.
Texts stay in the list of facts, which says everything that the drawing says.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.drawing.text_width import wrapped
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.vocab import RDF, RDFS, SKOS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gob_graph.endpoint.description.model import Entity, Group, Label

CAP = 6
"""Things of one property that are drawn; the others are in the list."""
GROUPS = 8
"""Properties on one side that are drawn."""
SKIPPED = frozenset({RDF.type, SKOS.topConceptOf, SKOS.hasTopConcept, RDFS.isDefinedBy})
"""Types stand above the name; the others say again what another property says."""
WIDTH, NODE, FOCUS, STEM = 1220, 270, 250, 22
NAME, KIND, LINE = 14.0, 12.0, 17
GAP, APART = 8, 26
SMALL = 520
"""The height of a drawing, in pixels, that a page of a thing has room for."""
NARROW, INDENT, TRUNK = 320, 36, 10
"""Of the drawing for a phone: its width, where boxes begin, where the line is that they hang on."""


@dataclass(slots=True)
class Node:
    """A box: lines of its name, its kind, where it leads."""

    lines: list[str]
    language: str | None
    kind: str
    address: str | None
    style: str = ""
    x: float = 0
    y: float = 0

    @property
    def height(self) -> float:
        """The height of the box."""
        return 18 + LINE * len(self.lines) + (15 if self.kind else 0)

    @property
    def middle(self) -> float:
        """Where its line ends."""
        return self.y + self.height / 2


@dataclass(slots=True)
class Branch:
    """The things of one property, and the property's name on the stem."""

    label: list[str]
    nodes: list[Node]
    facts: int
    y: float = 0
    """Where the stem leaves the bracket."""


@dataclass(slots=True)
class Neighbourhood:
    """The whole drawing."""

    focus: Node
    left: list[Branch]
    right: list[Branch]
    height: float = 0
    omitted: list[str] = field(default_factory=list)
    """Names of properties that had no room."""

    @property
    def small(self) -> bool:
        """Whether it is drawn on the page of the thing; a larger one has a page of its own."""
        return self.height <= SMALL

    @property
    def stacked(self) -> Stacked:
        """The drawing for a phone."""
        return stacked(self)

    def leading_to(self, page: str) -> None:
        """Let what is not drawn lead to the lists of another page."""
        for branch in (*self.left, *self.right):
            for node in branch.nodes:
                if node.style == "more":
                    node.address = f"{page}{node.address}"


@dataclass(slots=True)
class Stacked:
    """The same for a phone, where the drawing keeps the size of its letters: one box below the other, on a trunk."""

    focus: Node
    branches: list[tuple[str, Branch]]
    """Each with its way: `in` or `out`."""
    height: float
    width: int = NARROW
    indent: int = INDENT
    trunk: int = TRUNK


def neighbourhood(entity: Entity, name: Callable[[str], Label], kind: Callable[[str], str]) -> Neighbourhood | None:
    """The drawing of a thing; none where nothing links it."""
    omitted: list[str] = []
    left = _branches(entity, entity.incoming, "in", name, kind, omitted)
    right = _branches(entity, entity.facts, "out", name, kind, omitted)
    if not left and not right:
        return None
    own = name(entity.iri)
    focus = Node(wrapped(own.text, FOCUS - 24, 15.5, bold=True), own.language, kind(entity.iri), None)
    drawing = Neighbourhood(focus, left, right, omitted=omitted)
    drawing.height = max(_size(left), _size(right), focus.height) + 8
    for branches, x in ((left, 4.0), (right, WIDTH - NODE - 4.0)):
        _place(branches, x, (drawing.height - _size(branches)) / 2)
    focus.x, focus.y = (WIDTH - FOCUS) / 2, (drawing.height - focus.height) / 2
    return drawing


def _branches(
    entity: Entity,
    groups: Sequence[Group],
    way: str,
    name: Callable[[str], Label],
    kind: Callable[[str], str],
    omitted: list[str],
) -> list[Branch]:
    found: list[Branch] = []
    for number, group in enumerate(groups, 1):
        if group.predicate in SKIPPED:
            continue
        ends = [f.subject if way == "in" else f.value for f in group.facts if f.layer != "inferred"]
        things = list(dict.fromkeys(e.value for e in ends if isinstance(e, ox.NamedNode) and e.value != entity.iri))
        if not things:
            continue
        label = name(group.predicate.value)
        if len(found) == GROUPS:
            omitted.append(label.text)
            continue
        nodes = [_node(iri, name(iri), kind(iri)) for iri in things[:CAP]]
        if len(things) > CAP:
            text = i18n.gettext("+ %(number)s more") % {"number": i18n.number(len(things) - CAP)}
            nodes.append(Node([text], None, "", f"#{way}-{number}", "more"))
        found.append(Branch(wrapped(label.text, 100, KIND), nodes, len(things)))
    return found


def _node(iri: str, label: Label, kind: str) -> Node:
    address = safe_link(iri)
    style = "outside" if address and not address.startswith("/") else ""
    return Node(wrapped(label.text, NODE - 28, NAME, bold=True)[:4], label.language, kind, address, style)


def _size(branches: Iterable[Branch]) -> float:
    total = sum(sum(n.height + GAP for n in b.nodes) - GAP + APART for b in branches)
    return max(0.0, total - APART)


def _place(branches: list[Branch], x: float, y: float) -> None:
    for branch in branches:
        for node in branch.nodes:
            node.x, node.y = x, y
            y += node.height + GAP
        y += APART - GAP
        branch.y = (branch.nodes[0].middle + branch.nodes[-1].middle) / 2


def stacked(drawing: Neighbourhood) -> Stacked:
    """The drawing for a phone, of the same boxes."""
    focus = replace(drawing.focus, x=0.0, y=1.0)
    y, branches = focus.y + focus.height, []
    for way, several in (("in", drawing.left), ("out", drawing.right)):
        for branch in several:
            label = wrapped(" ".join(branch.label), NARROW - INDENT, KIND)
            y += 10 + 15 * len(label)
            made = Branch(label, [replace(node) for node in branch.nodes], branch.facts, y - 15 * (len(label) - 1))
            y += 7
            for node in made.nodes:
                node.x, node.y = INDENT, y
                y += node.height + GAP
            branches.append((way, made))
    return Stacked(focus, branches, y)
