"""What the statistics answer is what the engine answers: of listed queries, and of generated ones."""

import hashlib
import itertools
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox
import pytest

from gob_graph import statistics as module
from gob_graph.endpoint.engine.dataset import Dataset
from gob_graph.endpoint.engine.evaluation import answer
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.normaliser import first_rows
from gob_graph.endpoint.engine.normaliser.prepared import REMEMBERED, PreparedAnswers
from gob_graph.release import Release
from gob_graph.statistics import FILE, Statistics, read_statistics, statistics, to_json

PREFIX = "PREFIX : <http://example.org/>\nPREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>\n"
BASE = "http://example.org/"
CSV = Manner(None, None, Formats("csv", "csv", "ntriples"))


def graph() -> list[ox.Triple]:
    """Members of a large class and a small one, with labels in two languages; a predicate with mixed values."""
    rnd = random.Random(1)
    lines = [f"@prefix : <{BASE}> ."]
    for number in range(90):
        small = number % 9 == 0
        words = [f"{rnd.choice('abcdé')}{number // 2}" for _ in range(2)]
        lines.append(f":m{number} a {':Small' if small else ':Large'} ; :label '{words[0]}'@fr , '{words[1]}'@nl .")
        lines.append(f":m{number} :plain '{number % 4}' ; :part :m{number % 5} .")
        lines.append(f":m{number} :mixed '{words[0]}'@fr , {':m1' if small else number} .")
        lines.append(f":m{number} :code 'x{number}'{'@en' if number % 3 else ''} .")
    return [q.triple for q in ox.parse("\n".join(lines), format=ox.RdfFormat.TURTLE)]


@pytest.fixture(scope="module")
def triples() -> list[ox.Triple]:
    return graph()


@pytest.fixture(scope="module")
def store(triples: list[ox.Triple]) -> ox.Store:
    made = ox.Store()
    made.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return made


@pytest.fixture
def known(triples: list[ox.Triple], monkeypatch: pytest.MonkeyPatch) -> Statistics:
    """Of a small graph, with small limits; through the bytes of the file."""
    monkeypatch.setattr(module, "MANY", 20)
    monkeypatch.setattr(module, "KEPT", 12)
    monkeypatch.setattr(first_rows, "LARGE", 50)
    found = json.loads(to_json(statistics(triples), "1"))
    del found["release"]
    return Statistics(**found)


def bag(store: ox.Store, text: str) -> Counter[tuple[str, ...]]:
    found = cast("ox.QuerySolutions", store.query(text, base_iri=BASE))
    names = sorted(variable.value for variable in found.variables)
    return Counter(tuple(str(row[name]) for name in names) for row in found)


COUNTS = [
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "select (count(?o) as ?n) where { ?s ?p ?o . }",
    "SELECT (COUNT(?s) AS ?n) (COUNT(DISTINCT ?p) AS ?m) WHERE { ?s ?p ?o }",
    "SELECT DISTINCT ?p { ?s ?p ?o }",
    "SELECT DISTINCT ?p { ?s ?p ?o } ORDER BY DESC(?p) LIMIT 3 OFFSET 1",
    "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY DESC(?n) ?p",
    "SELECT (COUNT(?o) AS ?n) ?p { ?s ?p ?o } GROUP BY ?p",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
    "SELECT ?c (COUNT(?x) AS ?n) { ?x a ?c } GROUP BY ?c",
    "SELECT ?c (COUNT(DISTINCT ?x) AS ?n) { ?x rdf:type ?c } GROUP BY ?c ORDER BY ?n LIMIT 1",
    "SELECT DISTINCT ?c { ?x <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ?c }",
    "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?x a ?c }",
    "SELECT (COUNT(?x) AS ?n) { ?x a :Small }",
    "SELECT (COUNT(*) AS ?n) { ?x a :Nothing }",
    "SELECT (COUNT(*) AS ?n) { ?x :part ?y }",
    "SELECT (COUNT(*) AS ?n) { ?x :nothing ?y }",
    "SELECT ?lang (COUNT(?l) AS ?n) { ?x :label ?l } GROUP BY (LANG(?l) AS ?lang)",
    "SELECT ?lang (COUNT(*) AS ?n) { ?x :code ?l BIND(LANG(?l) AS ?lang) } GROUP BY ?lang ORDER BY ?lang",
    "SELECT (COUNT(*) AS ?s) { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } # a comment",
    "BASE <http://example.org/> SELECT (COUNT(?x) AS ?n) { ?x a <Small> }",
]


@pytest.mark.parametrize("query", COUNTS[:-1])
def test_a_count_is_taken_from_the_statistics(store: ox.Store, known: Statistics, query: str) -> None:
    found = PreparedAnswers(known).of(PREFIX + query, BASE)
    assert found
    assert found.rows is None
    assert "VALUES" in found.text
    assert "?s ?p ?o" not in found.text
    assert bag(store, found.text) == bag(store, PREFIX + query)


