"""Where an evaluation should begin: patterns with few matches, and groups without any."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.tree import Block, Group, Nested, Select, Union, Verbatim, in_groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Element


def in_wide_groups(group: Group, terms: Terms, change: Callable[[Group, Terms], Group]) -> Group:
    """A group changed by a law, with the groups in it, except where one has, or stands in, a pattern with few matches.

    This is a choice among forms that mean the same: the engine begins at VALUES whenever there is one. Nothing is
    counted where the law changes nothing anyway.
    """
    trial = replace(terms, _numbers=itertools.count())
    if in_groups(group, lambda inner: change(inner, trial)) == group:
        return group
    return _wide(group, terms, change)


def _wide(group: Group, terms: Terms, change: Callable[[Group, Terms], Group]) -> Group:
    if anchored(group, terms):
        return Group(tuple(_sub_selects(element, terms, change) for element in group.elements))
    return change(Group(tuple(_inside(element, terms, change) for element in group.elements)), terms)


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


def _inside(element: Element, terms: Terms, change: Callable[[Group, Terms], Group]) -> Element:
    match element:
        case Nested() | Select():
            return replace(element, group=_wide(element.group, terms, change))
        case Union():
            return Union(tuple(_wide(group, terms, change) for group in element.groups))
        case _:
            return element


def _sub_selects(element: Element, terms: Terms, change: Callable[[Group, Terms], Group]) -> Element:
    """A sub-select is evaluated by itself, whatever stands around it."""
    if isinstance(element, Select):
        return replace(element, group=_wide(element.group, terms, change))
    return element
