"""Answers kept at the edge: what is kept, for whom, for how long, and that it is what would be computed anew."""

import asyncio
import gzip
import http.client
import threading
import urllib.parse
from dataclasses import replace

import brotli
import pytest

from gob_graph.endpoint.server.message import HttpRequest, Response
from gob_graph.endpoint.server.response_cache import Cache
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter
from tests.loops import go, go_timeless

ORDERED = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 100"
JSON = "application/sparql-results+json"


def path(query: str) -> str:
    return "/sparql?query=" + urllib.parse.quote(query)


def ask(server: Server, method: str, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """With no header but those given."""
    address = urllib.parse.urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=LONG)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


def decoded(headers: dict[str, str], body: bytes) -> bytes:
    coding = headers.get("content-encoding")
    return {None: bytes, "br": brotli.decompress, "gzip": gzip.decompress}[coding](body)


CODINGS = [
    ("gzip", "gzip"),
    ("br", "br"),
    ("gzip, br", "br"),
    ("br;q=0.5, gzip", "gzip"),
    ("br;q=0, gzip;q=0.1", "gzip"),
    ("*", "br"),
    ("*;q=0", None),
    ("br;q=0, *", "gzip"),
    ("gzip;q=0, br;q=0", None),
    ("identity", None),
    ("identity, gzip;q=0.5", None),
    ("deflate, zstd", None),
    ("GZIP", "gzip"),
    ("", None),
]


@pytest.mark.parametrize(("accepted", "expected"), CODINGS)
def test_the_coding_is_the_best_that_the_client_takes(server: Server, accepted: str, expected: str | None) -> None:
    assert len(CODINGS) >= 14
    plain = ask(server, "GET", path(ORDERED), Accept=JSON)
    for _ in range(2):
        status, headers, body = ask(server, "GET", path(ORDERED), Accept=JSON, Accept_Encoding=accepted)
        assert (status, headers.get("content-encoding")) == (200, expected)
        assert decoded(headers, body) == plain[2]
        assert headers["content-length"] == str(len(body))
        assert "Accept-Encoding" in headers["vary"]
        assert (headers["etag"] == plain[1]["etag"]) is (expected is None)


def test_a_small_answer_is_compressed_only_for_who_wants_nothing_else(server: Server) -> None:
    small = path("ASK {}")
    assert "content-encoding" not in ask(server, "GET", small, Accept_Encoding="gzip, br")[1]
    _, headers, body = ask(server, "GET", small, Accept_Encoding="identity;q=0, gzip")
    assert headers["content-encoding"] == "gzip"
    assert b"true" in gzip.decompress(body)


def test_head_is_get_without_the_body(server: Server) -> None:
    for encoding in ("", "gzip", "br"):
        got = ask(server, "GET", path(ORDERED), Accept_Encoding=encoding)
        head = ask(server, "HEAD", path(ORDERED), Accept_Encoding=encoding)
        assert head[2] == b""
        assert (head[0], head[1] | {"date": ""}) == (200, got[1] | {"date": ""})
    # Asked for the first time by HEAD, what is kept has its body all the same.
    fresh = path("SELECT * { ?s ?p ?o } LIMIT 41")
    assert ask(server, "HEAD", fresh)[2] == b""
    assert len(ask(server, "GET", fresh)[2]) > 1000


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_validator_that_still_holds_gives_304(server: Server, method: str) -> None:
    _, headers, _ = ask(server, "GET", path(ORDERED), Accept="text/csv", Accept_Encoding="gzip")
    etag = headers["etag"]
    assert not etag.startswith("W/")
    for condition in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        status, again, body = ask(
            server, method, path(ORDERED), Accept="text/csv", Accept_Encoding="gzip", If_None_Match=condition
        )
        assert (status, body) == (304, b"")
        assert [again[n] for n in ("etag", "vary", "cache-control")] == [
            headers[n] for n in ("etag", "vary", "cache-control")
        ]
        assert not {"content-type", "content-encoding", "content-disposition"} & again.keys()
    changed = ask(server, method, path(ORDERED), Accept="text/csv", Accept_Encoding="gzip", If_None_Match='"other"')
    assert changed[0] == 200


