"""The SPARQL 1.1 Protocol over real HTTP: the cases of the W3C suite in their own words, and more of the same kinds."""

import json
import re
import socket
import urllib.parse
from dataclasses import dataclass, field

import pyoxigraph as ox
import pytest

from tests.conftest import LONG, Server, fetch

ASK = "ASK { ?s ?p ?o }"
SELECT = "SELECT ?s WHERE { ?s a <http://www.w3.org/ns/org#Post> }"
GRAPH = "https://data.example.org/id/graph/"
FORM = "application/x-www-form-urlencoded"


def form(*pairs: tuple[str, str]) -> bytes:
    return urllib.parse.urlencode(pairs).encode()


@dataclass
class Case:
    method: str = "GET"
    query: bytes = b""
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    code: str = ""


def post(body: bytes, kind: str = FORM, query: bytes = b"", status: int = 200, code: str = "") -> Case:
    return Case("POST", query, body, {"Content-Type": kind}, status, code)


CASES = {
    "query_get": Case(query=form(("query", ASK))),
    "query_post_form": post(form(("query", ASK))),
    "query_post_form_charset": post(form(("query", ASK)), FORM + "; charset=UTF-8"),
    "query_post_direct": post(ASK.encode(), "application/sparql-query"),
    "query_post_direct_charset": post(ASK.encode(), "application/sparql-query; charset=utf-8"),
    "query_dataset_default_graph": Case(query=form(("query", ASK), ("default-graph-uri", GRAPH + "source"))),
    "query_dataset_default_graphs_get": Case(
        query=form(("query", ASK), ("default-graph-uri", GRAPH + "source"), ("default-graph-uri", GRAPH + "history"))
    ),
    "query_dataset_default_graphs_post": post(
        ASK.encode(),
        "application/sparql-query",
        form(("default-graph-uri", GRAPH + "source"), ("default-graph-uri", GRAPH + "history")),
    ),
    "query_dataset_named_graphs_get": Case(
        query=form(("query", "ASK { GRAPH ?g { ?s ?p ?o } }"), ("named-graph-uri", GRAPH + "source"))
    ),
    "query_dataset_full": post(
        form(("query", ASK), ("default-graph-uri", GRAPH + "source"), ("named-graph-uri", GRAPH + "history"))
    ),
    "query_head": Case("HEAD", form(("query", ASK))),
    "bad_query_method": Case("PUT", form(("query", ASK)), b"", {}, 405, "method-not-allowed"),
    "bad_delete": Case("DELETE", b"", None, {}, 405, "method-not-allowed"),
    "bad_multiple_queries": Case(query=form(("query", ASK), ("query", ASK)), status=400, code="query-duplicate"),
    "bad_queries_in_url_and_body": post(
        form(("query", ASK)), query=form(("query", ASK)), status=400, code="query-duplicate"
    ),
    "bad_query_in_url_of_direct_post": post(
        ASK.encode(), "application/sparql-query", form(("query", ASK)), 400, "query-duplicate"
    ),
    "bad_query_wrong_media_type": post(ASK.encode(), "text/plain", status=415, code="unsupported-media-type"),
    "bad_query_multipart": post(b"--x--", "multipart/form-data; boundary=x", status=415, code="unsupported-media-type"),
    "bad_query_missing_form_type": Case(
        "POST", b"", form(("query", ASK)), {"Content-Type": ""}, 415, "unsupported-media-type"
    ),
    "bad_query_missing_direct_type": Case(
        "POST", b"", ASK.encode(), {"Content-Type": ""}, 415, "unsupported-media-type"
    ),
    "bad_query_non_utf8": post(
        ASK.encode("utf-16"), "application/sparql-query; charset=UTF-16", status=400, code="bad-encoding"
    ),
    "bad_query_latin1": post(
        "ASK { ?s ?p 'é' }".encode("latin-1"), "application/sparql-query", status=400, code="bad-encoding"
    ),
    "bad_query_raw_bytes_in_form": post(b"query=ASK%7B%7D\xff", status=400, code="bad-encoding"),
    "bad_query_syntax": Case(query=form(("query", "ASK { ?s ?p }")), status=400, code="query-syntax"),
    "bad_query_missing": post(form(("quer", ASK)), status=400, code="query-missing"),
    "bad_query_empty": Case(query=b"query=", status=400, code="query-missing"),
    "bad_query_none_but_graph": Case(query=form(("default-graph-uri", GRAPH)), status=400, code="query-missing"),
    "bad_percent_ff": Case(query=b"query=%ff%c0%af", status=400, code="bad-encoding"),
    "bad_percent_zz": Case(query=b"query=ASK%7B%7D%zz", status=400, code="bad-encoding"),
    "bad_percent_nul": Case(query=b"query=ASK%7B%7D%00", status=400, code="bad-encoding"),
    "bad_graph_iri": Case(
        query=form(("query", ASK), ("default-graph-uri", "not an iri")), status=400, code="bad-parameter"
    ),
    "bad_format": Case(query=form(("query", ASK), ("format", "docx")), status=400, code="bad-parameter"),
    "bad_update_get": Case(query=form(("update", "CLEAR ALL")), status=400, code="bad-request"),
    "bad_update_and_query": post(form(("update", "CLEAR ALL"), ("query", ASK)), status=400, code="bad-request"),
    "update_post_form": post(form(("update", "CLEAR ALL")), status=403, code="update-refused"),
    "update_post_direct": post(b"CLEAR ALL", "application/sparql-update", status=403, code="update-refused"),
    "update_as_query": Case(
        query=form(("query", "PREFIX a: <http://a/>\nDELETE WHERE { ?s ?p ?o }")), status=403, code="update-refused"
    ),
    "update_load": Case(query=form(("query", "LOAD <http://127.0.0.1/>")), status=403, code="update-refused"),
    "not_acceptable": Case(
        query=form(("query", ASK)), headers={"Accept": "image/png"}, status=406, code="not-acceptable"
    ),
    "not_acceptable_for_this_result": Case(
        query=form(("query", ASK)), headers={"Accept": "text/turtle"}, status=406, code="not-acceptable"
    ),
    "too_long_by_get": Case(query=form(("query", ASK + "#" * 9000)), status=414, code="uri-too-long"),
    "long_by_post": post(form(("query", ASK + "#" * 9000))),
    "too_long_by_post": post(form(("query", ASK + "#" * 70000)), status=413, code="query-too-long"),
    "body_too_large": post(b"query=" + b"a" * 1_100_000, status=413, code="body-too-large"),
    "body_of_11_mb": post(b"query=" + b"a" * 11_000_000, status=413, code="body-too-large"),
    "two_codings": Case(
        "POST", b"", ASK.encode(), {"Content-Type": "application/sparql-query; charset=latin1"}, 400, "bad-encoding"
    ),
    "compressed_body": Case(
        "POST", b"", b"x", {"Content-Type": FORM, "Content-Encoding": "gzip"}, 415, "unsupported-media-type"
    ),
    "service": Case(
        query=form(("query", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")),
        status=403,
        code="service-refused",
    ),
    "service_silent": Case(
        query=form(("query", "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }")),
        status=403,
        code="service-refused",
    ),
    "service_spelled": Case(
        query=form(("query", "SELECT * { sErViCe#\n<http://127.0.0.1:9/>{ ?s ?p ?o } }")),
        status=403,
        code="service-refused",
    ),
    "service_escaped": Case(
        query=form(("query", "SELECT * { \\u0053ERVICE <http://127.0.0.1:9/>{ ?s ?p ?o } }")),
        status=403,
        code="service-refused",
    ),
    "service_variable": Case(
        query=form(("query", "SELECT * { ?s ?p ?o SERVICE ?o { ?a ?b ?c } }")), status=403, code="service-refused"
    ),
    "service_behind_a_name_without_local_part": Case(
        query=form(("query", "PREFIX a: <urn:a> ASK { ?s ?p a:.SERVICE SILENT <http://127.0.0.1:9/> {} }")),
        status=403,
        code="service-refused",
    ),
    "long_update": post(
        b"using-graph-uri=urn:x&" + form(("update", "CLEAR ALL;" * 9000)), status=413, code="query-too-long"
    ),
    "long_direct_update": post(
        b"CLEAR ALL;" * 9000, "application/sparql-update", b"using-graph-uri=urn:x", status=413, code="query-too-long"
    ),
    "no_service_in_words": Case(query=form(("query", 'ASK { ?service a <urn:SERVICE> ; ?p "SERVICE" } # SERVICE'))),
    "no_service_in_prefix": Case(query=form(("query", "PREFIX service: <urn:x> ASK { ?s ?p service:SERVICE }"))),
    "unknown_path": Case(query=b"", status=200),
}


def test_no_case_was_lost() -> None:
    assert len(CASES) >= 50
    assert sum(name.startswith("bad_") for name in CASES) >= 20


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, server: Server) -> None:
    case = CASES[name]
    before = server.get("/health/ready")[2]
    url = server.url + "/sparql" + ("?" + case.query.decode("latin-1") if case.query else "")
    status, headers, body = fetch(url, case.body, case.headers, case.method)
    assert status == case.status, body[:500]
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    if case.code and case.method != "HEAD":
        problem = json.loads(body)
        assert headers["content-type"] == "application/problem+json"
        assert headers["cache-control"] == "no-store"
        assert (problem["code"], problem["status"]) == (case.code, case.status)
        assert problem["detail"]
        assert problem["remedy"]
        assert problem["request"]
    assert server.get("/health/ready")[2] == before


def test_syntax_error_has_line_and_column(server: Server) -> None:
    text = "SELECT * WHERE {\n  ?s ?p ?o ;; ?x\n}"
    problem = json.loads(fetch(server.url + "/sparql", form(("query", text)), {"Content-Type": FORM})[2])
    assert (problem["line"], problem["code"]) == (3, "query-syntax")
    assert problem["column"] == 1
    assert "line 3, column 1" in problem["detail"]


def test_refusal_of_a_format_lists_the_offers(server: Server) -> None:
    problem = json.loads(server.get("/sparql?" + form(("query", ASK)).decode(), Accept="image/png")[2])
    assert {"text/csv", "text/turtle", "application/sparql-results+json"} <= set(problem["offers"])


def test_method_not_allowed_names_the_allowed(server: Server) -> None:
    assert set(fetch(server.url + "/sparql", b"", method="PUT")[1]["allow"].split(", ")) == {
        "GET",
        "HEAD",
        "OPTIONS",
        "POST",
    }
    status, headers, _ = fetch(server.url + "/sparql", method="OPTIONS")
    assert status == 204
    assert "POST" in headers["access-control-allow-methods"]


def count(server: Server, query: str, *pairs: tuple[str, str]) -> int:
    status, _, body = server.get("/sparql?" + form(("query", query), ("format", "csv"), *pairs).decode())
    assert status == 200, body
    return int(body.split()[1])


def test_datasets_of_protocol_and_query(server: Server, release: object) -> None:
    sizes = release.manifest["triples"]
    default, named = (
        "SELECT (COUNT(*) AS ?n) {0} {{ ?s ?p ?o }}",
        "SELECT (COUNT(*) AS ?n) {0} {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    )
    source, history = GRAPH + "source", GRAPH + "history"
    everything = release.manifest["distinct_triples"]
    assert count(server, default.format("")) == everything
    assert count(server, named.format("")) == sum(sizes.values())
    assert count(server, default.format(f"FROM <{source}>")) == sizes["source"]
    assert count(server, default.format(f"FROM <{source}> FROM <{history}>")) == sizes["source"] + sizes["history"]
    assert count(server, default.format(f"FROM NAMED <{source}>")) == 0
    assert count(server, named.format(f"FROM NAMED <{source}>")) == sizes["source"]
    assert count(server, default.format(""), ("default-graph-uri", source)) == sizes["source"]
    assert count(server, named.format(""), ("default-graph-uri", source)) == 0
    assert count(server, default.format(""), ("named-graph-uri", source)) == 0
    assert count(server, named.format(""), ("named-graph-uri", source)) == sizes["source"]
    both = (("default-graph-uri", source), ("named-graph-uri", history))
    assert count(server, default.format(""), *both) == sizes["source"]
    assert count(server, named.format(""), *both) == sizes["history"]
    # The dataset of the protocol takes precedence over that of the query (section 2.1.4).
    assert count(server, default.format(f"FROM <{history}>"), ("default-graph-uri", source)) == sizes["source"]
    assert count(server, default.format("FROM <http://127.0.0.1:9/>")) == 0


VALUES = [
    '"plain"',
    '"nl"@nl',
    '"fr"@fr-BE',
    '"1600"^^<http://www.w3.org/2001/XMLSchema#decimal>',
    '"a\\"b\\\\c"',
    '"tab\\tline\\nreturn\\rend"',
    '"😀 é ₫"',
    '"2021"^^<http://www.w3.org/2001/XMLSchema#gYear>',
    "<http://example.org/é?a=b&c=d>",
    '"<script>alert(1)</script>"',
    "true",
    "4.5",
    '""',
    '" "',
    '"\\u200Ez\\u200D\\u0301 \\U0001F1E7\\U0001F1EA"',
    '"]]>&amp;<!--"',
    '"=1+1;,"',
    "\"x\"^^<http://example.org/type?a='b'>",
    "<http://example.org/'quoted'>",
    '"not a number"^^<http://www.w3.org/2001/XMLSchema#integer>',
]
SYNTAXES = {"json": ox.QueryResultsFormat.JSON, "xml": ox.QueryResultsFormat.XML, "tsv": ox.QueryResultsFormat.TSV}


@pytest.mark.parametrize("name", SYNTAXES)
def test_values_survive_every_format(name: str, server: Server) -> None:
    query = "SELECT ?x { VALUES ?x { " + " ".join(VALUES) + " } }"
    status, _, body = fetch(server.url + "/sparql?format=" + name, form(("query", query)), {"Content-Type": FORM})
    assert status == 200
    answer = ox.parse_query_results(body, format=SYNTAXES[name])
    assert isinstance(answer, ox.QuerySolutions)
    expected = {
        q.object for q in ox.parse("".join(f"<urn:s> <urn:p> {v} .\n" for v in VALUES), format=ox.RdfFormat.TURTLE)
    }
    assert {row["x"] for row in answer} == expected


@pytest.mark.parametrize("name", ["turtle", "ntriples", "rdfxml", "jsonld", "trig", "nquads"])
def test_graphs_survive_every_format(name: str, server: Server) -> None:
    query = "CONSTRUCT { <urn:s> <http://p.org/p> ?x } { VALUES ?x { " + " ".join(VALUES) + " } }"
    status, headers, body = fetch(server.url + "/sparql?format=" + name, form(("query", query)), {"Content-Type": FORM})
    assert status == 200
    form_ = ox.RdfFormat.from_media_type(headers["content-type"].split(";")[0])
    found = {q.object for q in ox.parse(body, format=form_)}
    wanted = {
        q.object
        for q in ox.parse(
            "".join(f"<urn:s> <urn:p> {v} .\n" for v in VALUES),
            format=ox.RdfFormat.TURTLE,
        )
    }
    assert found == wanted


def test_describe_is_what_is_said_of_the_thing(server: Server, store: ox.Store) -> None:
    iri = "https://data.example.org/id/post/secretaris-generaal"
    _, headers, body = server.get("/sparql?" + form(("query", f"DESCRIBE <{iri}>")).decode())
    assert headers["content-type"] == "text/turtle; charset=utf-8"
    described = {q.triple for q in ox.parse(body, format=ox.RdfFormat.TURTLE)}
    assert described == {q.triple for q in store.quads_for_pattern(ox.NamedNode(iri), None, None, ox.DefaultGraph())}
    assert b"@prefix org: <http://www.w3.org/ns/org#> ." in body
    assert b"@prefix void:" not in body


def test_a_browser_gets_a_table_in_which_markup_stays_text(server: Server) -> None:
    query = 'SELECT ?x { VALUES ?x { "<script>alert(1)</script>" <javascript:alert(1)> "x"@nl } }'
    _, headers, body = server.get(
        "/sparql?" + form(("query", query)).decode(), Accept="text/html,application/xhtml+xml,*/*;q=0.8"
    )
    page = body.decode()
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert 'href="javascript:' not in page
    assert "default-src 'none'" in headers["content-security-policy"]


def test_etag_304_vary_head_and_compression(server: Server) -> None:
    path = "/sparql?" + form(("query", "SELECT * { ?s a <http://www.w3.org/2004/02/skos/core#Concept> }")).decode()
    _, headers, body = server.get(path, Accept="text/csv")
    assert headers["vary"] == "Accept, Accept-Language, Accept-Encoding"
    assert re.fullmatch(r'"[0-9a-f]{32}"', headers["etag"])
    status, again, nothing = server.get(path, Accept="text/csv", If_None_Match=headers["etag"])
    assert (status, nothing, again["etag"]) == (304, b"", headers["etag"])
    assert again["vary"] == headers["vary"]
    status, head, nothing = fetch(server.url + path, headers={"Accept": "text/csv"}, method="HEAD")
    assert (status, nothing, head["etag"], head["content-length"]) == (200, b"", headers["etag"], str(len(body)))
    _, packed, small = server.get(path, Accept="text/csv", Accept_Encoding="gzip")
    assert packed["content-encoding"] == "gzip"
    assert packed["etag"] != headers["etag"]
    assert len(small) < len(body) / 2
    assert server.get(path, Accept="text/csv", Accept_Encoding="br, gzip;q=0.5")[1]["content-encoding"] == "br"
    assert server.get(path)[1]["etag"] != headers["etag"]
    assert "vary" in server.get(path, Accept="image/png")[1]


def test_what_changes_is_not_kept(server: Server) -> None:
    path = "/sparql?" + form(("query", "SELECT (RAND() AS ?x) {}"), ("format", "csv")).decode()
    first, second = server.get(path), server.get(path)
    assert first[2] != second[2]
    assert first[1]["cache-control"] == "no-store"


def test_the_host_header_leaves_no_trace(server: Server) -> None:
    for path in (
        "/",
        "/nl/",
        "/sparql",
        "/.well-known/void",
        "/sparql?query=ASK%7B%7D",
        "/sparql?query=ASK%7B",
        "/nowhere",
        "/id/organization/gob",
        "/sitemap.xml",
        "/robots.txt",
        "/health/ready",
    ):
        _, headers, body = server.get(path, Host="evil.example")
        assert b"evil.example" not in body
        assert "evil.example" not in str(headers)


def test_service_description_is_honest(server: Server, release: object, store: ox.Store) -> None:
    _, _, body = server.get("/sparql", Accept="text/turtle")
    triples = {q.triple for q in ox.parse(body, format=ox.RdfFormat.TURTLE)}
    sd = "http://www.w3.org/ns/sparql-service-description#"
    service = ox.NamedNode(f"{server.url}/sparql")
    assert ox.Triple(service, ox.NamedNode(sd + "endpoint"), service) in triples
    promised = {t.object.value for t in triples if t.predicate.value == sd + "resultFormat"}
    assert len(promised) >= 9
    names = {t.subject: t.object for t in triples if t.predicate.value == sd + "name"}
    assert len(names) == 7
    counted = {
        t.subject: int(t.object.value) for t in triples if t.predicate.value == "http://rdfs.org/ns/void#triples"
    }
    for graph in names.values():
        assert counted[graph] == sum(1 for _ in store.quads_for_pattern(None, None, None, graph))
    assert server.get("/.well-known/void", Accept="text/turtle")[2] == body
    assert b"</sparql>" not in body


def raw(server: Server, request: bytes, *, half_close: bool = True) -> bytes:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), LONG) as connection:
        connection.sendall(request)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def test_a_body_that_was_cut_is_no_query(server: Server) -> None:
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nConnection: close\r\n"
    answer = raw(server, head + b"Content-Length: 1000\r\n\r\nASK {}")
    assert b"200 OK" not in answer


def test_a_chunked_body_over_the_limit_is_refused(server: Server) -> None:
    head = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"ASK {} #" + b"a" * 1_100_000
    answer = raw(server, head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n", half_close=False)
    assert b"413 " in answer.split(b"\r\n")[0]


def test_two_content_lengths_or_hosts_are_refused(server: Server) -> None:
    answer = raw(server, b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nASK {}")
    assert b"400" in answer.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/dumps/..%2f..%2fetc/passwd",
        "/id/%2e%2e/%2e%2e/etc/passwd",
        "/releases/..%2f..%2f..%2fetc%2fpasswd",
        "/static/..%2f..%2fweb.py",
        "//evil.example/..",
        "/sparql/%2e%2e/x",
    ],
)
def test_no_path_leads_out(path: str, server: Server) -> None:
    status, headers, body = server.get(path)
    assert status in {404, 400}
    assert b"root:" not in body
    assert "location" not in headers
