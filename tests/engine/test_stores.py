"""The store of the default graph alone, and who is not asked by it."""

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.engine.evaluation import Stores, evaluate
from gob_graph.endpoint.engine.job import Formats, Job, Manner
from gob_graph.endpoint.engine.zygote import load
from tests.conftest import tiny_release

FORMATS = Formats("json", "json", "ntriples")
SERVICE = Manner(None, None, FORMATS)
ONE, TWO = "urn:one", "urn:two"
GRAPHS = {
    ONE: "<urn:a> <urn:p> 1, 2 . <urn:b> <urn:p> 3 .",
    TWO: "<urn:a> <urn:p> 1 ; <urn:q> <urn:b> .",
}
LOOK_AT_GRAPHS = [
    "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o . gRaPh ?g { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS{GRAPH<urn:two>{?s ?p ?o}} }",
    "SELECT * FROM <urn:one> { ?s ?p ?o }",
    "ASK From Named <urn:two> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT *\nFROM<urn:two>{ ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?g } WHERE { GRAPH ?g { ?s ?p ?o } }",
]
MIGHT = [
    r"SELECT * { \u0047RAPH ?g { ?s ?p ?o } }",
    r"SELECT * { \U00000047RAPH ?g { ?s ?p ?o } }",
    "DESCRIBE <urn:a>",
    'ASK { ?s ?p "from" }',
]
DO_NOT = [
    "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "CONSTRUCT WHERE { ?s ?p ?o }",
    "ASK { <urn:a> <urn:q>/<urn:p> 3 }",
    "SELECT ?n { <urn:a> (<urn:p>|<urn:q>)+ ?n } ORDER BY ?n",
    "not a query",
]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return load(tiny_release(tmp_path_factory.mktemp("tiny"), GRAPHS).dataset)


def outcome(store: ox.Store, query: str) -> object:
    """The answer, in an order of its own; rows as often as they come."""
    try:
        meta, body = evaluate(Stores.of(store, store), Job(query, SERVICE), {}, 2**20)
    except SyntaxError as error:
        return str(error)
    if meta["kind"] == "bindings":
        found = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
        assert isinstance(found, ox.QuerySolutions)
        return sorted(str(solution) for solution in found)
    return body


def test_the_default_graph_is_the_union_and_holds_each_triple_once(stores: Stores) -> None:
    assert len(stores.union) == 4
    assert len(stores.whole) == 4 + 5
    assert not list(stores.union.named_graphs())


@pytest.mark.parametrize("query", LOOK_AT_GRAPHS + MIGHT)
def test_a_query_that_may_look_at_graphs_is_asked_of_all_of_them(query: str, stores: Stores) -> None:
    assert stores.seen_by(Job(query, SERVICE)) is stores.whole


@pytest.mark.parametrize("query", LOOK_AT_GRAPHS)
def test_it_would_be_answered_wrongly_otherwise(query: str, stores: Stores) -> None:
    assert outcome(stores.whole, query) != outcome(stores.union, query)


@pytest.mark.parametrize("query", DO_NOT)
def test_any_other_query_has_the_same_answer_from_the_smaller_store(query: str, stores: Stores) -> None:
    assert stores.seen_by(Job(query, SERVICE)) is stores.union
    assert outcome(stores.whole, query) == outcome(stores.union, query)


@pytest.mark.parametrize("dataset", [((ONE,), ()), ((), (TWO,)), ((), ())], ids=["default", "named", "none"])
def test_a_dataset_of_the_protocol_is_taken_from_all_graphs(
    dataset: tuple[tuple[str, ...], tuple[str, ...]], stores: Stores
) -> None:
    assert stores.seen_by(Job("ASK { ?s ?p ?o }", Manner(*dataset, FORMATS))) is stores.whole
