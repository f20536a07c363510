"""What is promised of answers: values exact or refused, faults located, the description honest, datasets as asked."""

import json
import urllib.parse

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.sparql.service_description import LIMITS
from gob_graph.formats import FORMATS, by_name, offers
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.vocab import RDF
from tests.conftest import OF_SERVER, Server, fetch

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"


def ask(server: Server, query: str, name: str = "json", *more: tuple[str, str]) -> tuple[int, dict[str, str], bytes]:
    pairs = [("query", query), ("format", name), *more]
    return fetch(
        server.url + "/sparql",
        urllib.parse.urlencode(pairs).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )


def number(server: Server, query: str, *more: tuple[str, str]) -> int:
    status, _, body = ask(server, query, "csv", *more)
    assert status == 200, body
    return int(body.split()[1])


CONTROL = "a\x00b\x01c\x0b\x1f\ufffe"
WRITTEN = CONTROL.encode("unicode-escape").decode().replace("\\x", "\\u00")


@pytest.mark.parametrize("name", ["json", "tsv", "csv"])
def test_control_characters_come_through_where_the_format_can_hold_them(name: str, server: Server) -> None:
    status, _, body = ask(server, f'SELECT ?x {{ VALUES ?x {{ "{WRITTEN}" }} }}', name)
    assert status == 200
    if name == "json":
        assert json.loads(body)["results"]["bindings"][0]["x"]["value"] == CONTROL
    else:
        assert CONTROL.encode() in body


@pytest.mark.parametrize("name", ["turtle", "ntriples", "jsonld", "trig", "nquads"])
def test_control_characters_come_through_in_graphs(name: str, server: Server) -> None:
    status, headers, body = ask(server, f'CONSTRUCT {{ <urn:s> <urn:p> "{WRITTEN}" }} {{}}', name)
    assert status == 200
    (quad,) = ox.parse(body, format=ox.RdfFormat.from_media_type(headers["content-type"].partition(";")[0]))
    assert quad.object.value == CONTROL


UNREPRESENTABLE = [
    ('SELECT ("a\\u0001" AS ?x) {}', "xml"),
    ('SELECT ("a\\u0000" AS ?x) {}', "xml"),
    ('SELECT ("a\\uFFFF" AS ?x) {}', "xml"),
    ('CONSTRUCT { <urn:s> <urn:p> "a\\u0008" } {}', "rdfxml"),
    ('CONSTRUCT { <urn:s> <http://example.org/1> "a" } {}', "rdfxml"),
    ("CONSTRUCT { <urn:s> <urn:p> <<( <urn:a> <urn:b> <urn:c> )>> } {}", "jsonld"),
]


@pytest.mark.parametrize(("query", "name"), UNREPRESENTABLE)
def test_what_a_format_cannot_hold_is_refused_and_not_spoiled(query: str, name: str, server: Server) -> None:
    status, headers, body = ask(server, query, name)
    problem = json.loads(body)
    assert (status, problem["code"]) == (406, "unrepresentable")
    assert headers["content-type"] == "application/problem+json"
    assert ask(server, query, "ntriples" if "CONSTRUCT" in query else "json")[0] == 200


SPARQL_12 = [
    'VERSION "1.2" ASK { FILTER(isTRIPLE(<<( <urn:a> <urn:b> "c" )>>)) }',
    "ASK { FILTER(SUBJECT(TRIPLE(<urn:a>, <urn:b>, 1)) = <urn:a>) }",
    "ASK { FILTER(PREDICATE(<<( <urn:a> <urn:b> 1 )>>) = <urn:b> && OBJECT(<<( <urn:a> <urn:b> 1 )>>) = 1) }",
    "ASK { FILTER NOT EXISTS { ?s ?p ?o ~ ?r {| ?a ?b |} } FILTER NOT EXISTS { << ?s ?p ?o >> ?a ?b } }",
    "ASK { FILTER(LANGDIR(STRLANGDIR('x', 'ar', 'rtl')) = 'rtl' && hasLANG('x'@ar--rtl) && hasLANGDIR('x'@ar--rtl)) }",
]


@pytest.mark.parametrize("query", SPARQL_12)
def test_what_is_said_of_sparql_1_2_holds(query: str, server: Server) -> None:
    status, _, body = ask(server, query)
    assert status == 200, body
    assert json.loads(body)["boolean"] is True


