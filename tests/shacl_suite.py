"""W3C's SHACL test suite, as it comes with the source distribution of pySHACL: its cases, and reports made comparable.

The data is fetched by `make test` (.ci/shacl-suite) and is no part of this repository. `python -m tests.shacl_suite` counts
the identical reports of the command and of pySHACL alone.
"""

import csv
import itertools
import logging
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pyoxigraph as ox
from click.testing import CliRunner

from gob_graph.cli import main
from gob_graph.reading.rdf_file import read_rdf
from gob_graph.vocab import RDF, SH, Namespace
from tests.parts import ROOT

SUITE = ROOT / ".venv/shacl-suite"
EXPECTED = ROOT / "tests/shacl-suite.csv"
SHT = Namespace("http://www.w3.org/ns/shacl-test#")
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
RESULT = (
    RDF.type, SH.focusNode, SH.resultSeverity, SH.sourceConstraint, SH.sourceConstraintComponent, SH.sourceShape, SH.value,
    SH.resultMessage,
)  # fmt: skip
PATHS = (
    RDF.first, RDF.rest, SH.inversePath, SH.alternativePath, SH.zeroOrMorePath, SH.oneOrMorePath, SH.zeroOrOnePath,
)  # fmt: skip
Graph = list[ox.Triple]


@dataclass(frozen=True)
class Case:
    """A case: its name by folder, the files it compares, and the report that it expects; None where a failure is."""

    name: str
    data: Path
    shapes: Path
    expected: Graph | None


@dataclass(frozen=True)
class Row:
    """What the list says of a case: exit code, results, and why it deviates from the suite, if it does."""

    exit_code: int
    results: int
    deviation: str


def rows() -> dict[str, Row]:
    """The list of the cases with their outcome, which is ours."""
    with EXPECTED.open(encoding="utf-8", newline="") as stream:
        return {r["case"]: Row(int(r["exit"]), int(r["results"]), r["deviation"]) for r in csv.DictReader(stream)}


@cache
def cases() -> dict[str, Case]:
    """Every case of the suite by its name."""
    found = {}
    for path in sorted(SUITE.rglob("*.ttl")):
        graph = read_rdf(path).triples
        for test in [t.subject for t in graph if t.predicate == RDF.type and t.object == SHT.Validate]:
            action, result = (one(graph, test, p) for p in (MF.action, MF.result))
            data, shapes = (address(one(graph, action, p)) for p in (SHT.dataGraph, SHT.shapesGraph))
            name = f"{path.parent.relative_to(SUITE)}/{path.stem}"
            found[name] = Case(name, data, shapes, None if result == SHT.Failure else report(graph, result))
    return found


def one(graph: Graph, subject: object, predicate: ox.NamedNode) -> object:
    (value,) = (t.object for t in graph if t.subject == subject and t.predicate == predicate)
    return value


def address(term: object) -> Path:
    assert isinstance(term, ox.NamedNode)
    return Path(unquote(urlsplit(term.value).path))


def report(graph: Graph, node: object) -> Graph:
    """The report that a node stands for: itself, its results, and the path of each, which no other result shares."""
    kept = [t for t in graph if t.subject == node and t.predicate in {RDF.type, SH.conforms, SH.result}]
    numbers = itertools.count(1)

    def path(term: object) -> object:
        if not isinstance(term, ox.BlankNode):
            return term
        fresh = ox.BlankNode(f"path{next(numbers)}")
        for t in [t for t in graph if t.subject == term and t.predicate in PATHS]:
            kept.append(ox.Triple(fresh, t.predicate, path(t.object)))  # type: ignore[arg-type]
        return fresh

    for result in [t.object for t in kept if t.predicate == SH.result]:
        said = [t for t in graph if t.subject == result]
        kept += [t for t in said if t.predicate in RESULT]
        kept += [ox.Triple(t.subject, t.predicate, path(t.object)) for t in said if t.predicate == SH.resultPath]  # type: ignore[arg-type]
    return kept


def comparable(graph: Graph, left_out: set[ox.NamedNode]) -> set[ox.Triple]:
    """A report without what the expected one leaves open, with canonical labels: equal means isomorphic."""
    kept = [t for t in graph if t.predicate not in left_out]
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, canonical(t.object)) for t in kept)  # type: ignore[arg-type]
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {quad.triple for quad in dataset}


def canonical(term: object) -> object:
    """The truth value of sh:conforms may be written 1 or 0."""
    if isinstance(term, ox.Literal) and term.datatype.value.endswith("#boolean"):
        return ox.Literal({"1": "true", "0": "false"}.get(term.value, term.value), datatype=term.datatype)
    return term


def identical(expected: Graph, given: Graph) -> bool:
    """Whether a report is the expected one; messages and constraints are compared where the expected one has any."""
    said = {t.predicate for t in expected}
    left_out = {p for p in (SH.resultMessage, SH.sourceConstraint) if p not in said}
    return comparable(expected, left_out) == comparable(given, left_out)


def validated(case: Case) -> tuple[int, Graph]:
    """The exit code of the command on the files of a case, and its report; empty when it made none."""
    run = CliRunner().invoke(main, ["validate", str(case.data), "--shapes", str(case.shapes), "--format", "turtle"])
    if not run.stdout:
        return run.exit_code, []
    graph = [q.triple for q in ox.parse(run.stdout, format=ox.RdfFormat.TURTLE)]
    return run.exit_code, report(graph, next(t.subject for t in graph if t.object == SH.ValidationReport))


def by_pyshacl(case: Case) -> Graph | None:
    """The report of pySHACL alone, as its own suite runs it; None when it fails."""
    import pyshacl
    import rdflib

    from gob_graph.pipeline.shacl.terms import Terms

    data, shapes = (rdflib.Graph().parse(path) for path in (case.data, case.shapes))
    try:
        found = pyshacl.validate(data, shacl_graph=shapes, inference="none")[1]
    except Exception:  # noqa: BLE001 - whatever it raises is a failure
        return None
    if not isinstance(found, rdflib.Graph):
        return None
    terms = Terms()
    graph = [ox.Triple(*map(terms.back, t)) for t in found]  # type: ignore[arg-type]
    return report(graph, next(t.subject for t in graph if t.object == SH.ValidationReport))


def same(expected: Graph | None, given: Graph | None) -> bool:
    """Whether the outcome is the expected one, where a failure may be."""
    return not given if expected is None else bool(given) and identical(expected, given or [])


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    ours = {name for name, case in cases().items() if same(case.expected, validated(case)[1])}
    theirs = {name for name, case in cases().items() if same(case.expected, by_pyshacl(case))}
    click.echo(f"gob-graph validate: {len(ours)} of {len(cases())} identical; not {sorted(cases().keys() - ours)}")
    click.echo(f"pySHACL alone: {len(theirs)} of {len(cases())} identical; not {sorted(cases().keys() - theirs)}")
