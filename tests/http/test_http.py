"""The HTTP/1.1 server by itself: bytes in, bytes out, over real sockets (RFC 9112, and what happens to such servers)."""

import asyncio
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from benchmarks.machine import children
from gob_graph.endpoint.server import supervisor
from gob_graph.publication import CURRENT
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter, until
from tests.loops import go
from tests.parts import needs

QUERY = "/sparql?query=" + urllib.parse.quote("ASK { ?s ?p ?o }")
YES = b'{"head":{},"boolean":true}'


class Client:
    """A socket, and answers taken from it one by one."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LONG)
        self.rest = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, text: bytes) -> "Client":
        self.socket.sendall(text)
        return self

    def more(self) -> bytes:
        with contextlib.suppress(ConnectionResetError):
            return self.socket.recv(65536)
        return b""

    def answer(self, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """The next answer; status 0 when the server closed instead."""
        while b"\r\n\r\n" not in self.rest:
            if not (more := self.more()):
                assert not self.rest
                return 0, {}, b""
            self.rest += more
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = 0 if method == "HEAD" else int(fields.get("content-length", 0))
        while len(self.rest) < length:
            more = self.more()
            assert more, "the body is cut"
            self.rest += more
        body, self.rest = self.rest[:length], self.rest[length:]
        assert first.startswith("HTTP/1.1 ")
        return int(first.split()[1]), fields, body

    def closed(self) -> bool:
        return not self.rest and self.more() == b""


def get(path: str = QUERY, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/{version}", "Host: localhost", *lines, "", "")).encode()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(int(server.url.rpartition(":")[2])) as made:
        yield made


# With the whole service.


def test_answers_come_in_the_order_of_the_requests(client: Client) -> None:
    fresh = "/sparql?query=" + urllib.parse.quote(f"SELECT (1 AS ?n) {{}} # {time.time()}")
    asked = [QUERY, fresh, "/nl/", "/sparql?query=no", QUERY, "/nothing", fresh, QUERY] * 3
    client.send(b"".join(get(path) for path in asked))
    got = [client.answer() for _ in asked]
    assert [status for status, _, _ in got] == [200, 200, 200, 400, 200, 404, 200, 200] * 3
    for place in (0, 4, 7, 8, 23):
        assert got[place][2] == YES
    assert b"<!doctype html" in got[2][2].lower()


def test_a_request_may_come_in_any_pieces(client: Client) -> None:
    posted = get("/sparql", "Content-Type: application/sparql-query", "Content-Length: 16", method="POST")
    whole = get() + posted + b"ASK { ?s ?p ?o }" + get(QUERY, "X-A: 1")
    for size in (1, 2, 7, 60):
        for start in range(0, len(whole), size):
            client.send(whole[start : start + size])
        assert [client.answer()[2] for _ in range(3)] == [YES] * 3


def test_what_stands_within_a_request_is_not_taken_for_one(client: Client, server: Server) -> None:
    """A request that is the second part of another one is not remembered as itself."""
    inner = get("/health/live")
    for _ in range(2):
        client.send(b"GET " + QUERY.encode() + b" HTTP/1.1\r\nX-Before: ")
        time.sleep(0.1)
        client.send(inner)
        assert client.answer()[2] == YES
    with Client(int(server.url.rpartition(":")[2])) as other:
        for _ in range(2):
            assert b"boolean" not in other.send(inner).answer()[2]


CHUNKED = b"Transfer-Encoding: chunked\r\n"
LENGTH = b"Content-Length: 7\r\n"
POST = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
BROKEN = {
    "no HTTP": b"hello\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(80),
    "a preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "an unknown method": b"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method in small letters": b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tunnel": b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n",
    "another scheme": b"GET ftp://example.org/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "no path": b"GET nl/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target that is not UTF-8": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /nl/#main HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "a field without a name": b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "a folded field": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c: d\r\n\r\n",
    "a NUL": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
    "a lone carriage return": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two lengths": POST + LENGTH + b"Content-Length: 6\r\n\r\nASK {}\n",
    "a length below zero": POST + b"Content-Length: -7\r\n\r\nASK {}\n",
    "a length that is no number": POST + b"Content-Length: 7x\r\n\r\nASK {}\n",
    "a length beyond numbers": POST + b"Content-Length: 99999999999999999999999\r\n\r\nASK {}\n",
    "a length and chunks": POST + LENGTH + CHUNKED + b"\r\n7\r\nASK {}\n\r\n0\r\n\r\n",
    "chunks and a length": POST + CHUNKED + LENGTH + b"\r\n7\r\nASK {}\n\r\n0\r\n\r\n",
    "chunks that are not last": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n7\r\nASK {}\n\r\n0\r\n\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: cow\r\n\r\n7\r\nASK {}\n\r\n0\r\n\r\n",
    "a chunk without a size": POST + CHUNKED + b"\r\nASK {}\n\r\n0\r\n\r\n",
    "a chunk longer than it says": POST + CHUNKED + b"\r\n3\r\nASK {}\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_request_is_refused_and_nothing_follows_it(name: str, client: Client, server: Server) -> None:
    if not BROKEN[name].endswith(b"\r\n\r\n"):
        client.send(BROKEN[name])
        client.socket.shutdown(socket.SHUT_WR)
    else:
        client.send(BROKEN[name] + get())
    status, fields, body = client.answer()
    assert status in {0, 400}
    if status:
        assert fields["content-type"] == "application/problem+json"
        assert json.loads(body)["code"] in {"bad-request", "bad-length"}
        assert fields["access-control-allow-origin"] == "*"
    assert name in {"no Host", "two Hosts"} or client.closed()
    assert server.get(QUERY)[0] == 200


def test_no_broken_request_was_lost() -> None:
    assert len(BROKEN) >= 29


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (get("/" + "a" * 70_000), 414, "uri-too-long"),
        (b"GET /" + b"a" * 200_000, 414, "uri-too-long"),
        (get("/nl/", "X: " + "a" * 200_000)[:-4], 431, "fields-too-large"),
        (get("/nl/", *(f"X-{n}: 1" for n in range(101))), 431, "fields-too-large"),
    ],
)
def test_a_head_has_limits(client: Client, text: bytes, status: int, code: str) -> None:
    with contextlib.suppress(ConnectionError):
        client.send(text)
    got, _, body = client.answer()
    assert got == status, body
    assert (got, json.loads(body)["code"]) == (status, code)


def test_targets_of_every_form(client: Client, server: Server) -> None:
    assert client.send(get(f"{server.url}{QUERY}")).answer()[2] == YES
    assert client.send(get(f"http://elsewhere.example{QUERY}")).answer()[2] == YES
    assert client.send(get("*", method="OPTIONS")).answer()[0] in {200, 204, 404}
    assert client.send(get("/%6El/")).answer()[0] == 200
    raw = "/sparql?query=ASK%20%7B%20FILTER('é'='\u00e9')%20%7D".encode()
    client.send(b"GET " + raw + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    status, _, body = client.answer()
    assert (status, b"percent-encode" in body) == (400, True)


def test_the_host_of_a_whole_address_counts(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, allowed_hosts="localhost,127.0.0.1", query_workers=1))
    with Client(int(own.url.rpartition(":")[2])) as client:
        assert client.send(get(f"http://localhost{QUERY}")).answer()[0] == 200
        assert client.send(get(f"http://elsewhere.example{QUERY}")).answer()[0] == 421


def test_a_connection_lasts_as_the_client_wants_it(client: Client, server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    for _ in range(3):
        before = time.time()
        status, fields, _ = client.send(get()).answer()
        assert (status, "connection" in fields) == (200, False)
        # The server sets its clock once a second, or as often as the machine lets it.
        assert before - 20 < parsedate_to_datetime(fields["date"]).timestamp() <= time.time()
    assert client.send(get(QUERY, "Connection: close")).answer()[1]["connection"] == "close"
    assert client.closed()
    with Client(port) as old:
        assert old.send(get(version="1.0")).answer()[1]["connection"] == "close"
        assert old.closed()


def test_a_head_comes_without_a_body(client: Client) -> None:
    for path in (QUERY, "/nl/", "/nothing", "/sparql?query=no"):
        _, fields, body = client.send(get(path)).answer()
        _, alone, _ = client.send(get(path, method="HEAD")).answer("HEAD")
        assert len(body) == int(fields["content-length"])
        assert client.rest == b""
        if "gob-graph-request" not in fields:
            assert {**alone, "date": ""} == {**fields, "date": ""}


def test_other_protocols_are_proposed_in_vain(client: Client, server: Server) -> None:
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    assert client.send(get(QUERY, *upgrade)).answer()[2] == YES
    posted = get("/sparql", *upgrade, "Content-Type: application/sparql-query", "Content-Length: 16", method="POST")
    assert client.send(posted + b"ASK { ?s ?p ?o }").answer()[2] == YES
    assert client.send(posted).send(b"ASK { ?s ?p ?o }").answer()[2] == YES
    assert client.send(get()).answer()[2] == YES
    curl = needs(Path("/usr/bin/curl"))
    for more in ([], ["--data-urlencode", "query=ASK { ?s ?p ?o }"]):
        address = server.url + ("/sparql" if more else QUERY)
        done = subprocess.run([curl, "-s", "--http2", *more, address], capture_output=True, check=True)
        assert done.stdout == YES


def test_a_body_is_asked_for(client: Client) -> None:
    head = get(
        "/sparql", "Content-Type: application/sparql-query", "Content-Length: 6", "Expect: 100-continue", method="POST"
    )
    client.send(head)
    assert client.answer()[0] == 100
    client.send(b"ASK {}")
    assert client.answer()[2] == YES


def test_trailers_are_no_fields(client: Client) -> None:
    text = POST + CHUNKED + b"\r\n6\r\nASK {}\r\n0\r\nHost: elsewhere\r\nX: y\r\n\r\n"
    assert client.send(text).answer()[2] == YES
    assert client.send(get()).answer()[2] == YES


def test_a_query_ends_when_its_client_hangs_up(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, query_workers=1, query_timeout=600, client_waiting=0, fault_hook=1))
    endless = "SELECT * {} # fault: pause"
    for _ in range(3):
        with Client(int(own.url.rpartition(":")[2])) as client:
            client.send(get("/sparql?query=" + urllib.parse.quote(endless)))
            until(lambda: b'gob_graph_workers{lane="public",state="busy"} 1.0' in own.get("/metrics")[2])
        # Well before its limit of time.
        until(lambda: b'gob_graph_workers{lane="public",state="busy"} 0.0' in own.get("/metrics")[2])
        assert own.get(QUERY)[0] == 200

    assert [line["status"] for line in own.requests() if line.get("form") == "SELECT"] == [499] * 3


def test_a_server_that_stops_tells_its_clients(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, query_workers=1))
    with Client(int(own.url.rpartition(":")[2])) as client, Client(int(own.url.rpartition(":")[2])) as quiet:
        assert "connection" not in client.send(get()).answer()[1]
        quiet.send(get()).answer()
        own.process.send_signal(signal.SIGTERM)
        until(lambda: client.send(get()).answer()[1].get("connection") == "close")
        assert client.closed()
        assert quiet.closed()
    assert own.process.wait(LONG) == 0


def test_a_release_that_cannot_be_served_leaves_the_old_one(
    start: Starter, settings: Settings, release: Release
) -> None:
    assert release
    own = start(replace(settings, query_workers=1))
    front = own.front
    link = settings.release_dir / CURRENT
    hidden = settings.release_dir.with_name("hidden")
    settings.release_dir.rename(hidden)
    try:
        own.process.send_signal(signal.SIGHUP)
        until(lambda: "the old one goes on" in own.log.read_text())
        assert (own.front, own.get(QUERY)[0]) == (front, 200)
    finally:
        hidden.rename(settings.release_dir)
    assert link.exists()
    own.process.send_signal(signal.SIGHUP)
    until(lambda: own.get(QUERY)[0] == 200 and own.front != front)


def test_a_reload_said_to_all_processes_stops_none(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, query_workers=1))
    others = [own.front, *children(own.front)]
    for pid in others:
        os.kill(pid, signal.SIGHUP)
    time.sleep(0.3)
    assert [own.front, *children(own.front)] == others
    assert own.get(QUERY)[0] == 200


def pipes() -> set[str]:
    """The pipes of this process; what else it has open may be of another test's threads."""
    found = set()
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(str(path.readlink()))
    return {name for name in found if name.startswith("pipe:")}


def test_a_system_without_room_for_a_process_leaves_the_old_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "no memory")

    async def start() -> None:
        stopped = asyncio.ensure_future(asyncio.Event().wait())
        before = pipes()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            main = supervisor._Main(listener)
            for _ in range(3):
                assert await main._start(stopped) is None
        assert pipes() <= before

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
    go(start())
    assert "no process can be started" in caplog.text