UNKNOWN = [
    # query, variable: value (nothing: unbound)
    ("SELECT (<urn:f>(1) AS ?x) {}", {}),
    ("PREFIX f: <urn:f:> SELECT (COALESCE(f:a(1), f:b(2, 3), f:a(), 4) AS ?x) {}", {"x": "4"}),
    ("SELECT ?x { VALUES ?x { 1 2 } FILTER(?x = 1 || <urn:f>(?x)) }", {"x": "1"}),
    ("SELECT (COUNT(*) AS ?x) { VALUES ?y { 1 2 } FILTER(!<urn:f>(?y)) }", {"x": "0"}),
    ("SELECT * { BIND(IF(<urn:f>(), 1, 2) AS ?x) }", {}),
    ("SELECT ?x { BIND(BOUND(?y) AS ?x) OPTIONAL { BIND(<f#g>() AS ?y) } }", {"x": "false"}),
]


@pytest.mark.parametrize(("query", "expected"), UNKNOWN)
def test_an_unknown_function_is_an_error_of_its_expression(
    query: str, expected: dict[str, str], server: Server
) -> None:
    """SPARQL 1.1 section 17.6: a call of a function that is not supported is an error, which no query ends with."""
    status, _, body = ask(server, query)
    assert status == 200, body
    (row,) = json.loads(body)["results"]["bindings"]
    assert {name: term["value"] for name, term in row.items()} == expected


def test_what_fails_for_another_reason_still_does(server: Server) -> None:
    assert json.loads(ask(server, "SELECT (<urn:f>(1) AS ?x) { ?s ?p }")[2])["code"] == "query-syntax"


FAULTS = [
    # query, line, column, said
    ("SELECT * { ?s ?p ?o } ODER BY ?s", 1, 23, "did you mean ORDER?"),
    ("SELECT ?x WHERE { ?s ?p }", 1, 25, "'}' is not expected here"),
    ("SELECT * {\n  ?s ?p ?o .\n  ?s skos:prefLabel ?x }", 3, 6, "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"),
    ("PREFIX a: <urn:> SELECT * { ?s a:b ex:c }", 1, 36, "the prefix ex: is not declared"),
    ("SELECT * { FILTER(ex:f(1)) }", 1, 19, "the prefix ex: is not declared"),
    ("SELECT * { ?s ?p 'abc\n }", 1, 18, "the string that begins here does not end"),
    ("SELECT * { ?s ?p <a b> }", 1, 18, "the address that begins here"),
    ("ASK { _:a ?p ?o . OPTIONAL { _:a ?p ?o } }", 1, 30, "_:a was used in another group"),
    ("SELECT * WHERE { ?s ?p ?o . FILTER (?o > ) }", 1, 42, "')' is not expected"),
    ("ASK { FILTER(TRUE) }", 1, 14, "write true"),
    ("ASK { ?s ?p False }", 1, 13, "write false"),
    ("ASK { ?s A ?o }", 1, 10, "write a"),
    ("SELECT * WHERE { ?s ?p ?o ", 1, 27, "a '}' is missing"),
    ("SELECT COUNT(*) {?s ?p ?o}", 1, 8, "'COUNT' is not expected"),
    ("PREFIX a <urn:> ASK {}", 1, 8, "'a' is not expected"),
    ("ASK { 😀 ?p ?o }", 1, 7, "'😀' is not expected"),
    ("# \U0001f600\r\nASK { ?s ?p }", 2, 13, "'}' is not expected"),
    ("SELECT (1 AS ?a) (2 AS ?a) {}", 1, 30, "Duplicated variable name"),
    ("ASK {} ASK {}", 1, 8, "'ASK' is not expected"),
    ("SELECT * { ?s ?p ?o . } LIMIT x", 1, 31, "'x' is not expected"),
]


def test_no_fault_was_lost() -> None:
    assert len(FAULTS) >= 20
    assert len(UNKNOWN) >= 6
    assert len(UNREPRESENTABLE) >= 6
    assert len(SPARQL_12) >= 5
    assert len(DATASETS) >= 16


@pytest.mark.parametrize(("query", "line", "column", "said"), FAULTS)
def test_a_fault_is_located_exactly(query: str, line: int, column: int, said: str, server: Server) -> None:
    status, _, body = ask(server, query)
    problem = json.loads(body)
    assert (status, problem["code"]) == (400, "query-syntax")
    assert (problem["line"], problem["column"]) == (line, column)
    assert said in problem["detail"]
    assert problem["detail"].startswith(f"line {line}, column {column}: ")
    assert problem["near"] in query


def test_a_long_query_with_a_fault_at_its_end_is_explained_in_time(server: Server) -> None:
    query = "SELECT * { " + "?s ?p 'x' . " * 2000 + "?s ?p }"
    problem = json.loads(ask(server, query)[2])
    assert (problem["code"], problem["column"]) == ("query-syntax", len(query))


