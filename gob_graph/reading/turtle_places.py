"""Where in a Turtle text a blank node is opened: a parser tells of a statement when it ends."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    rb'"""(?:[^"\\]|\\.|"(?!""))*"""'
    rb"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    rb'|"(?:[^"\\\n]|\\.)*"'
    rb"|'(?:[^'\\\n]|\\.)*'"
    rb"|<[^>\n]*>|#[^\n]*|[\[\](){}]|\n",
    re.S,
)
_OPENING, _CLOSING = b"[({", b"])}"


class Feed(io.RawIOBase):
    """Hands a parser its text up to the next bracket or line end, so that the place of what it gives back is known.

    `line` is that of the last piece. `inside` is the bracket (from 0, None outside all) that was open before the last
    piece: that of a statement which the piece completes. Without `brackets` only lines are told apart.
    """

    def __init__(self, body: bytes, *, brackets: bool = True) -> None:
        self._pieces = _cut(body) if brackets else iter(io.BytesIO(body))
        self._rest = b""
        self._stack: list[int] = []
        self._brackets: list[tuple[int, int | None]] = []
        self._ended = 0
        self.line = 1
        self.inside: int | None = None

    def line_of(self, bracket: int) -> int:
        """The line where a bracket stands."""
        return self._brackets[bracket][0]

    def around(self, bracket: int) -> int | None:
        """The bracket around another; None outside all."""
        return self._brackets[bracket][1]

    def read(self, size: int = -1, /) -> bytes:
        """The next piece, or a part of it that is not longer than asked; empty at the end."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
            self._follow(self._rest)
        part = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(part) :]
        return part

    def _follow(self, piece: bytes) -> None:
        self.inside = self._stack[-1] if self._stack else None
        self.line += self._ended
        self._ended = piece.count(b"\n")
        if len(piece) == 1 and piece in _OPENING:
            self._brackets.append((self.line, self.inside))
            self._stack.append(len(self._brackets) - 1)
        elif len(piece) == 1 and piece in _CLOSING and self._stack:
            self._stack.pop()


def _cut(body: bytes) -> Iterator[bytes]:
    """The text in pieces: each bracket alone, the rest up to a bracket or the end of a line."""
    start = 0
    for found in _TOKEN.finditer(body):
        if found[0] == b"\n":
            yield body[start : found.end()]
        elif found[0] in _OPENING or found[0] in _CLOSING:
            if found.start() > start:
                yield body[start : found.start()]
            yield found[0]
        else:
            continue
        start = found.end()
    if start < len(body):
        yield body[start:]
