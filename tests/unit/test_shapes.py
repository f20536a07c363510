"""A query of a known shape gets the form that it would get if nothing were known, whatever its values are."""

import random
import re
from collections import Counter

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.engine.normaliser import memory, shapes
from gob_graph.endpoint.engine.normaliser import normaliser as module
from gob_graph.endpoint.engine.normaliser.memory import Form
from gob_graph.endpoint.engine.normaliser.normaliser import Normaliser
from gob_graph.endpoint.engine.normaliser.terms import FEW, Pattern
from tests.unit.normaliser_queries import Maker, outcomes, spelled

BASE = "http://e.example/"
IRI = re.compile("<http://e.example/[a-z]+>")
VALUES = (
    *(f"<http://e.example/{name}>" for name in "abcdpqr"),
    "<urn:x:y>",
    "<a>",
    "<http://e.example/./a>",
    "<http://[>",
)


def matches(pattern: Pattern) -> int:
    """Many of some terms and few of others."""
    return FEW if "b" in str(pattern[0])[16:] + str(pattern[2])[16:] else 1


def alone(query: str) -> Form:
    """The form of a query where nothing is known."""
    return Normaliser(matches)._alone(query, BASE)


def remembering(queries: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[list[Form], int]:
    """The forms of queries that one normaliser is asked for one after the other, and how many it took apart."""
    parsed: list[str] = []
    parse = module.parse
    with monkeypatch.context() as patch:
        patch.setattr(module, "parse", lambda text: parsed.append(text) or parse(text))
        made = Normaliser(matches)
        return [made.form(query, BASE) for query in queries], len(parsed)


def test_generated_queries_of_one_shape_get_the_forms_of_their_own_in_any_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    maker, chance, known, rewritten = Maker(7), random.Random(7), 0, 0
    for _ in range(250):
        query = spelled(maker.query().asked)
        queries = [
            query,
            *(IRI.sub(lambda _: chance.choice(VALUES[: chance.choice((7, 7, 99))]), query) for _ in range(5)),
        ]
        expected = [alone(each) for each in queries]
        forms, parsed = remembering(queries, monkeypatch)
        assert forms == expected
        assert remembering(queries[::-1], monkeypatch)[0] == expected[::-1]
        rewritten += sum(form.text != each for form, each in zip(forms, queries, strict=True))
        known += len({*queries}) - parsed
    assert rewritten > 300
    assert known > 300, "hardly any form was remembered"


def test_generated_queries_with_iris_keep_their_answers() -> None:
    found = list(outcomes(300, 21, spelled))
    assert [outcome for outcome in found if outcome.wrong] == []
    assert sum(outcome.normal != outcome.asked for outcome in found) > 100


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        # Two names of one IRI are one row of VALUES, two IRIs are two.
        ("ASK { ?u a ?o FILTER(?o IN (<urn:a>, <urn:b>)) }", "ASK { ?u a ?o FILTER(?o IN (<urn:a>, <urn:a>)) }"),
        (
            "PREFIX : <urn:> ASK { ?u a ?o FILTER(?o = :a || ?o = <urn:b>) }",
            "PREFIX : <urn:> ASK { ?u a ?o FILTER(?o = :a || ?o = <urn:a>) }",
        ),
        # Few matches of one value, many of another.
        ("ASK { ?u a <urn:c:b> ; <urn:p>+ <urn:x> }", "ASK { ?u a <urn:c:cccc:ddddddd> ; <urn:p>+ <urn:x> }"),
        ("ASK { ?u <urn:l> '0123456789012345b' ; <urn:p>+ <urn:x> }", "ASK { ?u <urn:l> 'c' ; <urn:p>+ <urn:x> }"),
        # An IRI that depends on the base, or that the engine refuses.
        ("ASK { ?u <urn:p>+ <urn:x> }", "ASK { ?u <urn:p>+ <x> }"),
        ("ASK { ?u <urn:p>|<urn:q> <urn:x> }", "ASK { ?u <urn:p>|<urn:q> <http://[> }"),
        ("ASK { ?u <urn:p>|<urn:q> <urn:x> }", "ASK { ?u <urn:p>|<urn:q> <%> }"),
        # Values that decide more stay in the shape: prologue, functions, datatypes, long numbers.
        ("PREFIX : <urn:a:> ASK { ?u :p|:q ?o }", "PREFIX : <x> ASK { ?u :p|:q ?o }"),
        ("BASE <urn:a:> ASK { ?u <urn:p>+ <urn:x> }", "BASE <%> ASK { ?u <urn:p>+ <urn:x> }"),
        (
            "ASK { ?u <urn:p>|<urn:q> ?o FILTER(<http://www.w3.org/2001/XMLSchema#integer>(?o) > 1) }",
            "ASK { ?u <urn:p>|<urn:q> ?o FILTER(<urn:f>(?o) > 1) }",
        ),
        (
            "ASK { ?u <urn:p>|<urn:q> ?o FILTER(<http://www.w3.org/2001/XMLSchema#integer> #\n(?o) > 1) }",
            "ASK { ?u <urn:p>|<urn:q> ?o FILTER(<urn:f> #\n(?o) > 1) }",
        ),
        (
            "ASK { ?u <urn:p>|<urn:q> '1'^^<http://www.w3.org/2001/XMLSchema#integer> }",
            "ASK { ?u <urn:p>|<urn:q> '1'^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString> }",
        ),
        (
            "ASK { ?u <urn:p>|<urn:q> '1'^^ #\n<http://www.w3.org/2001/XMLSchema#integer> }",
            "ASK { ?u <urn:p>|<urn:q> '1'^^ #\n<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString> }",
        ),
        ("SELECT * { ?u <urn:p>|<urn:q> ?o } LIMIT 1", "SELECT * { ?u <urn:p>|<urn:q> ?o } LIMIT 99999999999999999999"),
        # What only looks like a value.
        ("ASK { ?u <urn:p>|<urn:q> 'a|b' }", "ASK { ?u <urn:p>|<urn:q> 'a' . ?u <urn:p> 'b' }"),
        ("ASK { ?u <urn:p> ?o # 'a\n}", "ASK { ?u <urn:p>|<urn:q> ?o # 'a\n}"),
        ("ASK { ?u <urn:p>|<urn:q> ?o #'\n# 'a' <urn:x>\n}", "ASK { ?u <urn:p>|<urn:q> ?o #\n#\n}"),
        ("ASK { ?u <urn:p>|<urn:q> ?o # (\n}", "ASK { ?u <urn:p>|<urn:q> ?o # |\r}"),
        ("ASK { ?u <urn:p>|<urn:q> <urn:x#y> }", "ASK { ?u <urn:p>|<urn:q> <urn:x> #y> }\n}"),
        ("ASK { ?u <urn:p> 'a', 'b' }", "ASK { ?u <urn:p> 'a' |'b' }"),
        ("ASK { ?u <urn:p>|<urn:q> ?o FILTER(?u<?o && ?o>?u) }", "ASK { ?u <urn:p>|<urn:q> ?o FILTER(?u<?o&&?o>?u) }"),
        ("ASK { ?u1 <urn:p>|<urn:q> 1 }", "ASK { ?u2 <urn:p>|<urn:q> 2 }"),
        ('ASK { ?u <urn:p>|<urn:q> """a""" }', 'ASK { ?u <urn:p>|<urn:q> """a"|"b""" }'),
        ("ASK { ?u <urn:p>|<urn:q> 1000000000 }", "ASK { ?u <urn:p>|<urn:q> 1000000000000 , 7 }"),
        ("SELECT (CONCAT ('a') AS ?r) { ?u <urn:p>|<urn:q> ?o }", "SELECT (CONCAT ('b') AS ?r) { ?u <urn:p>|<urn:q> ?o }"),
    ],
)  # fmt: skip
def test_what_is_known_of_one_query_says_nothing_wrong_of_another(
    known: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [alone(known), alone(asked)]
    assert remembering([known, asked], monkeypatch)[0] == expected
    assert remembering([asked, known], monkeypatch)[0] == expected[::-1]


@pytest.mark.parametrize(
    ("known", "asked", "shown"),
    [
        (
            "SELECT ?u ?l { ?u <urn:p>/<urn:q>* <urn:x> . ?u <urn:l> ?l FILTER(?l > 'a') } LIMIT 10",
            "SELECT ?u ?l { ?u <urn:r>/<urn:s>* <urn:y> . ?u <urn:l> ?l FILTER(?l > 'it') } LIMIT 2",
            "SELECT ?u ?l { VALUES ?v_0 { <urn:y> } ?u <urn:r>/(<urn:s>*) ?v_0 . ?u <urn:l> ?l . FILTER(?l > 'it') } LIMIT 2",
        ),
        (
            "SELECT ?u # 1\n { ?u <urn:p>|<urn:q> ?o } # 1",
            "SELECT ?u # two\n { ?u <urn:p>|<urn:q> ?o } # two",
            "SELECT ?u # two { { ?u <urn:p> ?o . } UNION { ?u <urn:q> ?o . } }",
        ),
        ("ASK { ?u <urn:p> 'a'@nl }", "ASK { ?u <urn:q> 'b'@nl }", "ASK { ?u <urn:q> 'b'@nl }"),
        ("ASK { ?u <urn:p> ?o ; <urn:q> '' OPTIONAL { ?o a ?c } }", "ASK { ?u <urn:p> ?o ; <urn:q> 'x' OPTIONAL { ?o a ?c } }",
         "ASK { ?u <urn:p> ?o ; <urn:q> 'x' OPTIONAL { ?o a ?c } }"),
    ],
)  # fmt: skip
def test_a_known_shape_is_not_parsed_again(known: str, asked: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (_, form), parsed = remembering([known, asked], monkeypatch)
    assert " ".join(form.text.split()) == shown
    assert parsed <= 1


def test_counts_are_asked_only_where_a_law_would_change_something() -> None:
    counted: Counter[Pattern] = Counter()

    def count(pattern: Pattern) -> int:
        counted[pattern] += 1
        return FEW

    made = Normaliser(count)
    made.form("ASK { ?u a <urn:c> OPTIONAL { ?u <urn:l> ?l } }", BASE)
    assert not counted
    for name in "xyz":
        made.form(f"ASK {{ ?u a <urn:c> ; <urn:p>+ <urn:{name}> }}", BASE)
    assert set(counted) == {
        (None, ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), ox.NamedNode("urn:c"))
    }


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Normaliser(matches)
    for number in range(2**7):
        iris = " ".join(f"?u a <urn:c:cccc:ddddddd{'bz'[number >> place & 1]}> ." for place in range(7))
        query = f"ASK {{ {iris} ?u <urn:p>+ <urn:x> }}"
        assert made.form(query, BASE) == alone(query)
    (shape,) = made._shapes.values()
    assert 7 < len(shape.steps) <= memory.STEPS + 8
    monkeypatch.setattr(module, "LONGEST_SHAPE", 10)
    made.form("ASK { ?u <urn:p>|<urn:q> ?o }", BASE)
    assert len(made._shapes) == 1
    many = "ASK { " + "?u <urn:p> <urn:x> ." * shapes.MOST + "}"
    assert shapes.cut(many) is None
