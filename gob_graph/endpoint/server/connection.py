"""One HTTP/1.1 connection of the event loop: requests in, whole responses out, one after the other (RFC 9112).

A request is handed on when all of it has come. Whatever may take long is a task, which ends when the client goes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, cast

from gob_graph.endpoint.server.message import HttpRequest, head_of
from gob_graph.endpoint.server.reader import RequestReader
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.server.message import Response
    from gob_graph.endpoint.server.reader import Head
    from gob_graph.endpoint.server.server import Server

LOG = logging.getLogger("gob_graph")
AT_ONCE = 2**16
"""Bytes of a body that are copied to be sent with their header, in one piece."""
HEAD_SECONDS, BODY_SECONDS, IDLE_SECONDS = 10.0, 30.0, 75.0
"""How long the head and the body of a request may take, and how long a connection may rest (proxies end it before)."""
STUCK_SECONDS = 30.0
"""How long a client may take nothing of an answer."""
LINGER_SECONDS = 2.0
"""How long what a client still sends is taken from it after the last answer, so that it can read that answer."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_ENDINGS = {
    ("1.1", True): b"\r\n",
    ("1.1", False): b"Connection: close\r\n\r\n",
    ("1.0", True): b"Connection: keep-alive\r\n\r\n",
    ("1.0", False): b"Connection: close\r\n\r\n",
}


class Connection(asyncio.Protocol):
    """The conversation with one client."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.remote = ""
        self.since = server.loop.time()
        """When it came, or got its last answer."""
        self.deadline = self.since + HEAD_SECONDS
        self.busy = False
        """A request is being answered."""
        self._reader = RequestReader(server.bodies, self._head_known, self._take)
        self._paused = self._closing = False
        self._keep = True
        self._waits = False
        """The client sends a body when it is asked for."""
        self._task: asyncio.Task[None] | None = None
        self._queue: deque[tuple[Head, bytes | RequestError]] = deque()
        self._last: RequestError | None = None
        """What the client is told when everything before has been answered."""
        self._unsent, self._moved = 0, self.since
        self._data = b""
        """What has just come, when a request begins with it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come; there may be no room for it."""
        self.transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.remote = peer[0] if peer else ""
        if not self.server.admit(self):
            self._refuse(RequestError("engine-busy", "there are too many connections", {"Retry-After": "5"}))

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone; nobody waits for an answer any more."""
        self._closing = True
        self._queue.clear()
        self._reader.drop()
        if self._task:
            self._task.cancel()
        self.server.leave(self)

    def data_received(self, data: bytes) -> None:
        """Read on. A request that came before in the same bytes, and was answered from memory, is not parsed again."""
        if self._closing or self._last:
            return
        if not self._reader.inside:
            head = self.server.heads.get(data)
            if head is not None:
                self._take(head, b"")
                return
            self.deadline = self.server.now + HEAD_SECONDS
            self._data = data
        try:
            self._reader.feed(data)
        except RequestError as error:
            self._end_with(error)
        self._data = b""

    def _head_known(self, waits: bool) -> None:  # noqa: FBT001 - the reader's own
        self.deadline = self.server.now + BODY_SECONDS
        self._waits = waits
        self._invite()

    def _invite(self) -> None:
        """Ask for the body that a client keeps back, when what it asked before is answered."""
        if self._waits and not (self.busy or self._queue or self._closing):
            self._waits = False
            self.transport.write(_CONTINUE)

    # From a request to its answer.

    def _take(self, head: Head, content: bytes | RequestError) -> None:
        self._waits = False
        if self._closing:
            return
        if self.busy or self._paused or self._queue:
            self._queue.append((head, content))
            self.transport.pause_reading()
        else:
            self._begin(head, content)

    def _begin(self, head: Head, content: bytes | RequestError) -> None:
        method, path, query, version, fields, keep = head
        request = HttpRequest(method, path, query, self.remote, version, fields, content)
        self.busy, self._keep = True, keep
        response = self.server.edge.begin(request)
        if response is not None:
            if self._data and keep:
                self.server.remember(self._data, head)
            self._send(response, version)
        else:
            self._task = self.server.loop.create_task(self._finish(request))

    async def _finish(self, request: HttpRequest) -> None:
        try:
            response = await self.server.edge.finish(request)
        except Exception:
            LOG.exception("a request could not be answered")
            self.transport.abort()
            return
        finally:
            self._task = None
        if not self._closing:
            self._send(response, request.version)
            self._go_on()

    def _send(self, response: Response, version: str) -> None:
        self.busy = False
        keep = self._keep and not self.server.stopping
        try:
            head = response.head or head_of(response.status, response.headers)
        except ValueError:
            LOG.exception("an answer has a header field that cannot be sent")
            self._refuse(RequestError("internal", "the log says more"))
            return
        ending = _ENDINGS[version, keep]
        body = response.body
        if len(body) <= AT_ONCE:
            self.transport.write(b"".join((head, self.server.date, ending, body)))
        else:
            self.transport.write(b"".join((head, self.server.date, ending)))
            self.transport.write(body)
        self.since = self.server.now
        self.deadline = self.since + IDLE_SECONDS
        if not keep:
            self._leave()

    def _go_on(self) -> None:
        """Answer what has come meanwhile."""
        while self._queue and not (self.busy or self._paused or self._closing):
            self._begin(*self._queue.popleft())
        if not self._closing and not self._queue and not self.busy:
            if self._last:
                self._refuse(self._last)
            else:
                self.transport.resume_reading()
                self._invite()

    # Ends.

    def _end_with(self, error: RequestError) -> None:
        """Nothing more can be read; say why when everything before has been answered."""
        if self._closing:
            return
        if self.busy or self._queue:
            self._last = error
            self.transport.pause_reading()
        else:
            self._refuse(error)

    def _refuse(self, error: RequestError) -> None:
        request = HttpRequest(self._reader.method or "-", "", "", self.remote, "1.1", self._reader.fields)
        response = self.server.edge.refuse(request, error)
        head = head_of(response.status, response.headers)
        self.transport.write(b"".join((head, self.server.date, _ENDINGS["1.1", False], response.body)))
        self._leave()

    def _leave(self) -> None:
        """Nothing more is said here."""
        self._closing = True
        # Closed at once, a connection with unread bytes is reset, and what was sent may be lost (RFC 9112 section 9.6).
        self.transport.write_eof()
        self.transport.resume_reading()
        self.deadline = self.server.now + LINGER_SECONDS

    def eof_received(self) -> bool:
        """The client sends no more. In the middle of a body it is told so; while it waits, it has hung up."""
        try:
            return not self._closing and self._reader.end()
        except RequestError as error:
            self._end_with(error)
            return True

    def pause_writing(self) -> None:
        """The client takes its answers slowly: no other is made for it."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has taken them."""
        self._paused = False
        self._go_on()

    def look(self, now: float) -> None:
        """Called every second: end what takes too long."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent < self._unsent:
            self._moved = now
        self._unsent = unsent
        if now - self._moved > STUCK_SECONDS:
            self.transport.abort()
        elif not self.busy and not unsent and now > self.deadline:
            if self._reader.inside and not self._closing:
                self._end_with(RequestError("request-timeout", "the rest of the request did not come"))
            else:
                self.transport.close()

    def rests(self, since: float) -> bool:
        """Whether nothing has gone on since then, so that it can be closed without harm to anybody."""
        return not (self.busy or self._reader.inside or self._queue) and self.since <= since
