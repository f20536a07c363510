"""Our shapes are plain SHACL: engines that have no code in common with pySHACL find what it finds.

Compared are focus node, severity, component and value of each result of the graph.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
import shacl
import shifty

from gob_graph.pipeline import validation
from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.shacl.report import Report
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.settings import Settings
from gob_graph.vocab import SH

Result = tuple[str, str, str, str]


def text(triples: list[ox.Triple]) -> bytes:
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


def by_shacl(data: bytes, shapes: bytes, folder: Path) -> str:
    """The PyPI package shacl (Rust, evaluates SPARQL by itself)."""
    (folder / "data.ttl").write_bytes(data)
    (folder / "shapes.ttl").write_bytes(shapes)
    return str(shacl.validate(os.fspath(folder / "data.ttl"), os.fspath(folder / "shapes.ttl")).serialize())


def by_pyshifty(data: bytes, shapes: bytes, _: Path) -> str:
    """The PyPI package pyshifty (Rust, compiles shapes to an algebra); by default it validates the shapes as well."""
    _, report, _ = shifty.validate(data.decode(), shapes.decode(), infer=False, graph_mode="data")
    return str(report.serialize(format="turtle"))


ENGINES = {"shacl": by_shacl, "pyshifty": by_pyshifty}


def results(report: bytes) -> Counter[Result]:
    said: dict[object, dict[str, object]] = defaultdict(dict)
    nodes = []
    for quad in ox.parse(report, format=ox.RdfFormat.TURTLE):
        said[quad.subject][quad.predicate.value] = quad.object
        if quad.predicate == SH.result:
            nodes.append(quad.object)
    names = ("focusNode", "resultSeverity", "sourceConstraintComponent", "value")
    found = (
        tuple("_:" if isinstance(v := said[n].get(SH + name), ox.BlankNode) else str(v) for name in names)
        for n in nodes
    )
    return Counter(found)  # type: ignore[arg-type]


def judged(report: Report) -> Counter[Result]:
    return results(report.turtle({}))


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_other_engines_find_the_same_in_the_graph(
    engine: Callable[[bytes, bytes, Path], str], assembled: Assembled, tmp_path: Path
) -> None:
    shapes = read_shapes(Settings()).all
    wanted = judged(validation.validate(assembled.triples, shapes, engine="turbo"))
    assert wanted.total() > 50
    assert results(engine(text(list(assembled.triples)), text(shapes), tmp_path).encode()) == wanted
