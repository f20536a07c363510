"""Large graphs are validated in two runs with half of the shapes each: the report is that of one run."""

import os
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
import rdflib_turbo

from gob_graph.errors import GateBroken
from gob_graph.pipeline import validation
from gob_graph.pipeline.shacl import halves

SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <urn:ex:> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:A a sh:NodeShape ; sh:targetClass ex:Thing ; sh:property ex:named , [ sh:path ex:number ; sh:datatype xsd:integer ] .
ex:B a sh:NodeShape ; sh:targetSubjectsOf ex:name , ex:number ; sh:property ex:named ; sh:node ex:C .
ex:C a sh:NodeShape ; sh:targetObjectsOf ex:part ; sh:nodeKind sh:BlankNode ; sh:message "no IRI"@en .
ex:D a sh:NodeShape ; sh:targetClass ex:Thing ; sh:sparql ex:once , ex:whole .
ex:named a sh:PropertyShape ; sh:path ex:name ; sh:minCount 1 ; sh:maxCount 1 ; sh:message "a name"@en .
ex:once a sh:SPARQLConstraint ; sh:message "once"@en ;
    sh:select "SELECT $this ?value WHERE { $this <urn:ex:number> ?value . ?o <urn:ex:number> ?value FILTER(?o != $this) }" .
ex:whole a sh:SPARQLConstraint ; sh:message "whole"@en ;
    sh:select "SELECT $this ?value WHERE { { SELECT $this ?value WHERE { ?s <urn:ex:wrong> ?value } } }" .
"""
DATA = """
@prefix ex: <urn:ex:> .
ex:a a ex:Thing ; ex:name "a" , "b" ; ex:number 1 ; ex:part ex:b , _:c . _:c a ex:Thing ; ex:number 1 , "x" .
ex:b a ex:Thing ; ex:wrong _:c , "w" .
"""


def triples(text: str) -> list[ox.Triple]:
    return [q.triple for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "FEW", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def runs(monkeypatch: pytest.MonkeyPatch, broken: str = "") -> list[list[str]]:
    """The shapes that each run is given; one that is given `broken` fails."""
    seen: list[list[str]] = []
    engine = validation.ENGINES["turbo"]

    def run(*args: Any, **options: Any) -> Any:
        seen.append(options.get("use_shapes", []))
        if broken in seen[-1]:
            raise RuntimeError(f"cannot run {broken}")
        return engine(*args, **options)

    monkeypatch.setitem(validation.ENGINES, "turbo", run)  # type: ignore[arg-type]
    return seen


def test_two_runs_report_what_one_does(monkeypatch: pytest.MonkeyPatch, two_cores: None) -> None:
    data, shapes = triples(DATA), triples(SHAPES)
    seen = runs(monkeypatch)
    two = validation.validate(data, shapes, engine="turbo")
    assert sorted(name for part in seen for name in part) == ["urn:ex:A", "urn:ex:B", "urn:ex:C", "urn:ex:D"]
    assert len(seen) == 2
    monkeypatch.setattr(validation, "MANY", 0)
    one = validation.validate(data, shapes, engine="turbo")
    assert seen[2:] == [[]]
    assert len(one.findings) > 10
    assert two.turtle({}) == one.turtle({})
    assert two == one


def test_data_that_are_held_once_give_the_report_of_one_run(monkeypatch: pytest.MonkeyPatch, two_cores: None) -> None:
    """Without blank nodes, as in a release."""
    data, shapes = triples(DATA.replace("_:c", "ex:c")), triples(SHAPES)
    one = validation.validate(data, shapes, engine="pyshacl")
    texts = validation.validate(data, shapes, engine="turbo")
    given: list[object] = []
    engine = validation.ENGINES["turbo"]

    def run(whole: object, **options: Any) -> Any:
        given.append(whole)
        return engine(whole, **options)

    monkeypatch.setitem(validation.ENGINES, "turbo", run)  # type: ignore[arg-type]
    monkeypatch.setattr(validation, "MANY", 0)
    two = validation.validate(data, shapes, engine="turbo")
    assert [type(each) for each in given] == [rdflib_turbo.Dataset, rdflib_turbo.Dataset]
    assert given[0] is given[1]
    assert len(two.findings) > 10
    assert two.turtle({}) == texts.turtle({})
    assert two == texts
    assert {(f.focus, f.component, f.severity) for f in two.findings} == {
        (f.focus, f.component, f.severity) for f in one.findings
    }


def test_packages_of_two_engines_are_not_put_together(monkeypatch: pytest.MonkeyPatch, two_cores: None) -> None:
    monkeypatch.setattr(validation, "MANY", 0)
    monkeypatch.setattr(rdflib_turbo._native, "SHACL_ENGINE_FINGERPRINT", "another")
    seen = runs(monkeypatch)
    assert validation.validate(triples(DATA.replace("_:c", "ex:c")), triples(SHAPES), engine="turbo").findings
    assert seen == [[]]


def test_a_run_that_fails_lets_nothing_pass(monkeypatch: pytest.MonkeyPatch, two_cores: None) -> None:
    runs(monkeypatch, broken="urn:ex:C")
    with pytest.raises(GateBroken, match="cannot run urn:ex:C"):
        validation.validate(triples(DATA), triples(SHAPES), engine="turbo")


def test_shapes_that_query_are_not_in_one_half(two_cores: None) -> None:
    graph = rdflib.Graph().parse(data=SHAPES, format="turtle")
    targets = {rdflib.URIRef(f"urn:ex:{name}"): 1_000 for name in "ABCD"}
    assert halves.halves(graph, targets, 60_000) == (["urn:ex:D"], ["urn:ex:A", "urn:ex:B", "urn:ex:C"])


@pytest.mark.parametrize(
    ("targets", "size"),
    [({"A": 1}, 60_000), ({"A": 1, "": 1}, 60_000)],
)
def test_one_run_has_all_shapes(targets: dict[str, int], size: int, two_cores: None) -> None:
    nodes = {rdflib.URIRef(f"urn:ex:{name}") if name else rdflib.BNode(): count for name, count in targets.items()}
    assert halves.halves(rdflib.Graph(), nodes, size) == ()


def test_a_small_graph_has_one_run() -> None:
    nodes = {rdflib.URIRef("urn:ex:A"): 1, rdflib.URIRef("urn:ex:B"): 1}
    assert halves.halves(rdflib.Graph(), nodes, halves.FEW - 1) == ()
