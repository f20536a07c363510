"""Messages between the dispatcher and a worker, over one stream socket: a fixed header, a small head, a body.

Each side sends one message and waits for one. The header carries the serial number of the job, which the reply repeats,
so that an answer can never be taken for that of another query.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import socket
    from io import BufferedReader

PIECE = 2**16
"""Bytes that are received at once; most messages are one piece."""
HEAD = 2**20
"""Bytes of the largest head of a reply."""
_HEADER = struct.Struct("!QddIQ")


class Message(NamedTuple):
    """A job or its reply."""

    serial: int
    """The number of the job; the reply repeats it."""
    head: bytes
    body: bytes
    seconds: float = 0.0
    """Reply: processor seconds that the job used."""
    total: float = 0.0
    """Reply: processor seconds that the process has used in its life."""

    def header(self) -> bytes:
        """The fixed part."""
        return _HEADER.pack(self.serial, self.seconds, self.total, len(self.head), len(self.body))

    def packed(self) -> bytes:
        """The whole message in one piece."""
        return self.header() + self.head + self.body


class MessageError(Exception):
    """The bytes that have come are not the one message that was awaited."""


def send(connection: socket.socket, message: Message) -> None:
    """Send a message, waiting; a large body is not copied."""
    if len(message.body) <= PIECE:
        connection.sendall(message.packed())
    else:
        connection.sendall(message.header() + message.head)
        connection.sendall(message.body)


def receive(stream: BufferedReader) -> Message:
    """Wait for a message.

    Raises:
        EOFError: the other side has closed the connection.
    """
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise EOFError
    serial, seconds, total, head, body = _HEADER.unpack(header)
    return Message(serial, stream.read(head), stream.read(body), seconds, total)


class Assembly:
    """Puts one message together from the pieces in which it comes; `most` is the bytes that its body may have."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pieces: list[bytes] = []
        self._length = 0
        self._whole: int | None = None
        """The bytes of the message, once its header is there."""

    def add(self, piece: bytes) -> Message | None:
        """The message, once it is whole.

        Raises:
            MessageError: more has come than one message, or it would be larger than a reply can be.
        """
        self._pieces.append(piece)
        self._length += len(piece)
        if self._whole is None:
            if self._length < _HEADER.size:
                return None
            self._pieces = [b"".join(self._pieces)]
            *_, head, body = _HEADER.unpack_from(self._pieces[0])
            if head > HEAD or body > self._most:
                raise MessageError
            self._whole = _HEADER.size + head + body
        if self._length > self._whole:
            raise MessageError
        if self._length < self._whole:
            return None
        data = b"".join(self._pieces)
        serial, seconds, total, head, _ = _HEADER.unpack_from(data)
        start = _HEADER.size + head
        return Message(serial, data[_HEADER.size : start], data[start:], seconds, total)
