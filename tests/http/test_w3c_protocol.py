"""The cases of the W3C SPARQL 1.1 protocol suite, in our own words, over graphs that are loaded for them.

https://www.w3.org/2009/sparql/docs/tests/data-sparql11/protocol/ names them; the names here are the same.
"""

import json
import urllib.parse
from dataclasses import dataclass, field

import pyoxigraph as ox
import pytest

from tests.conftest import Server, Starter, fetch, patient, tiny_release

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
DATA = "http://example.org/data/"
DOCUMENT = "http://xmlns.com/foaf/0.1/Document"
GRAPHS = {
    f"{DATA}{name}": f"<{DATA}{name}> a <{DOCUMENT}> ; <http://example.org/in> '{name}' ."
    for name in ("one", "two", "three")
} | {
    f"{DATA}blank": "<http://example.org/a> <http://example.org/p> _:b . _:b <http://example.org/q> _:c , 'x' . "
    "_:c <http://example.org/r> _:b . <http://example.org/z> <http://example.org/p> <http://example.org/a> ."
}
SUM = f"ASK {{ <{DATA}one> a ?type . <{DATA}two> a ?type }}"
APART = f"ASK {{ GRAPH ?g1 {{ <{DATA}one> a ?type }} GRAPH ?g2 {{ <{DATA}two> a ?type }} }}"


