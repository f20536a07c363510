"""Engines that are libraries: each in a process of its own, which reads queries by line and answers in JSON."""

from __future__ import annotations

import json
import select
import subprocess
import time
from typing import IO, TYPE_CHECKING, ClassVar, cast

from benchmarks.machine import virtual_environment
from benchmarks.peers import START_TIMEOUT, Peer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Dataset

_LOOP = """
print("ready", flush=True)
for line in sys.stdin:
    query = json.loads(line)
    start = time.perf_counter()
    try:
        body = answer(query)
    except Exception as error:
        body = json.dumps({"error": repr(error)[:200]})
    print(json.dumps([time.perf_counter() - start, body]), flush=True)
"""


class Library(Peer):
    """A library; its code reads the file of triples and defines `answer`."""

    package: ClassVar[str]
    code: ClassVar[str]
    _last: float = 0.0

    def install(self) -> None:
        """From PyPI, into an environment of its own."""
        virtual_environment(self.work / "venv", f"{self.package}=={self.version}")

    def command(self, data: Dataset) -> list[str]:
        """Python, with the code of this library."""
        code = f"import json, sys, time\npath = sys.argv[1]\n{self.code}\n{_LOOP}"
        return [str(self.work / "venv/bin/python"), "-c", code, str(data.triples)]

    def start(self, data: Dataset) -> None:
        """Start it and wait until it has read the data.

        Raises:
            RuntimeError: it does not.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        log: Path = self.work / "log"
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                self.command(data),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self.work,
                start_new_session=True,
            )
        if self._line(START_TIMEOUT).strip() != b"ready":
            raise RuntimeError(f"{self.name} has not read the data; see {log}")
        self.start_seconds = time.monotonic() - began

    def _line(self, timeout: float) -> bytes:
        stream = self._stream("stdout")
        if not select.select([stream], [], [], timeout)[0]:
            raise TimeoutError
        return stream.readline()

    def _stream(self, name: str) -> IO[bytes]:
        return cast("IO[bytes]", getattr(self.process, name))

    def ask(self, query: str, accept: str, timeout: float = 60) -> bytes:
        """The answer to a query.

        Raises:
            RuntimeError: it is refused.
            TimeoutError: there is none in time.
        """
        self._stream("stdin").write(json.dumps(query).encode() + b"\n")
        self._stream("stdin").flush()
        _, body = json.loads(self._line(timeout))
        if "error" in json.loads(body):
            raise RuntimeError(body)
        return str(body).encode()


class Sparq(Library):
    """`sparq-rdf`, in Rust."""

    name = package = "sparq-rdf"
    version = "0.1.6"
    code = """
import sparq
graph = sparq.Graph.load(path, "ntriples")
def answer(query):
    if "ASK {" in query:
        return json.dumps({"head": {}, "boolean": graph.ask(query)})
    return graph.query_json(query)
"""


class Maplib(Library):
    """`maplib`, in Rust over Polars; it has no ASK."""

    name = package = "maplib"
    version = "0.20.26"
    code = """
import maplib
model = maplib.Model()
model.read(path, format="ntriples")
def answer(query):
    return model.query(query, return_json=True)
"""


LIBRARIES: tuple[type[Library], ...] = (Sparq, Maplib)
