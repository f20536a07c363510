"""Replicas behind the shipped HAProxy configuration, with the real HAProxy: no request fails, no client goes back."""

import http.client
import itertools
import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from benchmarks import balancer
from gob_graph.follow import follow
from gob_graph.proof import read_copy, verify
from gob_graph.publication import number_of, publications, publish, roll_back
from gob_graph.release import build_lock, current, open_release
from tests.conftest import LONG, Starter, environment, fetch, free_port, patient
from tests.parts import needs
from tests.world import World, made

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def wait(seen: threading.Condition, test: Callable[[], bool]) -> None:
    with seen:
        assert seen.wait_for(test, LONG), "it did not come"


def marked(folder: Path) -> int:
    found = re.search(r"gpt0=(\d+)", balancer.command(folder, "show table own/marks"))
    return int(found[1]) if found else 0


@dataclass
class Replica:
    """A copy of the origin, and its server; it can be killed and begun again."""

    world: World
    folder: Path
    origin: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    def begin(self) -> None:
        settings = patient(release_dir=self.folder, port=self.port, query_workers=2, page_workers=1, trusted_proxies=1)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gob_graph", "serve"],
                env=environment(replace(settings, service_url="http://127.0.0.1")),
                cwd=self.world.settings.source_dir,
                stdout=log,
                stderr=log,
            )

    def holds(self, number: int) -> None:
        """Wait until all that answer here serve a publication: the process of the one before is gone."""
        deadline, right = time.monotonic() + LONG, 0
        while right < 5:
            with suppress(OSError):
                status, headers, _ = fetch(f"http://127.0.0.1:{self.port}/health/ready", timeout=LONG)
                right = right + 1 if (status, headers["gob-graph-publication"]) == (200, str(number)) else 0
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def catch_up(self) -> None:
        follow(self.origin, self.folder, lambda _: None)
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(LONG)
            self.process = None


@dataclass
class Client:
    """Asks through the balancer, over one connection while it lasts; notes the publication of each answer."""

    port: int
    seen: threading.Condition
    stop: threading.Event
    number: int
    publications: list[int] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        for turn in itertools.count():
            if self.stop.is_set():
                break
            try:
                self.ask(connection, turn)
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection.close()
            with self.seen:
                self.seen.notify_all()
            # Enough to meet every moment of a spread, and little enough to leave the processor to the replicas.
            self.stop.wait(0.01)
        connection.close()

    def ask(self, connection: http.client.HTTPConnection, turn: int) -> None:
        """In turns: from the cache, evaluated, by POST, and a page of the web framework."""
        unique = f"{COUNT} # {self.number} {turn}"
        form = {"Content-Type": "application/sparql-query"}
        method, path, body = (
            ("GET", f"/sparql?query={urllib.parse.quote(COUNT)}", None),
            ("GET", f"/sparql?query={urllib.parse.quote(unique)}", None),
            ("POST", "/sparql", unique),
            ("GET", "/uris/status?iri=https://data.example.org/id/organization/water", None),
        )[turn % 4]
        connection.request(method, path, body, form if body else {})
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            self.failed.append(f"{method} {path}: {response.status} {text[:200]!r}")
        self.publications.append(int(response.headers.get("Gob-Graph-Publication", 0)))
        self.releases.append(response.headers.get("Gob-Graph-Release", ""))


@dataclass
class Site:
    """The origin, which publishes; two replicas; the balancer, and clients that go on asking."""

    world: World
    origin: Path
    folder: Path
    port: int
    replicas: list[Replica]
    clients: list[Client]
    seen: threading.Condition
    balancer: subprocess.Popen[bytes]

    def publish(self, release: str) -> None:
        with build_lock(self.origin):
            assert publish(self.origin, release)

    def spread(self) -> int:
        """Take what is published to the replicas one by one, under load; says its number.

        In between, clients have answers of the new publication while the other replica holds the old one.
        """
        number = len(publications(self.origin))
        for replica in self.replicas:
            replica.catch_up()
            replica.holds(number)
            self.answered(20)
            wait(self.seen, lambda: all(client.publications[-1] == number for client in self.clients))
        return number

    def answered(self, more: int) -> None:
        """Wait until each client has so many more answers."""
        aims = [len(client.publications) + more for client in self.clients]
        wait(self.seen, lambda: all(len(c.publications) >= n for c, n in zip(self.clients, aims, strict=True)))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, start: Starter) -> Iterator[Site]:
    """One publication everywhere, and load."""
    needs(balancer.HAPROXY)
    folder = tmp_path_factory.mktemp("replicas")
    world = made(folder / "world")
    origin = folder / "origin"
    origin.mkdir()
    for identity in world.ids:
        (origin / identity).symlink_to(world.folder / identity)
    with build_lock(origin):
        publish(origin, world.ids[0])
    url = start(replace(world.settings, release_dir=origin, query_workers=1, page_workers=1)).url
    replicas = [Replica(world, folder / name, url) for name in ("first", "second")]
    port, seen, stop = free_port(), threading.Condition(), threading.Event()
    clients = [Client(port, seen, stop, number) for number in range(3)]
    threads = [threading.Thread(target=client.run) for client in clients]
    try:
        for replica in replicas:
            follow(url, replica.folder, lambda _: None)
            replica.begin()
        for replica in replicas:
            replica.holds(1)
        with balancer.balancing(folder, port, free_port(), [replica.port for replica in replicas]) as process:
            for thread in threads:
                thread.start()
            yield Site(world, origin, folder, port, replicas, clients, seen, process)
            stop.set()
            for thread in threads:
                thread.join(LONG)
    finally:
        stop.set()
        for replica in replicas:
            replica.end()


