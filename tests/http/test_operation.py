"""What operators stand on: metrics, the log, health, graceful stop, hosts."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter, alive, asking, environment, fetch, free_port, until, workers

PAUSE = "ASK {} # fault: pause"
"""Never answered."""


@pytest.fixture(scope="module")
def own(start: Starter, settings: Settings, release: Release) -> Server:
    assert release
    return start(replace(settings, query_timeout=3.0, query_memory=256, fault_hook=1))


def ask(server: Server, query: str) -> tuple[int, dict[str, str], bytes]:
    return server.get("/sparql?" + urllib.parse.urlencode({"query": query}))


def metrics(server: Server) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    status, headers, body = server.get("/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=")
    assert headers["cache-control"] == "no-store"
    return {
        (s.name, frozenset(s.labels.items())): s.value
        for family in text_string_to_metric_families(body.decode())
        for s in family.samples
    }


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0)


def test_metrics_tell_what_happened(own: Server) -> None:
    before = metrics(own)
    for _ in range(3):
        assert ask(own, "ASK { ?once ?more ?metric }")[0] == 200
    assert ask(own, "ASK {")[0] == 400
    assert ask(own, PAUSE)[0] == 504
    own.get("/nowhere/at/all/" + "x" * 50)
    until(lambda: value(metrics(own), "gob_graph_workers", lane="public", state="idle") == 4)
    after = metrics(own)

    def grown(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("gob_graph_requests_total", route="sparql", status="200") == 3
    assert grown("gob_graph_requests_total", route="sparql", status="400") == 1
    assert grown("gob_graph_requests_total", route="sparql", status="504") == 1
    assert grown("gob_graph_requests_total", route="other", status="404") == 1
    assert grown("gob_graph_request_seconds_count", route="sparql") == 5
    assert grown("gob_graph_cache_total", outcome="hit") == 2
    assert grown("gob_graph_workers_ended_total", lane="public", reason="timeout") == 1
    assert value(after, "process_resident_memory_bytes") > 10_000_000
    assert not any("x" * 50 in str(key) for key in after), "paths are no labels"


def test_metrics_show_the_busy_and_the_waiting_while_they_are(own: Server) -> None:
    def shown(busy: int, waiting: int) -> bool:
        found = metrics(own)
        return (
            value(found, "gob_graph_workers", lane="public", state="busy"),
            value(found, "gob_graph_queue", lane="public"),
        ) == (busy, waiting)

    with ExitStack() as held:
        for number in range(3):
            held.enter_context(asking(own, f"{PAUSE} #{number}"))
        until(lambda: shown(2, 1))
    until(lambda: shown(0, 0))


def test_the_log_has_a_line_for_each_request_and_no_words_of_it(own: Server) -> None:
    already = len(own.requests())
    secret = "SELECT ?s { ?s ?p 'Jeanne from 12 Rue de la Loi' }"
    ask(own, secret)
    ask(own, secret)
    ask(own, "ASK {")
    _, headers, _ = own.get("/nowhere")
    entries = own.requests()[already:]
    assert [e["status"] for e in entries] == [200, 200, 400, 404]
    first, second, third, fourth = entries
    assert first["form"] == second["form"] == "SELECT"
    assert re.fullmatch("[0-9a-f]{16}", str(first["query"]))
    assert first["query"] == second["query"]
    assert (first["cached"], second["cached"]) == (False, True)
    assert (third["code"], fourth["code"]) == ("query-syntax", "not-found")
    assert fourth["request"] == headers["gob-graph-request"]
    assert len({e["request"] for e in entries}) == 4
    assert all({"time", "method", "route", "status", "ms", "bytes", "client"} <= set(e) for e in entries)
    text = own.log.read_text()
    assert "Jeanne" not in text
    assert "127.0.0.1" not in text.partition("\n")[2], "no address, but for the start"


def test_the_text_of_queries_is_logged_on_demand_only(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    verbose = start(replace(settings, log_queries=1))
    ask(verbose, 'ASK { ?s ?p "a\n"@nl }')
    ask(verbose, 'ASK { ?s ?p "a"@nl }')
    assert [e["text"] for e in verbose.requests() if "text" in e] == [
        'ASK { ?s ?p "a\n"@nl }',
        'ASK { ?s ?p "a"@nl }',
    ]
    silent = start(replace(settings, log_requests=0))
    ask(silent, "ASK {}")
    silent.process.terminate()
    assert silent.process.wait(LONG) == 0, "what waits is written at the end"
    assert not any("request" in line for line in silent.lines())


def test_live_needs_no_query_process_and_answers_at_once(own: Server) -> None:
    with ExitStack() as held:
        for number in range(6):
            held.enter_context(asking(own, f"{PAUSE} #live {number}"))
        until(lambda: value(metrics(own), "gob_graph_workers", lane="public", state="busy"))
        for _ in range(20):
            assert own.get("/health/live")[::2] == (200, b"live\n")
        assert own.get("/health/ready")[0] == 200


def refuses_while_it_runs(server: Server) -> bool:
    """Whether new connections are refused before the process ends."""
    port = int(server.url.rpartition(":")[2])
    while server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), LONG).close()
        except ConnectionRefusedError:
            return server.process.poll() is None
        except OSError:
            continue  # it was taken, and cut with the socket
        time.sleep(0.02)
    return False


def test_stopping_lets_the_running_finish(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    stopped = start(replace(settings, query_timeout=6.0, fault_hook=1))
    outcomes: list[int] = []
    thread = threading.Thread(target=lambda: outcomes.append(ask(stopped, PAUSE)[0]))
    thread.start()
    until(lambda: value(metrics(stopped), "gob_graph_workers", lane="public", state="busy"))
    family = [stopped.front, stopped.zygote]
    stopped.process.send_signal(signal.SIGTERM)
    refused = refuses_while_it_runs(stopped)
    assert stopped.process.wait(LONG) == 0
    thread.join()
    assert refused, "a connection waited for a server that takes none"
    assert outcomes == [504], "it was answered, in its own time"
    until(lambda: not any(alive(pid) for pid in family))
    assert "traceback" not in stopped.log.read_text().lower()
    assert [e["code"] for e in stopped.lines() if e.get("status") == 504] == ["query-timeout"], (
        "its line was written too"
    )


def test_a_host_that_is_not_ours_is_misdirected_when_hosts_are_listed(
    start: Starter, settings: Settings, release: Release
) -> None:
    assert release
    strict = start(replace(settings, allowed_hosts="data.example.org, 127.0.0.1"))
    assert strict.get("/sparql?query=ASK%7B%7D")[0] == 200
    assert strict.get("/sparql?query=ASK%7B%7D", Host="DATA.example.org:8000")[0] == 200
    status, headers, body = strict.get("/sparql?query=ASK%7B%7D", Host="evil.example")
    assert (status, json.loads(body)["code"]) == (421, "misdirected")
    assert b"evil.example" not in body
    assert headers["access-control-allow-origin"] == "*"


def test_a_server_runs_where_no_memory_may_be_writable_and_executable(
    settings: Settings, release: Release, tmp_path: Path
) -> None:
    """What MemoryDenyWriteExecute= does, done by hand: the whole process tree starts and answers under it."""
    assert release
    confine = (
        "import ctypes, os, sys\n"
        "if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit(77)\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'gob_graph', 'serve'])"
    )
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", confine], env=environment(replace(settings, port=port)), stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + LONG
        while True:
            if process.poll() == 77:
                pytest.skip("this kernel cannot deny it")
            try:
                if fetch(f"http://127.0.0.1:{port}/health/ready")[0] == 200:
                    break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(LONG)
    assert process.returncode == 0


def test_who_is_killed_while_he_starts_leaves_the_port_to_his_successor(settings: Settings, release: Release) -> None:
    """The front of a main process that was killed does not know it before it has started, and holds the socket."""
    assert release
    port = free_port()
    own = replace(settings, port=port, service_url=f"http://127.0.0.1:{port}")
    late = [sys.executable, "-m", "gob_graph", "serve"]
    for _ in range(4):
        main = subprocess.Popen(late, env=environment(own), stderr=subprocess.DEVNULL)
        (front,) = until(lambda main=main: workers(main.pid))  # type: ignore[misc]
        # So it is sure to be there still when the next main process wants the port.
        os.kill(front, signal.SIGSTOP)
        main.kill()
        main.wait()
        successor = subprocess.Popen(late, env=environment(own), stderr=subprocess.DEVNULL)
        time.sleep(1.0)
        with suppress(ProcessLookupError):
            os.kill(front, signal.SIGCONT)
        try:
            until(lambda one=successor: workers(one.pid) or one.poll() is not None)  # type: ignore[misc]
            assert successor.poll() is None
        finally:
            successor.terminate()
            successor.wait()
