"""The endpoints that are compared: how each is installed, started on the same data, and ended.

Everything is installed into the work folder without privileges: Python packages into an environment each, Debian
packages unpacked by `dpkg-deb -x`. All listen on the loopback interface only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from benchmarks.machine import debian, free_port, libraries, tree, virtual_environment
from benchmarks.proxy import configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.data import Dataset

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
START_TIMEOUT = 900.0
NGINX, INSTALLED = Path("/usr/sbin/nginx"), Path("/usr/bin/virtuoso-t")


@dataclass
class Peer:
    """An endpoint. A subclass says how it is installed and started; `path` is that of its query interface."""

    work: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    start_seconds: float = 0.0
    name: ClassVar[str]
    version: ClassVar[str] = ""
    path: ClassVar[str] = "/sparql"
    parameters: ClassVar[str] = ""
    """Of each address, with a `&` at the end."""

    def install(self) -> None:
        """Get whatever it needs; raises when it is not to be had here."""

    def command(self, data: Dataset) -> list[str]:
        """What is executed."""
        raise NotImplementedError

    def environment(self, data: Dataset) -> Mapping[str, str]:
        """What is added to the environment."""
        return {}

    def load(self, data: Dataset) -> None:
        """Give it the data, when it does not read them at start."""

    def start(self, data: Dataset) -> None:
        """Start it and wait for its first right answer.

        Raises:
            RuntimeError: it does not answer.
        """
        self.port = free_port()
        self.work.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with (self.work / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(data),
                env={**os.environ, **self.environment(data)},
                cwd=self.work,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait("ASK {}")
        self.load(data)
        self._wait("ASK { ?s a ?class }", text="true")
        self.start_seconds = time.monotonic() - began

    def _wait(self, query: str, text: str = "") -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if text in self.ask(query, "application/sparql-results+json").decode():
                    return
            if self.process and self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not answer; see {self.work / 'log'}")

    def ask(self, query: str, accept: str, timeout: float = 60) -> bytes:
        """The answer to a query."""
        url = f"http://127.0.0.1:{self.port}{self.path}?{self.parameters}query={urllib.parse.quote(query)}"
        with OPENER.open(urllib.request.Request(url, headers={"Accept": accept}), timeout=timeout) as answer:
            body: bytes = answer.read()
            return body

    def _processes(self) -> list[int]:
        return tree(self.process.pid) if self.process else []

    def memory(self) -> tuple[float, float]:
        """MiB of the process tree: resident, and with shared pages divided among those that share them."""
        resident = shared = 0
        for pid in self._processes():
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                    resident += int(line.split()[1]) if line.startswith("Rss:") else 0
                    shared += int(line.split()[1]) if line.startswith("Pss:") else 0
        return resident / 1024, shared / 1024

    def ticks(self) -> int:
        """The processor time that the process tree has used, in hundredths of a second."""
        used = 0
        for pid in self._processes():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
                used += int(fields[11]) + int(fields[12])
        return used

    def stop(self) -> None:
        """End it and all that it started."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


class Ours(Peer):
    """Gob-graph as it is shipped: its limits, its cache."""

    name = "gob-graph"

    def command(self, data: Dataset) -> list[str]:
        """The server of this repository."""
        return [sys.executable, "-m", "gob_graph", "serve"]

    def environment(self, data: Dataset) -> Mapping[str, str]:
        """Only where the release is and where to listen: every limit as shipped."""
        url = f"http://127.0.0.1:{self.port}"
        return {
            "GOB_GRAPH_RELEASE_DIR": str(data.releases),
            "GOB_GRAPH_PORT": str(self.port),
            "GOB_GRAPH_SERVICE_URL": url,
        }


class Proxied(Ours):
    """Gob-graph behind nginx with the shipped configuration, whose cache answers what was asked before."""

    name = "gob-graph behind nginx"

    def install(self) -> None:
        """Debian's nginx; as its files name absolute folders, it has to be installed."""
        if not NGINX.exists():
            raise RuntimeError(f"{NGINX} is not there; install nginx-light")

    def environment(self, data: Dataset) -> Mapping[str, str]:
        """It believes the proxy who asks."""
        return {**super().environment(data), "GOB_GRAPH_TRUSTED_PROXIES": "1"}

    def start(self, data: Dataset) -> None:
        """The server, then the proxy."""
        super().start(data)
        behind, self.port = self.port, free_port()
        file = self.work / "nginx.conf"
        file.write_text(configuration(self.work, self.port, f"127.0.0.1:{behind}"), encoding="utf-8")
        command = [str(NGINX), "-c", str(file), "-g", "daemon off;", "-e", str(self.work / "error.log")]
        with (self.work / "log").open("ab") as log:
            self.proxy = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait("ASK {}")

    def _processes(self) -> list[int]:
        return [*super()._processes(), *tree(self.proxy.pid)]

    def stop(self) -> None:
        """End both."""
        if self.process is not None:
            self.proxy.terminate()
            self.proxy.wait(10)
        super().stop()


