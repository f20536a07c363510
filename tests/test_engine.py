"""The query processes: what runs away is stopped in time, what dies is replaced, nothing is left behind."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from dataclasses import replace
from pathlib import Path

import pytest

from gob_graph.endpoint.engine import client_of
from gob_graph.endpoint.scan import is_update, reaches_out
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, Starter, children, fetch

COUNT = "SELECT (COUNT(*) AS ?n) { ?s a <http://www.w3.org/ns/org#Post> }"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/csv"}
LIMIT = 2.0


def ask(server: Server, query: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    body = urllib.parse.urlencode({"query": query}).encode()
    return fetch(server.url + "/sparql", body, FORM | {k.replace("_", "-"): v for k, v in headers.items()})


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def nested(opening: str, core: str, closing: str, depth: int) -> str:
    return opening * depth + core + closing * depth


CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
RUNAWAYS = {
    "functions nested 1600 deep in 5 kB": "SELECT * { ?s ?p ?o FILTER(" + nested("STR(", "?o", ")", 1000) + " = '') }",
    "functions nested 2000 deep": "SELECT * { FILTER(" + nested("STR(", "1", ")", 2000) + ") }",
    "functions nested to the length limit": "SELECT * { FILTER(" + nested("STR(", "1", ")", 13000) + ") }",
    "5000 braces": "SELECT * " + nested("{", "", "}", 5000),
    "10000 parentheses": "SELECT * { FILTER(" + nested("(", "1", ")", 10000) + ") }",
    "EXISTS nested 3000 deep": "SELECT * { " + nested("FILTER EXISTS { ", "", "}", 3000) + " }",
    "negations": "SELECT * { FILTER(" + "!" * 50000 + "1) }",
    "four-way cross product": f"SELECT (COUNT(*) AS ?n) {{ {CROSS} }}",
    "ordered cross product": f"SELECT * {{ {CROSS} }} ORDER BY ?a ?d",
    "grouped cross product": f"SELECT ?a (COUNT(*) AS ?n) {{ {CROSS} }} GROUP BY ?a ?d ?g",
    "doubling text": "SELECT ?a30 { BIND('aaaaaaaaaaaaaaaa' AS ?a0) "
    + " ".join(f"BIND(CONCAT(?a{i}, ?a{i}) AS ?a{i + 1})" for i in range(30))
    + " }",
    "replacing text": "SELECT ?e { BIND('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' AS ?a) BIND(REPLACE(?a, 'a', ?a) AS ?b) BIND(REPLACE(?b, 'a', ?b) AS ?c) BIND(REPLACE(?c, 'a', ?c) AS ?d) BIND(REPLACE(?d, 'a', ?d) AS ?e) }",
    "list of 1000 items": "SELECT * { ?s ?p (" + "1 " * 1000 + ") }",
    "aggregates nested 40 deep": nested("SELECT (COUNT(*) AS ?c) {{", "SELECT * { ?s ?p ?o }", "}}", 40),
    "path without end": "SELECT (COUNT(*) AS ?n) { ?s (<urn:a>|!<urn:b>|^<urn:c>|!^<urn:d>)* ?o . ?x (!<urn:e>)* ?y }",
}


def test_no_runaway_was_lost() -> None:
    assert len(RUNAWAYS) >= 15


@pytest.mark.parametrize("name", RUNAWAYS)
def test_a_runaway_is_stopped_in_time_and_the_next_query_is_right(name: str, server: Server) -> None:
    front = server.front
    began = time.monotonic()
    status, _, body = ask(server, RUNAWAYS[name])
    took = time.monotonic() - began
    assert took < LIMIT + 0.5
    if status != 200:
        problem = json.loads(body)
        assert problem["code"] in {
            "query-timeout",
            "query-memory",
            "engine-crashed",
            "query-syntax",
            "result-too-large",
            "query-failed",
            "service-refused",
        }
        assert problem["code"] != "internal"
    began = time.monotonic()
    assert ask(server, COUNT)[2] == b"n\r\n2\r\n"
    assert time.monotonic() - began < 0.3
    assert server.front == front


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("four-way cross product", "query-timeout"),
        ("doubling text", "query-memory"),
        ("replacing text", "query-memory"),
    ],
)
def test_a_runaway_is_told_what_it_ran_into(name: str, code: str, server: Server) -> None:
    assert json.loads(ask(server, RUNAWAYS[name])[2])["code"] == code


def test_a_result_over_the_limit_is_an_error_and_no_short_answer(server: Server) -> None:
    status, _, body = ask(server, "SELECT * { ?s ?p ?o . ?o ?q ?r } LIMIT 200000")
    assert status == 500
    assert json.loads(body)["code"] == "result-too-large"


def test_one_client_cannot_take_every_process(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    proxied = start(replace(settings, query_timeout=3.0, trusted_proxies=1, client_waiting=2))
    outcomes: list[tuple[int, dict[str, str]]] = []

    def heavy() -> None:
        status, headers, _ = ask(proxied, RUNAWAYS["four-way cross product"], X_Forwarded_For="198.51.100.1")
        outcomes.append((status, headers))

    threads = [threading.Thread(target=heavy) for _ in range(50)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert ask(proxied, COUNT, X_Forwarded_For="198.51.100.2")[0] == 200
    assert time.monotonic() - began < 1.5
    for thread in threads:
        thread.join()
    statuses = [status for status, _ in outcomes]
    assert statuses.count(504) == 2
    assert statuses.count(429) == 48
    assert all(headers["retry-after"].isdigit() for status, headers in outcomes if status == 429)


def test_busy_processes_are_told_as_503(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    small = start(replace(settings, query_timeout=3.0, trusted_proxies=1, query_workers=1))
    thread = threading.Thread(
        target=ask, args=(small, RUNAWAYS["four-way cross product"]), kwargs={"X_Forwarded_For": "198.51.100.1"}
    )
    thread.start()
    time.sleep(0.3)
    status, headers, body = ask(small, COUNT, X_Forwarded_For="198.51.100.2")
    assert (status, json.loads(body)["code"], headers["retry-after"]) == (503, "engine-busy", "1")
    assert small.get("/health/ready")[0] == 200, "the pages have their own lane"
    thread.join()


def test_the_client_is_who_the_trusted_proxy_saw() -> None:
    assert client_of("192.0.2.1", "10.0.0.1, 10.0.0.2", 0) == "192.0.2.1"
    assert client_of("192.0.2.1", "forged, 198.51.100.7", 1) == "198.51.100.7"
    assert client_of("192.0.2.1", "forged, 198.51.100.7, 203.0.113.1", 2) == "198.51.100.7"
    assert client_of("192.0.2.1", "", 1) == "192.0.2.1"
    assert client_of("192.0.2.1", "nonsense", 1) == "192.0.2.1"
    assert client_of("2001:db8:1:2:3::4", "", 0) == client_of("2001:db8:1:2:9::9", "", 0)


def within(seconds: float, query: str, server: Server) -> float:
    began = time.monotonic()
    while True:
        try:
            if ask(server, query)[0] == 200:
                return time.monotonic() - began
        except OSError:
            pass
        assert time.monotonic() - began < seconds
        time.sleep(0.01)


def test_killed_processes_are_replaced(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(settings)
    workers = children(own.zygote)
    assert len(workers) == settings.query_workers + settings.page_workers
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    within(0.2, COUNT, own)
    os.kill(own.zygote, signal.SIGKILL)
    within(2, COUNT, own)
    os.kill(own.front, signal.SIGKILL)
    within(2.5, COUNT, own)
    family = [own.front, own.zygote, *children(own.zygote)]
    own.process.kill()
    own.process.wait()
    deadline = time.monotonic() + 3
    while any(alive(pid) for pid in family):
        assert time.monotonic() < deadline, "orphans are left"
        time.sleep(0.05)


def test_a_new_release_is_taken_without_losing_a_request(start: Starter, copy: Settings) -> None:
    from gob_graph.pipeline.build import build_release

    first, _ = build_release(copy)
    own = start(copy)
    assert own.get("/health/ready")[1]["gob-graph-release"] == first.id
    for name in ("data/external/names.ttl", "data/evidence/external.tsv"):
        path = copy.source_dir / name
        path.write_text(path.read_text().replace('"Brussels Housing"@en', '"Brussels Homes"@en'))
    second, _ = build_release(copy)
    failures: list[object] = []
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            try:
                status = ask(own, COUNT)[0]
                if status != 200:
                    failures.append(status)
            except OSError as error:
                failures.append(error)

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        own.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 15
        while own.get("/health/ready")[1]["gob-graph-release"] != second.id:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(6)  # until the process of the old release is gone
    finally:
        stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


SPELLINGS = [
    "SELECT * {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICE SILENT <{0}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ service<{0}>{{ ?s ?p ?o }} }}",
    "SELECT * {{ sErViCe#\n<{0}> {{ ?s ?p ?o }} }}",
    "ASK {{ FILTER EXISTS {{ SERVICE <{0}> {{ ?s ?p ?o }} }} }}",
    "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {{ SELECT * {{ SERVICE <{0}> {{ ?s ?p ?o }} }} }} }}",
    "PREFIX x: <{0}> SELECT * {{ SERVICE x: {{ ?s ?p ?o }} }}",
    "SELECT * FROM <{0}> {{ ?s ?p ?o }}",
    "SELECT * FROM NAMED <{0}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "LOAD <{0}>",
    "LOAD SILENT <{0}> INTO GRAPH <urn:x>",
]


@pytest.fixture
def listener() -> object:
    """A server on loopback that counts who comes."""
    server = socket.create_server(("127.0.0.1", 0))
    seen: list[object] = []

    def accept() -> None:
        while True:
            try:
                connection, address = server.accept()
            except OSError:
                return
            seen.append(address)
            connection.close()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/", seen
    server.close()


def test_nothing_reaches_out(server: Server, listener: tuple[str, list[object]]) -> None:
    address, seen = listener
    for spelling in SPELLINGS:
        ask(server, spelling.format(address))
    fetch(
        server.url
        + "/sparql?default-graph-uri="
        + urllib.parse.quote(address, safe="")
        + "&query=ASK%7B%3Fs%20%3Fp%20%3Fo%7D"
    )
    time.sleep(0.2)
    assert seen == []


def test_a_worker_that_tries_is_stopped_by_the_system(release: Release, listener: tuple[str, list[object]]) -> None:
    """Past the scan, by handing the job to a lane directly."""
    from gob_graph.endpoint.pool import Lane
    from gob_graph.endpoint.processes import Zygote
    from gob_graph.endpoint.worker import Job, Limits
    from gob_graph.errors import RequestError

    address, seen = listener
    zygote = Zygote(release.path)
    lane = Lane(zygote, Limits(256, 4, 2.0), 1, 1.0, 1, 1)
    try:
        for spelling in SPELLINGS:
            if spelling.startswith("LOAD"):
                continue
            job = Job(spelling.format(address), None, None, {"bindings": "json", "boolean": "json", "graph": "turtle"})
            try:
                lane.answer(job, "test")
            except RequestError as refused:
                assert refused.code in {"service-refused", "query-failed", "query-syntax"}
    finally:
        lane.close()
        zygote.close()
    time.sleep(0.2)
    assert seen == []


def test_words_are_told_from_clauses() -> None:
    for innocent in (
        'SELECT * { ?s ?p "SERVICE" }',
        "SELECT * { ?SERVICE ?p <urn:SERVICE> } # SERVICE",
        "PREFIX SERVICE: <urn:> ASK { ?s a SERVICE:x }",
        "ASK { ?s ?p '''a ' SERVICE''' }",
    ):
        assert not reaches_out(innocent)
    assert is_update("# comment\nBASE <http://a/> PREFIX a: <http://b/>\ninsert data {}")
    assert not is_update('SELECT * { ?s ?p "INSERT" }')


def test_a_taken_port_is_told(server: Server, settings: Settings) -> None:
    port = server.url.rpartition(":")[2]
    env = {k: v for k, v in os.environ.items() if not k.startswith("GOB_GRAPH_")}
    run = subprocess.run(
        [sys.executable, "-m", "gob_graph", "serve"],
        env=env | {"GOB_GRAPH_PORT": port, "GOB_GRAPH_RELEASE_DIR": str(settings.release_dir)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert run.returncode == 2
    assert "cannot be listened on" in run.stderr
    assert "GOB_GRAPH_PORT" in run.stderr


def test_without_a_release_it_is_told_what_to_do(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GOB_GRAPH_")}
    run = subprocess.run(
        [sys.executable, "-m", "gob_graph", "serve"],
        env=env | {"GOB_GRAPH_RELEASE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert run.returncode == 2
    assert "gob-graph build" in run.stderr


def test_two_servers_on_one_folder_both_serve(start: Starter, settings: Settings, server: Server) -> None:
    second = start(settings)
    assert ask(second, COUNT)[2] == ask(server, COUNT)[2]


def test_nothing_grows_over_many_queries(server: Server) -> None:
    """Descriptors, threads and processes of the front stay, and so does its memory within a tenth."""

    def measure() -> tuple[int, int, int, int]:
        front = server.front
        status = Path(f"/proc/{front}/status").read_text()
        memory = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
        return (
            len(list(Path(f"/proc/{front}/fd").iterdir())),
            len(children(front)),
            len(children(server.zygote)),
            memory,
        )

    for number in range(300):
        ask(server, f"SELECT ({number} AS ?n) {{}}")
    before = measure()
    for number in range(2000):
        ask(server, f"SELECT ({number} AS ?n) {{}}")
    after = measure()
    assert after[1:3] == before[1:3]
    assert after[0] <= before[0] + 8
    assert after[3] <= before[3] * 1.1
    assert resource.getrusage(resource.RUSAGE_SELF)
