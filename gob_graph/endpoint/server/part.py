"""A part of a file as the body of a response, read from the disk as the client takes it.

What is in memory is one piece, whatever the part's size. The file is the one that was opened and proved: one that takes
its name later is another file, and one that is written to while it is sent ends the answer before its length.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.known_intact import Opened

PIECE: Final = 1 << 19
"""Bytes that are read at once."""


class ChangedError(OSError):
    """A file was written to, or cut, after it was opened."""


@dataclass(frozen=True, slots=True)
class Part:
    """So many bytes of an open file from a place on."""

    file: Opened
    start: int
    length: int

    def within(self, start: int, length: int) -> Part:
        """A part of this part."""
        return replace(self, start=self.start + start, length=length)

    def __iter__(self) -> Iterator[bytes]:
        """The pieces, in order.

        Raises:
            ChangedError: the file is no longer as it was when it was opened.
        """
        return (self.piece(at) for at in range(0, self.length, PIECE))

    def piece(self, at: int) -> bytes:
        """The piece that begins at a place of the part.

        Raises:
            ChangedError: as above.
        """
        wanted = min(PIECE, self.length - at)
        body = os.pread(self.file.number, wanted, self.start + at)
        if len(body) != wanted or self.file.touched():
            raise ChangedError(f"{self.file.path} was changed while it was sent")
        return body
