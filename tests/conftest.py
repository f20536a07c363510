"""The real graph, a release of it, and a server that serves it: each made once, by the real pipeline."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from benchmarks.machine import children
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
TIERS = ("unit", "engine", "http", "browser")
"""The folders of tests, from the fastest to the slowest; each is a marker."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its folder."""
    for item in items:
        (tier,) = [tier for tier in TIERS if (ROOT / "tests" / tier) in item.path.parents]
        item.add_marker(tier)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(source_dir=ROOT, release_dir=tmp_path_factory.mktemp("releases"), shacl_engine="turbo")


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
    return Settings(source_dir=folder, release_dir=folder / "releases", shacl_engine="turbo")


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

    @property
    def front(self) -> int:
        """The pid of the process that answers, behind the main one."""
        return children(self.process.pid)[0]

    @property
    def zygote(self) -> int:
        return next(p for p in children(self.front) if "zygote" in command(p))

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return fetch(self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})


def fetch(
    url: str,
    data: bytes | None = None,
    headers: dict[str, str] | None = None,
    method: str | None = None,
    timeout: float = 30,
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
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Settings) -> dict[str, str]:
    default = Settings()
    chosen = {
        f"GOB_GRAPH_{name.upper()}": str(getattr(settings, name))
        for name in Settings.__dataclass_fields__
        if getattr(settings, name) != getattr(default, name)
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GOB_GRAPH_")}
    return kept | chosen


Starter = Callable[[Settings], Server]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Starts real servers on free ports, and ends them."""
    servers: list[Server] = []

    def starter(settings: Settings) -> Server:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        log = tmp_path_factory.mktemp("server") / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "gob_graph", "serve"],
                env=environment(replace(settings, port=port, service_url=url)),
                cwd=settings.source_dir,
                stdout=stream,
                stderr=stream,
            )
        server = Server(url, process, log)
        servers.append(server)
        deadline = time.monotonic() + 60
        while True:
            try:
                if fetch(url + "/health/ready", timeout=5)[0] == 200:
                    return server
            except OSError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start: {log.read_text()}")
            time.sleep(0.05)

    yield starter
    for server in servers:
        server.process.send_signal(signal.SIGTERM)
        try:
            server.process.wait(15)
        except subprocess.TimeoutExpired:
            server.process.kill()


@pytest.fixture(scope="session")
def server(start: Starter, settings: Settings, release: Release) -> Server:
    """The server with shorter limits than shipped, so that what is stopped is stopped soon."""
    assert release
    return start(replace(settings, query_timeout=2.0, query_memory=256, result_limit=4, fault_hook=1))


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, started once: a second driver in the same thread is refused by Playwright."""
    from playwright.sync_api import sync_playwright

    from tests.browser.pages import ARGUMENTS, CHROMIUM

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(needs(CHROMIUM)), args=ARGUMENTS, chromium_sandbox=False
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(start: Starter, settings: Settings, release: Release) -> Server:
    """The server with room for a reader who opens many pages at once."""
    assert release
    return start(replace(settings, page_workers=2, client_running=4))


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
