"""W3C's suites of SPARQL 1.0 and 1.1: normalised queries give the expected answers wherever the engine alone does."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser.normaliser import Normaliser
from gob_graph.endpoint.engine.normaliser.terms import FEW
from tests.parts import ROOT, needs

SUITE = ROOT / ".venv/sparql-suite"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RESULTS = {".srx": ox.QueryResultsFormat.XML, ".srj": ox.QueryResultsFormat.JSON, ".tsv": ox.QueryResultsFormat.TSV}
GRAPHS = {".ttl": ox.RdfFormat.TURTLE, ".rdf": ox.RdfFormat.RDF_XML, ".nt": ox.RdfFormat.N_TRIPLES}
OTHERS = {"service", "entailment"}
"""Suites of what is not offered here."""
KNOWN = 440
"""Cases whose files are readable here; fewer means that the suite is not read as it was."""
REWRITTEN = 15
RIGHT = 380
"""The others spell numbers otherwise, or use forms that the working group removed from the language."""


class Case(NamedTuple):
    """A query evaluation test."""

    name: str
    query: str
    base: str
    data: ox.Store
    expected: Any


def read(path: Path) -> ox.Store:
    store = ox.Store()
    store.load(path=str(path), format=GRAPHS[path.suffix], base_iri=path.as_uri())
    return store


def one(store: ox.Store, subject: Any, predicate: str) -> Any:
    found = list(store.quads_for_pattern(subject, ox.NamedNode(predicate), None))
    return found[0].object if len(found) == 1 else None


def file(iri: Any) -> Path:
    return Path(iri.value.removeprefix("file://"))


def cases() -> Iterator[Case]:
    for path in sorted(needs(SUITE).rglob("manifest.ttl")):
        if path.parent.name in OTHERS:
            continue
        manifest = read(path)
        for quad in list(
            manifest.quads_for_pattern(None, ox.NamedNode(RDF + "type"), ox.NamedNode(MF + "QueryEvaluationTest"))
        ):
            try:
                yield case(manifest, quad.subject)
            except (SyntaxError, ValueError, OSError, KeyError):
                continue


def case(manifest: ox.Store, test: Any) -> Case:
    action = one(manifest, test, MF + "action")
    query, result = file(one(manifest, action, QT + "query")), file(one(manifest, test, MF + "result"))
    data = ox.Store()
    for quad in manifest.quads_for_pattern(action, ox.NamedNode(QT + "data"), None):
        data.load(path=str(file(quad.object)), format=GRAPHS[file(quad.object).suffix], base_iri=quad.object.value)
    for quad in manifest.quads_for_pattern(action, ox.NamedNode(QT + "graphData"), None):
        graph = one(manifest, quad.object, QT + "graph") if isinstance(quad.object, ox.BlankNode) else quad.object
        data.load(path=str(file(graph)), format=GRAPHS[file(graph).suffix], base_iri=graph.value, to_graph=graph)
    return Case(f"{query.parent.name}/{query.stem}", query.read_text("utf-8"), query.as_uri(), data, expected(result))


def expected(path: Path) -> Any:
    if path.suffix in RESULTS:
        return bag(ox.parse_query_results(path=str(path), format=RESULTS[path.suffix]))
    store = read(path)
    tables = list(store.quads_for_pattern(None, ox.NamedNode(RDF + "type"), ox.NamedNode(RS + "ResultSet")))
    if not tables:
        return {" ".join(map(plain, quad.triple)) for quad in store}
    truth = one(store, tables[0].subject, RS + "boolean")
    if truth:
        return bool(truth.value == "true")
    rows: Counter[tuple[str, ...]] = Counter()
    for solution in store.quads_for_pattern(tables[0].subject, ox.NamedNode(RS + "solution"), None):
        bindings = [q.object for q in store.quads_for_pattern(solution.object, ox.NamedNode(RS + "binding"), None)]
        pairs = [(one(store, b, RS + "variable").value, one(store, b, RS + "value")) for b in bindings]
        rows[tuple(sorted(f"{name}={plain(value)}" for name, value in pairs))] += 1
    return rows


def plain(term: Any) -> str:
    """A term; blank nodes are all alike."""
    return "_:" if isinstance(term, ox.BlankNode) else str(term)


def bag(answer: Any) -> Any:
    if isinstance(answer, ox.QueryBoolean):
        return bool(answer)
    if isinstance(answer, ox.QueryTriples):
        return {" ".join(map(plain, triple)) for triple in answer}
    names = [variable.value for variable in answer.variables]
    return Counter(tuple(sorted(f"{n}={plain(row[n])}" for n in names if row[n] is not None)) for row in answer)


def answered(each: Case, text: str) -> Any:
    try:
        return bag(each.data.query(text, base_iri=each.base))
    except (SyntaxError, ValueError, RuntimeError) as error:
        return type(error)


def test_normalised_queries_give_what_the_suite_expects_wherever_the_engine_does() -> None:
    normaliser = Normaliser(lambda _pattern: FEW)
    seen: Counter[str] = Counter()
    worse, other = [], []
    for each in cases():
        form = normaliser.form(each.query, each.base)
        alone, normal = answered(each, each.query), answered(each, form.text)
        seen["cases"] += 1
        seen["rewritten"] += form.text != each.query
        seen["right alone"] += alone == each.expected
        seen["right"] += normal == each.expected
        if alone == each.expected != normal:
            worse.append((each.name, form.text))
        if alone != normal:
            other.append((each.name, normal == each.expected))
    assert worse == []
    assert other == []
    assert seen["cases"] >= KNOWN
    assert seen["rewritten"] >= REWRITTEN
    assert seen["right"] >= RIGHT
