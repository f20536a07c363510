"""No request of any kind holds up the others: `/health/live` is asked all the time while costly ones are received.

What is measured is how long an answer of `/health/live` took, and the processor time that all threads of the front used
meanwhile. The smaller of both is what the other request can have cost: a machine that is busy with something else makes
the former large, and a thread that works without the interpreter the latter.
"""

import contextlib
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter

BOUND = 0.05
"""Seconds."""
LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
MIB = 2**20
RANDOM = random.Random(7)
"""The same requests each time."""


def head(path: str, *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", "")).encode()


def post(path: str, kind: str, body: bytes) -> bytes:
    return head(path, f"Content-Type: {kind}", f"Content-Length: {len(body)}", method="POST") + body


def chunked(path: str, kind: str, chunks: int) -> bytes:
    start = head(path, f"Content-Type: {kind}", "Transfer-Encoding: chunked", method="POST")
    return start + b"1\r\n#\r\n" * chunks + b"0\r\n\r\n"


def some(size: int, of: str) -> str:
    return "".join(RANDOM.choices(of, k=size))


QUERY, UPDATE = "application/sparql-query", "application/sparql-update"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
IRIS = ('["' + '","'.join(f"https://data.example.org/id/thing/{n}" for n in range(10_000)) + '"]').encode()
KINDS: dict[str, bytes] = {
    **{
        f"{name}: 32 kB of {of!r}": head("/nl/", f"{name}: " + (of * 32_000)[:32_000])
        for name in ("Accept", "Accept-Language", "Accept-Encoding", "If-None-Match", "Cookie", "Range")
        for of in ("a/b,", ";q=", '"', "x")
    },
    **{
        f"{name}: 7 kB of random separators": head("/nl/", f"{name}: " + some(7_000, 'a,;="*/ 01.'))
        for name in ("Accept", "Accept-Language", "Accept-Encoding", "If-None-Match", "If-Range", "Cookie", "Range")
    },
    "X-Forwarded-For of 7 kB": head("/nl/", "X-Forwarded-For: " + "1," * 3_500),
    "50 000 fields": head("/nl/", *("a: b" for _ in range(50_000))),
    "50 000 parameters": head("/sparql?" + "a=b&" * 50_000),
    "8 kB of parameters": head("/sparql?" + "a&" * 4_000),
    **{
        f"a path of {of!r}": head("/" + (of * 8_000)[:8_000])
        for of in ("%", "%25", "%zz", "%C3", "/", "/..", "a", "%2F", ";")
    },
    **{
        f"a query string of {of!r}": head("/sparql?query=" + (of * 8_000)[:8_000])
        for of in ("%", "%25", "%7B", "+", "=")
    },
    **{
        f"a form of 1 MiB of {of!r}": post("/sparql", FORM, (of * MIB)[:MIB].encode())
        for of in ("&", "=", ";", "%", "%25", "+", "query=a&", "a")
    },
    **{
        f"a {kind.rpartition('-')[2]} of 1 MiB of {of!r}": post("/sparql", kind, (of * MIB)[:MIB].encode())
        for kind in (QUERY, UPDATE)
        for of in ("#", "(", "{", '"', "'''", "a ", "<", "SELECT ", "\\u0041", "\n", "PREFIX a: <b> ")
    },
    "an update of 60 kB": post("/sparql", UPDATE, ("INSERT DATA { <a:a> <a:b> 1 };" * 2_000).encode()),
    "a query of 60 kB of random tokens": post("/sparql", QUERY, some(60_000, "{}()<>\"'#?a: \n;.|^*").encode()),
    "a query in 100 000 chunks": chunked("/sparql", QUERY, 100_000),
    "10 000 IRIs": post("/uris/status", JSON, IRIS),
    "10 000 IRIs as text": post("/uris/status", "text/plain", b"\n".join(IRIS[2:-2].split(b'","'))),
    "1 MiB of numbers": post("/uris/status", JSON, b"[" + b"1," * (MIB // 2 - 2) + b"1]"),
    "1 MiB of lines": post("/uris/status", "text/plain", b"\n" * MIB),
    "1 MiB to an address that takes none": post("/nl/", "text/plain", b"a" * MIB),
    "200 requests at once": head("/nothing") * 200,
}


@dataclass
class Live:
    """A connection that asks `/health/live` while others ask something else."""

    connection: socket.socket
    pid: int

    def used(self) -> float:
        """Seconds of processor time of all threads of the front so far."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def delay(self) -> tuple[float, float]:
        """How long one answer took: seconds on the clock, and of processor time of the server meanwhile."""
        before, began = self.used(), time.perf_counter()
        self.connection.sendall(LIVE)
        answer = b""
        while not answer.endswith(b"live\n"):
            piece = self.connection.recv(65536)
            assert piece
            answer += piece
        return time.perf_counter() - began, self.used() - before

    def during(self, others: threading.Thread) -> list[tuple[float, float]]:
        """The delays until the others have their answers."""
        others.start()
        measured = [self.delay()]
        while others.is_alive():
            measured.append(self.delay())
        others.join()
        return measured


@pytest.fixture(scope="module")
def own(start: Starter, settings: Settings, release: Release) -> Server:
    assert release
    return start(replace(settings, query_timeout=2.0))


@pytest.fixture
def live(own: Server) -> Iterator[Live]:
    with socket.create_connection(("127.0.0.1", port_of(own)), LONG) as connection:
        yield Live(connection, own.front)


def port_of(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def exchange(port: int, request: bytes, answered: list[bytes]) -> None:
    """Send one request; note the first line of its answer, or that the server closed."""
    with socket.create_connection(("127.0.0.1", port), LONG) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
        got = b""
        with contextlib.suppress(ConnectionError):
            while b"\r\n\r\n" not in got and (piece := connection.recv(65536)):
                got += piece
        answered.append(got.partition(b"\r\n")[0])


def worst_of(measured: list[tuple[float, float]]) -> float:
    return max(min(wall, used) for wall, used in measured)


def test_no_request_delays_another_by_more_than_50_ms(own: Server, live: Live) -> None:
    worst: dict[str, tuple[float, float]] = {}
    for name, request in KINDS.items():
        answered: list[bytes] = []
        measured = []
        for _ in range(2):
            other = threading.Thread(target=exchange, args=(port_of(own), request, answered))
            measured += live.during(other)
        worst[name] = (worst_of(measured), max(wall for wall, _ in measured))
        assert all(not line or line.startswith(b"HTTP/1.1 ") for line in answered)
        assert len(answered) == 2
    report = sorted(((cost, wall, name) for name, (cost, wall) in worst.items()), reverse=True)[:12]
    lines = [f"{cost * 1000:6.1f} ms ({wall * 1000:6.1f} on the clock) {name}\n" for cost, wall, name in report]
    sys.stdout.writelines(lines)
    assert len(worst) >= 70
    assert [(name, cost) for cost, _, name in report if cost > BOUND] == []
    assert own.front == live.pid


STALLING = """
import socket, time
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    while connection.recv(4096):
        began = time.thread_time()
        while time.thread_time() < began + 0.1:
            pass
        connection.sendall(b"live\\n")
"""


def test_a_server_that_is_held_up_is_noticed() -> None:
    """The measure itself: a server that computes 0.1 s before it answers."""
    with subprocess.Popen([sys.executable, "-c", STALLING], stdout=subprocess.PIPE) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), LONG) as connection:
            assert worst_of([Live(connection, process.pid).delay()]) >= 0.09
        assert process.wait(LONG) == 0
