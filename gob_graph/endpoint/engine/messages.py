"""Messages between the dispatcher and a worker, over one stream socket: a fixed header, a small head, a body.

Each side sends one message and waits for one. The header carries the serial number of the job, which the reply repeats,
so that an answer can never be taken for that of another query.
"""

from __future__ import annotations

import asyncio
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


async def receive_reply(connection: socket.socket, most: int) -> Message:
    """Wait for a message with a body of so many bytes at most, in the running event loop; the socket does not block.

    Raises:
        EOFError: the other side has closed the connection.
        MessageError: more has come than one message, or it would be larger than a reply can be.
    """
    loop = asyncio.get_running_loop()
    begin: bytes | bytearray = b""
    while len(begin) < _HEADER.size:
        begin += await _some(loop, connection)
    serial, seconds, total, head, body = _HEADER.unpack_from(begin)
    length = _HEADER.size + head + body
    if len(begin) > length or head > HEAD or body > most:
        raise MessageError
    if len(begin) < length:
        begin = await _rest(loop, connection, begin, length)
    start = _HEADER.size + head
    view = memoryview(begin)
    return Message(serial, bytes(view[_HEADER.size : start]), bytes(view[start:]), seconds, total)


async def _some(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
    try:
        part = await loop.sock_recv(connection, PIECE)
    except ConnectionResetError as error:
        raise EOFError from error
    if not part:
        raise EOFError
    return part


async def _rest(
    loop: asyncio.AbstractEventLoop, connection: socket.socket, begin: bytes | bytearray, length: int
) -> bytearray:
    """The whole message that begins so, of so many bytes."""
    whole = bytearray(length)
    whole[: len(begin)] = begin
    done = len(begin)
    while done < length:
        try:
            count = await loop.sock_recv_into(connection, memoryview(whole)[done:])
        except ConnectionResetError as error:
            raise EOFError from error
        if not count:
            raise EOFError
        done += count
    return whole
