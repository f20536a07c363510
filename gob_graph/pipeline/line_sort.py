"""Lines in the order of code points, also of more than memory holds: sorted in parts, which are merged when read."""

from __future__ import annotations

import heapq
import tempfile
from itertools import islice
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PART: Final = 1_000_000
"""Lines of one part; what has more than one part is kept in temporary files."""


class SortedOnce:
    """Lines, sorted by code point, to be read as often as needed, but by one reader at a time.

    Each of the lines is bytes that end with LF. `folder` is where the temporary files stand, which have no name.
    """

    def __init__(self, lines: Iterable[bytes], folder: Path | None = None, part: int = PART) -> None:
        rest = iter(lines)
        self._few = sorted(islice(rest, part))
        self._parts: list[IO[bytes]] = []
        following = sorted(islice(rest, part))
        if not following:
            return
        self._parts.append(_kept(self._few, folder))
        self._few = []
        while following:
            self._parts.append(_kept(following, folder))
            following = sorted(islice(rest, part))

    def __iter__(self) -> Iterator[bytes]:
        """The lines from the first."""
        for part in self._parts:
            part.seek(0)
        return heapq.merge(*self._parts) if self._parts else iter(self._few)

    def close(self) -> None:
        """Give the temporary files up."""
        for part in self._parts:
            part.close()


def with_few(lines: Iterable[bytes], few: list[bytes]) -> Iterator[bytes]:
    """Sorted lines with a few others, sorted as well, put in; a general merge takes several times as long."""
    rest = iter(few)
    following = next(rest, None)
    for line in lines:
        while following is not None and following < line:
            yield following
            following = next(rest, None)
        yield line
    if following is not None:
        yield following
        yield from rest


def _kept(lines: list[bytes], folder: Path | None) -> IO[bytes]:
    stream = tempfile.TemporaryFile(dir=folder, buffering=1 << 20)  # noqa: SIM115 - `SortedOnce.close`
    stream.writelines(lines)
    return stream
