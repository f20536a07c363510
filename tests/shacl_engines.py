"""SHACL engines that have no code in common with pySHACL: what each finds, to be compared.

A result is its focus node, severity, component and value. Where a SPARQL constraint gives no ?value, some engines
leave out sh:value and others give the focus node: here it is the focus node.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import shacl
import shifty

from gob_graph.vocab import SH

Result = tuple[str, str, str, str]


def ntriples(triples: Iterable[ox.Triple]) -> bytes:
    """The triples as an engine reads them."""
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


def by_shacl(data: bytes, shapes: bytes, folder: Path) -> str:
    """The PyPI package shacl (Rust, evaluates SPARQL by itself)."""
    (folder / "data.ttl").write_bytes(data)
    (folder / "shapes.ttl").write_bytes(shapes)
    return str(shacl.validate(os.fspath(folder / "data.ttl"), os.fspath(folder / "shapes.ttl")).serialize())


def by_pyshifty(data: bytes, shapes: bytes, _: Path) -> str:
    """The PyPI package pyshifty (Rust, compiles shapes to an algebra); by default it validates the shapes as well."""
    _, report, _ = shifty.validate(data.decode(), shapes.decode(), infer=False, graph_mode="data")
    return str(report.serialize(format="nt", encoding="utf-8").decode())


ENGINES: dict[str, Callable[[bytes, bytes, Path], str]] = {"shacl": by_shacl, "pyshifty": by_pyshifty}


def results(report: bytes) -> Counter[Result]:
    """The results of a report in Turtle, how often each."""
    said: dict[object, dict[str, object]] = defaultdict(dict)
    nodes = []
    for quad in ox.parse(report, format=ox.RdfFormat.TURTLE):
        said[quad.subject][quad.predicate.value] = quad.object
        if quad.predicate == SH.result:
            nodes.append(quad.object)
    names = ("focusNode", "resultSeverity", "sourceConstraintComponent", "value")
    found = (
        tuple(
            "_:" if isinstance(v := said[n].get(SH + name, said[n][SH + "focusNode"]), ox.BlankNode) else str(v)
            for name in names
        )
        for n in nodes
    )
    return Counter(found)  # type: ignore[arg-type]
