"""What the two SHACL engines are given: the same data, and the fast one without a graph of rdflib."""

import pyoxigraph as ox
import pytest

from gob_graph.pipeline import validation
from gob_graph.pipeline.shacl.terms import Terms

SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <urn:ex:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:S a sh:NodeShape ; sh:targetClass ex:Thing ; sh:targetObjectsOf ex:part ; sh:message "a name"@en ;
    sh:property [ sh:path ex:name ; sh:minCount 1 ; sh:nodeKind sh:Literal ; sh:languageIn ( "en" ) ] .
ex:Off a sh:NodeShape ; sh:deactivated true ; sh:targetNode ex:a .
"""
DATA = """
@prefix ex: <urn:ex:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:Narrow rdfs:subClassOf ex:Narrower . ex:Narrower rdfs:subClassOf ex:Thing .
ex:a a ex:Narrow ; ex:part _:b , ex:c ; ex:name "x"@nl .
_:b ex:name "ok"@en . ex:c ex:name _:b . ex:d a ex:Thing ; ex:name <<( ex:a ex:part ex:c )>> .
ex:e a ex:Thing ; ex:name "y"@ar--rtl .
"""


def triples(text: str) -> list[ox.Triple]:
    return [q.triple for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]


def test_both_engines_find_the_same_in_what_rdflib_has_no_terms_for() -> None:
    judge, fast = (validation.validate(triples(DATA), triples(SHAPES), engine=name) for name in ("pyshacl", "turbo"))
    assert len(judge.findings) == 6
    assert [(f.focus, f.component, f.value) for f in fast.findings] == [
        (f.focus, f.component, f.value) for f in judge.findings
    ]
    assert judge.targets == fast.targets == {"urn:ex:S": 5}
    assert judge.focus_nodes == 5


def test_the_fast_engine_is_given_no_graph_of_rdflib(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    graph = Terms.graph

    def counted(terms: Terms, content: list[ox.Triple]) -> object:
        made = graph(terms, content)
        taken.append(len(made))
        return made

    monkeypatch.setattr(Terms, "graph", counted)
    shapes = triples(SHAPES)
    assert not validation.validate(triples(DATA) * 50, shapes, engine="turbo").conforms
    assert max(taken) <= len(shapes) + 1


def test_the_text_is_ascii_and_says_the_same() -> None:
    given = triples('<urn:ex:é> <urn:ex:p> "a’\\n\\u0007 \\U0001F600 <<( x --ltr" , _:b .')
    parts = list(Terms().ntriples(given))
    assert all(part.isascii() and part.endswith("\n") for part in parts)
    again = ox.parse("".join(parts), format=ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False)
    assert [q.triple for q in again] == given


def test_a_graph_of_many_parts_is_the_same_text() -> None:
    given = [ox.Triple(ox.NamedNode(f"urn:ex:{n}"), ox.NamedNode("urn:ex:p"), ox.Literal(n)) for n in range(45_000)]
    parts = list(Terms().ntriples(ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode("urn:ex:g")) for t in given))
    assert len(parts) > 1
    assert "".join(parts).encode() == ox.serialize(given, format=ox.RdfFormat.N_TRIPLES)


def test_a_text_that_reads_like_a_statement_is_no_statement() -> None:
    narrower = "<urn:ex:Other> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <urn:ex:Thing> ."
    data = triples(f'<urn:ex:note> <urn:ex:says> "{narrower}" . <urn:ex:o> a <urn:ex:Other> .')
    for engine in validation.ENGINES:
        report = validation.validate(data, triples(SHAPES), engine=engine)
        assert report.targets == {"urn:ex:S": 0}
        assert report.focus_nodes == 0


def test_what_may_be_read_once_only_is_enough() -> None:
    once = validation.validate(iter(triples(DATA)), triples(SHAPES), engine="turbo")
    assert once == validation.validate(set(triples(DATA)), triples(SHAPES), engine="turbo")
