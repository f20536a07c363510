"""Where the standard surprises: each kind of place is found, and what only looks like one is not."""

import json

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.engine.dataset import Dataset
from gob_graph.endpoint.engine.evaluation import answer
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.normaliser.surprises import MOST, surprises

PREFIX = "PREFIX : <http://example.org/>\n"
DATA = """@prefix : <http://example.org/> .
:x a :C ; :label "Bruxelles"@fr , "Brussel"@nl ; :code "X" ; :part :y ; :active true ; :staff 7 .
:y a :C ; :label "Molenbeek"@fr ; :code "Y" ; :mixed "plain", "met taal"@nl ; :staff 8 .
"""


@pytest.fixture(scope="module")
def data() -> ox.Store:
    store = ox.Store()
    store.load(DATA, format=ox.RdfFormat.TURTLE)
    return store


def told(store: ox.Store, query: str) -> list[tuple[str, str]]:
    """The code of each surprise, and the text from where it stands to the end of its line."""
    found = surprises(PREFIX + query, store)
    return [(one.code, (PREFIX + query)[one.start :].split("\n")[0]) for one in found]


FOUND = [
    ("SELECT * { ?s :label ?l\nFILTER(?l) }", "truth", "?l) }"),
    ("SELECT * { ?s :label ?l FILTER(?s != :y\n&& ?l) }", "truth", "?l) }"),
    ("SELECT * { ?s :label ?l FILTER(((!\n?l))) }", "truth", "?l))) }"),
    ("SELECT * { ?s :code ?c OPTIONAL { ?s :label $l } FILTER(\n$l || ?c) }", "truth", "$l || ?c) }"),
    ("ASK { ?s ?p ?o FILTER EXISTS { ?s :label ?l FILTER(\n?l) } }", "truth", "?l) } }"),
    ("SELECT * { ?s :part ?l FILTER(\n?l) }", "truth", "?l) }"),
    ("SELECT ?s { ?s :part/:label ?l } GROUP BY ?s ?l HAVING(\n?l)", "truth", "?l)"),
    ("SELECT (\nGROUP_CONCAT(?s) AS ?all) { ?s a :C }", "concat", "GROUP_CONCAT(?s) AS ?all) { ?s a :C }"),
    ("SELECT (\ngroup_concat(DISTINCT ?n ; separator=',') AS ?all) { ?s :staff ?n }", "concat", None),
    ("SELECT * { ?s a :C { SELECT (\nGROUP_CONCAT(?o) AS ?all) { ?s :part ?o } } }", "concat", None),
    ("SELECT (COUNT(*) AS ?n) { ?s a :C }\nVALUES ?s { :x }", "values", "VALUES ?s { :x }"),
    ("SELECT ?o (COUNT(*) AS ?n) { ?s a ?o } GROUP BY ?o\nVALUES ?s { :x }", "values", "VALUES ?s { :x }"),
    ("SELECT * { ?s :label\n'Bruxelles' }", "language", "'Bruxelles' }"),
    ("SELECT * { ?s :label ?l FILTER(?l =\n'Bruxelles') }", "language", "'Bruxelles') }"),
    ("SELECT * { ?s :label ?l FILTER(\n'''Bruxelles''' = ?l) }", "language", "'''Bruxelles''' = ?l) }"),
    ("SELECT * { ?s :label ?l FILTER(?l IN ('Brussel'@nl,\n'Bruxelles')) }", "language", "'Bruxelles')) }"),
    ("SELECT * { ?s :part|:part/:label ?l FILTER(?l =\n'Bruxelles') }", "language", None),
    ("SELECT * { ?s a :C\nMINUS { ?other :label ?l } }", "minus", "MINUS { ?other :label ?l } }"),
    ("SELECT * { { ?s a :C\nMINUS { :x :part :y } } }", "minus", "MINUS { :x :part :y } } }"),
    ("SELECT * { ?s a :C } LIMIT 2\nOFFSET 1", "offset", "OFFSET 1"),
    ("SELECT * { ?s :staff ?n { ?s a :C FILTER(\n?n > 7) } }", "scope", "?n > 7) } }"),
    ("SELECT * { ?s :staff ?n { ?s a :C } UNION { ?s :label ?l FILTER(\n?n > 7) } }", "scope", "?n > 7) } }"),
    ("SELECT * { ?s :staff ?n GRAPH ?g { ?s a :C FILTER(\n?n > 7) } }", "scope", "?n > 7) } }"),
    ("SELECT * { ?s :staff ?n { SELECT ?s { ?s a :C FILTER(\n?n > 7) } } }", "scope", "?n > 7) } } }"),
]


@pytest.mark.parametrize(("query", "code", "place"), FOUND)
def test_a_place_that_surprises_is_told(data: ox.Store, query: str, code: str, place: str | None) -> None:
    (found,) = told(data, query)
    assert found == (code, place or query.split("\n")[1])


