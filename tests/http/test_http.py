"""The HTTP/1.1 server by itself: bytes in, bytes out, over real sockets (RFC 9112, and what happens to such servers)."""

import asyncio
import contextlib
import errno
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvloop

from gob_graph.endpoint.server import connection, reader, server, supervisor
from gob_graph.endpoint.server.message import HttpRequest, Response
from gob_graph.errors import RequestError
from gob_graph.publication import CURRENT
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, Starter, children
from tests.loops import go
from tests.parts import needs

QUERY = "/sparql?query=" + urllib.parse.quote("ASK { ?s ?p ?o }")
YES = b'{"head":{},"boolean":true}'


class Client:
    """A socket, and answers taken from it one by one."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
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
        status, fields, _ = client.send(get()).answer()
        assert (status, "connection" in fields) == (200, False)
        assert abs(parsedate_to_datetime(fields["date"]).timestamp() - time.time()) < 3
    assert client.send(get(QUERY, "Connection: close")).answer()[1]["connection"] == "close"
    assert client.closed()
    with Client(port) as old:
        assert old.send(get(version="1.0")).answer()[1]["connection"] == "close"
        assert old.closed()
    with Client(port) as old:
        for _ in range(2):
            answered = old.send(get(QUERY, "Connection: keep-alive", version="1.0")).answer()
            assert (answered[1]["connection"], answered[2]) == ("keep-alive", YES)


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
    own = start(replace(settings, query_workers=1, query_timeout=60, client_waiting=0, fault_hook=1))
    endless = "SELECT * {} # fault: pause"
    for _ in range(3):
        with Client(int(own.url.rpartition(":")[2])) as client:
            client.send(get("/sparql?query=" + urllib.parse.quote(endless)))
            time.sleep(0.3)
            assert b'gob_graph_workers{lane="public",state="busy"} 1.0' in own.get("/metrics")[2]
        deadline = time.monotonic() + 2
        while b'gob_graph_workers{lane="public",state="busy"} 0.0' not in own.get("/metrics")[2]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert own.get(QUERY)[0] == 200
    time.sleep(0.5)
    lines = [json.loads(line) for line in own.log.read_text().splitlines()]
    assert [line["status"] for line in lines if line.get("form") == "SELECT"] == [499] * 3


def test_a_server_that_stops_tells_its_clients(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, query_workers=1))
    with Client(int(own.url.rpartition(":")[2])) as client, Client(int(own.url.rpartition(":")[2])) as quiet:
        assert "connection" not in client.send(get()).answer()[1]
        quiet.send(get()).answer()
        own.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        assert client.send(get()).answer()[1]["connection"] == "close"
        assert client.closed()
        assert quiet.closed()
    assert own.process.wait(10) == 0


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
        deadline = time.monotonic() + 15
        while "the old one goes on" not in own.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert (own.front, own.get(QUERY)[0]) == (front, 200)
    finally:
        hidden.rename(settings.release_dir)
    assert link.exists()
    own.process.send_signal(signal.SIGHUP)
    while own.front == front and time.monotonic() < deadline + 10:
        assert own.get(QUERY)[0] == 200
    assert own.front != front


def test_a_reload_said_to_all_processes_stops_none(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, query_workers=1))
    others = [own.front, *children(own.front)]
    for pid in others:
        os.kill(pid, signal.SIGHUP)
    time.sleep(0.3)
    assert [own.front, *children(own.front)] == others
    assert own.get(QUERY)[0] == 200


def test_a_system_without_room_for_a_process_leaves_the_old_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "no memory")

    async def start() -> None:
        stopped = asyncio.ensure_future(asyncio.Event().wait())
        before = len(list(Path("/proc/self/fd").iterdir()))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            main = supervisor._Main(listener)
            for _ in range(3):
                assert await main._start(stopped) is None
        assert len(list(Path("/proc/self/fd").iterdir())) == before

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
    go(start())
    assert "no process can be started" in caplog.text


# The server alone, around an application of this file, with short times.


class Application:
    """Answers what its path says, at once or after a moment."""

    def __init__(self) -> None:
        self.observer = SimpleNamespace(settings=SimpleNamespace(body_limit=1))
        self.cancelled = 0

    def begin(self, request: HttpRequest) -> Response | None:
        return self._respond(request) if request.path.startswith("/at-once") else None

    async def finish(self, request: HttpRequest) -> Response:
        try:
            await asyncio.sleep(float(request.query or 0))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if request.path == "/fault":
            return Response(200, [("X", "a\r\nInjected: yes")], b"")
        return self._respond(request)

    def _respond(self, request: HttpRequest) -> Response:
        if isinstance(request.content, RequestError):
            return self.refuse(request, request.content)
        size = int(request.path.rpartition("/")[2] or 0)
        body = (f"{request.method} {request.path} ".encode() + b"x" * size)[: max(size, 40)]
        return Response(200, [("Content-Length", str(len(body)))], body)

    def refuse(self, request: HttpRequest, error: RequestError) -> Response:
        body = error.code.encode()
        return Response(error.status, [("Content-Length", str(len(body)))], body)


class Alone:
    """A server in a loop and a thread of its own."""

    def __init__(self) -> None:
        self.application = Application()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.loop = uvloop.new_event_loop()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(5)

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.close()

    async def _start(self) -> server.Server:
        made = server.Server(self.application, self.loop)  # type: ignore[arg-type]
        self.listening = await made.listen(self.listener)
        return made

    def close(self) -> None:
        async def stop() -> None:
            self.listening.close()
            await self.server.stop(3)

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Alone]:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS", "STUCK_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(connection, name, 0.4)
    monkeypatch.setattr(server, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(server, "LAST_CHANCE", 0.1)
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)
    made = Alone()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"", 0),
        (get("/at-once/1"), 200),
        (b"GET / HTT", 408),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", 408),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", 408),
    ],
)
def test_nobody_is_waited_for_longer_than_is_said(alone: Alone, text: bytes, status: int) -> None:
    with Client(alone.port) as client:
        began = time.monotonic()
        client.send(text)
        assert client.answer()[0] == status
        assert client.closed()
        assert 0.2 < time.monotonic() - began < 3


def test_slowly_is_not_never(alone: Alone) -> None:
    """Each piece of a head moves nothing: all of it has its time, and not more."""
    with Client(alone.port) as client:
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for letter in get() * 10:
                client.send(bytes([letter]))
                time.sleep(0.05)
                if time.monotonic() - began > 2:
                    break
        assert time.monotonic() - began < 2


def test_an_answer_that_nobody_takes_is_given_up(alone: Alone) -> None:
    with Client(alone.port) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(get("/at-once/30000000"))
        deadline = time.monotonic() + 5
        while not alone.server._connections and time.monotonic() < deadline:
            time.sleep(0.01)
        while alone.server._connections and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alone.server._connections


def test_an_answer_that_is_taken_slowly_arrives(alone: Alone) -> None:
    with Client(alone.port) as client:
        client.send(get("/at-once/6000000"))
        client.rest = b""
        received = 0
        while received < 6_000_000:
            piece = client.socket.recv(300_000)
            assert piece
            received += len(piece)
            time.sleep(0.05)


def test_many_answers_do_not_pile_up_for_a_slow_reader(alone: Alone) -> None:
    with Client(alone.port) as client:
        client.send(get("/at-once/3000000") * 20)
        time.sleep(0.3)
        unsent = max(one.transport.get_write_buffer_size() for one in alone.server._connections)
        assert 0 < unsent < 2 * 3_000_100
        for _ in range(20):
            assert len(client.answer()[2]) == 3_000_000


def test_who_hangs_up_is_not_worked_for(alone: Alone) -> None:
    for _ in range(5):
        with Client(alone.port) as client:
            client.send(get("/later/1?5"))
            time.sleep(0.1)
    deadline = time.monotonic() + 3
    while alone.application.cancelled < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (alone.application.cancelled, alone.server._connections) == (5, set())


def test_one_more_connection_closes_the_one_that_has_rested_longest(alone: Alone) -> None:
    with contextlib.ExitStack() as stack:
        clients = []
        for number in range(20):
            clients.append(stack.enter_context(Client(alone.port)))
            clients[-1].send(get(f"/at-once/{number}")).answer()
            time.sleep(0 if number else 0.15)
        late = stack.enter_context(Client(alone.port))
        assert late.send(get("/at-once/1")).answer()[0] == 200
        assert clients[0].closed()
        for one in clients[1:]:
            one.send(get("/later/1?3"))
        late.send(get("/later/1?3"))
        time.sleep(0.2)
        refused = stack.enter_context(Client(alone.port))
        assert refused.answer()[0] == 503
        assert refused.closed()
        assert clients[1].answer()[0] == 200


def test_a_field_with_a_line_end_is_never_sent(alone: Alone, caplog: pytest.LogCaptureFixture) -> None:
    with Client(alone.port) as client:
        status, fields, _ = client.send(get("/fault")).answer()
        assert (status, "injected" in fields) == (500, False)
        assert client.closed()
    assert "cannot be sent" in caplog.text


def test_a_body_too_large_is_read_to_its_end_and_not_kept(alone: Alone) -> None:
    for size in (2**20 + 1, 30 * 2**20):
        with Client(alone.port) as client:
            client.send(get("/later/1", f"Content-Length: {size}", method="POST") + bytes(size))
            assert client.answer()[0] == 413
            assert client.send(get("/at-once/1")).answer()[0] == 200
    assert alone.server.bodies.held == 0


def test_bodies_on_their_way_have_a_limit_together(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_HELD", 2**20)
    half = get("/later/1", f"Content-Length: {2**20}", method="POST") + bytes(2**19)
    with contextlib.ExitStack() as stack:
        clients = []
        for held in (2**19, 2**20, 2**20):
            clients.append(stack.enter_context(Client(alone.port)).send(half))
            deadline = time.monotonic() + 0.1
            while alone.server.bodies.held < held and time.monotonic() < deadline:
                time.sleep(0.005)
            assert alone.server.bodies.held == held
        # The last had no room, and the first has none for its rest; that makes room for the second.
        first, second, last = clients
        got = [client.send(bytes(2**19)).answer()[0] for client in (last, first, second)]
        assert got == [503, 503, 200]
        stack.enter_context(Client(alone.port)).send(half)
        time.sleep(0.2)
        assert alone.server.bodies.held > 2**18
    deadline = time.monotonic() + 3
    while alone.server.bodies.held and time.monotonic() < deadline:
        time.sleep(0.01)
    assert alone.server.bodies.held == 0


@pytest.mark.parametrize("path", ["/at-once/1", "/later/1"])
def test_nothing_is_answered_after_the_last(alone: Alone, path: str) -> None:
    with Client(alone.port) as client:
        client.send(get(path) + get(path, "Connection: close") + get("/at-once/2") + get(path))
        assert [client.answer()[0] for _ in range(2)] == [200, 200]
        assert client.closed()


def test_remembered_heads_are_only_those_answered_at_once(alone: Alone) -> None:
    with Client(alone.port) as client:
        for path in ("/at-once/1", "/later/1"):
            for _ in range(3):
                assert re.match(rf"GET {path} x".encode(), client.send(get(path)).answer()[2])
        assert [head.path for head in alone.server.heads.values()] == ["/at-once/1"]
        for number in range(1100):
            client.send(get(f"/at-once/{number}")).answer()
        assert len(alone.server.heads) <= 1024


UPGRADE = ("Connection: Upgrade", "Upgrade: h2c")


def test_proposals_in_a_row_are_answered_one_by_one(alone: Alone) -> None:
    with Client(alone.port) as client:
        client.send(get("/at-once/1", *UPGRADE) * 2000)
        assert [client.answer()[0] for _ in range(2000)] == [200] * 2000


def test_a_proposal_makes_no_other_request_of_a_wrong_one(alone: Alone, caplog: pytest.LogCaptureFixture) -> None:
    coded = b"Transfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n"
    for text in (get("ftp://a/", *UPGRADE), get("/at-once/1", *UPGRADE)[:-2] + coded):
        with Client(alone.port) as client:
            assert client.send(text + get("/at-once/2")).answer()[0] == 400
            assert client.closed()
    assert not caplog.records


@pytest.mark.parametrize(
    ("before", "count"),
    [(get("/at-once/1") * 3000, 3000), (get("/at-once/1", "Content-Length: 150000") + bytes(150_000), 1)],
)
def test_what_came_before_a_head_is_no_part_of_it(alone: Alone, before: bytes, count: int) -> None:
    with Client(alone.port) as client:
        client.send(before + get("/at-once/2")[:-4])
        time.sleep(0.1)
        client.send(b"\r\n\r\n")
        assert [client.answer()[0] for _ in range(count + 1)] == [200] * (count + 1)


def test_a_body_is_asked_for_after_the_answers_before(alone: Alone) -> None:
    waits = get("/at-once/3", "Content-Length: 3", "Expect: 100-continue", method="POST")
    for before in ([get("/later/1?0.2")], [get("/at-once/12000000"), get("/later/1")]):
        with Client(alone.port) as client:
            client.send(b"".join(before) + waits)
            time.sleep(0.1)
            assert [client.answer()[0] for _ in before] == [200] * len(before)
            assert client.answer()[0] == 100
            assert b"POST /at-once/3" in client.send(b"abc").answer()[2]


def test_an_old_client_is_told_nothing_between(alone: Alone) -> None:
    with Client(alone.port) as client:
        head = get("/at-once/3", "Content-Length: 3", "Expect: 100-continue", method="POST", version="1.0")
        assert client.send(head + b"abc").answer()[0] == 200


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        (get("/at-once/100000", "Connection: close"), [200]),
        (get("/later/1?0.1") + b"no request\r\n\r\n", [200, 400]),
        (get("/later/1", "Content-Length: 50000000", method="POST"), [413]),
    ],
)
def test_the_last_answer_reaches_who_still_sends(alone: Alone, text: bytes, statuses: list[int]) -> None:
    for _ in range(3):
        with Client(alone.port) as client:
            client.send(text)
            for _ in range(50):
                client.send(bytes(10**6))
            assert [client.answer()[0] for _ in statuses] == statuses
            assert client.closed()
