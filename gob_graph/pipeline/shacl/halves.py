"""Two runs at once: SHACL's results are the union over shapes (section 3.4), so each run may have half of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import rdflib
from rdflib.namespace import SH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FEW = 50_000
"""Triples from which on two runs pay."""
_QUERY, _SCAN = 10, 12
"""A query costs as much as so many plain constraints of a node; one with a sub-select as a node for so many triples."""


def halves(shapes: rdflib.Graph, targets: Mapping[Any, int], triples: int) -> tuple[list[str], ...]:
    """The shapes with a target, by name, in two lists of about the same work; nothing when all should run at once.

    A shape without IRI cannot be chosen by name, so with such a shape among them all run at once.
    """
    alone = len(targets) < 2 or not all(isinstance(shape, rdflib.URIRef) for shape in targets)
    if alone or triples < FEW or (os.cpu_count() or 1) < 2:
        return ()
    work = {str(shape): _work(shapes, shape, nodes, triples) for shape, nodes in targets.items()}
    parts: tuple[list[str], list[str]] = [], []
    sums = [0, 0]
    for shape in sorted(work, key=lambda shape: (-work[shape], shape)):
        lighter = sums.index(min(sums))
        parts[lighter].append(shape)
        sums[lighter] += work[shape]
    return parts


def _work(shapes: rdflib.Graph, shape: Any, nodes: int, triples: int) -> int:  # noqa: ANN401 - a term of rdflib
    scans = [text.upper().count("SELECT") > 1 for text in _queries(shapes, shape)]
    return nodes * (1 + _QUERY * (len(scans) - sum(scans))) + sum(scans) * triples // _SCAN


def _queries(shapes: rdflib.Graph, shape: Any) -> Iterator[str]:  # noqa: ANN401
    for owner in (shape, *shapes.objects(shape, SH.property)):
        for constraint in shapes.objects(owner, SH.sparql):
            yield from map(str, shapes.objects(constraint, SH.select))
