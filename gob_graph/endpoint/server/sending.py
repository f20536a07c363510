"""A response as messages of ASGI 3.0: at once where it is small, else in chunks, each when the client took the last."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.server.part import PIECE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from gob_graph.endpoint.server.message import Response
    from gob_graph.endpoint.server.part import Part

    Message = MutableMapping[str, Any]
    Send = Callable[[Message], Awaitable[None]]
    Left = asyncio.Future[None] | None

CHUNK = 2**16
"""Bytes of a body that are given to the server at once; it waits while the client does not read."""


@dataclass(slots=True)
class Counted:
    """Sends messages, and counts the bytes of bodies."""

    send: Send
    size: int = 0

    async def __call__(self, message: Message) -> None:
        """Send one."""
        self.size += len(message.get("body", b""))
        await self.send(message)


async def whole(response: Response, send: Send) -> None:
    """Send a response with a body of `CHUNK` bytes at most."""
    await _begin(response, send)
    await send({"type": "http.response.body", "body": response.body})


async def in_chunks(response: Response, send: Send, left: Left) -> None:
    """Send a response with a longer body; a client that has left (`left`) ends it."""
    await _begin(response, send)
    body = memoryview(response.body)
    for start in range(0, len(body), CHUNK):
        if left is not None and left.done():
            return
        more = start + CHUNK < len(body)
        await send({"type": "http.response.body", "body": bytes(body[start : start + CHUNK]), "more_body": more})


async def from_file(response: Response, part: Part, send: Send, left: Left) -> None:
    """Send a part of a file; a client that has left (`left`) ends it.

    Raises:
        ChangedError: the file is no longer what was proved; the client sees that its answer is cut.
    """
    loop = asyncio.get_running_loop()
    await _begin(response, send)
    for at in range(0, part.length, PIECE):
        body = await loop.run_in_executor(None, part.piece, at)
        if left is not None and left.done():
            return
        await send({"type": "http.response.body", "body": body, "more_body": at + PIECE < part.length})


async def _begin(response: Response, send: Send) -> None:
    fields = [_encoded(name, value) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": fields})


@lru_cache(maxsize=1024)
def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    """A header field; nearly all are those of many responses."""
    return name.encode("latin-1"), value.encode("latin-1")