def test_undeclared_prefixes_are_listed_with_what_is_known_of_them(server: Server) -> None:
    problem = json.loads(ask(server, "SELECT * { ?s skos:broader/foo:bar ?o ; rdf:type org:Post }")[2])
    assert problem["undeclared"] == {
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "foo": None,
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "org": "http://www.w3.org/ns/org#",
    }


G1, G2, G3 = (f"https://data.example.org/id/graph/{name}" for name in ("source", "history", "external"))
ALL, IN_GRAPHS = (
    "SELECT (COUNT(*) AS ?n) {0} {{ ?s ?p ?o }}",
    "SELECT (COUNT(*) AS ?n) {0} {{ GRAPH ?g {{ ?s ?p ?o }} }}",
)
FROM, NAMED = f"FROM <{G2}>", f"FROM NAMED <{G3}>"
D, N = ("default-graph-uri", G1), ("named-graph-uri", G1)
DATASETS = [
    # clauses of the query, parameters of the protocol, layers of the default graph, layers of the named graphs
    ("", (), None, "all"),
    (FROM, (), ("history",), ()),
    (NAMED, (), (), ("external",)),
    (f"{FROM} {NAMED}", (), ("history",), ("external",)),
    ("", (D,), ("source",), ()),
    ("", (N,), (), ("source",)),
    ("", (D, N), ("source",), ("source",)),
    (FROM, (D,), ("source",), ()),
    (FROM, (N,), (), ("source",)),
    (FROM, (D, N), ("source",), ("source",)),
    (NAMED, (D,), ("source",), ()),
    (NAMED, (N,), (), ("source",)),
    (f"{FROM} {NAMED}", (D,), ("source",), ()),
    (f"{FROM} {NAMED}", (N,), (), ("source",)),
    (f"{FROM} {NAMED}", (D, N), ("source",), ("source",)),
    ("", (D, ("default-graph-uri", G2)), ("source", "history"), ()),
    ("", (N, ("named-graph-uri", G2)), (), ("source", "history")),
]


@pytest.mark.parametrize(("clauses", "parameters", "default", "named"), DATASETS)
def test_the_dataset_is_the_one_asked_for(
    clauses, parameters, default, named, server: Server, release: Release
) -> None:
    sizes = release.manifest["triples"]
    wanted = release.manifest["distinct_triples"] if default is None else sum(sizes[layer] for layer in default)
    within = sum(sizes.values()) if named == "all" else sum(sizes[layer] for layer in named)
    assert number(server, ALL.format(clauses), *parameters) == wanted
    assert number(server, IN_GRAPHS.format(clauses), *parameters) == within


@pytest.fixture(scope="module")
def description(server: Server) -> ox.Store:
    found = ox.Store()
    found.extend(ox.parse(server.get("/sparql", Accept="text/turtle")[2], format=ox.RdfFormat.TURTLE))
    return found


VOID_LINKSET = ox.NamedNode(VOID + "Linkset")


def values(description: ox.Store, name: str) -> dict[ox.NamedNode, set[str]]:
    found: dict[ox.NamedNode, set[str]] = {}
    for quad in description.quads_for_pattern(None, ox.NamedNode(name), None):
        found.setdefault(quad.subject, set()).add(quad.object.value)
    return found


def test_each_promised_format_really_answers(server: Server, description: ox.Store) -> None:
    (promised,) = values(description, SD + "resultFormat").values()
    rows = [f for f in FORMATS if f.sd_iri in promised]
    assert len(rows) == len(promised) >= 10
    for form in rows:
        for kind, query in (
            ("bindings", "SELECT * { ?s ?p ?o } LIMIT 1"),
            ("boolean", "ASK {}"),
            ("graph", "DESCRIBE <urn:x>"),
        ):
            if kind not in form.kinds:
                continue
            for asked in (form.media_type, *form.aliases):
                status, headers, _ = fetch(
                    server.url + "/sparql?" + urllib.parse.urlencode({"query": query}), headers={"Accept": asked}
                )
                assert status == 200
                answered = by_name(headers["content-type"].partition(";")[0])
                assert answered == form or asked not in {form.media_type}
            assert by_name(ask(server, query, form.name)[1]["content-type"].partition(";")[0]) == form
    assert {f.sd_iri for kind in ("bindings", "boolean", "graph") for f in offers(kind)} == promised


