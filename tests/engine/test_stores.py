"""One store of named graphs: its default graph is their union, and a dataset clause or the protocol's is heeded."""

import itertools

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.engine.dataset import Dataset, has_dataset_clause, load
from gob_graph.endpoint.engine.evaluation import evaluate
from gob_graph.endpoint.engine.job import Formats, Job, Manner
from gob_graph.endpoint.engine.normaliser.prepared import PreparedAnswers
from gob_graph.release import Release
from gob_graph.statistics import read_statistics, statistics

FORMATS = Formats("json", "json", "ntriples")
ONE, TWO = "urn:one", "urn:two"
ONCE = b"""\
<urn:a> <urn:p> "1" <urn:one> .
<urn:a> <urn:p> "2" <urn:one> .
<urn:a> <urn:q> <urn:b> <urn:two> .
<urn:b> <urn:p> "3" <urn:one> .
<urn:c> <urn:q> <urn:c> <urn:two> .
"""
TWICE = ONCE.replace(b'"1" <urn:one> .\n', b'"1" <urn:one> .\n<urn:a> <urn:p> "1" <urn:two> .\n')
WITH_CLAUSE = [
    "SELECT * FROM <urn:one> { ?s ?p ?o }",
    "ASK From Named <urn:two> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT *\nFROM<urn:two>{ ?s ?p ?o }",
    "SELECT * FROM NAMED <urn:two> { ?s ?p ?o }",
    "SELECT * FROM <urn:one> FROM NAMED <urn:two> { ?s ?p ?o OPTIONAL { GRAPH ?g { ?o ?q ?x } } }",
    "PREFIX from: <urn:> SELECT ?s FROM from:one { ?s from:p ?o }",
    "PREFIX : <urn:> SELECT ?s FROM:one { ?s :p ?o }",
    "PREFIX x: <urn:> SELECT (STR(?s) AS ?t) FROMx:one { ?s x:p ?o }",
    "SELECT (EXISTS { ?s <urn:q> ?o } AS ?e) FROM <urn:one> { ?s <urn:p> ?x }",
    "# from\nSELECT (1 + (2) AS ?n)#{\nFROM <urn:two>#\n{ ?s ?p ?o }",
    "CONSTRUCT { ?s <urn:new> ?o } FROM <urn:two> WHERE { ?s ?p ?o }",
    "CONSTRUCT FROM <urn:two> WHERE { ?s ?p ?o }",
    "CONSTRUCT{?s ?p ?o}FROM<urn:one>{?s ?p ?o}",
    "DESCRIBE <urn:a> FROM <urn:two>",
    "DESCRIBE ?s FROM <urn:one> { ?s ?p ?o }",
    "PREFIX : <urn:> DESCRIBE :a FROM:two {}",
    "ASKFROM<urn:two>{ <urn:b> ?p ?o }",
]
WITHOUT = [
    "SELECT * { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?g { GRAPH ?g {} }",
    "SELECT * { ?s ?p ?o . gRaPh ?g { ?s ?p ?x } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS{GRAPH<urn:two>{?s ?p ?o}} }",
    "SELECT * { ?s (<urn:p>|<urn:q>)* ?o }",
    "SELECT * { ?s <urn:q>? ?o }",
    "CONSTRUCT WHERE { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?g } WHERE { GRAPH ?g { ?s ?p ?o } }",
    "DESCRIBE <urn:a>",
    'ASK { ?s ?p "from" }',
    "SELECT ?from { ?from ?p ?o }",
    "SELECT (STRLEN('FROM <urn:one>') AS ?n) { ?s ?p ?o }",
    "SELECT ?s # FROM <urn:one>\n{ ?s ?p ?o }",
    "PREFIX from: <urn:> SELECT * { ?s from:p ?o }",
    "PREFIX from: <urn:> CONSTRUCT { ?s from:new ?o } WHERE { ?s from:p ?o }",
    "PREFIX from: <urn:> DESCRIBE from:a {}",
    "PREFIX a: <urn:> DESCRIBE a:FROM a:b {}",
    "PREFIX from: <http://www.w3.org/2001/XMLSchema#> SELECT (from:string(?s) AS ?t) { ?s ?p ?o } ORDER BY from:string(?s)",
    "BASE <urn:from> ASK {}",
    "not a query",
]  # fmt: skip


