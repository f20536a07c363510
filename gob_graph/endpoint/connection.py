"""One HTTP/1.1 connection of the event loop: requests in, whole responses out, one after the other (RFC 9112).

The parser is llhttp, strict (httptools). A request is handed on when all of it has come; everything that may take long
is a task, which ends when the client goes away.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import unquote, urlsplit

import httptools

from gob_graph.endpoint.http import HttpRequest, head_of
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.http import Response
    from gob_graph.endpoint.server import Server

LOG = logging.getLogger("gob_graph")
HEAD_LIMIT = 2**16
"""Bytes of a request line and header fields that are waited for."""
USUAL_NAME = 64
"""Bytes of a field name below which it is remembered."""
FIELD_LIMIT = 100
"""Header fields of one request."""
DRAINED = 32 * 2**20
"""Bytes of a body too large that are still read: many clients read no answer before they have sent everything."""
AT_ONCE = 2**16
"""Bytes of a body that are copied to be sent with their header, in one piece."""
HEAD_SECONDS, BODY_SECONDS, IDLE_SECONDS = 10.0, 30.0, 75.0
"""How long the head and the body of a request may take, and how long a connection may rest (proxies end it before)."""
STUCK_SECONDS = 30.0
"""How long a client may take nothing of an answer."""
LINGER_SECONDS = 2.0
"""How long what a client still sends is taken from it after a refusal, so that it can read the refusal."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_ENDINGS = {
    ("1.1", True): b"\r\n",
    ("1.1", False): b"Connection: close\r\n\r\n",
    ("1.0", True): b"Connection: keep-alive\r\n\r\n",
    ("1.0", False): b"Connection: close\r\n\r\n",
}


