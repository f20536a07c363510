"""SHACL validation: the only place where rdflib is used, and only on terms that pyoxigraph parsed.

pySHACL is the judge; pyshacl-turbo finds the same many times faster (docs/decisions/0019-second-shacl-engine.md).

rdflib would fetch, rewrite and normalise; so its graphs are filled term by term, and nothing is ever parsed by it but
the queries of shapes.
"""

from __future__ import annotations

import logging
import traceback
import warnings
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import pyoxigraph as ox
import pyshacl
import pyshacl.shape
import pyshacl_turbo
import rdflib
from pyshacl.rdfutil.stringify import stringify_blank_node
from pyshacl_turbo.rdf import Input

from gob_graph.errors import GateBroken, SettingsError
from gob_graph.pipeline.shacl.halves import halves
from gob_graph.pipeline.shacl.preflight import CANNOT, Preflight
from gob_graph.pipeline.shacl.queries import use_prepared_queries
from gob_graph.pipeline.shacl.report import SEVERITIES, Finding, Report
from gob_graph.pipeline.shacl.results import Results, findings
from gob_graph.pipeline.shacl.shapes_graph import shapes_graph
from gob_graph.pipeline.shacl.shared_data import shared
from gob_graph.pipeline.shacl.targets import find_targets
from gob_graph.pipeline.shacl.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gob_graph.pipeline.shacl.targets import Targets
    from gob_graph.pipeline.shacl.terms import Places

__all__ = ["SEVERITIES", "Finding", "Report", "check_gate", "engine_for", "validate"]


ENGINES: Mapping[str, Callable[..., Any]] = {"pyshacl": pyshacl.validate, "turbo": pyshacl_turbo.validate}
LARGE = 50_000
"""Triples from which on `auto` is pyshacl-turbo: pySHACL needs more than a minute for that many."""
MANY = 1_000_000
"""Triples up to which two runs may read the text each, with 0.8 KiB of memory a triple; more are read once for both."""


def engine_for(choice: str, triples: int) -> str:
    """The engine that a setting chooses for so many triples.

    Raises:
        SettingsError: there is no such engine.
    """
    if choice == "auto":
        return "turbo" if triples >= LARGE else "pyshacl"
    if choice not in ENGINES:
        known = ", ".join(("auto", *ENGINES))
        raise SettingsError(f"GOB_GRAPH_SHACL_ENGINE={choice!r} is no SHACL engine; known are: {known}")
    return choice


@contextmanager
def _silent() -> Iterator[None]:
    """Without what the libraries log and warn of, tracebacks among it; what matters to people is checked before."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@_silent()
def validate(
    data: Iterable[ox.Triple | ox.Quad],
    shapes: Iterable[ox.Triple | ox.Quad],
    places: Places | None = None,
    engine: str = "pyshacl",
) -> Report:
    """Validate a graph against shapes; nothing is inferred or fetched, and neither input is changed.

    `places` tell where nodes are described, as ``file:line``, for messages; `engine` is a key of `ENGINES`.

    Raises:
        GateBroken: the shapes cannot be run, or have no target at all (an empty shapes graph accepts everything).
    """
    use_prepared_queries()
    data, shapes, terms = _repeatable(data), list(shapes), Terms()
    wanted = shapes_graph(shapes, terms)
    preflight = Preflight(wanted, places or {})
    preflight.check()
    text = list(terms.ntriples(data))
    targets = find_targets(text, wanted, terms.text)
    found = _turbo(text, preflight, targets) if engine == "turbo" else [_run(engine, terms.graph(data), preflight)]
    notes = list(preflight.notes())
    if terms.triple_terms:
        notes.append(f"{terms.triple_terms} triple terms (RDF 1.2) stand as blank nodes, as SHACL speaks of RDF 1.1")
    return Report(
        findings(Results(graph, wanted, terms, (data, shapes), places or {}) for graph in found),
        {preflight.name(shape): number for shape, number in targets.of_shape.items()},
        targets.focus_nodes,
        tuple(notes),
    )


def _repeatable(triples: Iterable[ox.Triple | ox.Quad]) -> Collection[ox.Triple | ox.Quad]:
    return triples if isinstance(triples, Collection) else list(triples)


def _joined(text: list[str]) -> Input:
    """The data as pyshacl-turbo takes them without a graph of rdflib; the parts are given up, as they are as large."""
    whole = "".join(text)
    text.clear()
    return Input(whole, "nt", None, {}, preserve_ids=True)


def _turbo(text: list[str], preflight: Preflight, targets: Targets) -> list[rdflib.Graph]:
    """The results of pyshacl-turbo, which leaves the interpreter to others while it works."""
    triples = sum(part.count("\n") for part in text)
    parts = halves(preflight.shapes, targets.of_shape, triples)
    data: object = shared(text) if parts and triples > MANY else None
    if data is None:
        data = _joined(text)
        parts = parts if triples <= MANY else ()
    if not parts:
        return [_run("turbo", data, preflight)]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(lambda part: _run("turbo", data, preflight, use_shapes=part), parts))


def _run(engine: str, data: object, preflight: Preflight, **choice: list[str]) -> rdflib.Graph:
    # pySHACL keeps the texts of blank nodes by the address of their graph, where another graph may stand later: its
    # messages then describe nodes of the graph before.
    cast("Any", stringify_blank_node).dict_cache = {}
    try:
        _, results, _ = ENGINES[engine](
            data,
            shacl_graph=preflight.shapes,
            inference="none",
            advanced=False,
            do_owl_imports=False,
            meta_shacl=False,
            **choice,
        )
    except RecursionError as error:
        raise GateBroken(f"{CANNOT}: they, or the data, are nested too deeply") from error
    except MemoryError:
        raise
    except Exception as error:  # whatever the library raises for shapes that it cannot take
        shape = _shape_at(error)
        named = "" if shape is None else f"{preflight.located(shape)}: "
        raise GateBroken(f"{CANNOT}: {named}{_reason(error)}") from error
    if not isinstance(results, rdflib.Graph):
        raise GateBroken(f"{CANNOT}: {_reason(results)}")
    return results


def _shape_at(error: BaseException) -> Any:  # noqa: ANN401 - a term of rdflib
    """The shape that pySHACL was at; its messages seldom name it, but its frames hold it."""
    found = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        at = frame.f_locals.get("self")
        shape = at if isinstance(at, pyshacl.shape.Shape) else getattr(at, "shape", None)
        if isinstance(shape, pyshacl.shape.Shape):
            found = shape.node
    return found


def _reason(error: object) -> str:
    text = str(error).partition("\nFor reference, see")[0].strip()
    return text or type(error).__name__


def check_gate(shapes: Iterable[ox.Triple | ox.Quad], engine: str = "pyshacl") -> None:
    """Prove that the gate still closes: the canary, a graph with known faults, must be rejected for each of them.

    Raises:
        GateBroken: the canary passed, or one of its faulty nodes was not found out.
    """
    body = files("gob_graph.pipeline").joinpath("canary.ttl").read_bytes()
    canary = [q.triple for q in ox.parse(body, format=ox.RdfFormat.TURTLE)]
    report = validate(canary, shapes, engine=engine)
    faulty = {str(t.subject).strip("<>") for t in canary if "/canary/" in str(t.subject)}
    found = {f.focus for f in report.of_severity("Violation")}
    missed = sorted(faulty - found)
    if missed:
        raise GateBroken(
            f"the shapes let a graph with known faults pass ({missed[0]}); nothing is published until they reject it"
        )
