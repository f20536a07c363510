"""The SPARQL 1.1 Graph Store HTTP Protocol of another engine: adds to a graph, and reads one back."""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlencode

import pyoxigraph as ox

from gob_graph.endpoint.engine.remote.connection import TRIPLES, Body, Connection, bad
from gob_graph.errors import EngineError
from gob_graph.settings import without_password

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

LARGEST: Final = 2**40
BATCH: Final = 10_000
"""Triples that are written out at once."""
ADDED: Final = frozenset({200, 201, 204})
HINTS: Final = {
    401: "it asks for a name and a password",
    403: "it does not let this user write",
    404: "not there",
    413: "it takes no body so large; where a proxy stands before it, raise its limit (nginx: client_max_body_size)",
}
"""What a status may mean."""


class GraphStore:
    """The graph store at an address."""

    def __init__(self, url: str, seconds: float) -> None:
        """`seconds` may pass without a byte."""
        self._connection = Connection(url)
        self._shown = without_password(url)
        self._between = "&" if "?" in url else "?"
        self._seconds = seconds

    def add(self, graph: str, lines: bytes) -> None:
        """Add N-Triples to a graph.

        Raises:
            EngineError: it does not take them.
            RequestError: it is not reached.
        """
        fields = {"Content-Type": "application/n-triples"}
        response = self._connection.send("POST", self._named(graph), lines, fields, self._seconds)
        status = response.status
        response.drain_conn()
        if status not in ADDED:
            raise EngineError(
                f"the graph store {self._shown} answers {status} to a POST of {len(lines)} bytes "
                f"({HINTS.get(status, 'the log of the engine says more')}); "
                "give the address of its Graph Store Protocol by --graph-store"
            )

    def lines(self, graph: str) -> Iterator[bytes]:
        """The triples of a graph as lines of canonical N-Triples, in the order of the engine.

        Raises:
            RequestError: they do not come whole.
        """
        response = self._connection.send("GET", self._named(graph), None, {"Accept": TRIPLES[0]}, self._seconds)
        if response.status != 200:
            raise bad(f"does not give back <{graph}>: its graph store answers with the status {response.status}")
        body = cast("IO[bytes]", io.BufferedReader(_Raw(Body(response, LARGEST))))
        try:
            quads = ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
            while batch := [quad.triple for quad in islice(quads, BATCH)]:
                written = ox.serialize(batch, format=ox.RdfFormat.N_TRIPLES) or b""
                yield from written.split(b"\n")[:-1]
        except (SyntaxError, ValueError) as error:
            raise bad("gave triples that are not whole or not valid") from error
        finally:
            self._connection.end_answer()

    def _named(self, graph: str) -> str:
        return f"{self._between}{urlencode({'graph': graph})}"


class _Raw(io.RawIOBase):
    """A body as a file of the standard library."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: object) -> int:
        """The next bytes."""
        view = memoryview(cast("bytearray", buffer))
        part = self._body.read(len(view))
        view[: len(part)] = part
        return len(part)