def test_the_description_itself_is_given_in_each_format_of_graphs(server: Server) -> None:
    _, _, turtle = server.get("/.well-known/void", Accept="text/turtle")
    expected = {q.triple for q in ox.parse(turtle, format=ox.RdfFormat.TURTLE)}
    assert len(expected) > 100
    assert len(offers("graph")) >= 6
    for form in offers("graph"):
        status, _, body = server.get("/.well-known/void", Accept=form.media_type)
        assert status == 200
        assert {q.triple for q in ox.parse(body, format=form.rdf)} == expected


def test_the_counts_of_the_description_are_those_of_queries(server: Server, description: ox.Store) -> None:
    counted = {node: int(*found) for node, found in values(description, VOID + "triples").items()}
    graphs = {ox.NamedNode(*found) for found in values(description, SD + "name").values()}
    (default,) = (ox.NamedNode(*found) for found in values(description, SD + "defaultGraph").values())
    linksets = {quad.subject for quad in description.quads_for_pattern(None, RDF.type, VOID_LINKSET)}
    assert len(graphs) == 7
    assert linksets
    # Those of partitions leave out the graph that states them, and are compared with queries over a release.
    parts = {quad.object for quad in description if quad.predicate == ox.NamedNode(VOID + "propertyPartition")}
    assert len(parts) >= 500
    assert set(counted) - parts == graphs | {default} | linksets
    for graph in graphs:
        assert counted[graph] == number(server, f"SELECT (COUNT(*) AS ?n) {{ GRAPH {graph} {{ ?s ?p ?o }} }}")
    assert counted[default] == number(server, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")


COUNTS = {
    "triples": "COUNT(*)",
    "distinctSubjects": "COUNT(DISTINCT ?s)",
    "distinctObjects": "COUNT(DISTINCT ?o)",
    "properties": "COUNT(DISTINCT ?p)",
}


def test_the_statistics_of_the_release_are_those_of_queries(server: Server, release: Release) -> None:
    """They leave out the graph that states them, and so do the queries."""
    layers = [layer for layer in release.manifest["graphs"] if layer != "meta"]
    clauses = " ".join(f"FROM <{release.manifest['graphs'][layer]}>" for layer in layers)
    dataset = f"<{release.base_iri}/id/dataset/gob-kg>"
    for name, function in COUNTS.items():
        stated = number(server, f"SELECT ?n {{ {dataset} <{VOID}{name}> ?n }}")
        assert stated == number(server, f"SELECT ({function} AS ?n) {clauses} {{ ?s ?p ?o }}"), name
    _, _, body = ask(
        server, f"SELECT ?c ?n {{ ?d <{VOID}classPartition> [ <{VOID}class> ?c ; <{VOID}entities> ?n ] }}", "csv"
    )
    partitions = [line.split(",") for line in body.decode().split()[1:]]
    assert len(partitions) >= 30
    for cls, entities in partitions[::5]:
        assert int(entities) == number(server, f"SELECT (COUNT(*) AS ?n) {clauses} {{ ?s a <{cls}> }}")


def test_the_limits_are_published_in_description_and_header(server: Server, description: ox.Store) -> None:
    stated = {node.value.partition("#limit-")[2].replace("-", "_"): float(*found) for node, found in
              values(description, RDF.value.value).items()}  # fmt: skip
    assert len(LIMITS) >= 6
    assert stated == {name: OF_SERVER.get(name, getattr(Settings(), name)) for name in LIMITS}
    header = server.get("/sparql")[1]["gob-graph-limits"]
    assert header == "time=10 s, memory=256 MiB, result=4 MiB, query=65536 B, running=2"


def test_the_description_says_what_the_default_graph_is(server: Server, description: ox.Store) -> None:
    service = ox.NamedNode(f"{server.url}/sparql")
    for name, value in (("feature", "UnionDefaultGraph"), ("supportedLanguage", "SPARQL11Query")):
        assert ox.Quad(service, ox.NamedNode(SD + name), ox.NamedNode(SD + value)) in description
    assert not list(
        description.quads_for_pattern(None, ox.NamedNode(SD + "feature"), ox.NamedNode(SD + "BasicFederatedQuery"))
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", "op /nl/niets is er niets"),
        ("fr", "il n’y a rien sous /fr/niets"),
        ("de", "unter /de/niets gibt es nichts"),
        ("en", "nothing is served at /en/niets"),
    ],
)
def test_an_address_without_a_page_is_told_in_its_language(site: Server, language: str, words: str) -> None:
    status, _, body = site.get(f"/{language}/niets", Accept="text/html")
    assert status == 404
    main = body.decode().partition("<main")[2].partition("</main>")[0]
    assert words in main
    assert "lang=" not in main
