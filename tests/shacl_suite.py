"""W3C's SHACL test suite, as it comes with the source distribution of pySHACL: its cases, and reports made comparable.

The data is fetched by `make test` (.ci/shacl-suite) and is no part of this repository.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

from gob_graph.rdf_files import read_rdf
from gob_graph.vocab import RDF, SH, Namespace
from tests.parts import ROOT

SUITE = ROOT / ".venv/shacl-suite/pyshacl-0.40.1/test/resources/sht_tests"
SHT = Namespace("http://www.w3.org/ns/shacl-test#")
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
RESULT = (
    RDF.type, SH.focusNode, SH.resultPath, SH.resultSeverity, SH.sourceConstraint, SH.sourceConstraintComponent,
    SH.sourceShape, SH.value, SH.resultMessage,
)  # fmt: skip
PATHS = (
    RDF.first, RDF.rest, SH.inversePath, SH.alternativePath, SH.zeroOrMorePath, SH.oneOrMorePath, SH.zeroOrOnePath,
)  # fmt: skip
Graph = set[ox.Triple]


@dataclass(frozen=True)
class Case:
    """A case: its name by folder, the files it compares, and the report that it expects; none where a failure is."""

    name: str
    data: Path
    shapes: Path
    expected: list[ox.Triple] | None


def cases(suite: Path) -> list[Case]:
    """Every case of the suite."""
    found = []
    for path in sorted(suite.rglob("*.ttl")):
        graph = read_rdf(path).triples
        for test in [t.subject for t in graph if t.predicate == RDF.type and t.object == SHT.Validate]:
            action, result = (one(graph, test, p) for p in (MF.action, MF.result))
            data, shapes = (address(one(graph, action, p)) for p in (SHT.dataGraph, SHT.shapesGraph))
            expected = None if result == SHT.Failure else report(graph, result)
            found.append(Case(f"{path.parent.relative_to(suite)}/{path.stem}", data, shapes, expected))
    return found


def one(graph: list[ox.Triple], subject: object, predicate: ox.NamedNode) -> object:
    (value,) = (t.object for t in graph if t.subject == subject and t.predicate == predicate)
    return value


def address(term: object) -> Path:
    assert isinstance(term, ox.NamedNode)
    return Path(unquote(urlsplit(term.value).path))


def report(graph: list[ox.Triple], node: object) -> list[ox.Triple]:
    """The report that a node stands for: itself, its results, and the paths of these."""
    kept = [t for t in graph if t.subject == node and t.predicate in {RDF.type, SH.conforms, SH.result}]
    for result in [t.object for t in kept if t.predicate == SH.result]:
        kept += [t for t in graph if t.subject == result and t.predicate in RESULT]
    todo = [t.object for t in kept if t.predicate == SH.resultPath]
    while todo:
        inner = [t for t in graph if t.subject == todo[-1] and t.predicate in PATHS]
        todo.pop()
        kept += inner
        todo += [t.object for t in inner]
    return kept


def comparable(graph: list[ox.Triple], *, messages: bool, constraints: bool) -> Graph:
    """A report without what the expected one leaves open, with canonical labels: equal means isomorphic."""
    left_out = {SH.resultMessage: not messages, SH.sourceConstraint: not constraints}
    kept = [t for t in graph if not left_out.get(t.predicate)]
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, canonical(t.object)) for t in kept)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {quad.triple for quad in dataset}


def canonical(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> object:
    """The truth value of sh:conforms may be written 1 or 0."""
    if isinstance(term, ox.Literal) and term.datatype.value.endswith("#boolean"):
        return ox.Literal({"1": "true", "0": "false"}.get(term.value, term.value), datatype=term.datatype)
    return term


def identical(expected: list[ox.Triple], given: list[ox.Triple]) -> bool:
    """Whether a report is the expected one; messages and constraints are compared where the expected one has any."""
    said = {t.predicate for t in expected}
    left = {"messages": SH.resultMessage in said, "constraints": SH.sourceConstraint in said}
    return comparable(expected, **left) == comparable(given, **left)
