"""The shipped nginx configuration with the real nginx: slow clients, cut bodies and broken requests end at the proxy."""

import contextlib
import json
import re
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.proxy import SHIPPED, configuration
from gob_graph.publication import roll_back
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter, fetch, free_port, until
from tests.parts import needs
from tests.world import World, made

QUERY = b"ASK { ?s ?p ?o }"


def listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), LONG).close()
        return True
    return False


def whole(answer: bytes) -> bool:
    """Whether the length that the head states is there; nginx keeps a refused connection open for a while."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return bool(end and length) and len(body) >= int(length[1])  # type: ignore[index]


@dataclass
class Proxy:
    url: str
    port: int
    behind: Server

    def say(
        self,
        request: bytes,
        *,
        then_close: bool = False,
        wait: float = LONG,
        seen: tuple[bytes, Callable[[], object]] | None = None,
    ) -> bytes:
        """Send bytes as they are; the answer, whole by its length, or what came until the other side closes.

        `seen` is called once its bytes have come.
        """
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), wait) as connection:
            connection.sendall(request)
            if then_close:
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                while not whole(answer) and (part := connection.recv(65536)):
                    answer += part
                    if seen and seen[0] in answer:
                        seen[1]()
        return answer

    def logged(self) -> list[dict[str, object]]:
        """What the server was asked so far."""
        return self.behind.requests()


@pytest.fixture(scope="module")
def proxy(
    start: Starter, settings: Settings, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    assert release
    behind = start(replace(settings, query_timeout=3.0, trusted_proxies=1))
    with in_front_of(behind, tmp_path_factory.mktemp("nginx")) as made:
        yield made


@contextlib.contextmanager
def in_front_of(behind: Server, folder: Path, agents: str = "127.0.0.1:9") -> Iterator[Proxy]:
    """The shipped file with other ports and folders, and nothing else changed."""
    nginx = needs(Path("/usr/sbin/nginx"))
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(configuration(folder, port, behind.url.removeprefix("http://"), agents))
    with (folder / "output").open("wb") as log:
        process = subprocess.Popen(
            [nginx, "-c", file, "-g", "daemon off;", "-e", folder / "error.log"], stdout=log, stderr=log
        )
    try:
        until(lambda: process.poll() is not None or listens(port))
        assert process.poll() is None, (folder / "output").read_text()
        yield Proxy(f"http://127.0.0.1:{port}", port, behind)
    finally:
        process.terminate()
        process.wait(LONG)


HEAD = b"POST /sparql HTTP/1.1\r\nHost: data.example.org\r\nContent-Type: application/sparql-query\r\nConnection: close\r\n"


def test_answers_come_through_unchanged(proxy: Proxy) -> None:
    direct = proxy.behind.get("/sparql?query=ASK%7B%7D", Accept="text/csv")
    status, headers, body = fetch(proxy.url + "/sparql?query=ASK%7B%7D", headers={"Accept": "text/csv"})
    assert (status, body, headers["etag"]) == (200, direct[2], direct[1]["etag"])
    assert headers["access-control-allow-origin"] == "*"
    assert "nginx/" not in headers["server"]
    large = fetch(proxy.url + "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D&format=json")
    assert large[0] == 200
    assert len(large[2]) > 1_000_000
    json.loads(large[2])


def open_still(slow: list[socket.socket]) -> int:
    """How many of these connections nginx has neither answered nor closed."""
    poll = select.poll()
    for connection in slow:
        poll.register(connection, select.POLLIN)
    return len(slow) - len(poll.poll(0))


def test_slow_headers_times_200_leave_room(proxy: Proxy) -> None:
    """Two hundred clients that send a byte of a header now and then."""
    slow = [socket.create_connection(("127.0.0.1", proxy.port), LONG) for _ in range(200)]
    stop = threading.Event()

    def drip() -> None:
        while not stop.is_set():
            for connection in slow:
                with contextlib.suppress(OSError):
                    connection.send(b"x")
            stop.wait(1)

    for connection in slow:
        connection.sendall(b"GET /sparql HTTP/1.1\r\nX-Slow: ")
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        for _ in range(5):
            assert fetch(proxy.url + "/sparql?query=ASK%7B%7D")[0] == 200
        assert open_still(slow) == 200, "they were there when others had their answers"
    finally:
        stop.set()
        thread.join()
        for connection in slow:
            connection.close()


def test_slow_bodies_leave_room(proxy: Proxy) -> None:
    slow = [socket.create_connection(("127.0.0.1", proxy.port), LONG) for _ in range(50)]
    for connection in slow:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\nASK")
    try:
        assert fetch(proxy.url + "/sparql?query=ASK%7B%7D")[0] == 200
        assert open_still(slow) == 50
    finally:
        for connection in slow:
            connection.close()


CUT = {
    "short of its length": HEAD + b"Content-Length: 1000\r\n\r\n" + QUERY,
    "short form": HEAD.replace(b"sparql-query", b"x-www-form-urlencoded")
    + b"Content-Length: 99\r\n\r\nquery=ASK%7B%7D",
    "chunks without the last": HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n" + QUERY + b"\r\n",
    "a chunk cut": HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n" + QUERY,
}


@pytest.mark.parametrize("name", CUT)
def test_a_body_that_the_client_cuts_has_no_effect(name: str, proxy: Proxy) -> None:
    before = len(proxy.logged())
    answer = proxy.say(CUT[name], then_close=True)
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert len(proxy.logged()) == before, "the server was not even asked"


BROKEN = {
    "two lengths": (HEAD + b"Content-Length: 16\r\nContent-Length: 17\r\n\r\n" + QUERY, b"400"),
    "length and chunked": (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
    "two hosts": (
        b"GET /sparql HTTP/1.1\r\nHost: data.example.org\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"400",
    ),
    "no host": (b"GET /sparql HTTP/1.1\r\nConnection: close\r\n\r\n", b"400"),
    "another transfer coding": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"501"),
    "chunked over the limit": (
        HEAD
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"".join(b"10000\r\n" + b"#" * 65536 + b"\r\n" for _ in range(17))
        + b"0\r\n\r\n",
        b"413",
    ),
    "a length over the limit": (HEAD + b"Content-Length: 11000000\r\n\r\n" + b"#" * 4096, b"413"),
    "a header without end": (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000, b"431"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request_is_refused(name: str, proxy: Proxy) -> None:
    request, status = BROKEN[name]
    answer = proxy.say(request)
    line, _, rest = answer.partition(b"\r\n")
    assert line.split()[1] == status, answer[:300]
    assert b"evil.example" not in rest
    if status == b"413":
        problem = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert problem["code"] == "body-too-large"
        assert b"access-control-allow-origin: *" in rest.lower()


def test_no_case_was_lost() -> None:
    assert len(CUT) >= 4
    assert len(BROKEN) >= 8


def test_who_asks_is_who_the_proxy_saw(proxy: Proxy) -> None:
    """What a client writes into X-Forwarded-For mints no budgets: all are one client for the server."""
    for number in range(3):
        fetch(f"{proxy.url}/sparql?query=ASK%7B%7D%23{number}", headers={"X-Forwarded-For": f"198.51.100.{number}"})
    assert len({entry["client"] for entry in proxy.logged()[-3:]}) == 1


def test_metrics_are_for_this_machine(proxy: Proxy) -> None:
    assert fetch(proxy.url + "/metrics")[0] == 200
    assert re.search(r"location = /metrics \{\s+allow 127\.0\.0\.1;\s+allow ::1;\s+deny all;", SHIPPED.read_text())


# The cache of the proxy.


def status_of(proxy: Proxy) -> int:
    """Requests that reached the server so far."""
    return len(proxy.logged())


def test_a_public_answer_is_asked_for_once_and_a_private_one_each_time(proxy: Proxy) -> None:
    path = "/sparql?query=SELECT%20(41%20AS%20%3Fn)%20%7B%7D"
    before = status_of(proxy)
    bodies = {fetch(proxy.url + path)[2] for _ in range(5)}
    assert (len(bodies), status_of(proxy) - before) == (1, 1)
    for uncached in ("/nothing-here", "/sparql?query=no", "/health/live"):
        before = status_of(proxy)
        for _ in range(3):
            assert fetch(proxy.url + uncached)[1]["cache-control"] == "no-store"
        assert status_of(proxy) - before == 3
    before = status_of(proxy)
    for _ in range(3):
        fetch(proxy.url + "/sparql", QUERY, {"Content-Type": "application/sparql-query"})
    assert status_of(proxy) - before == 3


def test_no_language_coding_or_media_type_gets_the_answer_of_another(proxy: Proxy) -> None:
    """Whatever was cached before, the proxy gives what the server itself gives for these headers."""
    wanted = [
        ("/sparql?query=SELECT%20(42%20AS%20%3Fn)%20%7B%7D", {"Accept": media})
        for media in ("text/csv", "application/sparql-results+json", "application/sparql-results+xml", "text/html")
    ]
    wanted += [("/", {"Accept-Language": one, "Accept": "text/html"}) for one in ("nl", "fr", "de", "en", "nl;q=0, fr")]
    wanted += [("/nl/", {"Accept": "text/html", "Accept-Encoding": one}) for one in ("gzip", "br", "identity")]
    for _ in range(2):
        for path, headers in (*wanted, *reversed(wanted)):
            ours, direct = fetch(proxy.url + path, headers=headers), fetch(proxy.behind.url + path, headers=headers)
            assert (ours[0], ours[2]) == (direct[0], direct[2])
            for name in ("content-type", "etag", "location", "content-encoding", "content-language"):
                assert ours[1].get(name) == direct[1].get(name)


def test_validators_and_ranges_work_through_the_cache(proxy: Proxy) -> None:
    path = "/sparql?query=SELECT%20(43%20AS%20%3Fn)%20%7B%7D"
    tag = fetch(proxy.url + path)[1]["etag"]
    status, headers, body = fetch(proxy.url + path, headers={"If-None-Match": tag})
    assert (status, body, headers["etag"]) == (304, b"", tag)
    assert fetch(proxy.url + path, method="HEAD")[1]["etag"] == tag


def test_one_request_at_a_time_asks_for_what_is_missing(proxy: Proxy) -> None:
    before, answers = status_of(proxy), []
    address = proxy.url + "/sparql?query=SELECT%20(44%20AS%20%3Fn)%20%7B%7D"
    together = threading.Barrier(12)

    def ask() -> None:
        together.wait()
        answers.append(fetch(address))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer[0] for answer in answers} == {200}
    assert len({answer[2] for answer in answers}) == 1
    assert status_of(proxy) - before == 1


@pytest.fixture(scope="module")
def swapped(start: Starter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, World]]:
    """A server of several releases whose answers may be kept for two seconds."""
    world = made(tmp_path_factory.mktemp("world"))
    behind = start(replace(world.settings, trusted_proxies=1, max_age=2))
    with in_front_of(behind, tmp_path_factory.mktemp("nginx")) as front:
        yield front, world


def test_a_part_of_a_file_is_asked_of_the_server_and_not_kept(swapped: tuple[Proxy, World]) -> None:
    proxy, world = swapped
    path = f"/releases/{world.ids[3]}/dataset.nq"
    whole = (world.folder / world.ids[3] / "dataset.nq").read_bytes()
    assert fetch(proxy.url + path)[2] == whole
    before = status_of(proxy)
    for first in (0, 5, 0):
        status, headers, part = fetch(proxy.url + path, headers={"Range": f"bytes={first}-9"})
        assert (status, part, headers["content-range"]) == (206, whole[first:10], f"bytes {first}-9/{len(whole)}")
    assert status_of(proxy) - before == 3
    assert fetch(proxy.url + path)[2] == whole


def test_another_release_shows_within_the_time_that_answers_are_kept(swapped: tuple[Proxy, World]) -> None:
    proxy, world = swapped
    path, front = "/sparql?query=ASK%7B%3Fs%20%3Fp%20%3Fo%7D", proxy.behind.front
    assert fetch(proxy.url + path)[1]["gob-graph-release"] == world.ids[3]
    roll_back(world.folder, world.ids[2])
    proxy.behind.process.send_signal(signal.SIGHUP)
    until(lambda: fetch(proxy.behind.url + path)[1]["gob-graph-release"] == world.ids[2])
    until(lambda: proxy.behind.front != front)
    # Kept from the old server at the latest now, when its successor has taken the socket over.
    began = time.monotonic()
    asked = began
    while fetch(proxy.url + path)[1]["gob-graph-release"] != world.ids[2]:
        # The old server may still answer what it was asked; nginx counts in whole seconds.
        assert asked < began + 2 + 2
        time.sleep(0.02)
        asked = time.monotonic()
    assert fetch(proxy.url + path)[1]["gob-graph-release"] == world.ids[2]


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
        (b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n", 413),
    ],
)
def test_what_the_proxy_refuses_is_a_problem_document(proxy: Proxy, request_text: bytes, status: int) -> None:
    head, _, body = proxy.say(request_text).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(body)["status"] == status


def test_a_server_that_is_gone_is_told_as_503(proxy: Proxy) -> None:
    """Last in this file: it ends the server."""
    proxy.behind.process.terminate()
    proxy.behind.process.wait(LONG)
    status, headers, body = fetch(proxy.url + "/sparql?query=ASK%7B%7D%23gone")
    assert (status, json.loads(body)["code"], headers["retry-after"]) == (503, "engine-down", "2")
    assert headers["access-control-allow-origin"] == "*"
