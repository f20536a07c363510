"""Law: a variable that a FILTER holds equal to an IRI is joined with that IRI as VALUES; the FILTER stays.

Proof: of a term and an IRI, `=`, `sameTerm` and `IN` are true exactly if the term is one of the IRIs, so the row that
passes the FILTER is compatible with exactly one row of VALUES, and no other row of the group is wanted. VALUES stands
before the first element with the variable, a basic graph pattern that binds it in every solution; a join commutes with
what comes before, which does not mention it, and what comes behind finds the variable bound as before.

Example: `?u org:unitOf ?o FILTER(?o = <X>)` is `VALUES ?o { <X> } ?u org:unitOf ?o FILTER(?o = <X>)`.

Counter-examples, which stay: `OPTIONAL { ?u ex:p ?o } FILTER(?o = <X>)` (not bound in every solution); OPTIONAL or
MINUS with the variable before the pattern; `BIND(… AS ?o)`; literals (`1` equals `1.0`); `?o = <X> || ?p = <Y>`; a
variable in the place of the predicate only (VALUES of predicates is where no evaluation should begin); EXISTS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.anchors import in_wide_groups
from gob_graph.endpoint.engine.normaliser.conditions import conjuncts, restriction
from gob_graph.endpoint.engine.normaliser.tree import Block, Group, Verbatim

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.terms import Terms


def apply(group: Group, terms: Terms) -> Group:
    """The group with VALUES for its equalities."""
    return in_wide_groups(group, terms, _changed)


def _changed(group: Group, terms: Terms) -> Group:
    constants = _bound_constants(group, terms)
    for element in group.elements:
        if isinstance(element, Verbatim) and element.kind == "filter":
            for conjunct in conjuncts(element.tokens):
                if found := restriction(conjunct, constants, terms):
                    group = _joined(group, *found)
    return group


def _bound_constants(group: Group, terms: Terms) -> dict[str, str]:
    """The variables that a BIND of the group sets to an IRI."""
    found = {}
    for element in group.elements:
        if isinstance(element, Verbatim) and element.kind == "bind" and len(element.tokens) == 6:
            constant, name = element.tokens[2].text, element.tokens[4].text
            if terms.iri(constant):
                found["?" + name[1:]] = constant
    return found


def _joined(group: Group, name: str, constants: tuple[str, ...]) -> Group:
    """The group with VALUES before the first element that mentions the variable, if that binds it in any case."""
    mentions = [
        place
        for place, element in enumerate(group.elements)
        if name in element.variables and not (isinstance(element, Verbatim) and element.kind == "filter")
    ]
    first = group.elements[mentions[0]] if mentions else None
    if not isinstance(first, Block) or not any(name in triple.ends for triple in first.triples):
        return group
    rows = Verbatim("values", f"VALUES {name} {{ {' '.join(constants)} }}", frozenset({name}), frozenset({name}))
    return Group((*group.elements[: mentions[0]], rows, *group.elements[mentions[0] :]))
