"""Sorted N-Quads read where they lie: all that is said of one thing is found by bisection, two files are merged.

No file is taken into memory. Lines are in the order of code points, which in UTF-8 is that of their bytes; as no
release holds a blank node, the lines about a thing begin with its IRI and stand side by side.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from gob_graph.errors import ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 1 << 13
"""Bytes of one look into the file; a line may be longer."""
Lines = tuple[str, ...]
Difference = tuple[bytes, bool]
"""A line with its end, and whether it came."""


class SortedLines(Mapping[str, Lines]):
    """The lines of a file of sorted N-Quads, with their ends, by the IRI of their subject.

    Reads from one place do not disturb those of other threads. What is no longer there, as the file was cut, is an
    error and never an answer.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; it stays the same one when another takes its name."""
        self.path = path
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self._size = os.fstat(self._file).st_size

    def __getitem__(self, iri: str) -> Lines:
        """The lines about a thing."""
        wanted = f"<{iri}> ".encode()
        found = []
        for line in self._from(self._first(wanted)):
            if not line.startswith(wanted):
                break
            found.append(line.decode())
        if not found:
            raise KeyError(iri)
        return tuple(found)

    def __iter__(self) -> Iterator[str]:
        """The subjects, sorted as their lines are."""
        return (iri for iri, _ in self.groups())

    def __len__(self) -> int:
        """How many subjects there are; the whole file is read for it."""
        return sum(1 for _ in self)

    def groups(self) -> Iterator[tuple[str, Lines]]:
        """Every subject with its lines, in one pass."""
        with self.path.open(encoding="utf-8", newline="\n") as stream:
            for iri, lines in groupby(stream, subject_of):
                yield iri, tuple(lines)

    def _first(self, wanted: bytes) -> int:
        """Where the first line begins that is not before some bytes."""
        low, high = 0, self._size
        while low < high:
            middle = (low + high) // 2
            start = self._next_start(middle)
            line = next(self._from(start), None)
            if line is None or line >= wanted:
                high = middle
            else:
                low = start + len(line)
        return self._next_start(low)

    def _next_start(self, position: int) -> int:
        """Where a line begins, at a place or behind it."""
        if position == 0:
            return 0
        before = position - 1
        while before < self._size:
            block = self._read(before)
            end = block.find(b"\n")
            if end >= 0:
                return before + end + 1
            before += len(block)
        return self._size

    def _from(self, start: int) -> Iterator[bytes]:
        """The lines from the beginning of one."""
        rest = b""
        while start < self._size:
            block = self._read(start)
            start += len(block)
            *lines, rest = (rest + block).split(b"\n")
            yield from (line + b"\n" for line in lines)

    def _read(self, start: int) -> bytes:
        block = os.pread(self._file, BLOCK, start)
        if not block:
            raise ReleaseError(f"{self.path} was cut; restore the file or build again")
        return block


def subject_of(line: str) -> str:
    """The IRI that a line begins with."""
    return line[1 : line.index("> ")]


def differences(before: Path, after: Path) -> Iterator[Difference]:
    """The lines that only one of two sorted files holds, in order."""
    with before.open("rb") as old_lines, after.open("rb") as new_lines:
        old, new = next(old_lines, b""), next(new_lines, b"")
        while old or new:
            if old == new:
                old, new = next(old_lines, b""), next(new_lines, b"")
            elif not new or (old and old < new):
                yield old, False
                old = next(old_lines, b"")
            else:
                yield new, True
                new = next(new_lines, b"")