@pytest.mark.parametrize(
    "query",
    [
        # Conditions that have a truth value, or are none.
        "SELECT * { ?s :active ?a FILTER(?a) }",
        "SELECT * { ?s :code ?c FILTER(?c) }",
        "SELECT * { ?s :staff ?n FILTER(!?n) }",
        "SELECT * { ?s :label ?l FILTER(BOUND(?l)) }",
        "SELECT * { ?s :label ?l FILTER(LANG(?l) = 'fr') }",
        "SELECT * { ?s :label ?l FILTER((?l) != 'x') }",
        "SELECT * { ?s :label ?l FILTER(STRLEN(STR((?l))) > 2 && (?l) < 'x') }",
        "SELECT * { ?s :label ?m BIND(STRLEN(?m) > 3 AS ?l) FILTER(?l) }",
        "SELECT (?l AS ?k) { VALUES (?l) { (1) } ?s :label ?l }",
        "SELECT * { ?s ?p ?o # FILTER(?s)\n}",
        'SELECT * { ?s :label ?l FILTER(STR(?l) = "FILTER(?l)") }',
        "SELECT * { ?s <http://example.org/FILTER(?s)> ?l }",
        "SELECT * { ?s :unknown ?l FILTER(?l) }",
        # Concatenations of texts.
        "SELECT (GROUP_CONCAT(?c) AS ?all) { ?s :code ?c }",
        "SELECT (GROUP_CONCAT(?l; separator=' ') AS ?all) { ?s :label ?l }",
        "SELECT (GROUP_CONCAT(STR(?s)) AS ?all) { ?s a :C }",
        "SELECT (GROUP_CONCAT(?t) AS ?all) { ?s a :C BIND(STR(?s) AS ?t) }",
        # VALUES that restricts.
        "SELECT (COUNT(*) AS ?n) { VALUES ?s { :x } ?s a :C }",
        "SELECT ?s (COUNT(*) AS ?n) { ?s a :C } GROUP BY ?s VALUES ?s { :x }",
        "SELECT ?s { ?s a :C } VALUES ?s { :x }",
        # Texts that can be equal.
        "SELECT * { ?s :label 'Bruxelles'@fr }",
        "SELECT * { ?s :label ?l FILTER(?l = 'Bruxelles'@fr || STR(?l) = 'Brussel') }",
        "SELECT * { ?s :code 'X' ; :mixed 'plain' ; :staff '7'^^:t }",
        "SELECT * { ?s :code ?c FILTER(?c IN ('X', 'Y')) }",
        "SELECT * { ?s :label ?l FILTER(LANG(?l) IN ('fr', 'nl')) }",
        # MINUS that takes away, or is not there.
        "SELECT * { ?s a :C MINUS { ?s :part ?o } }",
        "SELECT * { { ?s a :C } UNION { ?o a :C } MINUS { ?o :part :y } }",
        # Pages in an order; a first look.
        "SELECT * { ?s a :C } ORDER BY ?s LIMIT 2 OFFSET 1",
        "SELECT * { ?s a :C } LIMIT 2",
        # Filters that see their variable.
        "SELECT * { ?s :staff ?n OPTIONAL { ?s :label ?l FILTER(?n > 7) } }",
        "SELECT * { ?s :code ?c { ?s :staff ?n FILTER(?n > 7) } }",
        "SELECT * { ?s :staff ?n { ?s a :C FILTER(!BOUND(?n)) } }",
        "SELECT * { ?s :staff ?n { VALUES ?n { 7 } FILTER(?n > 1) } }",
        "SELECT * { ?s :staff ?n { ?s :staff ?m BIND(?m + 1 AS ?n) FILTER(?n > 1) } }",
        "SELECT * { ?s :staff ?n FILTER EXISTS { ?s a :C FILTER(?n > 7) } }",
        # Forms that the parser does not know.
        "SELECT * { SERVICE <http://example.org/> { ?s :label ?l FILTER(?l) } }",
        "DELETE WHERE { ?s :label 'x' }",
        "SELECT * { ?s :label ?l FILTER(?l)",
        "",
    ],
)
def test_what_only_looks_like_one_is_not(data: ox.Store, query: str) -> None:
    assert told(data, query) == []


def test_what_is_told_is_true_of_the_engine(data: ox.Store) -> None:
    """Each example without an aggregate gives fewer rows than its author means, or as many as without the MINUS."""
    rows = {query: len(list(data.query(PREFIX + query))) for query, code, _ in FOUND if code in {"truth", "scope"}
            and query.startswith("SELECT * {") and "||" not in query and "UNION" not in query}  # fmt: skip
    assert len(rows) >= 6
    assert set(rows.values()) == {0}
    all_things = list(data.query(PREFIX + "SELECT * { ?s a :C }"))
    assert len(list(data.query(PREFIX + FOUND[17][0]))) == len(all_things) == 2


def test_there_is_an_end_to_what_is_told(data: ox.Store) -> None:
    query = "SELECT * { ?s :label ?l " + "FILTER(?l) " * (MOST + 5) + "}"
    assert len(told(data, query)) == MOST


def described(store: ox.Store, query: str, normaliser: int = 1) -> tuple[dict[str, object], bytes]:
    job = Job(query, Manner(None, None, Formats("json", "json", "json"), described=True))
    head, body = job.encode()
    return answer(Dataset.of(store), Job.decode(head, body), {}, Limits(64, 1, 1.0, normaliser=normaliser))


def test_a_worker_describes_a_query_by_its_form_and_its_surprises(data: ox.Store) -> None:
    query = PREFIX + "SELECT ?l {\n  ?s :label ?l ; :part|:code ?o FILTER(?l)\n}"
    said, body = described(data, query)
    assert said == {"kind": "bindings", "format": "json"}
    found = json.loads(body)
    assert "UNION" in found["form"]
    assert found["surprises"] == [{"code": "truth", "line": 3, "column": 40, "about": "?l"}]
    assert query.split("\n")[2][39:41] == "?l"
    assert json.loads(described(data, query, normaliser=0)[1])["form"] is None
    assert json.loads(described(data, "ASK {}")[1]) == {"form": None, "surprises": []}


def test_a_query_that_the_engine_refuses_is_not_described(data: ox.Store) -> None:
    said, body = described(data, "SELECT ?l {\n ?s ?p ?l FLITER(?l) }")
    assert (said["code"], said["line"], body) == ("query-syntax", 2, b"")
