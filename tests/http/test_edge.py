"""The layers between the HTTP server and everything else: both server interfaces, bodies that end early, odd headers."""

import io
import os
import signal
import socket
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gob_graph.endpoint.engine.engine import start_engine
from gob_graph.endpoint.server.application import Edge
from gob_graph.endpoint.server.message import Response, of_environ
from gob_graph.endpoint.web.app import create_app
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, Starter, children
from tests.loops import go

CLASSES = "SELECT DISTINCT ?class { ?thing a ?class } ORDER BY ?class"


@pytest.fixture(scope="module")
def edge(release: Release, settings: Settings) -> Iterator[Edge]:
    chosen = replace(settings, query_workers=1, log_requests=0)
    engine = start_engine(release, chosen)
    yield create_app(chosen, engine)
    engine.close()


def by_wsgi(edge: Edge, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Response:
    target = urllib.parse.urlsplit(path)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": target.path,
        "QUERY_STRING": target.query,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "wsgi.input": io.BytesIO(body),
        **({"CONTENT_LENGTH": str(len(body))} if body else {}),
        **headers,
    }
    seen: list[Any] = []
    parts = edge(environ, lambda status, fields, exc_info=None: seen.extend((status, fields)) or (lambda _: None))
    return Response(int(seen[0].split()[0]), seen[1], b"".join(parts))


def field(response: Response, name: str) -> str:
    return next((value for key, value in response.headers if key.lower() == name), "")


@pytest.mark.parametrize("accept", ["application/sparql-results+json", "text/csv", "application/sparql-results+xml"])
def test_a_wsgi_server_gets_the_same_answers(edge: Edge, server: Server, accept: str) -> None:
    path = "/sparql?query=" + urllib.parse.quote(CLASSES)
    ours = by_wsgi(edge, path, HTTP_ACCEPT=accept)
    status, headers, body = server.get(path, Accept=accept)
    assert (ours.status, ours.body, field(ours, "etag")) == (status, body, headers["etag"])
    assert body.count(b"\n") + body.count(b"http") > 20
    head = by_wsgi(edge, path, "HEAD", HTTP_ACCEPT=accept)
    assert (head.body, field(head, "content-length")) == (b"", str(len(body)))
    again = by_wsgi(edge, path, HTTP_ACCEPT=accept, HTTP_IF_NONE_MATCH=headers["etag"])
    assert (again.status, again.body, field(again, "content-type")) == (304, b"", "")


def test_a_wsgi_server_gets_pages_posts_and_refusals(edge: Edge) -> None:
    page = by_wsgi(edge, "/nl/", HTTP_ACCEPT="text/html")
    assert (page.status, field(page, "content-type")) == (200, "text/html; charset=utf-8")
    posted = by_wsgi(edge, "/sparql", "POST", b"ASK { ?s ?p ?o }", CONTENT_TYPE="application/sparql-query")
    assert (posted.status, posted.body) == (200, b'{"head":{},"boolean":true}')
    wrong = by_wsgi(edge, "/sparql", "POST", b"ASK {", CONTENT_TYPE="application/sparql-query")
    assert (wrong.status, field(wrong, "content-type")) == (400, "application/problem+json")
    short = by_wsgi(edge, "/sparql", "POST", b"ASK {}", CONTENT_TYPE="application/sparql-query", CONTENT_LENGTH="60")
    assert (short.status, b"bad-length" in short.body) == (400, True)


def test_a_fault_of_the_layers_is_told_as_a_problem(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def find(self, request: object) -> None:
            return None

        async def ask(self, request: object) -> Response:
            raise ValueError("inside")

    request = of_environ({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "x"})
    broken = replace(edge, cache=Broken())
    response = go(broken.respond(request))
    assert (response.status, b'"code": "internal"' in response.body) == (500, True)
    assert (field(response, "access-control-allow-origin"), field(response, "cache-control")) == ("*", "no-store")
    assert b"inside" not in response.body
    assert "inside" in caplog.text


def test_a_name_with_an_underscore_passes_for_nothing(edge: Edge) -> None:
    request = of_environ({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "x"})
    request.fields = {"x_forwarded_for": "192.0.2.1", "x-forwarded-for": "192.0.2.2", "accept": "a/b,c/d"}
    edge.observer.begin(request)
    environ = request.environ()
    assert (environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_ACCEPT"]) == ("192.0.2.2", "a/b,c/d")


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
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
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
    before = set(children(own.zygote))
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not (
        len(now := set(children(own.zygote))) == len(before) and now.isdisjoint(before)
    ):
        time.sleep(0.02)
    assert len(now) == len(before) == 3
    assert now.isdisjoint(before)
    assert b'gob_graph_workers_ended_total{lane="public",reason="outside"} 2.0' in own.get("/metrics")[2]
