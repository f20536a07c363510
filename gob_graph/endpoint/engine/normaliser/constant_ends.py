"""Law: a constant at the end of a path is a variable that is joined with one row of VALUES.

Proof: what a path pattern with a constant matches are the solutions of the same pattern with a variable in its place
that bind it to the constant (section 18.4, by induction over the path), and a join with one row of VALUES keeps exactly
those, each as often. A path of no edges connects a constant with itself even where no graph holds it; the law is used
where such a solution cannot survive: the path has an edge, or its other end is joined with a pattern that has.

Example: `?u org:unitOf/org:subOrganizationOf* <X>` is `VALUES ?v { <X> } ?u org:unitOf/org:subOrganizationOf* ?v`.

Counter-examples, which stay: `?u ex:p* <X>` alone (a path of no edges); a path in EXISTS or MINUS (evaluated for each
solution, where VALUES costs minutes); a path below `SELECT *` in a sub-select, which would show the variable; a group
that has a pattern with few matches, from which the engine rightly begins.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.anchors import in_wide_groups
from gob_graph.endpoint.engine.normaliser.tree import Block, Group, Verbatim, is_variable

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Element, Triple


def apply(group: Group, terms: Terms) -> Group:
    """The group with such constants as VALUES."""
    return in_wide_groups(group, terms, _changed)


def _changed(group: Group, terms: Terms) -> Group:
    elements: list[Element] = []
    for element in group.elements:
        elements += _block(element, terms) if isinstance(element, Block) else [element]
    return Group(tuple(elements))


def _block(block: Block, terms: Terms) -> list[Element]:
    rows: list[Element] = []
    triples = list(block.triples)
    for number, triple in enumerate(block.triples):
        end = _constant(triple, block, terms)
        if end:
            name = terms.variable()
            rows.append(Verbatim("values", f"VALUES {name} {{ {end} }}", frozenset({name}), frozenset({name})))
            if end == triple.object:
                triples[number] = replace(triple, object=name)
            else:
                triples[number] = replace(triple, subject=name)
    return [*rows, replace(block, triples=tuple(triples))]


def _constant(triple: Triple, block: Block, terms: Terms) -> str | None:
    """The constant at one end of a path whose other end is a variable; None when the law is not for this pattern."""
    if triple.path.simple or len(triple.ends) != 1:
        return None
    end = triple.object if is_variable(triple.subject) else triple.subject
    if terms.iri(end) is None:
        return None
    (other,) = triple.ends
    return end if not triple.path.nullable or _has_an_edge(other, triple, block) else None


def _has_an_edge(name: str, triple: Triple, block: Block) -> bool:
    """Whether another pattern of the same basic graph pattern ties this variable to a node of the graph."""
    return any(name in other.ends and not other.path.nullable for other in block.triples if other is not triple)
