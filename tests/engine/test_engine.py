"""The query processes: what runs away is stopped in time, what dies is replaced, nothing is left behind."""

import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.machine import children
from gob_graph.endpoint.engine.service_clause import reaches_out
from gob_graph.endpoint.server.client_address import client_of
from gob_graph.endpoint.sparql.prescan import UPDATES, form, keywords
from gob_graph.errors import REFUSALS, RequestError
from gob_graph.pipeline.build import build_release
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter, alive, asking, fetch, until, workers
from tests.world import copied, rename_water

COUNT = "SELECT (COUNT(*) AS ?n) { ?s a <http://www.w3.org/ns/org#Post> }"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/csv"}


def ask(server: Server, query: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    body = urllib.parse.urlencode({"query": query}).encode()
    return fetch(server.url + "/sparql", body, FORM | {k.replace("_", "-"): v for k, v in headers.items()})


FAULTS = {
    "signal": "engine-crashed",
    "overflow": "engine-crashed",
    "memory": "query-memory",
    "burn": "query-timeout",
    "pause": "query-timeout",
    "serial": "engine-mismatch",
}
"""What each fault is told as; the hook stands for queries that end or hang the process that evaluates them."""
BURN = "ASK {} # fault: burn"
"""Never answered."""


@pytest.mark.parametrize(("fault", "code"), FAULTS.items())
def test_a_fault_is_stopped_in_time_and_the_next_query_is_right(
    fault: str, code: str, hurried: Server, server: Server
) -> None:
    """The code says whether it was the time: what is not stopped would never be answered."""
    asked = hurried if code == "query-timeout" else server
    front = asked.front
    began = time.monotonic()
    status, _, body = ask(asked, f"ASK {{}} # fault: {fault}")
    took = time.monotonic() - began
    assert (status, json.loads(body)["code"]) == (REFUSALS[code].status, code)
    assert code != "query-timeout" or took >= 2.0
    assert ask(asked, COUNT)[2] == b"n\r\n2\r\n"
    assert asked.front == front


def test_without_its_setting_the_hook_does_nothing(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(settings)
    for fault in FAULTS:
        assert ask(own, f"ASK {{}} # fault: {fault}")[0] == 200
    assert b"FAULT_HOOK" not in own.log.read_bytes()


def test_the_hook_is_told_in_the_log(server: Server) -> None:
    assert b"GOB_GRAPH_FAULT_HOOK=1: queries can end their worker" in server.log.read_bytes()


def test_a_result_over_the_limit_is_an_error_and_no_short_answer(server: Server) -> None:
    status, _, body = ask(server, "SELECT * { ?s ?p ?o . ?o ?q ?r } LIMIT 200000")
    assert status == 500
    assert json.loads(body)["code"] == "result-too-large"


def test_one_client_cannot_take_every_process(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    proxied = start(replace(settings, queue_wait=1.5, trusted_proxies=1, client_waiting=2, fault_hook=1))
    with ExitStack() as held:
        sent = [held.enter_context(asking(proxied, BURN, "198.51.100.1")) for _ in range(50)]
        refused: list[bytes] = []
        while len(refused) < 48:
            answered, _, _ = select.select(sent, [], [], LONG)
            assert answered, refused
            refused += [one.recv(65536) for one in answered]
            sent = [one for one in sent if one not in answered]
        busy(proxied, 2)
        assert ask(proxied, COUNT, X_Forwarded_For="198.51.100.2")[0] == 200
        assert metric(proxied, 'gob_graph_workers{lane="public",state="busy"}') == 2
        assert not select.select(sent, [], [], 0)[0], "two are evaluated, and no more"
    assert all(answer.startswith(b"HTTP/1.1 429 ") for answer in refused)
    assert all(re.search(rb"(?i)\r\nretry-after: \d+\r\n", answer) for answer in refused)


def test_busy_processes_are_told_as_503(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    small = start(replace(settings, queue_wait=0.2, trusted_proxies=1, query_workers=1, fault_hook=1))
    with asking(small, BURN, "198.51.100.1"):
        busy(small, 1)
        until(lambda: metric(small, 'gob_graph_workers{lane="public",state="idle"}') == 1)  # beside the long query
        with asking(small, BURN, "198.51.100.2"):
            busy(small, 2)
            status, headers, body = ask(small, COUNT, X_Forwarded_For="198.51.100.3")
            assert (status, json.loads(body)["code"], headers["retry-after"]) == (503, "engine-busy", "1")
            assert small.get("/health/ready")[0] == 200, "the pages have their own lane"


def test_the_client_is_who_the_trusted_proxy_saw() -> None:
    assert client_of("192.0.2.1", "10.0.0.1, 10.0.0.2", 0) == "192.0.2.1"
    assert client_of("192.0.2.1", "forged, 198.51.100.7", 1) == "198.51.100.7"
    assert client_of("192.0.2.1", "forged, 198.51.100.7, 203.0.113.1", 2) == "198.51.100.7"
    assert client_of("192.0.2.1", "", 1) == "192.0.2.1"
    assert client_of("192.0.2.1", "nonsense", 1) == "192.0.2.1"
    assert client_of("2001:db8:1:2:3::4", "", 0) == client_of("2001:db8:1:2:9::9", "", 0)


def metric(server: Server, name: str) -> float:
    """The value of a metric, with its labels."""
    lines = server.get("/metrics")[2].decode().splitlines()
    return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")))


def busy(server: Server, count: int) -> None:
    """Wait until so many public queries are evaluated."""
    until(lambda: metric(server, 'gob_graph_workers{lane="public",state="busy"}') == count)


def all_idle(server: Server) -> None:
    """Wait until every worker is there and has no job."""
    busy(server, 0)
    until(lambda: len(workers(server.zygote)) == 5)


def answered(server: Server) -> bool:
    with suppress(OSError):
        return ask(server, COUNT)[0] == 200
    return False


def test_killed_processes_are_replaced(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(settings)
    all_idle(own)
    for pid in workers(own.zygote):
        os.kill(pid, signal.SIGKILL)
    until(lambda: answered(own))
    os.kill(own.zygote, signal.SIGKILL)
    until(lambda: answered(own))
    os.kill(own.front, signal.SIGKILL)
    until(lambda: answered(own))
    family = [own.front, own.zygote, *workers(own.zygote)]
    own.process.kill()
    own.process.wait()
    until(lambda: not any(alive(pid) for pid in family))  # no orphans are left


def test_a_new_release_is_taken_without_losing_a_request(start: Starter, tmp_path: Path) -> None:
    settings = copied(tmp_path)
    first = build_release(settings)[0]
    own = start(settings)
    assert own.get("/health/ready")[1]["gob-graph-release"] == first.id
    second = rename_water(settings)
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
        until(lambda: own.get("/health/ready")[1]["gob-graph-release"] == second.id)
        until(lambda: len(workers(own.process.pid)) == 1)  # the process of the old release is gone
    finally:
        stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


BEGINNINGS = [
    "PREFIX a: <http://x/>",
    "PREFIX : <y>",
    "BASE <http://q>",
    "#c select\n",
    "SELECT",
    "ask",
    "INSERT",
    "a:b",
]
BEGINNINGS += [
    "?x",
    "'ASK'",
    "<ASK>",
    "\n",
    "VERSION",
    "PREFIX",
    '"',
    "<",
    "SELECT-x",
    "ask.",
    "select:",
    "Describe",
    "é",
]


def test_the_form_of_a_query_is_its_first_word_however_it_is_found() -> None:
    chance, found = random.Random(7), Counter()
    for _ in range(20_000):
        text = "".join(chance.choice(BEGINNINGS) + chance.choice(["", " "]) for _ in range(chance.randrange(1, 7)))
        words = (word for word in keywords(text) if word not in {"PREFIX", "BASE", "VERSION"})
        assert form(text) == next(words, ""), text
        found[form(text)] += 1
    assert min(found[name] for name in ("SELECT", "ASK", "DESCRIBE", "INSERT", "")) > 500


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
    assert seen == []


def test_a_worker_that_tries_is_stopped_by_the_system(release: Release, listener: tuple[str, list[object]]) -> None:
    """Past the scan, by handing the job to a lane directly."""
    from gob_graph.endpoint.engine.admission import Admission
    from gob_graph.endpoint.engine.dispatcher import Lane
    from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
    from gob_graph.endpoint.engine.zygote_client import Zygote

    address, seen = listener
    zygote = Zygote(release.path)
    lane = Lane(zygote, Limits(256, 4, LONG), Admission(1, LONG, 1, 1))
    try:
        for spelling in SPELLINGS:
            if spelling.startswith("LOAD"):
                continue
            job = Job(spelling.format(address), Manner(None, None, Formats("json", "json", "turtle")))
            try:
                lane.answer(job, "test")
            except RequestError as refused:
                assert refused.code in {"service-refused", "query-failed", "query-syntax"}
    finally:
        lane.close()
        zygote.close()
    assert seen == []


def test_words_are_told_from_clauses() -> None:
    for innocent in (
        'SELECT * { ?s ?p "SERVICE" }',
        "SELECT * { ?SERVICE ?p <urn:SERVICE> } # SERVICE",
        "PREFIX SERVICE: <urn:> ASK { ?s a SERVICE:x }",
        "ASK { ?s ?p '''a ' SERVICE''' }",
    ):
        assert not reaches_out(innocent)
    assert form("# comment\nBASE <http://a/> PREFIX a: <http://b/>\ninsert data {}") in UPDATES
    assert form('SELECT * { ?s ?p "INSERT" }') not in UPDATES


def test_a_taken_port_is_told(server: Server, settings: Settings) -> None:
    port = server.url.rpartition(":")[2]
    env = {k: v for k, v in os.environ.items() if not k.startswith("GOB_GRAPH_")}
    run = subprocess.run(
        [sys.executable, "-m", "gob_graph", "serve"],
        env=env | {"GOB_GRAPH_PORT": port, "GOB_GRAPH_RELEASE_DIR": str(settings.release_dir)},
        capture_output=True,
        text=True,
        timeout=LONG,
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
        timeout=LONG,
    )
    assert run.returncode == 2
    assert "gob-graph build" in run.stderr


def test_two_servers_on_one_folder_both_serve(start: Starter, settings: Settings, server: Server) -> None:
    second = start(settings)
    assert ask(second, COUNT)[2] == ask(server, COUNT)[2]


def test_a_zygote_killed_in_the_middle_is_made_good(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, query_timeout=5.0, fault_hook=1))
    outcomes: list[int] = []
    thread = threading.Thread(target=lambda: outcomes.append(ask(own, BURN)[0]))
    thread.start()
    busy(own, 1)
    os.kill(own.zygote, signal.SIGKILL)
    until(lambda: answered(own))
    thread.join()
    assert outcomes[0] in {503, 504}


def test_a_zygote_that_cannot_come_back_is_told_as_503(
    start: Starter, settings: Settings, release: Release, tmp_path: Path
) -> None:
    """The release is gone from under the server: what is cached and the health of the process stay."""
    folder = tmp_path / "releases"
    shutil.copytree(settings.release_dir, folder, symlinks=True)
    own = start(replace(settings, release_dir=folder, queue_wait=1.5))
    shutil.move(folder / release.id, tmp_path / "elsewhere")
    os.kill(own.zygote, signal.SIGKILL)
    deadline = time.monotonic() + LONG
    # The workers end a moment after the zygote: one may still answer, or end in the middle of the query.
    while (asked := ask(own, f"ASK {{ ?away ?and ?gone }} # {time.monotonic()}"))[1].get("retry-after") != "2":
        assert time.monotonic() < deadline
    status, _, body = asked
    assert (status, json.loads(body)["code"]) == (503, "engine-down"), body
    assert b"no query process can be started" in body
    assert own.get("/health/live")[0] == 200
    assert own.get("/health/ready")[0] == 503
    shutil.move(tmp_path / "elsewhere", folder / release.id)
    until(lambda: answered(own))


def test_two_builds_lock_each_other_out(tmp_path: Path) -> None:
    from gob_graph.errors import ReleaseError
    from gob_graph.release import build_lock

    with build_lock(tmp_path):
        run = subprocess.run(
            [sys.executable, "-m", "gob_graph", "build"],
            env=os.environ | {"GOB_GRAPH_RELEASE_DIR": str(tmp_path)},
            cwd=Path(__file__).parent.parent.parent,
            capture_output=True,
            text=True,
            timeout=LONG,
        )
        assert run.returncode == 2
        assert "another build is at work" in run.stderr
        with pytest.raises(ReleaseError, match="another build"), build_lock(tmp_path):
            pass


MANY = 20_000
WARM = 2000
KINDS = (
    "SELECT ({0} AS ?n) {{}}",
    "ASK {{ ?s ?p {0} }}",
    "CONSTRUCT {{ ?s ?p {0} }} WHERE {{ ?s a <http://www.w3.org/ns/org#Post> ; ?p ?o }}",
    "SELECT * {{ ?s ?p ?o }} LIMIT 20 OFFSET {0}",
    "SELECT {0} WHERE {{",
    "DESCRIBE <urn:{0}>",
)


@dataclass
class Size:
    """What a server takes: descriptors and threads of the front, processes, kB of the front and of the largest other."""

    descriptors: int
    threads: int
    processes: int
    front: int
    largest: int


def size_of(server: Server) -> Size:
    """Of all its processes, none of which ends meanwhile."""
    while True:
        with suppress(OSError):
            return measured(server)


def measured(server: Server) -> Size:
    front, zygote = server.front, server.zygote
    forked = children(zygote)

    def kilobytes(path: str, *names: str) -> int:
        lines = Path(path).read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(names))

    return Size(
        len(list(Path(f"/proc/{front}/fd").iterdir())),
        len(list(Path(f"/proc/{front}/task").iterdir())),
        len(children(server.process.pid)) + len(children(front)) + len(forked),
        kilobytes(f"/proc/{front}/status", "VmRSS"),
        max(kilobytes(f"/proc/{pid}/smaps_rollup", "Private_") for pid in (zygote, *forked)),
    )


AT_ONCE = 40
"""Queries that are sent over one connection, one behind the other; then another one is opened."""


def ask_many(server: Server, numbers: range) -> Counter[int]:
    """Unique queries of every kind over a few connections, with little work for who asks."""
    seen: Counter[int] = Counter()
    lock = threading.Lock()

    def some(part: range) -> None:
        for start in range(0, len(part), AT_ONCE):
            statuses = piped(server, [KINDS[n % len(KINDS)].format(n) for n in part[start : start + AT_ONCE]])
            with lock:
                seen.update(statuses)

    threads = [threading.Thread(target=some, args=(numbers[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def piped(server: Server, queries: list[str]) -> list[int]:
    """The statuses of the answers to queries that are sent at once."""
    head = "GET /sparql?{} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"
    targets = [urllib.parse.urlencode({"query": query}) for query in queries]
    text = "".join(
        head.format(t, "" if n < len(targets) else "Connection: close\r\n") for n, t in enumerate(targets, 1)
    )
    with socket.create_connection(("127.0.0.1", server.port), LONG) as connection:
        connection.sendall(text.encode())
        got = b"".join(iter(lambda: connection.recv(2**18), b""))
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", got)]


def test_nothing_grows_over_twenty_thousand_queries(start: Starter, settings: Settings, release: Release) -> None:
    """Descriptors, threads and processes stay as they are; memory stays within a tenth, workers stopped or not."""
    assert release
    # A small cache, so that it is full before the first measurement.
    own = start(replace(settings, query_timeout=5.0, query_memory=256, cache_size=1, fault_hook=1))
    ask_many(own, range(WARM))
    with asking(own, BURN):
        busy(own, 1)
    ask(own, "ASK {} # fault: memory")
    all_idle(own)
    before = size_of(own)
    seen = ask_many(own, range(WARM, WARM + MANY))
    for name in ("burn", "memory", "overflow"):
        ask(own, f"ASK {{}} # fault: {name}")
    all_idle(own)
    after = size_of(own)
    assert seen[200] + seen[400] == MANY, seen
    assert seen[400] >= MANY // 7
    assert after.processes == before.processes
    assert after.threads <= before.threads + 2
    assert after.descriptors <= before.descriptors + 2
    assert after.front <= before.front * 1.1
    assert after.largest <= before.largest * 1.1 + 4096