def test_three_releases_a_rollback_a_kill_and_a_stop_under_load(site: Site) -> None:
    first, second = site.replicas
    site.answered(8)
    for identity in site.world.ids[1:3]:
        site.publish(identity)
        site.spread()
    second.end()
    site.answered(40)
    site.publish(site.world.ids[3])
    # The replica comes back with a publication that clients have seen a successor of.
    first.catch_up()
    first.holds(4)
    site.answered(20)
    second.begin()
    second.holds(3)
    assert fetch(f"http://127.0.0.1:{second.port}/", headers={"Gob-Graph-At-Least": "4"})[0] == 503
    site.answered(40)
    site.spread()
    roll_back(site.origin)
    assert site.spread() == 5
    first.end(signal.SIGTERM)
    site.answered(40)
    for client in site.clients:
        assert client.failed == []
        assert client.publications == sorted(client.publications)
        assert set(client.publications) == {1, 2, 3, 4, 5}
        order = [site.world.ids[n] for n in (0, 1, 2, 3, 2)]
        assert all(order[n - 1] == r for n, r in zip(client.publications, client.releases, strict=True))
    assert '"code": "release-behind"' in second.log.read_text(), "the rule was never needed"
    assert marked(site.folder) == 5


def test_all_copies_prove_equal(site: Site) -> None:
    log = publications(site.origin)
    for replica in site.replicas:
        assert publications(replica.folder) == log
        assert number_of(open_release(current(replica.folder))) == len(log)
        for identity in site.world.ids:
            copied = open_release(replica.folder / identity)
            assert verify(open_release(site.origin / identity), read_copy(copied.dataset)).same
    command = [sys.executable, "-m", "gob_graph", "verify", str(current(site.replicas[1].folder) / "dataset.nq")]
    settings = replace(site.world.settings, release_dir=site.origin)
    proved = subprocess.run(command, env=environment(settings), capture_output=True, text=True, check=False)
    assert proved.returncode == 0, proved.stderr
    assert f"is the whole graph of release {log[-1].release}" in proved.stdout


def test_what_the_balancer_refuses_is_said_as_the_server_says_it(site: Site) -> None:
    status, _, _ = fetch(f"http://127.0.0.1:{site.port}/metrics")
    assert status == 403
    for replica in site.replicas:
        replica.end()
    status, headers, body = fetch(f"http://127.0.0.1:{site.port}/")
    assert (status, headers["content-type"], headers["cache-control"]) == (503, "application/problem+json", "no-store")
    assert json.loads(body)["code"] == "engine-down"


def test_a_reload_of_the_balancer_keeps_the_mark(site: Site) -> None:
    def worker() -> str:
        return balancer.command(site.folder, "show info").partition("Pid: ")[2].split()[0]

    before = worker()
    # No replica holds it, so that no answer brings it back.
    balancer.command(site.folder, "set table own/marks key 1 data.gpt0 9")
    assert marked(site.folder) == 9
    site.balancer.send_signal(signal.SIGUSR2)
    deadline = time.monotonic() + LONG
    while worker() == before or marked(site.folder) != 9:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_request_names_the_least_publication(site: Site) -> None:
    site.replicas[0].begin()
    site.replicas[0].holds(5)
    url = f"http://127.0.0.1:{site.replicas[0].port}/sparql?query={urllib.parse.quote(COUNT)}"
    for least, expected in (("0", 200), ("5", 200), ("6", 503), ("05", 200), ("-1", 400), ("x", 400), ("9" * 30, 400)):
        status, headers, body = fetch(url, headers={"Gob-Graph-At-Least": least})
        assert (least, status) == (least, expected)
        assert headers["gob-graph-publication"] == "5"
        if status != 200:
            code = {503: "release-behind", 400: "bad-request"}[status]
            assert json.loads(body)["code"] == code