@pytest.mark.parametrize(
    "query",
    [
        COUNTS[-1],
        "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?s }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(?o = 1) }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?s a ?c }",
        "SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } }",
        "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
        "SELECT (COUNT(*) AS ?n) FROM :g { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) FROM NAMED :g { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } HAVING(?n > 1)",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } VALUES ?p { :a }",
        "SELECT (COUNT(*) AS ?n) { ?s :part* ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ^:part ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s :part :m1 }",
        "SELECT (COUNT(*) AS ?n) { :m1 ?p ?o }",
        "SELECT (COUNT(*) AS ?n) { _:b ?p ?o }",
        "SELECT (COUNT(?other) AS ?n) { ?s ?p ?o }",
        "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s",
        "SELECT ?p ?o (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ?o",
        "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY COUNT(*)",
        "SELECT ?c (COUNT(*) AS ?n) { ?x :part ?c } GROUP BY ?c",
        "SELECT ?p { ?s ?p ?o }",
        "SELECT DISTINCT ?s { ?s ?p ?o }",
        "SELECT DISTINCT ?p ?o { ?s ?p ?o }",
        "SELECT ?lang (COUNT(*) AS ?n) { ?x :mixed ?l } GROUP BY (LANG(?l) AS ?lang)",
        "SELECT ?lang (COUNT(*) AS ?n) { ?x :label ?l } GROUP BY (LCASE(?l) AS ?lang)",
        "SELECT ?lang (COUNT(*) AS ?n) { BIND(LANG(?l) AS ?lang) ?x :label ?l } GROUP BY ?lang",
        "SELECT (COUNT(*) AS ?n) { ?x :label ?l BIND(LANG(?l) AS ?lang) }",
        "SELECT ?p (COUNT(*) AS ?p) { ?s ?p ?o } GROUP BY ?p",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } LIMIT ?n",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o",
        "ASK { ?s ?p ?o } ORDER BY ?s",
        "SELECT (COUNT(*) AS ?n) (SUM(?o) AS ?m) { ?s ?p ?o }",
    ],
)
def test_any_other_count_is_left_to_the_engine(known: Statistics, query: str) -> None:
    assert PreparedAnswers(known).of(PREFIX + query, BASE) is None


FIRST = "SELECT ?x ?l { ?x a :Large ; :label ?l FILTER(LANG(?l) = 'fr') } ORDER BY ?l LIMIT 5"


def told(known: Statistics | None, store: ox.Store, query: str, setting: int = 1) -> tuple[dict[str, Any], bytes]:
    dataset = Dataset.of(store, union=False)._replace(prepared=PreparedAnswers(known))
    return answer(dataset, Job(PREFIX + query, CSV), {}, Limits(64, 1, 1.0, normaliser=setting))


@pytest.mark.parametrize(
    "query",
    [
        FIRST,
        FIRST.replace("ORDER BY ?l", "ORDER BY DESC(?l) ?x"),
        FIRST.replace("ORDER BY ?l LIMIT 5", "ORDER BY ASC(?l) DESC(?x) LIMIT 3 OFFSET 4"),
        FIRST.replace("ORDER BY ?l LIMIT 5", "ORDER BY ?l ?x OFFSET 2 LIMIT 3"),
        FIRST.replace("SELECT ?x ?l", "SELECT DISTINCT ?l"),
        FIRST.replace(" ; :label", " . ?x :part ?y ; :plain ?z ; :label").replace("ORDER BY ?l", "ORDER BY ?l ?x"),
        FIRST.replace("?x a :Large ;", "?x"),
    ],
)
def test_first_rows_are_found_among_the_first_texts(store: ox.Store, known: Statistics, query: str) -> None:
    found = PreparedAnswers(known).of(PREFIX + query, BASE)
    assert found
    assert len(bag(store, found.text)) == found.rows or "DISTINCT" in query
    prepared, alone = told(known, store, query)[1], told(None, store, query)[1]
    labels = [[line.split(b",")[-1] for line in body.splitlines()] for body in (prepared, alone)]
    assert labels[0] == labels[1]
    if "?x LIMIT" in query or "(?x)" in query or "?x OFFSET" in query:
        assert prepared == alone


def test_too_few_first_rows_are_left_to_the_engine(store: ox.Store, known: Statistics) -> None:
    query = FIRST.replace("LIMIT 5", "?x LIMIT 40")
    found = PreparedAnswers(known).of(PREFIX + query, BASE)
    assert found
    assert sum(bag(store, found.text).values()) < 40
    assert told(known, store, query) == told(None, store, query)


