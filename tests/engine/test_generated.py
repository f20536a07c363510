"""Generated queries and requests: nothing falls over, nothing is unexplained, and every answer is the right one."""

import gzip
import http.client
import json
import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import brotli
import pyoxigraph as ox
import pytest

from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter
from tests.engine.generated import Generator
from tests.engine.reference import canonical

SEED = int(os.environ.get("GENERATED_SEED", "20"))
"""Another one tries other queries and requests."""
QUERIES = 10_000
REQUESTS = 1500
SPOILED = 1000
CLIENTS = 4
PATIENCE = 1.0
HEAVY_AFTER = 0.3
"""Seconds after which the reference is killed, and from which on a query is heavy: the limit may meet it on one side and
not on the other."""
ALONE = 10
"""How often a query that was out of time beside others is asked alone."""
UNORDERED = re.compile("LIMIT|OFFSET|SAMPLE|GROUP_CONCAT|REDUCED", re.IGNORECASE)
"""With one of these, which rows are given depends on the order in which a store finds them."""
CHANCE = re.compile("RAND|NOW|UUID|BNODE", re.IGNORECASE)
HEAVY = {"query-timeout", "query-memory", "result-too-large", "engine-crashed"}
REFUSED = {"query-syntax", "update-refused", "bad-encoding", "query-missing", "service-refused", "query-failed"}


class Reference:
    """The reference process; killed and started again when a query takes too long."""

    def __init__(self, dataset: Path, base: str) -> None:
        self.command = [sys.executable, str(Path(__file__).with_name("reference.py")), str(dataset), base]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(self.process.stdout, self.answers), daemon=True).start()
        assert self.ask("ASK {}", LONG) == ["ask", True]

    @staticmethod
    def _read(stream: Any, answers: "queue.SimpleQueue[str]") -> None:
        with stream:
            for line in stream:
                answers.put(line)

    def ask(self, query: str, patience: float = PATIENCE) -> list[Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(query) + "\n")
        self.process.stdin.flush()
        began = time.monotonic()
        try:
            answer = json.loads(self.answers.get(timeout=patience))
            # What is refused has not been evaluated: it came late because the machine stood still.
            evaluated = answer[0] not in {"syntax", "failed"}
            heavy = evaluated and patience == PATIENCE and time.monotonic() - began > HEAVY_AFTER
            return ["heavy", ""] if heavy else answer
        except queue.Empty:
            self.stop()
            self.start()
            return ["heavy", ""]

    def stop(self) -> None:
        self.process.kill()
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture(scope="module")
def own(start: Starter, settings: Settings, release: Release) -> Server:
    assert release
    # No cache: every query is to be evaluated.
    return start(
        replace(settings, query_timeout=3.0, query_memory=256, result_limit=16, trusted_proxies=1, cache_size=0)
    )


@pytest.fixture(scope="module")
def generator(store: ox.Store, release: Release) -> Generator:
    return Generator(store, release.path / "queries", SEED)


def parsed(kind: str, body: bytes) -> list[Any]:
    if kind.startswith("application/n-triples"):
        return ["graph", sorted({str(q.triple) for q in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)})]
    return canonical(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))


def differs(query: str, expected: list[Any], status: int, kind: str, body: bytes) -> str | None:
    """Why this answer is not what the reference says; None when it is."""
    if status != 200:
        code = json.loads(body)["code"]
        if expected[0] == "heavy" and code in HEAVY:
            return None
        if expected[0] in {"syntax", "failed"} and code in REFUSED:
            return None
        return f"{code} where the reference says {expected[0]}"
    found = parsed(kind, body)
    if expected[0] == "heavy" or CHANCE.search(query):
        return None
    same = found == expected
    if UNORDERED.search(query):
        # Their number is the same all the same, unless more is made of the rows that were given.
        more = found[0] != "select" or "group" in query.lower() or len(re.findall("(?i)SELECT", query)) > 1
        same = found[0] == expected[0] and (more or len(found[1]) == len(expected[1]))
    return None if same else f"{str(found)[:300]} where the reference says {str(expected)[:300]}"


def plain(coding: str | None, body: bytes) -> bytes:
    """A body without its content coding: some of the headers refuse any answer that has none."""
    if not body or coding is None:
        return body
    return gzip.decompress(body) if coding == "gzip" else brotli.decompress(body)


def in_parallel(work: Iterator[Any], do: Any) -> None:
    """Let a few threads take items until there are none; the first failure ends all."""
    failures: list[BaseException] = []
    lock = threading.Lock()

    def take(number: int) -> None:
        try:
            while not failures:
                with lock:
                    item = next(work, None)
                if item is None:
                    return
                do(number, item)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=take, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def connect(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=LONG)