def reference(quads: bytes) -> ox.Store:
    """The named graphs and their union, as a set, in the default graph."""
    store = ox.Store()
    store.load(quads, format=ox.RdfFormat.N_QUADS)
    for quad in list(store):
        store.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    return store


@pytest.fixture(scope="module", params=[ONCE, TWICE], ids=["once", "twice"])
def quads(request: pytest.FixtureRequest) -> bytes:
    return bytes(request.param)


def outcome(dataset: Dataset, query: str, manner: Manner) -> object:
    """The answer, in an order of its own; rows as often as they come."""
    try:
        meta, body = evaluate(dataset, Job(query, manner), {}, 2**20, 0)
    except SyntaxError as error:
        return str(error)
    if meta["kind"] == "bindings":
        found = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
        assert isinstance(found, ox.QuerySolutions)
        return sorted(str(solution) for solution in found)
    return body


def test_each_triple_is_held_once_unless_it_stands_in_two_graphs() -> None:
    (store, _, union, _), (second, _, made, _) = load(ONCE), load(TWICE)
    assert (union, len(store)) == (True, 5)
    assert (made, len(second)) == (False, 6 + 5)


@pytest.mark.parametrize("query", WITH_CLAUSE + WITHOUT)
def test_an_answer_is_that_of_the_union_or_of_the_clause(query: str, quads: bytes) -> None:
    manner = Manner(None, None, FORMATS)
    expected = outcome(Dataset.of(reference(quads), union=False), query, manner)
    assert outcome(load(quads), query, manner) == expected
    assert has_dataset_clause(query) == (query in WITH_CLAUSE)


@pytest.mark.parametrize("dataset", [((ONE,), ()), ((), (TWO,)), ((), ()), ((ONE, TWO), (ONE,))])
def test_a_dataset_of_the_protocol_replaces_the_clause(
    dataset: tuple[tuple[str, ...], tuple[str, ...]], quads: bytes
) -> None:
    for query in ("SELECT * { ?s ?p ?o }", "SELECT * FROM <urn:two> { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"):
        found = outcome(load(quads), query, Manner(*dataset, FORMATS))
        assert found == outcome(Dataset.of(reference(quads), union=False), query, Manner(*dataset, FORMATS))


@pytest.mark.parametrize(
    "path", ["p*", "p?", "q+", "(p|q)*", "p/q?", "q*/p?", "^p*", "!(p)", "!(p|^q)", "(q*)*", "(q/^q)+"]
)
def test_a_path_over_the_union_finds_what_it_finds_in_one_graph(path: str) -> None:
    path = path.replace("p", "<urn:p>").replace("q", "<urn:q>")
    dataset, one = load(ONCE), Dataset.of(reference(ONCE), union=False)
    for start, end in itertools.product(("?s", "<urn:a>", "<urn:nowhere>"), ("?o", "<urn:b>", "?s")):
        query, manner = f"SELECT * {{ {start} {path} {end} }}", Manner(None, None, FORMATS)
        assert outcome(dataset, query, manner) == outcome(one, query, manner), query


PREPARED = [
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p",
    "SELECT ?c (COUNT(?x) AS ?n) { ?x a ?c } GROUP BY ?c ORDER BY DESC(?n) ?c",
    "SELECT ?l (COUNT(*) AS ?n) { ?x <http://www.w3.org/2004/02/skos/core#prefLabel> ?t } "
    "GROUP BY (LANG(?t) AS ?l) ORDER BY ?l",
]


def test_the_statistics_of_a_release_are_those_of_its_store(release: Release) -> None:
    alone = load(release.dataset.read_bytes())
    known = read_statistics(release)
    assert known is not None
    assert known == statistics({quad.triple for quad in alone.store})
    prepared = alone._replace(prepared=PreparedAnswers(known))
    for query in PREPARED:
        assert prepared.prepared.of(query, "urn:base"), query
        job = Job(query, Manner(None, None, FORMATS))
        assert evaluate(prepared, job, {}, 2**20) == evaluate(alone, job, {}, 2**20), query
