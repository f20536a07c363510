"""Law: `FILTER EXISTS` of plain patterns is a join with the different values of the variables that it shares.

Proof: where every shared variable is bound in each solution of the group and of the patterns, the FILTER keeps the rows
whose values are among those that the patterns have; a join with these, each once, keeps the same rows, each as often.

Example: `?u a ex:C FILTER EXISTS { ?u ex:of <X> }` is `{ SELECT DISTINCT ?u { ?u ex:of <X> } } ?u a ex:C`.

Counter-examples, which stay: groups within the group of the query (a FILTER of an OPTIONAL sees what is outside of it);
`FILTER NOT EXISTS`; EXISTS as a part of a condition; a shared variable that the group may
leave unbound; no shared variable; FILTER, OPTIONAL or another group within EXISTS; paths; patterns with many matches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.anchors import anchored
from gob_graph.endpoint.engine.normaliser.tree import Block, Group, Select, Verbatim

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Element


def apply(group: Group, terms: Terms) -> Group:
    """The group of a query with such FILTERs as joins."""
    conditions = [element for element in group.elements if isinstance(element, Verbatim) and element.exists]
    if not conditions or anchored(group, terms):
        return group
    for element in conditions:
        if element.exists and _selective(element.exists, terms):
            group = _joined(group, element, element.exists)
    return group


def _selective(inner: Group, terms: Terms) -> bool:
    """Whether these are plain patterns, one of which has few matches."""
    blocks = [part for part in inner.elements if isinstance(part, Block) and not part.opaque]
    triples = [triple for block in blocks for triple in block.triples]
    plain = len(blocks) == len(inner.elements) and all(triple.path.simple for triple in triples)
    return plain and any(terms.few(triple) for triple in triples)


def _joined(group: Group, condition: Verbatim, inner: Group) -> Group:
    """The group without the condition, and with a sub-select before the first pattern, if that binds all it shares."""
    others: list[Element] = [element for element in group.elements if element is not condition]
    shared = inner.variables & Group(tuple(others)).variables
    places = [
        place
        for place, element in enumerate(others)
        if shared & element.variables and not (isinstance(element, Verbatim) and element.kind == "filter")
    ]
    if not shared or not places or not isinstance(first := others[places[0]], Block) or not shared <= first.variables:
        return group
    names = " ".join(sorted(shared))
    select = Select(f"SELECT DISTINCT {names}", inner, "", shared, shared)
    return Group((*others[: places[0]], select, *others[places[0] :]))
