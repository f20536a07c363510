"""Where an evaluation should begin: patterns with few matches, and groups without any."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.tree import Block, Group, Nested, Select, Union, Verbatim

if TYPE_CHECKING:
    from collections.abc import Callable

    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Element


def in_wide_groups(group: Group, terms: Terms, change: Callable[[Group], Group]) -> Group:
    """A group changed by a law, with the groups in it, except where one has, or stands in, a pattern with few matches.

    This is a choice among forms that mean the same: the engine begins at VALUES whenever there is one.
    """
    if anchored(group, terms):
        return Group(tuple(_sub_selects(element, terms, change) for element in group.elements))
    return change(Group(tuple(_inside(element, terms, change) for element in group.elements)))


def anchored(group: Group, terms: Terms) -> bool:
    """Whether the group has a pattern with few matches."""
    return any(_anchored(element, terms) for element in group.elements)


def _anchored(element: Element, terms: Terms) -> bool:
    match element:
        case Verbatim():
            return element.kind in {"values", "select"}
        case Block():
            return any(terms.few(triple) for triple in element.triples)
        case Nested():
            return element.keyword != "OPTIONAL" and anchored(element.group, terms)
        case _:
            return isinstance(element, Select)


def _inside(element: Element, terms: Terms, change: Callable[[Group], Group]) -> Element:
    match element:
        case Nested() | Select():
            return replace(element, group=in_wide_groups(element.group, terms, change))
        case Union():
            return Union(tuple(in_wide_groups(group, terms, change) for group in element.groups))
        case _:
            return element


def _sub_selects(element: Element, terms: Terms, change: Callable[[Group], Group]) -> Element:
    """A sub-select is evaluated by itself, whatever stands around it."""
    if isinstance(element, Select):
        return replace(element, group=in_wide_groups(element.group, terms, change))
    return element
