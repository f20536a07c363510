"""Law: alternatives and negated sets of a path are unions (SPARQL 1.1 section 18.2.2.4).

Proof: the section translates `X p|q Y` to `Union(X p Y, X q Y)`, `X ^p Y` to `Y p X`, and `X p/q Y` to
`X p ?v . ?v q Y` with a variable that is not projected; a negated set matches the triples whose predicate is not in it,
each of them once.

Example: `?s (ex:a|ex:b)/ex:c ?o` is `{ ?s ex:a ?v } UNION { ?s ex:b ?v } ?v ex:c ?o`.

Counter-examples, which stay: `(ex:a|ex:b)*` (also `+`, `?`) gives each pair once, whatever is inside; EXISTS and MINUS
do not count. The engine evaluates an alternative as a set of pairs, so that a pair connected in two ways is given once.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.path import Path
from gob_graph.endpoint.engine.normaliser.tree import Block, Group, Triple, Union, Verbatim, in_groups

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Element


def apply(group: Group, terms: Terms) -> Group:
    """The group with the alternatives that count as unions."""
    return in_groups(group, lambda inner: _changed(inner, terms))


def _changed(group: Group, terms: Terms) -> Group:
    elements: list[Element] = []
    for element in group.elements:
        if isinstance(element, Block) and any(triple.path.counted for triple in element.triples):
            elements += _block(element, terms)
        else:
            elements.append(element)
    return Group(tuple(elements))


def _block(block: Block, terms: Terms) -> list[Element]:
    """The triple patterns first, so that they stay one basic graph pattern."""
    triples: list[Triple] = []
    others: list[Element] = []
    for triple in block.triples:
        for part in _translated(triple, terms):
            if isinstance(part, Triple):
                triples.append(part)
            else:
                others.append(part)
    if not triples and not block.opaque:
        return others
    return [Block(tuple(triples), block.opaque, block.opaque_variables), *others]


def _translated(triple: Triple, terms: Terms) -> list[Triple | Element]:
    subject, path, target = triple.subject, triple.path, triple.object
    if not path.counted:
        return [triple]
    if path.kind == "inverse":
        return _translated(Triple(target, path.parts[0], subject), terms)
    if path.kind == "sequence":
        stations = [subject, *(terms.variable() for _ in path.parts[1:]), target]
        steps = zip(stations, path.parts, stations[1:], strict=False)
        return [part for a, step, b in steps for part in _translated(Triple(a, step, b), terms)]
    if path.kind == "not":
        return _negated(triple, terms)
    branches = [_group(_translated(Triple(subject, part, target), terms)) for part in path.parts]
    return [Union(tuple(branches))]


def _negated(triple: Triple, terms: Terms) -> list[Triple | Element]:
    forward = [part.text for part in triple.path.parts if part.kind == "link"]
    backward = [part.parts[0].text for part in triple.path.parts if part.kind == "inverse"]
    if forward and backward:
        return [Union((_group(_outside(triple, forward, terms)), _group(_outside(_turned(triple), backward, terms))))]
    return _outside(triple, forward, terms) if forward else _outside(_turned(triple), backward, terms)


def _turned(triple: Triple) -> Triple:
    return Triple(triple.object, triple.path, triple.subject)


def _outside(triple: Triple, links: list[str], terms: Terms) -> list[Triple | Element]:
    """A triple whose predicate is none of these."""
    predicate = terms.variable()
    listed = ", ".join(RDF_TYPE_TERM if link == "a" else link for link in links)
    condition = Verbatim("filter", f"FILTER({predicate} NOT IN ({listed}))", frozenset({predicate}))
    return [Triple(triple.subject, Path("link", text=predicate), triple.object), condition]


RDF_TYPE_TERM = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def _group(parts: list[Triple | Element]) -> Group:
    return Group(reduce(_joined, parts, ()))


def _joined(before: tuple[Element, ...], part: Triple | Element) -> tuple[Element, ...]:
    return (*before, Block((part,)) if isinstance(part, Triple) else part)