@pytest.mark.parametrize(
    "query",
    [
        FIRST.replace("LIMIT 5", ""),
        FIRST.replace("LIMIT 5", "LIMIT 129"),
        FIRST.replace("ORDER BY ?l", "ORDER BY ?x ?l"),
        FIRST.replace("ORDER BY ?l", "ORDER BY STR(?l)"),
        FIRST.replace("'fr'", "'FR'"),
        FIRST.replace("= 'fr'", "!= 'fr'"),
        FIRST.replace("FILTER(LANG(?l) = 'fr')", ""),
        FIRST.replace(":Large", ":Small"),
        FIRST.replace("a :Large", ":part :m1"),
        FIRST.replace(":label ?l", ":mixed ?l"),
        FIRST.replace(":label ?l", ":label/:label ?l"),
        FIRST.replace("?x a :Large ; :label ?l", "?x a :Large OPTIONAL { ?x :label ?l }"),
        FIRST.replace("SELECT ?x ?l", "SELECT *"),
        FIRST.replace("SELECT ?x ?l", "SELECT (COUNT(?x) AS ?n)"),
        FIRST.replace("ORDER BY", "GROUP BY ?x ?l ORDER BY"),
        FIRST.replace("a :Large", "a :Large ; :part ?y . ?y :plain ?z . ?x"),
    ],
)
def test_any_other_order_is_left_to_the_engine(known: Statistics, query: str) -> None:
    assert PreparedAnswers(known).of(PREFIX + query, BASE) is None


def generated(rnd: random.Random) -> str:
    """A query of parts that the laws know, and of some that they do not."""
    pattern = rnd.choice(
        ["?s ?p ?o", "?s a ?o", "?s :label ?o", "?s :code ?o", "?s :mixed ?o", "?s a :Large", "?s :x ?o"]
    )
    extra = rnd.choice(["", "", "", " . ?s :part ?q", " BIND(LANG(?o) AS ?g)", " FILTER(LANG(?o) = 'fr')"])
    counted = rnd.choice(["*", "?s", "?o", "?p", "DISTINCT ?s", "DISTINCT ?o", "DISTINCT ?p"])
    key = rnd.choice(["", "", "?p", "?o", "?s", "?g", "(LANG(?o) AS ?g)"])
    name = key[-3:-1] if key.startswith("(") else key
    columns = rnd.choice(
        [f"{name} (COUNT({counted}) AS ?n)", f"(COUNT({counted}) AS ?n)", "DISTINCT ?p", "DISTINCT ?o", "?o"]
    )
    order = rnd.choice(["", "", " ORDER BY ?n", f" ORDER BY DESC({name or '?n'})", " ORDER BY ?o ?s LIMIT 4"])
    grouping = f" GROUP BY {key}" if key else ""
    return f"{PREFIX}SELECT {columns} {{ {pattern}{extra} }}{grouping}{order}"


def test_generated_queries_have_the_answer_of_the_engine(store: ox.Store, known: Statistics) -> None:
    rnd, prepared, seen = random.Random(19), PreparedAnswers(known), 0
    for query in itertools.islice({generated(rnd): None for _ in range(6000)}, 1500):
        found = prepared.of(query, BASE)
        if found is None:
            continue
        seen += 1
        if found.rows is None or sum(bag(store, found.text).values()) == found.rows:
            assert bag(store, found.text) == bag(store, query), query
    assert seen >= 40


def test_a_dataset_of_its_own_is_left_to_the_engine(store: ox.Store, known: Statistics) -> None:
    dataset = Dataset.of(store, union=False)._replace(prepared=PreparedAnswers(known))
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    named = CSV._replace(default_graphs=("http://example.org/g",), named_graphs=())
    bodies = [answer(dataset, Job(count, manner), {}, Limits(64, 1, 1.0))[1] for manner in (CSV, named)]
    assert bodies == [f"n\r\n{known.triples}\r\n".encode(), b"n\r\n0\r\n"]


def test_wrong_statistics_are_told_where_both_forms_are_compared(store: ox.Store, known: Statistics) -> None:
    wrong = Statistics(7, known.predicates, known.classes, known.languages, known.ends)
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert told(wrong, store, count, 2)[0]["differs"] is True
    assert "differs" not in told(known, store, count, 2)[0]
    assert told(wrong, store, count, 0)[1] == f"n\r\n{known.triples}\r\n".encode()


def test_recent_texts_are_remembered_and_old_ones_forgotten(known: Statistics) -> None:
    prepared = PreparedAnswers(known)
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert prepared.of(count, BASE) is prepared.of(count, BASE)
    for number in range(REMEMBERED):
        prepared.of(f"{count} LIMIT {number}", BASE)
    assert len(prepared._remembered) == REMEMBERED


def test_statistics_of_another_release_are_not_used(triples: list[ox.Triple], tmp_path: Path) -> None:
    body = to_json(statistics(triples), "a")
    (tmp_path / FILE).write_bytes(body)
    files = {FILE: {"sha256": hashlib.sha256(body).hexdigest()}}
    assert read_statistics(Release(tmp_path, {"id": "a", "files": files})) == statistics(triples)
    assert read_statistics(Release(tmp_path, {"id": "b", "files": files})) is None
    assert read_statistics(Release(tmp_path, {"id": "a", "files": {}})) is None
    (tmp_path / FILE).write_bytes(body + b" ")
    assert read_statistics(Release(tmp_path, {"id": "a", "files": files})) is None