def test_each_representation_has_its_own_validator(server: Server) -> None:
    tags = {}
    for accept in (JSON, "text/csv", "application/sparql-results+xml", "text/html"):
        for encoding in ("", "gzip", "br"):
            tags[accept, encoding] = ask(server, "GET", path(ORDERED), Accept=accept, Accept_Encoding=encoding)[1][
                "etag"
            ]
    assert len(set(tags.values())) == len(tags) == 12


CHANGING = [
    "SELECT (RAND() AS ?x) {}",
    "SELECT (NOW() AS ?x) {}",
    "SELECT (UUID() AS ?x) {}",
    "SELECT (STRUUID() AS ?x) {}",
    "SELECT (BNODE() AS ?x) {}",
    "select (rand() as ?x) {}",
    "CONSTRUCT { _:a ?p ?o } { ?s ?p ?o } LIMIT 3",
    "CONSTRUCT { [] ?p ?o } { ?s ?p ?o } LIMIT 3",
]


@pytest.mark.parametrize("query", CHANGING)
def test_what_changes_by_itself_is_not_kept(server: Server, query: str) -> None:
    assert len(CHANGING) >= 8
    answers = [ask(server, "GET", path(query)) for _ in range(3)]
    assert {a[0] for a in answers} == {200}
    assert {a[1]["cache-control"] for a in answers} == {"no-store"}
    # Labels of blank nodes may happen to be equal: each is the first one of its process.
    if "BNODE" not in query and "CONSTRUCT" not in query and "NOW" not in query:
        assert len({a[2] for a in answers}) == 3


def test_a_word_in_a_string_does_not_keep_an_answer_from_being_kept(server: Server) -> None:
    headers = ask(server, "GET", path('SELECT ("RAND() NOW() construct [" AS ?x) {}'))[1]
    assert headers["cache-control"].startswith("public, max-age=")


