"""Law: patterns and VALUES behind an OPTIONAL come before it, when they share no variable that it may leave unbound.

Proof: `Join(LeftJoin(A, B, F), C) = LeftJoin(Join(A, C), B, F)` if every variable that C shares with B or F is bound in
every solution of A: then a row of C is compatible with the same rows of A, whether they were extended or not.

Example: `?u a ex:C OPTIONAL { ?u ex:l ?l } ?u ex:of <X>` is `?u a ex:C . ?u ex:of <X> OPTIONAL { ?u ex:l ?l }`.

Counter-examples, which stay: `?u a ex:C OPTIONAL { ?u ex:l ?l } ?v ex:l ?l` (the OPTIONAL may bind `?l`, which then
decides); a pattern behind MINUS or BIND.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.tree import NOTHING, Block, Group, Nested, Verbatim, certain, in_groups

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Element


def apply(group: Group, terms: Terms) -> Group:
    """The group with its joins before its OPTIONALs."""
    return in_groups(group, _changed)


def _changed(group: Group) -> Group:
    elements: list[Element] = []
    for element in group.elements:
        elements.insert(_place(element, elements), element)
    return Group(tuple(elements))


def _place(element: Element, before: list[Element]) -> int:
    """Where the element goes: before the OPTIONALs that it may pass, or behind all."""
    place = end = len(before)
    if not _is_join(element):
        return end
    while end and _passes(element, before[:end]):
        end -= 1
        if isinstance(before[end], Nested):
            place = end
    return place


def _is_join(element: Element) -> bool:
    return isinstance(element, Block) or (isinstance(element, Verbatim) and element.kind == "values")


def _passes(element: Element, before: list[Element]) -> bool:
    """Whether it may come before the last of these."""
    last = before[-1]
    if isinstance(last, Verbatim):
        return last.kind == "filter"
    if not isinstance(last, Nested) or last.keyword != "OPTIONAL":
        return False
    bound = NOTHING.union(*(certain(other) for other in before[:-1]))
    return element.variables & last.variables <= bound
