"""The real graph, a release of it, and a server that serves it: each made once, by the real pipeline."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyoxigraph as ox
import pytest

from benchmarks.machine import children, free_port
from gob_graph.documents import nquads_lines
from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.build import assemble, build_release
from gob_graph.publication import publish
from gob_graph.release import Release, release_id, write_release
from gob_graph.settings import Settings
from gob_graph.vocab import LAYERS, layer_graph
from tests.parts import ROOT, needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.pages import Reader

SHARED = ROOT.parent / "shared"
LONG = 180.0
"""Seconds that anything may take, whatever else the machine does; a test that is right never waits so long."""
PATIENCE = {"query_timeout": 60.0, "page_timeout": 60.0, "queue_wait": 60.0, "client_burst": 10_000.0}
"""Settings that a busy machine does not run into. A test of one of these limits sets its own."""
OF_SERVER = {"query_timeout": 10.0, "query_memory": 256, "result_limit": 4}
"""The limits of the fixture `server`."""
T = TypeVar("T")
TIERS = ("unit", "engine", "http", "browser")
"""The folders of tests, from the fastest to the slowest; each is a marker."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its folder."""
    for item in items:
        (tier,) = [tier for tier in TIERS if (ROOT / "tests" / tier) in item.path.parents]
        item.add_marker(tier)


def patient(**given: Any) -> Settings:
    """Settings under which an answer does not depend on how busy the machine is."""
    return Settings(**{**PATIENCE, **given})


def until(found: Callable[[], T]) -> T:
    """Ask again and again until there is something: a state is waited for, never a time."""
    deadline = time.monotonic() + LONG
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)
    return value


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return patient(source_dir=ROOT, release_dir=tmp_path_factory.mktemp("releases"), shacl_engine="turbo")


@pytest.fixture(scope="session")
def assembled(settings: Settings) -> Assembled:
    return assemble(settings)


@pytest.fixture(scope="session")
def release(settings: Settings) -> Release:
    return build_release(settings)[0]


@pytest.fixture(scope="session")
def store(release: Release) -> ox.Store:
    """The named graphs and, as the default graph, their union: loaded in another way than the server does."""
    store = ox.Store()
    quads = list(ox.parse(path=release.dataset, format=ox.RdfFormat.N_QUADS))
    store.bulk_extend(quads)
    store.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in quads)
    return store


@pytest.fixture
def copy(tmp_path: Path) -> Settings:
    """A copy of the files that people write, to be spoiled."""
    return copied(tmp_path)


@pytest.fixture
def published(copy: Settings, settings: Settings, release: Release) -> Settings:
    """The same copy, with the release that was built of its files."""
    assert release
    shutil.copytree(settings.release_dir, copy.release_dir, symlinks=True)
    return copy


def copied(folder: Path) -> Settings:
    """A copy of the files that people write, in a folder."""
    for name in ("ontology", "data"):
        shutil.copytree(ROOT / name, folder / name)
    return patient(source_dir=folder, release_dir=folder / "releases", shacl_engine="turbo")


def tiny_release(folder: Path, graphs: dict[str, str], files: dict[str, bytes] | None = None) -> Release:
    """A release of any graphs, each given in Turtle; blank nodes are allowed in it, as nothing validates it."""
    quads = [
        ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode(name))
        for name, text in graphs.items()
        for q in ox.parse(text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    ]
    base = Settings().base_iri
    manifest = {
        "version": "0",
        "issued": "2000-01-01",
        "license": "https://creativecommons.org/publicdomain/zero/1.0/",
        "base_iri": base,
        "ontology_base": base,
        "triples": dict.fromkeys(LAYERS, 0),
        "distinct_triples": len({q.triple for q in quads}),
        "graphs": {layer: layer_graph(base, layer).value for layer in LAYERS},
        "prefixes": {"foaf": "http://xmlns.com/foaf/0.1/"},
    }
    lines = nquads_lines(quads)
    assert lines
    body = "".join(f"{line}\n" for line in lines).encode()
    made = write_release(folder, release_id(lines, base), {"dataset.nq": body, **(files or {})}, manifest)
    publish(folder, made.id)
    return made


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    _marks: set[str] = field(default_factory=set)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def front(self) -> int:
        """The pid of the process that answers, behind the main one; where one is replaced, the older of both."""
        return until(lambda: next(iter(children(self.process.pid)), 0))

    @property
    def zygote(self) -> int:
        return until(lambda: next((p for p in workers(self.front) if "zygote" in command(p)), 0))

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return fetch(self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def lines(self) -> list[dict[str, Any]]:
        """The whole lines of the log that are JSON: another one may be written just now."""
        whole = self.log.read_text("utf-8", "replace").rpartition("\n")[0]
        return [json.loads(line) for line in whole.split("\n") if line.startswith("{")]

    def requests(self) -> list[dict[str, Any]]:
        """The lines of the requests whose answers have come; the server writes them a moment later."""
        self._marks.add(mark := self.get("/nowhere/in/a/test")[1]["gob-graph-request"])
        until(lambda: any(line.get("request") == mark for line in self.lines()))
        return [line for line in self.lines() if "request" in line and line["request"] not in self._marks]


@contextlib.contextmanager
def asking(server: Server, query: str, client: str = "198.51.100.1") -> Iterator[socket.socket]:
    """A connection on which a query was sent; its client leaves at the end, so that it is stopped."""
    target = "/sparql?" + urllib.parse.urlencode({"query": query})
    with socket.create_connection(("127.0.0.1", server.port), LONG) as connection:
        head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {client}\r\n\r\n"
        connection.sendall(head.encode())
        yield connection


def fetch(
    url: str,
    data: bytes | None = None,
    headers: dict[str, str] | None = None,
    method: str | None = None,
    timeout: float = LONG,
) -> tuple[int, dict[str, str], bytes]:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: object) -> None:
            return None

    opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with opener.open(request, timeout=timeout) as response:
            return response.status, joined(response.headers), response.read()
    except urllib.error.HTTPError as error:
        return error.code, joined(error.headers), error.read()