@pytest.fixture(scope="module")
def own(start: Starter, tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("w3c")
    tiny_release(folder, GRAPHS)
    return start(patient(source_dir=folder, release_dir=folder))


def form(**pairs: str | list[str]) -> str:
    return urllib.parse.urlencode({k.replace("_", "-"): v for k, v in pairs.items()}, doseq=True)


def graphs(kind: str, *names: str) -> str:
    return form(**{kind: [DATA + name for name in names]})


@dataclass
class Positive:
    kinds: tuple[str, ...]
    query: str = ""
    body: str | None = None
    type: str = QUERY
    headers: dict[str, str] = field(default_factory=dict)


RESULTS = ("application/sparql-results+json", "application/sparql-results+xml")
TABLES = (*RESULTS, "text/csv", "text/tab-separated-values")
RDF = ("text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json")
NONE = graphs("default-graph-uri", "none")
POSITIVE = {
    "query_post_form": Positive(RESULTS, NONE, form(query="ASK {}"), FORM),
    "query_dataset_default_graphs_get": Positive(
        RESULTS, form(query=SUM) + "&" + graphs("default-graph-uri", "one", "two")
    ),
    "query_dataset_default_graphs_post": Positive(RESULTS, graphs("default-graph-uri", "one", "two"), SUM),
    "query_dataset_named_graphs_post": Positive(RESULTS, graphs("named-graph-uri", "one", "two"), APART),
    "query_dataset_named_graphs_get": Positive(
        RESULTS, form(query=APART) + "&" + graphs("named-graph-uri", "one", "two")
    ),
    "query_dataset_full": Positive(
        RESULTS,
        graphs("default-graph-uri", "three") + "&" + graphs("named-graph-uri", "one", "two"),
        f"ASK {{ <{DATA}three> a ?type {APART[5:-1]} }}",
    ),
    "query_multiple_dataset": Positive(
        RESULTS, graphs("named-graph-uri", "one", "two"), APART.replace("ASK", f"ASK FROM <{DATA}three>")
    ),
    "query_get": Positive(RESULTS, form(query="ASK {}") + "&" + NONE),
    "query_content_type_select": Positive(TABLES, NONE, "SELECT (1 AS ?value) {}"),
    "query_content_type_ask": Positive(RESULTS, NONE, "ASK {}"),
    "query_content_type_describe": Positive(RDF, NONE, "DESCRIBE <http://example.org/>"),
    "query_content_type_construct": Positive(RDF, NONE, "CONSTRUCT { <s> <p> 1 } WHERE {}"),
    "query_post_direct": Positive(RESULTS, "", "ASK {}"),
}


def test_no_case_was_lost() -> None:
    assert len(POSITIVE) == 13
    assert len(BAD) == 14
    assert len(UPDATES) == 7


@pytest.mark.parametrize("name", POSITIVE)
def test_positive_case(name: str, own: Server) -> None:
    case = POSITIVE[name]
    body = None if case.body is None else case.body.encode()
    status, headers, answer = fetch(f"{own.url}/sparql?{case.query}", body, {"Content-Type": case.type} if body else {})
    assert status == 200, answer
    assert headers["content-type"].partition(";")[0] in case.kinds
    if case.kinds == RESULTS:
        assert json.loads(answer)["boolean"] is True
    if case.kinds == RDF:
        list(ox.parse(answer, format=ox.RdfFormat.TURTLE))


@dataclass
class Bad:
    status: int
    method: str = "POST"
    query: str = ""
    body: bytes | None = None
    type: str | None = None


BAD = {
    "bad_query_method": Bad(405, "PUT", form(query="ASK {}"), b"", FORM),
    "bad_multiple_queries": Bad(400, "GET", form(query=["ASK {}", "SELECT * {}"])),
    "bad_query_wrong_media_type": Bad(415, body=b"ASK {}", type="text/plain"),
    "bad_query_missing_form_type": Bad(415, body=form(query="ASK {}").encode(), type=""),
    "bad_query_missing_direct_type": Bad(415, body=b"ASK {}", type=""),
    "bad_query_non_utf8": Bad(400, body="ASK {}".encode("utf-16"), type=f"{QUERY}; charset=UTF-16"),
    "bad_query_syntax": Bad(400, "GET", form(query="ASK {")),
    "bad_update_get": Bad(400, "GET", form(update="CLEAR ALL")),
    "bad_multiple_updates": Bad(400, body=form(update=["CLEAR NAMED", "CLEAR DEFAULT"]).encode(), type=FORM),
    "bad_update_wrong_media_type": Bad(415, body=b"CLEAR NAMED", type="text/plain"),
    "bad_update_missing_form_type": Bad(415, body=form(update="CLEAR NAMED").encode(), type=""),
    "bad_update_non_utf8": Bad(400, body="CLEAR NAMED".encode("utf-16"), type=f"{UPDATE}; charset=UTF-16"),
    "bad_update_syntax": Bad(403, body=form(update="CLEAR XYZ").encode(), type=FORM),
    "bad_update_dataset_conflict": Bad(
        400,
        body=form(update="WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", using_graph_uri=DATA + "one").encode(),
        type=FORM,
    ),
}


def whole(server: Server) -> bytes:
    lines = server.get("/sparql?" + form(query="SELECT * { GRAPH ?g { ?s ?p ?o } }", format="csv"))[2].splitlines()
    return b"\n".join(sorted(lines))


@pytest.mark.parametrize("name", BAD)
def test_bad_case_is_refused_and_changes_nothing(name: str, own: Server) -> None:
    case = BAD[name]
    before = whole(own)
    headers = {} if case.type is None else {"Content-Type": case.type}
    status, head, body = fetch(f"{own.url}/sparql?{case.query}", case.body, headers, case.method)
    problem = json.loads(body)
    assert (status, problem["status"]) == (case.status, case.status)
    assert head["access-control-allow-origin"] == "*"
    assert problem["detail"]
    assert whole(own) == before


CHANGE = f"CLEAR ALL ; INSERT DATA {{ GRAPH <{DATA}new> {{ <{DATA}new> a <{DOCUMENT}> }} }}"
UPDATES = {
    "update_dataset_default_graph": (graphs("using-graph-uri", "one"), CHANGE, UPDATE),
    "update_dataset_default_graphs": (graphs("using-graph-uri", "one", "two"), CHANGE, UPDATE),
    "update_dataset_named_graphs": (graphs("using-named-graph-uri", "one", "two"), CHANGE, UPDATE),
    "update_dataset_full": (
        graphs("using-graph-uri", "one") + "&" + graphs("using-named-graph-uri", "two"),
        CHANGE,
        UPDATE,
    ),
    "update_post_form": ("", form(update=CHANGE), FORM),
    "update_post_direct": ("", CHANGE, UPDATE),
    "update_base_uri": ("", f"INSERT DATA {{ GRAPH <{DATA}new> {{ <s> <p> <test> }} }}", UPDATE),
}


@pytest.mark.parametrize("name", UPDATES)
def test_update_case_is_refused_and_changes_nothing(name: str, own: Server) -> None:
    query, body, kind = UPDATES[name]
    before = whole(own)
    status, _, answer = fetch(f"{own.url}/sparql?{query}", body.encode(), {"Content-Type": kind})
    problem = json.loads(answer)
    assert (status, problem["code"]) == (403, "update-refused")
    assert "release" in problem["detail"]
    assert whole(own) == before


def test_relative_addresses_are_relative_to_the_endpoint(own: Server) -> None:
    _, _, body = own.get("/sparql?" + form(query="SELECT (STR(<x>) AS ?x) (STR(<#y>) AS ?y) {}", format="csv"))
    assert body.split()[1].decode() == f"{own.url}/x,{own.url}/sparql#y"


def test_describe_follows_blank_nodes_and_ends(own: Server) -> None:
    """Concise bounded description: what is said of the thing, and on through blank nodes, in a circle or not."""
    _, _, body = own.get("/sparql?" + form(query="DESCRIBE <http://example.org/a>", format="ntriples"))
    described = ox.Dataset(ox.parse(body, format=ox.RdfFormat.N_TRIPLES))
    expected = ox.Dataset(
        ox.parse(
            "<http://example.org/a> <http://example.org/p> _:b . _:b <http://example.org/q> _:c , 'x' . "
            "_:c <http://example.org/r> _:b .",
            format=ox.RdfFormat.TURTLE,
        )
    )
    for dataset in (described, expected):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert described == expected


@pytest.mark.parametrize("name", ["json", "xml", "tsv"])
def test_blank_nodes_keep_being_told_apart(name: str, own: Server) -> None:
    query = "SELECT ?b ?c { ?b <http://example.org/q> ?c . FILTER(isBLANK(?c)) ?c <http://example.org/r> ?b }"
    _, _, body = own.get("/sparql?" + form(query=query, format=name))
    syntax = {"json": ox.QueryResultsFormat.JSON, "xml": ox.QueryResultsFormat.XML, "tsv": ox.QueryResultsFormat.TSV}
    (row,) = ox.parse_query_results(body, format=syntax[name])
    assert isinstance(row["b"], ox.BlankNode)
    assert row["b"] != row["c"]
