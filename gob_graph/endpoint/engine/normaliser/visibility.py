"""Which variables an element of a group sees: where a MINUS takes nothing away, and where a FILTER has no value.

MINUS removes a solution only when it shares a variable with it (SPARQL 1.1 section 8.3.3); a FILTER sees the solutions
of its own group only (section 5.2.2), but for that of an OPTIONAL, which also sees what stands before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.tree import NOTHING, Group, Nested, Select, Union, Verbatim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.endpoint.engine.normaliser.tree import Element

_ASKS = {"BOUND", "COALESCE", "EXISTS"}
"""With one of these, a FILTER says something about a variable without a value."""


def idle_minus(group: Group) -> Iterator[int]:
    """The characters at which a MINUS begins that shares no variable with what stands before it."""
    seen = NOTHING
    for element in group.elements:
        if isinstance(element, Verbatim) and element.kind == "minus":
            if not element.variables & seen:
                yield element.tokens[0].start
            continue
        for inner in _inner(element):
            yield from idle_minus(inner)
        seen |= element.variables


def unseen(group: Group, outside: frozenset[str] = NOTHING, *, closed: bool = False) -> Iterator[tuple[int, str]]:
    """Variables in the FILTER of a group that only groups around it bind: their characters, and as they are written.

    `closed` says that the group sees nothing of the variables `outside`.
    """
    binding = NOTHING.union(*(_binds(element) for element in group.elements))
    for element in group.elements:
        if closed and isinstance(element, Verbatim) and element.kind == "filter":
            yield from _without_value(element, outside - binding)
        others = NOTHING.union(outside, *(_binds(other) for other in group.elements if other is not element))
        optional = isinstance(element, Nested) and element.keyword == "OPTIONAL"
        for inner in _inner(element):
            yield from unseen(inner, others, closed=not optional)


def _without_value(condition: Verbatim, missing: frozenset[str]) -> Iterator[tuple[int, str]]:
    if condition.exists is None and not any(token.upper in _ASKS for token in condition.tokens):
        for token in condition.tokens:
            if token.kind == "variable" and "?" + token.text[1:] in missing:
                yield token.start, token.text


def _binds(element: Element) -> frozenset[str]:
    """The variables that an element may bind for the group in which it stands."""
    match element:
        case Verbatim(kind="filter" | "minus"):
            return NOTHING
        case Verbatim(kind="bind"):
            # BIND(expression AS ?name)
            return frozenset("?" + token.text[1:] for token in element.tokens[-2:] if token.kind == "variable")
        case Select():
            return element.projected | element.other
        case Nested() | Union():
            inner = NOTHING.union(*(_binds(part) for group in _inner(element) for part in group.elements))
            return inner | (frozenset({element.term}) if isinstance(element, Nested) and element.term else NOTHING)
        case _:
            return element.variables


def _inner(element: Element) -> tuple[Group, ...]:
    match element:
        case Nested() | Select():
            return (element.group,)
        case Union():
            return element.groups
        case _:
            return ()
