"""A query on its way to a worker: its text, how it is evaluated, and the limits of the process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

ENCODINGS = 32
"""Ways to evaluate whose encoding is remembered; most clients use one of a few."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use: MiB of memory and of result, seconds of processor time."""

    memory: int
    result: int
    seconds: float
    faults: bool = False
    """Whether a query can bring about a fault (`faults`), for tests."""
    normaliser: int = 1
    """0: queries are evaluated as they are written; 1: in their normalised form; 2: in both, and compared."""


class Formats(NamedTuple):
    """The short name of the format for each kind of result (None: not acceptable)."""

    bindings: str | None
    boolean: str | None
    graph: str | None


class Manner(NamedTuple):
    """How a query is evaluated: its dataset (None: the service's own), and the formats of its result."""

    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    formats: Formats
    base: str = "http://localhost/"
    """What relative addresses in the query are resolved against."""
    described: bool = False
    """Whether the answer describes the query (its normalised form, its surprising places) and is not its result."""


@dataclass(frozen=True, slots=True)
class Job:
    """A query, and how it is evaluated."""

    query: str
    manner: Manner

    def encode(self) -> tuple[bytes, bytes]:
        """The head and the body of its message: the manner in JSON, and the query in UTF-8."""
        return _encode(self.manner), self.query.encode()

    @classmethod
    def decode(cls, head: bytes, body: bytes) -> Job:
        """The job of a message."""
        return cls(body.decode(), _decode(head))


@lru_cache(maxsize=ENCODINGS)
def _encode(manner: Manner) -> bytes:
    return json.dumps(manner).encode()


@lru_cache(maxsize=ENCODINGS)
def _decode(head: bytes) -> Manner:
    default_graphs, named_graphs, formats, base, described = json.loads(head)
    return Manner(_names(default_graphs), _names(named_graphs), Formats(*formats), base, described)


def _names(graphs: list[str] | None) -> tuple[str, ...] | None:
    return None if graphs is None else tuple(graphs)