def joined(headers: Message) -> dict[str, str]:
    """Header fields by lower-case name; several of one name are one list (RFC 9110 section 5.3)."""
    return {name.lower(): ", ".join(headers.get_all(name, [])) for name in headers}


def command(pid: int) -> str:
    """The command line of a process; nothing of one that has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def workers(pid: int) -> list[int]:
    """The processes that one has started; none of one that has ended."""
    with contextlib.suppress(OSError):
        return children(pid)
    return []


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be waited for does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def environment(settings: Settings) -> dict[str, str]:
    default = Settings()
    chosen = {
        f"GOB_GRAPH_{name.upper()}": str(getattr(settings, name))
        for name in Settings.__dataclass_fields__
        if getattr(settings, name) != getattr(default, name)
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GOB_GRAPH_")}
    return kept | chosen


Starter = Callable[..., Server]


@dataclass
class Servers:
    """Starts real servers on free ports, and ends them."""

    folders: pytest.TempPathFactory
    running: list[Server] = field(default_factory=list)

    def start(self, settings: Settings, program: str = "") -> Server:
        """Start a server: the command, or a text of Python that calls it."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        log = self.folders.mktemp("server") / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, *(["-c", program] if program else ["-m", "gob_graph", "serve"])],
                env=environment(replace(settings, port=port, service_url=url)),
                cwd=settings.source_dir,
                stdout=stream,
                stderr=stream,
            )
        self.running.append(server := Server(url, process, log))
        until(lambda: process.poll() is not None or answers(url))
        assert process.poll() is None, f"the server did not start: {log.read_text()}"
        return server

    def end(self) -> None:
        """End all at once."""
        for server in self.running:
            server.process.terminate()
        for server in self.running:
            try:
                server.process.wait(30)
            except subprocess.TimeoutExpired:
                server.process.kill()


def answers(url: str) -> bool:
    with contextlib.suppress(OSError):
        return fetch(url + "/health/ready", timeout=30)[0] == 200
    return False


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers that all modules of tests share."""
    servers = Servers(tmp_path_factory)
    yield servers
    servers.end()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Starts servers, which end with the module of tests: the machine has few processors for those that follow."""
    servers = Servers(tmp_path_factory)
    yield servers.start
    servers.end()


@pytest.fixture(scope="session")
def server(lasting: Servers, settings: Settings, release: Release) -> Server:
    """The server with shorter limits than shipped, so that what is stopped is stopped soon."""
    assert release
    return lasting.start(replace(settings, **OF_SERVER, fault_hook=1))


@pytest.fixture(scope="module")
def hurried(start: Starter, settings: Settings, release: Release) -> Server:
    """The same, for queries that never end: it waits two seconds for each."""
    assert release
    return start(replace(settings, **{**OF_SERVER, "query_timeout": 2.0}, query_workers=2, fault_hook=1))


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, started once: a second driver in the same thread is refused by Playwright."""
    from playwright.sync_api import expect, sync_playwright

    from tests.browser.pages import ARGUMENTS, CHROMIUM

    expect.set_options(timeout=LONG * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(needs(CHROMIUM)), args=ARGUMENTS, chromium_sandbox=False
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(lasting: Servers, settings: Settings, release: Release) -> Server:
    """The server with room for a reader who opens many pages at once."""
    assert release
    return lasting.start(replace(settings, page_workers=2, client_running=4))


@pytest.fixture(scope="session")
def window(browser: "Browser", site: Server) -> Callable[..., "Reader"]:
    """One window per width and scheme, reused by every test."""
    from tests.browser.pages import reader

    open_windows: dict[tuple[int, str], Reader] = {}

    def choose(width: int, scheme: str = "light") -> "Reader":
        if (width, scheme) not in open_windows:
            open_windows[width, scheme] = reader(browser, site.url, width, scheme)
        return open_windows[width, scheme]

    return choose


@pytest.fixture(scope="session")
def wide(window: Callable[..., "Reader"]) -> "Reader":
    """The window of a desk."""
    return window(1280, "light")
