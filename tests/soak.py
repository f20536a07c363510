"""A server under load, with kills, disconnects and reloads going on; the body of every answer is compared.

``python -m tests.soak --seconds N`` builds a release, starts a server and prints the figures; the exit code is 1 when one
answer was wrong. Few texts are asked by many clients at once, so that an answer that belongs to another request shows.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine import tree

CLIENTS = 32
"""Many more than workers, so that equal texts wait for the same worker."""
NUMBERS = (1, 2, 3)
OFTEN = 20
"""How many times as often a query is asked as a document, a page, or a query with a fault."""
TRUE = b'{"head":{},"boolean":true}'
CALM = 1.0
"""Seconds between two kills or reloads, on average."""
EXPLAINED = {503: {"engine-down", "engine-busy"}, 504: {"query-timeout"}, 429: {"client-busy"}}
"""What a client may be told while processes are killed."""
FAULTS = {"serial": "engine-mismatch", "signal": "engine-crashed"}
PAGES = ("/nl/", "/fr/", "/en/", "/de/api")


@dataclass(frozen=True)
class Case:
    """A request, and the one right answer to it."""

    method: str
    path: str
    body: bytes | None
    accept: str
    status: int
    right: bytes
    """The body; of a refusal the code."""


@dataclass
class Result:
    """What has been seen."""

    requests: int = 0
    right: int = 0
    cut: int = 0
    """Requests whose connection ended: by this driver, or by the end of the process that served it."""
    left: int = 0
    """Requests whose client left before the answer."""
    explained: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    memory: tuple[int, int] = (0, 0)
    """MiB of the process tree at the start and at the end."""

    def __str__(self) -> str:
        return (
            f"{self.requests} requests: {self.right} right, {len(self.wrong)} wrong, {len(self.unexplained)} unexplained"
            f" errors, {self.explained.total()} explained {dict(self.explained)}, {self.left} left by their client,"
            f" {self.cut} cut; events {dict(self.events)}; memory {self.memory[0]} MiB at the start,"
            f" {self.memory[1]} MiB at the end"
        )


def question(text: str, method: str, status: int, right: bytes) -> Case:
    """A query by GET or by POST."""
    form = urllib.parse.urlencode({"query": text})
    accept = "application/sparql-results+json"
    if method == "POST":
        return Case(method, "/sparql", form.encode(), accept, status, right)
    return Case(method, f"/sparql?{form}", None, accept, status, right)


def cases(port: int) -> list[Case]:
    """All requests; the answers of documents and pages are those of a server that nobody else asks."""
    found = [
        question(f"SELECT ({n} AS ?x) {{}}", method, 200, number(n))
        for n in NUMBERS
        for method in ("GET", "POST") * OFTEN
    ]
    found += [question("ASK {}", "POST", 200, TRUE)] * OFTEN
    found += [question(f"ASK {{}} # fault: {name}", "POST", 500, code.encode()) for name, code in FAULTS.items()]
    paths = [f"/doc/{name}.ttl" for name in identifiers(port)]
    for path in (*paths, *PAGES):
        accept = "text/turtle" if path.endswith(".ttl") else "text/html"
        status, body = exchange(port, Case("GET", path, None, accept, 200, b""))
        assert status == 200, (path, status)
        assert (status, body) == exchange(port, Case("GET", path, None, accept, 200, b"")), f"{path} changes by itself"
        found.append(Case("GET", path, None, accept, 200, body))
    return found


def number(value: int) -> bytes:
    """The answer to a query for one number."""
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    binding = f'{{"x":{{"type":"literal","value":"{value}","datatype":"{integer}"}}}}'
    return f'{{"head":{{"vars":["x"]}},"results":{{"bindings":[{binding}]}}}}'.encode()


def identifiers(port: int) -> list[str]:
    """The ends of some addresses of documents."""
    text = "SELECT DISTINCT ?s { ?s a <http://www.w3.org/ns/org#OrganizationalUnit> } ORDER BY ?s LIMIT 4"
    _, body = exchange(port, question(text, "POST", 200, b""))
    rows = json.loads(body)["results"]["bindings"]
    found = [row["s"]["value"].partition("/id/")[2] for row in rows]
    assert len(found) >= 3, found
    return found


def exchange(port: int, case: Case, connection: http.client.HTTPConnection | None = None) -> tuple[int, bytes]:
    """Send a request and read the answer."""
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=180)
    fields = {"Accept": case.accept}
    if case.body is not None:
        fields["Content-Type"] = "application/x-www-form-urlencoded"
    own.request(case.method, case.path, case.body, fields)
    answer = own.getresponse()
    body = answer.read()
    if connection is None:
        own.close()
    return answer.status, body


class Client(threading.Thread):
    """Asks one request after the other, and leaves now and then before the answer."""

    def __init__(self, port: int, given: list[Case], result: Result, stop: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self.port, self.given, self.result, self.stop = port, given, result, stop
        self.random = random.Random(seed)
        self.lock = _LOCK

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=180)
        while not self.stop.is_set():
            case = self.random.choice(self.given)
            try:
                if self.random.random() < 0.03:
                    self.leave(case)
                    continue
                status, body = exchange(self.port, case, connection)
            except (http.client.HTTPException, OSError):
                connection.close()
                with self.lock:
                    self.result.requests += 1
                    self.result.cut += 1
                continue
            with self.lock:
                judge(case, status, body, self.result)
        connection.close()

    def leave(self, case: Case) -> None:
        """Send a request, and close the connection before the answer."""
        body = case.body or b""
        head = f"{case.method} {case.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {case.accept}\r\n"
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), 180) as one:
            one.sendall(head.encode() + body)
            self.stop.wait(self.random.random() * 0.003)
        with self.lock:
            self.result.requests += 1
            self.result.left += 1


_LOCK = threading.Lock()


def judge(case: Case, status: int, body: bytes, result: Result) -> None:
    """Count an answer, and keep it when it is wrong."""
    result.requests += 1
    code = ""
    if status >= 400:
        with contextlib.suppress(ValueError):
            code = json.loads(body)["code"]
    if status == case.status and (code.encode() if status >= 400 else body) == case.right:
        result.right += 1
    elif status in EXPLAINED and (code in EXPLAINED[status] or case.accept == "text/html"):
        result.explained[f"{status} {code}"] += 1
    elif status < 400:
        result.wrong.append(f"{case.method} {case.path[:200]}: {status} {body[:200]!r}")
    else:
        result.unexplained.append(f"{case.method} {case.path[:200]}: {status} {body[:300]!r}")


def memory(pid: int) -> int:
    """MiB of a process tree, shared pages counted once."""
    total = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total // 1024


def disturb(main: int, result: Result, stop: threading.Event, seconds: float) -> None:
    """Kill processes and reload, until the time is over."""
    chance, end = random.Random(5), time.monotonic() + seconds
    # Each kind happens in a short run as well; the end of a zygote or of a server leaves few answers for a while.
    kinds = ["worker", "worker", "zygote", "worker", "worker", "reload", "worker", "worker", "worker", "server"]
    while not stop.wait(max(0.0, min(chance.uniform(0.5, 1.5) * CALM, end - time.monotonic()))):
        if time.monotonic() >= end:
            return
        kind = kinds.pop(0) if kinds else chance.choice(("worker",) * 10 + ("reload", "reload", "zygote", "server"))
        if kind == "reload":
            os.kill(main, signal.SIGHUP)
        elif target := pick(main, kind, chance):
            with contextlib.suppress(ProcessLookupError):
                os.kill(target, signal.SIGKILL)
        result.events[kind] += 1


def pick(main: int, kind: str, chance: random.Random) -> int | None:
    """A process of this kind."""
    zygotes, servers, workers = [], [], []
    for pid in tree(main)[1:]:
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            is_zygote = b"engine.zygote" in Path(f"/proc/{pid}/cmdline").read_bytes()
            if stat[0] != "Z":
                parent = int(stat[1])
                (servers if parent == main else zygotes if is_zygote and parent in servers else workers).append(pid)
    found = {"worker": workers, "zygote": zygotes, "server": servers}[kind]
    return chance.choice(found) if found else None


def soak(port: int, main: int, seconds: float) -> Result:
    """Ask a running server, whose setting `fault_hook` is on, for so many seconds."""
    result, stop = Result(), threading.Event()
    given = cases(port)
    before = memory(main)
    clients = [Client(port, given, result, stop, seed) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    disturb(main, result, stop, seconds)
    stop.set()
    for client in clients:
        client.join(180)
        assert not client.is_alive(), "a client has no answer"
    ready(port)
    for case in given[:3]:
        deadline = time.monotonic() + 180
        while exchange(port, case)[1] != case.right:  # a process may have been killed just before
            assert time.monotonic() < deadline, case
    result.memory = (before, memory(main))
    return result


def main() -> int:
    """Build, serve, ask, and print."""
    from tests.conftest import ROOT, free_port

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds, port = parser.parse_args().seconds, free_port()
    with tempfile.TemporaryDirectory() as folder:
        own = {"RELEASE_DIR": folder, "SOURCE_DIR": str(ROOT), "PORT": str(port), **SETTINGS}
        env = os.environ | {f"GOB_GRAPH_{name}": value for name, value in own.items()}
        command = [sys.executable, "-m", "gob_graph"]
        subprocess.run([*command, "build"], env=env, check=True, stdout=subprocess.DEVNULL)
        log = Path(folder) / "log"
        with log.open("wb") as stream:
            server = subprocess.Popen([*command, "serve"], env=env, stderr=stream)
        try:
            ready(port)
            result = soak(port, server.pid, seconds)
        finally:
            server.terminate()
            server.wait(180)
        faults = [line for line in log.read_text("utf-8", "replace").splitlines() if "Traceback" in line]
    print(result)  # noqa: T201
    if not (result.wrong or result.unexplained):
        return 0
    for line in (*result.wrong[:20], *result.unexplained[:20], *faults[:5]):
        print(line)  # noqa: T201
    return 1


SETTINGS = {
    "FAULT_HOOK": "1",
    "QUERY_WORKERS": "2",
    "CLIENT_RUNNING": "2",
    "CLIENT_WAITING": "64",
    "QUEUE_WAIT": "10",
    "QUERY_MEMORY": "192",
    "LOG_REQUESTS": "0",
}
"""No client is refused for the number of its queries: all have the same address."""


def ready(port: int) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + 180
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if exchange(port, Case("GET", "/health/ready", None, "*/*", 200, b""))[0] == 200:
                return
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