REFUSED = ["SELECT", "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "", "INSERT DATA { <a:a> <a:b> <a:c> }"]


@pytest.mark.parametrize("query", REFUSED)
def test_errors_are_not_kept(server: Server, query: str) -> None:
    first, second = (ask(server, "GET", path(query)) for _ in range(2))
    assert first[0] == second[0] >= 400
    assert first[1]["cache-control"] == "no-store"
    assert first[1]["gob-graph-request"] != second[1]["gob-graph-request"]
    assert "etag" not in first[1]


def test_a_post_is_answered_alike_and_not_kept(server: Server) -> None:
    got = ask(server, "GET", path(ORDERED), Accept=JSON)
    from tests.conftest import fetch

    posted = fetch(
        server.url + "/sparql",
        ORDERED.encode(),
        {"Accept": JSON, "Content-Type": "application/sparql-query", "Accept-Encoding": "identity"},
    )
    assert posted[2] == got[2]
    assert posted[1]["cache-control"] == "no-store"
    assert "Accept-Encoding" in posted[1]["vary"]


DETERMINISTIC = {
    "select without order": "SELECT * { ?s ?p ?o } LIMIT 300",
    "group without order": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
    "distinct": "SELECT DISTINCT ?p { ?s ?p ?o }",
    "group_concat": 'SELECT (GROUP_CONCAT(STR(?p); separator=" ") AS ?all) { SELECT DISTINCT ?p { ?s ?p ?o } }',
    "sample": "SELECT ?p (SAMPLE(?o) AS ?any) { ?s ?p ?o } GROUP BY ?p",
    "join": "SELECT * { ?s a ?c ; <http://www.w3.org/2004/02/skos/core#prefLabel> ?l } LIMIT 500",
    "construct": "CONSTRUCT { ?o ?p ?s } { ?s ?p ?o . FILTER(ISIRI(?o)) }",
    "describe": "DESCRIBE <https://data.example.org/id/organization/gob>",
    "path": "SELECT * { ?s <http://www.w3.org/ns/org#subOrganizationOf>+ ?o }",
}


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_every_process_gives_the_same_bytes(without_cache: Server, name: str) -> None:
    """The cache does not hide that answers differ: without it, whichever process evaluates, the bytes are the same."""
    assert len(DETERMINISTIC) >= 9
    found: set[tuple[str, bytes]] = set()
    lock = threading.Lock()

    def work() -> None:
        for _ in range(4):
            status, headers, body = ask(without_cache, "GET", path(DETERMINISTIC[name]))
            assert status == 200
            with lock:
                found.add((headers["etag"], body))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1


@pytest.fixture(scope="module")
def without_cache(start: Starter, settings: Settings, release: Release) -> Server:
    assert release
    return start(replace(settings, cache_size=0, client_running=4))


def test_a_restarted_server_gives_the_same_validators(start: Starter, settings: Settings, server: Server) -> None:
    other = start(replace(settings, query_workers=1))
    for accept in (JSON, "text/csv"):
        here, there = (ask(s, "GET", path(ORDERED), Accept=accept)[1]["etag"] for s in (server, other))
        assert here == there


# The layer by itself, around an application that counts.
class Counting:
    """Numbers its calls; none is answered before `all_of` of them run at once."""

    def __init__(
        self, *, control: str = "public, max-age=60", seconds: float = 0, size: int = 1000, all_of: int = 1
    ) -> None:
        self.calls, self.control, self.seconds, self.size = 0, control, seconds, size
        self.all_of, self.all_there = all_of, asyncio.Event()

    async def __call__(self, request: HttpRequest) -> Response:
        self.calls += 1
        number = self.calls
        if number == self.all_of:
            self.all_there.set()
        await asyncio.wait_for(self.all_there.wait(), 60)
        await asyncio.sleep(self.seconds)
        headers = [("Content-Type", "image/png"), ("Cache-Control", self.control)]
        return Response(200, headers, number.to_bytes(4, "big") * (self.size // 4))


async def answer(cache: Cache, query: str = "", **more: str) -> bytes:
    fields = {name.removeprefix("HTTP_").lower().replace("_", "-"): value for name, value in more.items()}
    return (await cache(HttpRequest("GET", "/", query, "127.0.0.1", "1.1", fields))).body


def get(cache: Cache, query: str = "", **more: str) -> bytes:
    return go(answer(cache, query, **more))


def together(cache: Cache, number: int) -> list[bytes]:
    async def all_of_them() -> list[bytes]:
        return await asyncio.gather(*(answer(cache) for _ in range(number)))

    return go_timeless(all_of_them())


def test_one_request_is_enough_for_all_who_ask_the_same() -> None:
    application = Counting(seconds=0.3)
    bodies = together(Cache(application, "x", 2**20), 20)
    assert application.calls == 1
    assert len(bodies) == 20
    assert len(set(bodies)) == 1


def test_who_waits_for_another_waits_no_longer_than_for_a_turn() -> None:
    application = Counting(all_of=5)
    together(Cache(application, "x", 2**20, patience=0.1), 5)
    assert application.calls == 5


def test_what_is_not_public_is_each_ones_own() -> None:
    application = Counting(control="no-store", all_of=8)
    bodies = together(Cache(application, "x", 2**20, patience=0.1), 8)
    assert application.calls == len(set(bodies)) == 8


def test_the_size_is_bounded_and_what_is_used_stays() -> None:
    application = Counting(size=10_000)
    cache = Cache(application, "x", 100_000)
    hot = get(cache, "hot")
    for number in range(200):
        get(cache, f"cold {number}")
        assert get(cache, "hot") == hot
        assert cache._size <= 100_000
    assert application.calls == 201
    assert 5 <= len(cache._kept) <= 10


def test_what_would_fill_the_cache_is_not_kept() -> None:
    application = Counting(size=60_000)
    cache = Cache(application, "x", 100_000)
    assert get(cache) != get(cache)
    assert (len(cache._kept), cache._size) == (0, 0)


def test_a_range_goes_past_the_cache() -> None:
    application = Counting()
    cache = Cache(application, "x", 2**20)
    get(cache)
    get(cache, HTTP_RANGE="bytes=0-1")
    assert application.calls == 2


def test_a_failing_application_leaves_nothing_behind() -> None:
    async def failing(request: HttpRequest) -> Response:
        raise OSError("gone")

    cache = Cache(failing, "x", 2**20)
    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            get(cache)
    assert not cache._flights


def test_an_answer_that_the_loop_would_stumble_over_is_packed_elsewhere() -> None:
    async def large(request: HttpRequest) -> Response:
        return Response(200, [("Content-Type", "text/plain"), ("Cache-Control", "public")], b"many words " * 100_000)

    cache = Cache(large, "x", 2**24)
    packed = get(cache, HTTP_ACCEPT_ENCODING="gzip")
    assert gzip.decompress(packed) == b"many words " * 100_000