class Head(NamedTuple):
    """Everything of a request but its body; the same bytes always have the same head."""

    method: str
    path: str
    query: str
    version: str
    fields: dict[str, str]
    keep: bool
    """The client wants to send another request on this connection."""


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
        self._inside = False
        """A part of a request has come."""
        self._paused = False
        self._closing = False
        self._keep = True
        self._task: asyncio.Task[None] | None = None
        self._queue: deque[tuple[Head, bytes | RequestError]] = deque()
        self._last: RequestError | None = None
        """What the client is told when everything before has been answered."""
        self._unsent, self._moved = 0, server.now
        self._data = b""
        """What has just come, when a request begins with it."""
        self._parser = httptools.HttpRequestParser(self)
        self.on_message_begin()
        self._inside = False

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
        if self._task:
            self._task.cancel()
        self.server.leave(self)

    def data_received(self, data: bytes) -> None:
        """Read on. A request that came before in the same bytes, and was answered from memory, is not parsed again."""
        if self._closing:
            return
        if not self._inside:
            head = self.server.heads.get(data)
            if head is not None:
                self._take(head, b"")
                return
            self.deadline = self.server.now + HEAD_SECONDS
            self._data = data
        self._feed(data)
        self._data = b""
        if self._inside and not self._head_done:
            self._head_size += len(data)
            if self._head_size > HEAD_LIMIT:
                code = "fields-too-large" if self._fields else "uri-too-long"
                self._end_with(RequestError(code, f"the head of a request may have {HEAD_LIMIT} bytes"))

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            LOG.exception("a request could not be taken")
            cause = error.__context__
            self._end_with(cause if isinstance(cause, RequestError) else RequestError("internal", "see the log"))
        except httptools.HttpParserError as error:
            remedy = "; percent-encode what is not ASCII" if " url " in str(error) else ""
            self._end_with(RequestError("bad-request", f"this is no HTTP/1.1: {error}{remedy}"))

    def _stay(self, rest: bytes) -> None:
        """Another protocol was proposed, or a tunnel: nothing is changed to, and the request is read as it is."""
        self._parser = httptools.HttpRequestParser(self)
        kept = {name: value for name, value in self._fields.items() if name not in {"connection", "upgrade"}}
        lines = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        if self._method == "CONNECT":
            self._end_with(RequestError("bad-request", "this is no proxy"))
        else:
            self._feed(f"{self._method} {self._url.decode('latin-1')} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + rest)

    # What the parser calls, in this order.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._inside, self._head_done, self._proposed = True, False, False
        self._head_size = self._size = 0
        self._url = b""
        self._method = ""
        self._fields: dict[str, str] = {}
        self._lines = 0
        self._body: list[bytes] = []

    def on_url(self, part: bytes) -> None:
        """The target of the request, or a part of it."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field; those behind a body are not looked at (RFC 9110 section 6.5)."""
        if self._head_done:
            return
        self._lines += 1
        key = _name(name) if len(name) < USUAL_NAME else name.decode("latin-1").lower()
        text = value.decode("latin-1").strip()
        self._fields[key] = f"{self._fields[key]},{text}" if key in self._fields else text

    def on_headers_complete(self) -> None:
        """The head is known."""
        self._head_done = True
        self._method = self._parser.get_method().decode("ascii")
        self._proposed = self._parser.should_upgrade()
        self.deadline = self.server.now + BODY_SECONDS
        if self._fields.get("expect", "").lower() == "100-continue" and not self.busy:
            self.transport.write(_CONTINUE)

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        if not self._inside:
            return
        self._size += len(part)
        if self._size <= self.server.body_limit:
            self._body.append(part)
        elif self._size > self.server.body_limit + DRAINED:
            self._complete(self._too_large(), keep=False)

    def on_message_complete(self) -> None:
        """All of the request is here."""
        if self._proposed or not self._inside:
            return
        content = b"".join(self._body) if self._size <= self.server.body_limit else self._too_large()
        self._complete(content, keep=self._parser.should_keep_alive())

    # From a request to its answer.

    def _complete(self, content: bytes | RequestError, *, keep: bool) -> None:
        self._inside = False
        if self._lines > FIELD_LIMIT:
            self._end_with(RequestError("fields-too-large", f"there are more than {FIELD_LIMIT} header fields"))
            return
        version = self._parser.get_http_version()
        try:
            if version not in {"1.0", "1.1"}:
                raise ValueError(f"HTTP/{version} is not spoken here")
            path, query, host = _target(self._url)
        except ValueError as error:
            self._end_with(RequestError("bad-request", str(error)))
            return
        if host:
            self._fields["host"] = host
        head = Head(self._method, path, query, version, self._fields, keep)
        self._take(head, content)

    def _take(self, head: Head, content: bytes | RequestError) -> None:
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
            if self._data and keep and _alone(self._data):
                self.server.remember(self._data, head)
            self._send(response, version)
        else:
            self._task = self.server.loop.create_task(self._finish(request))

    async def _finish(self, request: HttpRequest) -> None:
        response = await self.server.edge.finish(request)
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
            self._end_with(RequestError("internal", "see the log"))
            return
        ending = _ENDINGS["1.0" if version == "1.0" else "1.1", keep]
        body = response.body
        if len(body) <= AT_ONCE:
            self.transport.write(b"".join((head, self.server.date, ending, body)))
        else:
            self.transport.write(b"".join((head, self.server.date, ending)))
            self.transport.write(body)
        self.since = self.server.now
        self.deadline = self.since + IDLE_SECONDS
        if not keep:
            self._closing = True
            self.transport.close()

    def _go_on(self) -> None:
        """Answer what has come meanwhile."""
        while self._queue and not (self.busy or self._paused or self._closing):
            self._begin(*self._queue.popleft())
        if not self._closing and not self._queue and not self.busy:
            if self._last:
                self._refuse(self._last)
            else:
                self.transport.resume_reading()

    def _too_large(self) -> RequestError:
        return RequestError("body-too-large", f"the body has more than {self.server.body_limit} bytes")

    # Ends.

    def _end_with(self, error: RequestError) -> None:
        """Nothing more can be read; say why when everything before has been answered."""
        self._inside = False
        if self.busy or self._queue:
            self._last = error
            self.transport.pause_reading()
        else:
            self._refuse(error)

    def _refuse(self, error: RequestError) -> None:
        request = HttpRequest(self._method or "-", "", "", self.remote, "1.1", self._fields)
        response = self.server.edge.refuse(request, error)
        head = head_of(response.status, response.headers)
        self._closing = True
        self.transport.write(b"".join((head, self.server.date, _ENDINGS["1.1", False], response.body)))
        # Closed at once, a connection with unread bytes is reset, and what was sent may be lost (RFC 9112 section 9.6).
        self.transport.write_eof()
        self.deadline = self.server.now + LINGER_SECONDS

    def eof_received(self) -> bool:
        """The client sends no more. In the middle of a body it is told so; while it waits, it has hung up."""
        if self._inside and self._head_done and not self._closing:
            self._complete(RequestError("bad-length", "the body ended in the middle"), keep=False)
            return True
        return False

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
            if self._inside and not self._closing:
                self._end_with(RequestError("request-timeout", "the rest of the request did not come"))
            else:
                self.transport.close()

    def rests(self, since: float) -> bool:
        """Whether nothing has gone on since then, so that it can be closed without harm to anybody."""
        return not (self.busy or self._inside or self._queue) and self.since <= since


def _alone(data: bytes) -> bool:
    """Whether these bytes are one request without a body, and nothing else."""
    return data.startswith(b"GET ") and data.find(b"\r\n\r\n") == len(data) - 4


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()


def _target(url: bytes) -> tuple[str, str, str]:
    """Path (decoded), query (as sent) and host of a request target (RFC 9112 section 3.2).

    Raises:
        ValueError: it is no address of this server.
    """
    host = ""
    try:
        text = url.decode()
    except UnicodeDecodeError as error:
        raise ValueError("the address is not UTF-8") from error
    if "#" in text:
        raise ValueError("a fragment is not sent to a server; in a query write # as %23")
    if text.startswith("/"):
        path, _, query = text.partition("?")
    elif text == "*":
        path, query = text, ""
    else:
        parts = urlsplit(text)
        path, query, host = parts.path or "/", parts.query, parts.netloc
        if parts.scheme not in {"http", "https"} or not host:
            raise ValueError("the address is neither a path nor one of the web")
    return unquote(path) if "%" in path else path, query, host
