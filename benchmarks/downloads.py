"""The download of a large file of a release, whole and by ranges, beside the reading of the same file from the disk.

The file is cold when the system was told to forget its pages, and warm when it was read just before. One connection,
one range after the other; what comes is thrown away. Every limit is as shipped.
"""

from __future__ import annotations

import hashlib
import http.client
import math
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data import Dataset
from benchmarks.peers import Ours, Proxied
from benchmarks.replicas import started
from gob_graph.manifest import DATASET
from gob_graph.release import current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RANGE = 1 << 23
PIECE = 1 << 20
TURNS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One way to have the whole file: the seconds of the fastest turn, cold and warm."""

    way: str
    size: int
    cold: float
    warm: float

    def text(self, disk: Row) -> str:
        """A row of the table, with the part of the disk's speed."""
        parts = [
            f"{self.size / 1e6 / s:,.0f} | {d / s:.2f}" for s, d in ((self.cold, disk.cold), (self.warm, disk.warm))
        ]
        return f"| {self.way} | {' | '.join(parts)} |"


def table(releases: Path, work: Path) -> Iterator[str]:
    """The lines of the table, for the dataset of the current release of a folder.

    Raises:
        RuntimeError: something else than the file came.
    """
    file = current(releases) / DATASET
    yield f"{DATASET} of {file.stat().st_size / 1e6:,.0f} MB; ranges of {RANGE >> 20} MiB\n"
    yield "| way | cold: MB/s | of the disk | warm: MB/s | of the disk |\n| --- | --- | --- | --- | --- |"
    path = f"/releases/{file.parent.name}/{DATASET}"
    ways: dict[str, Callable[[], int]] = {"read from the disk": lambda: _read(file)}
    with ExitStack() as stack:
        for kind in (Ours, Proxied):
            port = stack.enter_context(started(kind, work / kind.__name__, Dataset("", 0, releases, file, file)))
            _prove(file, port, path)
            for way, step in ((f"{kind.name}, whole", 0), (f"{kind.name}, by ranges", RANGE)):
                ways[way] = partial(_count, port, path, step, file.stat().st_size)
        rows = _measured(file, ways)
    yield from (row.text(rows[0]) for row in rows)


def _measured(file: Path, ways: dict[str, Callable[[], int]]) -> list[Row]:
    """All ways in turns, so that whatever else the machine does strikes all of them."""
    size = file.stat().st_size
    best = {(way, cold): math.inf for way in ways for cold in (True, False)}
    for _, (way, cold) in product(range(TURNS), best):
        _forget(file) if cold else _read(file)
        began = time.perf_counter()
        if ways[way]() != size:
            raise RuntimeError(f"{way}: the file did not come whole")
        best[way, cold] = min(best[way, cold], time.perf_counter() - began)
    return [Row(way, size, best[way, True], best[way, False]) for way in ways]


def _read(file: Path) -> int:
    size, buffer = 0, bytearray(PIECE)
    with file.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            size += count
    return size


def _forget(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _taken(port: int, path: str, step: int, size: int) -> Iterator[bytes]:
    """The file in pieces: by ranges of so many bytes, or whole for 0."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    for start in range(0, size, step) if step else (0,):
        headers = {"Range": f"bytes={start}-{start + step - 1}"} if step else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        if answer.status != (206 if step else 200):
            raise RuntimeError(f"{path} answered {answer.status}")
        while piece := answer.read(PIECE):
            yield piece
    connection.close()


def _count(port: int, path: str, step: int, size: int) -> int:
    return sum(map(len, _taken(port, path, step, size)))


def _prove(file: Path, port: int, path: str) -> None:
    """What comes by ranges is the file; the server compares the digest of the file meanwhile, once."""
    digest = hashlib.sha256()
    for piece in _taken(port, path, RANGE, file.stat().st_size):
        digest.update(piece)
    with file.open("rb") as stream:
        if digest.digest() != hashlib.file_digest(stream, "sha256").digest():
            raise RuntimeError(f"{path} is another file")