def test_generated_queries_are_answered_as_the_engine_alone_answers_them(
    own: Server, generator: Generator, release: Release
) -> None:
    reference = Reference(release.dataset, f"{own.url}/sparql")
    front = own.front
    expected: list[tuple[str, list[Any]]] = []
    statuses: list[str] = []
    differences: list[tuple[str, str]] = []
    late: list[tuple[str, list[Any]]] = []
    connections = [connect(own) for _ in range(CLIENTS)]

    def compare(number: int, item: tuple[str, list[Any]]) -> str | None:
        query, wanted = item
        connections[number].request(
            "POST",
            "/sparql",
            urllib.parse.urlencode({"query": query}),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/sparql-results+json, application/n-triples;q=0.9",
                "X-Forwarded-For": f"198.51.100.{number}",
            },
        )
        answer = connections[number].getresponse()
        body = answer.read()
        statuses.append(str(answer.status))
        return differs(query, wanted, answer.status, answer.headers["Content-Type"], body)

    def judge(number: int, item: tuple[str, list[Any]]) -> None:
        why = compare(number, item)
        if why and why.startswith("query-timeout"):
            late.append(item)
        elif why:
            differences.append((item[0], why))

    def all_items() -> Iterator[tuple[str, list[Any]]]:
        for query in generator.queries(QUERIES):
            item = query, reference.ask(query)
            expected.append(item)
            yield item

    try:
        in_parallel(all_items(), judge)
        # The limit is a time of the clock, which heavy queries of other clients use up; alone each has its answer.
        for item in late:
            whys = (compare(0, item) for _ in range(ALONE))
            if why := next((why for why in whys if not (why and why.startswith("query-timeout"))), "never in time"):
                differences.append((item[0], why))
    finally:
        reference.stop()
        for connection in connections:
            connection.close()
    kinds, seen = Counter(outcome[0] for _, outcome in expected), Counter(statuses)
    assert differences == []
    assert len(expected) >= 10_000
    assert seen["200"] + seen["400"] + seen["403"] >= 0.99 * len(expected), seen
    assert kinds["select"] + kinds["ask"] + kinds["graph"] >= 0.3 * len(expected)
    assert kinds["syntax"] >= 0.1 * len(expected)
    assert sum(bool(o[1]) for _, o in expected if o[0] in {"select", "graph"}) >= 0.1 * len(expected), "most were empty"
    assert own.front == front


def test_generated_requests_are_answered_or_refused_with_a_reason(own: Server, generator: Generator) -> None:
    front = own.front
    statuses: list[int] = []
    connections: dict[int, http.client.HTTPConnection] = {}

    def requests() -> Iterator[tuple[str, str, bytes | None, dict[str, str]]]:
        for _ in range(REQUESTS):
            method = generator.random.choice(("GET", "GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "FOO"))
            path = generator.random.choice(
                ("/sparql", "/sparql", "/.well-known/void", "/health/live", "/x", "//sparql")
            )
            headers = dict(generator.header() for _ in range(generator.random.randrange(4)))
            headers = {k: v.encode("latin-1").decode("latin-1") for k, v in headers.items()}
            body = generator.query_string().encode() if method == "POST" else None
            yield method, f"{path}?{generator.query_string()}", body, headers

    def send(number: int, item: tuple[str, str, bytes | None, dict[str, str]]) -> None:
        method, target, body, headers = item
        connection = connections.setdefault(number, connect(own))
        try:
            connection.request(method, target, body, {"X-Forwarded-For": f"198.51.100.{number}"} | headers)
            answer = connection.getresponse()
            text = plain(answer.headers["Content-Encoding"], answer.read())
        except (http.client.HTTPException, ConnectionError):
            connections.pop(number).close()
            statuses.append(0)
            return
        statuses.append(answer.status)
        assert answer.status != 500, (item, text)
        if (
            answer.status >= 400
            and method != "HEAD"
            and text
            and answer.headers["Content-Type"] == "application/problem+json"
        ):
            assert json.loads(text)["code"] != "internal"
        assert answer.status == 400 or answer.headers["Access-Control-Allow-Origin"] == "*"

    in_parallel(requests(), send)
    for connection in connections.values():
        connection.close()
    seen = Counter(statuses)
    assert len(statuses) >= 1500
    assert seen[200] >= 100
    assert seen[400] >= 100
    assert seen[0] <= 0.1 * REQUESTS
    assert own.front == front


def test_spoiled_bytes_do_no_harm(own: Server, generator: Generator) -> None:
    front = own.front
    statuses: list[bytes] = []
    query = urllib.parse.quote("ASK { ?s ?p ?o }")
    good = (
        f"GET /sparql?query={query} HTTP/1.1\r\nHost: a\r\nAccept: text/csv\r\nConnection: close\r\n\r\n",
        f"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(query) + 6}\r\nConnection: close\r\n\r\nquery={query}",
        "POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n6\r\nASK {}\r\n0\r\n\r\n",
    )
    port = int(own.url.rpartition(":")[2])

    def requests() -> Iterator[bytes]:
        for number in range(SPOILED):
            yield generator.spoiled(good[number % len(good)].encode())

    def send(number: int, request: bytes) -> None:
        with socket.create_connection(("127.0.0.1", port), LONG) as connection:
            answer = b""
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)  # so that nothing waits for more of a body that never comes
                while part := connection.recv(65536):
                    answer += part
            except ConnectionError:
                pass
        status = answer[9:12]
        statuses.append(status)
        assert status != b"500", (request, answer)
        assert not status or answer.startswith(b"HTTP/1."), (request, answer)

    in_parallel(requests(), send)
    seen = Counter(statuses)
    assert len(statuses) >= 1000
    assert seen[b"200"] >= 50
    assert seen[b"400"] >= 100
    assert own.front == front
    assert own.get("/health/live")[0] == 200