class Oxigraph(Peer):
    """`oxigraph serve`, in memory as ours is.

    Without a time limit, as it is by default: with `--timeout-s` it keeps a sleeping thread for each query until the
    limit has passed, and ends for want of memory at the rates measured here.
    """

    name = "oxigraph serve"
    version = "0.5.13"
    path = "/query"

    def install(self) -> None:
        """The package `oxigraph` of PyPI is the native program."""
        virtual_environment(self.work / "venv", f"oxigraph=={self.version}")

    def command(self, data: Dataset) -> list[str]:
        """The native server."""
        return [str(self.work / "venv/bin/oxigraph"), "serve", "--bind", f"127.0.0.1:{self.port}"]

    def load(self, data: Dataset) -> None:
        """By the graph store protocol."""
        url = f"http://127.0.0.1:{self.port}/store"
        with data.quads.open("rb") as body:
            headers = {"Content-Type": "application/n-quads", "Content-Length": str(data.quads.stat().st_size)}
            OPENER.open(urllib.request.Request(url, body, headers, method="POST"), timeout=START_TIMEOUT).close()


class RdflibEndpoint(Peer):
    """`rdflib-endpoint serve`, the usual Python endpoint."""

    name = "rdflib-endpoint"
    version = "0.6.3"
    path = "/"

    def install(self) -> None:
        """From PyPI."""
        virtual_environment(self.work / "venv", f"rdflib-endpoint[cli]=={self.version}", "rdflib==7.6.0")

    def command(self, data: Dataset) -> list[str]:
        """It reads the file at start."""
        return [
            str(self.work / "venv/bin/rdflib-endpoint"),
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            str(data.triples),
        ]


@dataclass
class Virtuoso(Peer):
    """Virtuoso of Debian, with a configuration of its own."""

    sql_port: int = field(default_factory=lambda: free_port())
    name: ClassVar[str] = "virtuoso"
    version: ClassVar[str] = "7.2.5"
    parameters: ClassVar[str] = "default-graph-uri=urn%3Agraph&"
    """Else its own system is asked too."""

    def install(self) -> None:
        """Unpack the package, where it is not installed; nothing of the system is touched."""
        if not INSTALLED.exists():
            debian(self.work / "debian", "virtuoso-opensource-7-bin", "libpcre3")

    def environment(self, data: Dataset) -> Mapping[str, str]:
        """Where the unpacked libraries are."""
        return {} if INSTALLED.exists() else {"LD_LIBRARY_PATH": libraries(self.work / "debian")}

    def command(self, data: Dataset) -> list[str]:
        """In the foreground, with a fresh database."""
        for old in self.work.glob("virtuoso.*"):
            old.unlink()
        settings = self.work / "virtuoso.ini"
        settings.write_text(
            "[Database]\nDatabaseFile=virtuoso.db\nErrorLogFile=virtuoso.log\nLockFile=virtuoso.lck\n"
            "TransactionFile=virtuoso.trx\nxa_persistent_file=virtuoso.pxa\n"
            "[TempDatabase]\nDatabaseFile=virtuoso-temp.db\nTransactionFile=virtuoso-temp.trx\n"
            f"[Parameters]\nServerPort=127.0.0.1:{self.sql_port}\nNumberOfBuffers=170000\nMaxDirtyBuffers=130000\n"
            f"DirsAllowed={data.triples.parent}\nMaxQueryMem=1G\n"
            f"[HTTPServer]\nServerPort=127.0.0.1:{self.port}\nServerThreads=16\nMaxKeepAlives=16\nKeepAliveTimeout=30\n"
            "[SPARQL]\nResultSetMaxRows=20000\nMaxQueryExecutionTime=10\nMaxQueryCostEstimationTime=0\n",
            encoding="ascii",
        )
        return [self._program(INSTALLED.name), "+foreground", "+configfile", str(settings)]

    def _program(self, name: str) -> str:
        folder = INSTALLED.parent if INSTALLED.exists() else self.work / "debian/usr/bin"
        return str(folder / name)

    def load(self, data: Dataset) -> None:
        """By its bulk loader, into one graph: its default graph is the union of all."""
        script = (
            f"ld_dir('{data.triples.parent}', '{data.triples.name}', 'urn:graph'); rdf_loader_run(); checkpoint; exit;"
        )
        isql = [self._program("isql-vt"), f"127.0.0.1:{self.sql_port}", "dba", "dba"]
        subprocess.run(
            [*isql, f"exec={script}"],
            env={**os.environ, **self.environment(data)},
            check=True,
            capture_output=True,
            timeout=START_TIMEOUT,
        )


PEERS: tuple[type[Peer], ...] = (Ours, Proxied, Oxigraph, RdflibEndpoint, Virtuoso)
