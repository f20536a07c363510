"""The layers between the HTTP server and everything else: both server interfaces, bodies that end early, odd headers."""

import asyncio
import json
import os
import signal
import socket
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from gob_graph.endpoint.engine.dispatcher import background
from gob_graph.endpoint.engine.engine import start_engine
from gob_graph.endpoint.server.access_log import Observer
from gob_graph.endpoint.server.application import Application
from gob_graph.endpoint.server.message import HANDED, HttpRequest, Response, of_scope
from gob_graph.endpoint.web.app import create_app
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter, until, workers
from tests.loops import go

if TYPE_CHECKING:
    from flask import Flask

CLASSES = "SELECT DISTINCT ?class { ?thing a ?class } ORDER BY ?class"


@pytest.fixture(scope="module")
def edge(release: Release, settings: Settings) -> Iterator[Application]:
    chosen = replace(settings, query_workers=1, log_requests=0)
    engine = start_engine(release, chosen)
    yield create_app(chosen, engine)
    engine.close()


def scope_of(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    target = urllib.parse.urlsplit(path)
    fields = {"host": "127.0.0.1:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "type": "http",
        "method": method,
        "path": target.path,
        "query_string": target.query.encode(),
        "http_version": "1.1",
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 1),
    }


def by_asgi(edge: Application, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Response:
    """Any ASGI server: the whole body in one message, then nothing."""

    async def call() -> Response:
        messages = iter([{"type": "http.request", "body": body}])
        sent: list[Any] = []

        async def receive() -> Any:
            message = next(messages, None)
            return message if message else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        edge.attach(background())
        await edge(scope_of(path, method, **headers), receive, send)
        fields = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
        return Response(sent[0]["status"], fields, b"".join(part["body"] for part in sent[1:]))

    return asyncio.run_coroutine_threadsafe(call(), background()).result(LONG)


def field(response: Response, name: str) -> str:
    return next((value for key, value in response.headers if key.lower() == name), "")


@pytest.mark.parametrize("accept", ["application/sparql-results+json", "text/csv", "application/sparql-results+xml"])
def test_any_asgi_server_gets_the_same_answers(edge: Application, server: Server, accept: str) -> None:
    path = "/sparql?query=" + urllib.parse.quote(CLASSES)
    ours = by_asgi(edge, path, accept=accept)
    status, headers, body = server.get(path, Accept=accept)
    assert (ours.status, ours.body, field(ours, "etag")) == (status, body, headers["etag"])
    assert body.count(b"\n") + body.count(b"http") > 20
    head = by_asgi(edge, path, "HEAD", accept=accept)
    assert (head.body, field(head, "content-length")) == (b"", str(len(body)))
    again = by_asgi(edge, path, accept=accept, if_none_match=headers["etag"])
    assert (again.status, again.body, field(again, "content-type")) == (304, b"", "")


def test_any_asgi_server_gets_pages_posts_and_refusals(edge: Application) -> None:
    page = by_asgi(edge, "/nl/", accept="text/html")
    assert (page.status, field(page, "content-type")) == (200, "text/html; charset=utf-8")
    posted = by_asgi(edge, "/sparql", "POST", b"ASK { ?s ?p ?o }", content_type="application/sparql-query")
    assert (posted.status, posted.body) == (200, b'{"head":{},"boolean":true}')
    wrong = by_asgi(edge, "/sparql", "POST", b"ASK {", content_type="application/sparql-query")
    assert (wrong.status, field(wrong, "content-type")) == (400, "application/problem+json")
    short = by_asgi(edge, "/sparql", "POST", b"ASK {}", content_type="application/sparql-query", content_length="60")
    assert (short.status, b"bad-length" in short.body) == (400, True)


def test_a_fault_of_the_layers_is_told_as_a_problem(edge: Application, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def ask(self, request: object) -> Response:
            raise ValueError("inside")

    request = of_scope(scope_of("/"))
    broken = replace(edge, cache=Broken())
    response = go(broken.respond(request))
    assert (response.status, b'"code": "internal"' in response.body) == (500, True)
    assert (field(response, "access-control-allow-origin"), field(response, "cache-control")) == ("*", "no-store")
    assert b"inside" not in response.body
    assert "inside" in caplog.text


def test_a_name_with_an_underscore_passes_for_nothing() -> None:
    scope = scope_of("/", accept="a/b")
    scope["headers"] += [(b"x_forwarded_for", b"192.0.2.1"), (b"x-forwarded-for", b"192.0.2.2"), (b"accept", b"c/d")]
    fields = of_scope(scope).fields
    assert (fields["x-forwarded-for"], fields["accept"]) == ("192.0.2.2", "a/b,c/d")
    assert "x_forwarded_for" not in fields


def test_the_web_framework_answers_queries_alone(edge: Application, server: Server) -> None:
    """Without the ASGI application around it, as under any WSGI server."""
    assert HANDED.get() is None
    client = cast("Flask", edge.app).test_client()
    path = "/sparql?query=" + urllib.parse.quote(CLASSES)
    edge.attach(background())
    for accept in ("application/sparql-results+json", "text/csv"):
        assert client.get(path, headers={"Accept": accept}).data == server.get(path, Accept=accept)[2]
    posted = client.post("/sparql", data=b"ASK { ?s ?p ?o }", content_type="application/sparql-query")
    assert (posted.status_code, posted.data) == (200, b'{"head":{},"boolean":true}')
    formed = client.post("/sparql", data={"query": "ASK { ?s ?p ?o }"})
    assert (formed.status_code, formed.data) == (200, b'{"head":{},"boolean":true}')
    wrong = client.post("/sparql", data=b"ASK {", content_type="application/sparql-query")
    assert (wrong.status_code, wrong.json["code"]) == (400, "query-syntax")
    assert b"<table" in client.get(path, headers={"Accept": "text/html"}).data
    assert client.get("/sparql", headers={"Accept": "text/turtle"}).content_type == "text/turtle; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html;q=0", False),
        ("text/html;q=0, */*", False),
        ("text/html", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("text/html;q=0.1, application/problem+json", False),
        ("text/html;q=0.4, text/turtle", True),
        ("*/*", False),
    ],
)
def test_an_error_is_a_page_for_who_wants_pages(edge: Application, accept: str, page: bool) -> None:
    kind = field(by_asgi(edge, "/nothing", accept=accept), "content-type")
    assert kind == ("text/html; charset=utf-8" if page else "application/problem+json")


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/sparql?" + "&" * 101, {}, "too-many-parameters"),
        ("/nl/", {"accept": "a/b," * 200}, "too-many-ranges"),
        ("/nl/", {"accept": "text/html" + ";q=1" * 200}, "too-many-ranges"),
        ("/nl/", {"accept_language": "nl," * 200}, "too-many-ranges"),
        ("/nl/", {"accept_encoding": "br," * 200}, "too-many-ranges"),
        ("/nl/", {"if_none_match": '"a",' * 200}, "too-many-ranges"),
        ("/nl/", {"x_long": "a" * 8192}, "fields-too-large"),
        ("/sparql?query=" + "%41" * 5000, {}, "uri-too-long"),
    ],
)
def test_a_head_is_bounded_before_it_is_parsed(edge: Application, path: str, headers: Any, code: str) -> None:
    response = by_asgi(edge, path, **headers)
    assert json.loads(response.body)["code"] == code
    assert response.status in {400, 414, 431}


