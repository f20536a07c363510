"""What the shapes of a release demand of the members of a class, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.institution_page import ours
from gob_graph.vocab import SH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.description.model import Label
    from gob_graph.release import Release

Node = ox.NamedNode | ox.BlankNode
FILE = "shapes.ttl"
INNER = (SH.property, SH.sparql)
"""Where a shape holds others with messages of their own."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One demand: the message that a report would give, and how severe it is (`Violation`, `Warning`, `Info`)."""

    message: Label
    severity: str


def constraints(release: Release, class_iri: str, language: str) -> list[Constraint]:
    """The demands on the members of a class, the severe ones first."""
    graph = _shapes(release)
    targeting = graph.quads_for_pattern(None, SH.targetClass, ox.NamedNode(class_iri))
    return _demands(graph, _nodes(quad.subject for quad in targeting), language)


def constraints_on_property(release: Release, property_iri: str, language: str) -> list[Constraint]:
    """The demands on the values of a property, wherever a shape makes one, the severe ones first."""
    graph = _shapes(release)
    about = graph.quads_for_pattern(None, SH.path, ox.NamedNode(property_iri))
    return _demands(graph, _nodes(quad.subject for quad in about), language)


def _nodes(terms: Iterable[object]) -> list[Node]:
    return [term for term in terms if isinstance(term, Node)]


def _demands(graph: ox.Store, shapes: Iterable[Node], language: str) -> list[Constraint]:
    found: dict[tuple[str, str], Constraint] = {}
    for outer in shapes:
        for shape, severity in _inside(graph, outer, "Violation"):
            texts = [q.object for q in graph.quads_for_pattern(shape, SH.message, None)]
            message = ours([t for t in texts if isinstance(t, ox.Literal)], language)
            if message:
                found.setdefault((severity, message.text), Constraint(message, severity))
    order = {"Violation": 0, "Warning": 1, "Info": 2}
    return sorted(found.values(), key=lambda c: (order.get(c.severity, 3), c.message.text))


def _inside(graph: ox.Store, shape: Node, severity: str) -> list[tuple[Node, str]]:
    """A shape and those that it holds, each with its severity, which holds inside until it is changed."""
    for quad in graph.quads_for_pattern(shape, SH.severity, None):
        severity = str(getattr(quad.object, "value", severity)).rsplit("#", 1)[-1]
    found = [(shape, severity)]
    for predicate in INNER:
        for quad in graph.quads_for_pattern(shape, predicate, None):
            if isinstance(quad.object, Node):
                found += _inside(graph, quad.object, severity)
    return found


@per_release
def _shapes(release: Release) -> ox.Store:
    store = ox.Store()
    store.bulk_load(path=str(release.path / FILE), format=ox.RdfFormat.TURTLE)
    return store