def test_a_form_has_few_fields(edge: Application) -> None:
    form = {"content_type": "application/x-www-form-urlencoded"}
    response = by_asgi(edge, "/sparql", "POST", b"a=1&" * 50_000, **form)
    assert (response.status, json.loads(response.body)["code"]) == (400, "too-many-parameters")


def test_answers_that_nobody_reads_are_limited(edge: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is under way until its client reads; the next one is refused, and all is given back at the end."""
    from gob_graph.endpoint.server import application, sending

    monkeypatch.setattr(application, "UNREAD_OF_CLIENT", 3 * sending.CHUNK)

    async def run() -> list[int]:
        reading, statuses = asyncio.Event(), []
        large = Response(200, [], bytes(2 * sending.CHUNK))

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
                if message["status"] == 200:
                    await reading.wait()

        def one(remote: str) -> asyncio.Task[None]:
            request = HttpRequest("GET", "/", "", remote, "1.1", {}, client=remote)
            edge.observer.begin(request)
            return asyncio.ensure_future(edge._send(request, large, send))

        tasks = [one("192.0.2.1"), one("192.0.2.1"), one("192.0.2.2")]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert edge.observer.metrics.unread == 4 * sending.CHUNK
        reading.set()
        await asyncio.gather(*tasks)
        return statuses

    assert sorted(go(run())) == [200, 200, 503]
    assert edge.observer.metrics.unread == 0
    assert not edge._unread


ASKED: list[tuple[str, dict[str, str]]] = [
    ("GET", {}),
    ("GET", {"accept_encoding": "br, gzip"}),
    ("HEAD", {}),
    ("GET", {"if_none_match": "TAG"}),
    ("HEAD", {"if_none_match": "TAG"}),
    *(
        ("GET", {"range": f"bytes={span}"})
        for span in ("0-9", "100-", "-7", "5-5000", "0-", "99999999-", "0-1,3-4", "x")
    ),
    ("HEAD", {"range": "bytes=0-9"}),
    ("GET", {"range": "bytes=0-9", "if_range": '"other"'}),
    ("GET", {"range": "bytes=3-9", "if_range": "TAG"}),
    ("GET", {"range": "bytes=0-9", "if_none_match": "TAG"}),
    ("GET", {"range": "bytes=0-9", "if_match": '"other"'}),
]


def test_a_large_file_is_answered_as_a_small_one_but_read_as_it_is_sent(
    edge: Application, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked, and however little may be held of unread answers."""
    from gob_graph.endpoint.server import application, part, sending
    from gob_graph.endpoint.web.routes import releases

    name = "dataset.nq"
    path, tag = f"/releases/{release.id}/{name}", f'"{release.manifest["files"][name]["sha256"]}"'
    asked = [(method, {k: v.replace("TAG", tag) for k, v in fields.items()}) for method, fields in ASKED]

    def answers() -> list[tuple[int, dict[str, str], bytes]]:
        found = [by_asgi(edge, path, method, **fields) for method, fields in asked]
        own = {"date", "gob-graph-request"}
        return [
            (one.status, {k: v for k, v in one.headers if k.lower() not in own}, b"" if one.status > 400 else one.body)
            for one in found
        ]

    small = answers()
    assert {status for status, _, _ in small} == {200, 206, 304, 412, 416}
    pieces: list[int] = []
    read = part.Part.piece
    monkeypatch.setattr(part.Part, "piece", lambda self, at: pieces.append(at) or read(self, at))
    monkeypatch.setattr(releases, "LARGE", 0)
    for module in (part, sending):
        monkeypatch.setattr(module, "PIECE", 1 << 16)
    monkeypatch.setattr(application, "UNREAD_OF_CLIENT", 1)
    edge.cache._kept.clear()
    edge.cache._size = 0
    large = answers()
    assert large == small
    assert len(pieces) > 20, "in pieces"
    assert edge.observer.metrics.unread == 0
    edge.cache._kept.clear()
    edge.cache._size = 0


BEFORE, AFTER = "Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
CONDITIONS: dict[str, tuple[dict[str, str], int, int]] = {
    "its tag": ({"if_match": "TAG"}, 200, 200),
    "one of several tags": ({"if_match": '"other", TAG'}, 200, 200),
    "any": ({"if_match": "*"}, 200, 200),
    "another tag": ({"if_match": '"other"'}, 412, 412),
    "a weak tag, which is none for If-Match": ({"if_match": "W/TAG"}, 412, 412),
    "unchanged since later": ({"if_unmodified_since": AFTER}, 200, 200),
    "changed since": ({"if_unmodified_since": BEFORE}, 412, 200),
    "a date that is none": ({"if_unmodified_since": "yesterday"}, 200, 200),
    "a tag that is right before a date": ({"if_match": "TAG", "if_unmodified_since": BEFORE}, 200, 200),
    "a tag that is wrong before one that is right": ({"if_match": '"other"', "if_none_match": "TAG"}, 412, 412),
    "both tags": ({"if_match": "TAG", "if_none_match": "TAG"}, 304, 304),
    "a date that is wrong before a tag": ({"if_unmodified_since": BEFORE, "if_none_match": "TAG"}, 412, 304),
    "not changed since": ({"if_modified_since": AFTER}, 304, 200),
    "another tag, before a date": ({"if_none_match": '"other"', "if_modified_since": AFTER}, 200, 200),
    "a range of it": ({"if_match": "TAG", "range": "bytes=0-9"}, 206, 200),
    "a range of another": ({"if_match": '"other"', "range": "bytes=0-9"}, 412, 412),
    "a range that is not there, of another": ({"if_match": '"other"', "range": "bytes=99999999-"}, 412, 412),
    "a range that is not there": ({"if_match": "TAG", "range": "bytes=99999999-"}, 416, 200),
}
"""The fields of a request, and the status of a file, which has a date, and of what has a tag alone."""


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_hold_for_files_documents_and_queries(name: str, edge: Application, release: Release) -> None:
    """RFC 9110 sections 13.1.1, 13.1.4 and 13.2.2; asked for the first time, and answered from the cache."""
    fields, of_file, of_others = CONDITIONS[name]
    paths = {f"/releases/{release.id}/report.txt": of_file, "/doc/organization/gob": of_others,
             "/sparql?query=" + urllib.parse.quote(CLASSES): of_others, "/nl/about": of_others}  # fmt: skip
    for path, status in paths.items():
        tag = field(by_asgi(edge, path), "etag")
        asked = {k: v.replace("TAG", tag) for k, v in fields.items()}
        for method in ("GET", "HEAD"):
            whole = {"HEAD": 200}.get(method) if status in {206, 416} else status
            answer = by_asgi(edge, path, method, **asked)
            assert answer.status == (whole or status), path
            if answer.status == 412:
                assert field(answer, "content-type") == "application/problem+json"
                assert method == "HEAD" or json.loads(answer.body)["code"] == "precondition-failed"
                assert field(answer, "etag") == tag
    assert by_asgi(edge, "/nothing", if_match='"other"').status == 404, "conditions are about what is there"


WHOLE: dict[str, tuple[str, dict[str, str]]] = {
    "no range of a HEAD": ("HEAD", {"range": "bytes=0-9"}),
    "a unit that is not known": ("GET", {"range": "lines=0-9"}),
    "several ranges": ("GET", {"range": "bytes=0-1,3-4"}),
    "a weak tag": ("GET", {"range": "bytes=0-9", "if_range": "W/TAG"}),
    "a date": ("GET", {"range": "bytes=0-9", "if_range": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    "another condition that is asked first": ("GET", {"range": "bytes=99999999-", "if_none_match": '"other"'}),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_range_that_does_not_apply_is_ignored(name: str, edge: Application, release: Release) -> None:
    file, (method, fields) = "report.txt", WHOLE[name]
    tag = f'"{release.manifest["files"][file]["sha256"]}"'
    asked = {k: v.replace("TAG", tag) for k, v in fields.items()}
    path = f"/releases/{release.id}/{file}"
    answer = by_asgi(edge, path, method, **asked)
    body = (release.path / file).read_bytes()
    assert (answer.status, answer.body) == (200, b"" if method == "HEAD" else body)
    assert dict(answer.headers)["Content-Length"] == str(len(body))
    assert "Content-Range" not in dict(answer.headers)
    own = by_asgi(edge, path, range="bytes=99999999-", if_none_match=tag)
    assert (own.status, "Content-Range" in dict(own.headers)) == (304, False)
    assert by_asgi(edge, path, range="Bytes = 3-9", if_range=tag).body == body[3:10]


def test_a_file_that_changes_while_it_is_sent_is_cut_and_a_client_that_left_ends_it(
    edge: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from gob_graph.endpoint.server import part, sending
    from gob_graph.known_intact import Opened

    for module in (part, sending):
        monkeypatch.setattr(module, "PIECE", 10)
    path = tmp_path / "large"
    path.write_bytes(b"x" * 100)

    async def sent(after: Callable[[asyncio.Future[None]], object]) -> tuple[bytes, bool]:
        opened = part.Part(Opened(path, os.open(path, os.O_RDONLY)), 0, path.stat().st_size)
        response, left = Response(200, [], b"", opened), asyncio.get_running_loop().create_future()
        taken: list[Any] = []

        async def send(message: Any) -> None:
            taken.append(message)
            if len(taken) == 4:
                after(left)

        request = HttpRequest("GET", "/", "", "192.0.2.1", "1.1", {}, client="192.0.2.1")
        edge.observer.begin(request)
        noted: list[Any] = []
        monkeypatch.setattr(Observer, "end", lambda _, asked, *said: noted.append((*said, asked.trace.cut)))
        await edge._send(request, response, send, left)
        body = b"".join(message["body"] for message in taken[1:])
        assert noted == [(200, len(body), len(body) < 100)], "what was sent, and whether it was cut"
        return body, taken[-1]["more_body"]

    assert go(sent(lambda _: None)) == (b"x" * 100, False)
    assert go(sent(lambda left: left.set_result(None))) == (b"x" * 30, True)
    (tmp_path / "next").write_bytes(b"z" * 100)
    assert go(sent(lambda _: (tmp_path / "next").replace(path))) == (b"x" * 100, False), "the file opened"
    assert not caplog.records
    for spoil in (lambda: path.write_bytes(b"y" * 100), lambda: os.truncate(path, 50)):
        body, more = go(sent(lambda _, spoil=spoil: spoil()))  # type: ignore[misc]
        assert (len(body), more) == (30, True), "what comes after is not sent"
        assert "was changed while it was sent" in caplog.records.pop().message


def test_bodies_that_are_being_received_are_limited(edge: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many clients together; what is refused or received is given back."""
    from gob_graph.endpoint.server import application
    from gob_graph.errors import RequestError

    monkeypatch.setattr(application, "BODIES", 1000)

    async def run() -> list[str]:
        rest = asyncio.Event()

        def one(remote: str) -> asyncio.Task[bytes | RequestError]:
            parts = iter([b"a" * 400, b"a" * 100])

            async def receive() -> Any:
                part = next(parts)
                if len(part) == 100:
                    await rest.wait()
                return {"type": "http.request", "body": part, "more_body": len(part) == 400}

            request = HttpRequest("POST", "/sparql", "", remote, "1.1", {}, client=remote)
            return asyncio.ensure_future(edge._receive(request, receive))

        tasks = [one(f"192.0.2.{n}") for n in range(3)]
        assert await asyncio.wait_for(tasks[2], LONG)
        rest.set()
        found = await asyncio.gather(*tasks)
        return [body.code if isinstance(body, RequestError) else str(len(body)) for body in found]

    assert go(run()) == ["500", "500", "engine-busy"]
    assert edge._bodies == 0


@pytest.mark.parametrize(
    "path",
    [
        "/id/organization/gob%0D%0AX-Injected:%201",
        "/doc/organization/gob%0D%0AX-Injected:%201.ttl",
        "/lookup?identifier=0316.381.039%0D%0AX-Injected:%201",
        "/sparql?query=ASK%20%7B%7D&format=json%0D%0AX-Injected:%201",
        "/nl/search?q=gob%0D%0AX-Injected:%201",
        "/%0D%0AX-Injected:%201/",
    ],
)
def test_no_part_of_an_address_becomes_a_header_field(server: Server, path: str) -> None:
    status, headers, _ = server.get(path)
    assert status < 500
    assert "x-injected" not in headers


@pytest.mark.parametrize(
    "request_text",
    [
        "Content-Length: 60\r\n\r\nASK {}",
        "Transfer-Encoding: chunked\r\n\r\n6\r\nASK {}\r\n",
    ],
)
def test_a_body_that_ends_in_the_middle_is_no_query(server: Server, request_text: str) -> None:
    address = urllib.parse.urlsplit(server.url)
    head = f"POST /sparql HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/sparql-query\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=LONG) as client:
        client.sendall((head + request_text).encode())
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
            if b'"code"' in answer:
                break
    # Some ends are seen by the HTTP server itself, which then says nothing at all.
    assert b" 200 " not in answer
    assert not answer or b"bad-length" in answer


def test_an_idle_process_that_dies_is_replaced_before_anybody_asks(
    start: Starter, settings: Settings, release: Release
) -> None:
    assert release
    own = start(replace(settings, query_workers=2))
    assert own.get("/sparql?query=" + urllib.parse.quote(CLASSES))[0] == 200
    # The worker of a slow query ends after it.
    idle = b'gob_graph_workers{lane="public",state="idle"} 2.0'
    until(lambda: idle in own.get("/metrics")[2] and len(workers(own.zygote)) == 3)
    before = set(workers(own.zygote))
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(now := set(workers(own.zygote))) == 3 and now.isdisjoint(before))
    assert b'gob_graph_workers_ended_total{lane="public",reason="outside"} 2.0' in own.get("/metrics")[2]
