"""uvicorn's connection with the bounds that it lacks: time for a request, size of a head, readers that take nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gob_graph.endpoint.server.bounds import HEAD_BYTES
from gob_graph.endpoint.server.message import LEFT, HttpRequest
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    import asyncio
    from typing import Any

    from gob_graph.endpoint.server.application import Application

CONNECTIONS = 1000
"""Connections at once; one more is refused."""
HEAD_SECONDS, BODY_SECONDS = 10.0, 30.0
"""How long the head and the body of a request may take."""
STUCK_SECONDS = 30.0
"""How long a client may take nothing of an answer."""
PROBE_SECONDS = 0.5
"""Time between two interim responses to a client that ended its side; a write to one that has gone fails."""
PROBE = b"HTTP/1.1 100 Continue\r\n\r\n"
FORMS_OF_TARGET = (b"/", b"http://", b"https://", b"*")
"""How a request target begins (RFC 9112 section 3.2); CONNECT is not offered."""
LARGE_PART = 2**14
"""Bytes of a part that is sent without waiting for more."""
LAST_CHANCE = 2.0
"""Seconds that an idle connection stays open when the server stops: its client may just be sending a request."""


class _Gathering:
    """A transport that sends what is written in one iteration of the event loop at once.

    The head and the body of a response are written one after the other; sent one by one, each is a segment of its own,
    for which the client is woken.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this with what follows; a large part at once, so that the flow control sees it."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)
        if len(data) >= LARGE_PART:
            self._flush()

    def close(self) -> None:
        """Send what was written, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            self._transport.write(data)


class Connection(HttpToolsProtocol):
    """One HTTP/1.1 connection."""

    _timer: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _head = 0
    """Bytes that came since the last request was complete."""
    _inside = _stopping = _refused = False
    _left: asyncio.Future[None]
    """Done when the client has disconnected."""
    _fault: RequestError | None = None
    """Why the parser was stopped from here; None where the parser itself found the fault."""
    _probe: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(cast("asyncio.Transport", _Gathering(transport, self.loop)))
        self._left = self.loop.create_future()
        self._wait(HEAD_SECONDS)
        if len(self.connections) > CONNECTIONS:
            self._refuse(RequestError("engine-busy", "there are too many connections", {"Retry-After": "5"}))

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has disconnected."""
        self._wait(None)
        if self._probe:
            self._probe.cancel()
        self.resume_writing()
        super().connection_lost(exc)
        self._left.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Parse on, unless the head is too long."""
        if self._refused or self.parser is None:
            return
        self._head += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserInvalidURLError:
            self._refuse(self._fault or RequestError("bad-request", "percent-encode what is not ASCII in the address"))
        except httptools.HttpParserError as error:
            self._refuse(self._fault or RequestError("bad-request", f"this is no HTTP/1.1 request: {error}"))
        if not self._inside and self._head > HEAD_BYTES and not self._refused:
            code = "fields-too-large" if self.headers else "uri-too-long"
            self._refuse(RequestError(code, f"the head of a request may have {HEAD_BYTES} bytes"))
        if self._timer is None and not self._refused and (self._inside or self._head):
            self._wait(BODY_SECONDS if self._inside else HEAD_SECONDS)

    def on_url(self, url: bytes) -> None:
        """A part of the request target."""
        super().on_url(url)
        if len(self.url) > HEAD_BYTES:
            self._stop("uri-too-long", f"the head of a request may have {HEAD_BYTES} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field; one behind the body is a trailer, which has no meaning here (RFC 9110 section 6.5.1)."""
        if not self._inside:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._inside = True
        self._wait(None)
        if b"#" in self.url or not self.url.lower().startswith(FORMS_OF_TARGET):
            self._stop("bad-request", "the address is a path, or begins with http")
        if self.parser.get_http_version() not in {"1.0", "1.1"} or self.parser.get_method() == b"CONNECT":
            self._stop("bad-request", "this is a server of HTTP/1.1, and no tunnel")
        if self.parser.should_upgrade():
            return
        self.scope["target"] = self.url  # type: ignore[typeddict-unknown-key]
        self.scope[LEFT] = self._left  # type: ignore[literal-required]
        super().on_headers_complete()
        if self._stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self.parser.should_upgrade():
            return
        self._inside, self._head = False, 0
        self._wait(None)
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more: it gets the answer to what it has asked."""
        if not self._answering() or self._inside:
            return False
        self.cycle.keep_alive = False
        self._probe = self.loop.call_later(PROBE_SECONDS, self._ask_on)
        return True

    def pause_writing(self) -> None:
        """The client does not read; it may do so for a while."""
        super().pause_writing()
        self._stuck = self._stuck or self.loop.call_later(STUCK_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        if self._stuck:
            self._stuck.cancel()
            self._stuck = None
        if self.flow is not None:
            super().resume_writing()

    def shutdown(self) -> None:
        """The server stops."""
        self._stopping = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(LAST_CHANCE, super().shutdown)
        else:
            super().shutdown()

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read a request that proposes another protocol (RFC 9110 section 7.8) without the proposal.

        The parser skips the body of such a request, and stops behind it.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        fields = [name + b": " + value + b"\r\n" for name, value in self.headers if name != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self._inside, self._head = False, 0
        self.data_received(b"%b %b HTTP/%b\r\n%b\r\n%b" % (method, self.url, version, b"".join(fields), rest))

    def _stop(self, code: str, detail: str) -> NoReturn:
        """End the parser: its caller refuses the request with this error.

        Raises:
            RequestError: always.
        """
        self._fault = RequestError(code, detail)
        raise self._fault

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _ask_on(self) -> None:
        """Find out whether a client that sends no more still reads: the end of its side alone does not say so.

        An interim response may precede every answer (RFC 9110 section 15.2), except in HTTP/1.0.
        """
        if not self._answering() or self.transport.is_closing():
            return
        first = not self.pipeline and not self.cycle.response_started
        if first and self.cycle.scope["http_version"] != "1.0":
            self.transport.write(PROBE)
        self._probe = self.loop.call_later(PROBE_SECONDS, self._ask_on)

    def _wait(self, seconds: float | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        self._timer = None
        self._refuse(RequestError("request-timeout", "the rest of the request did not come"))

    def _refuse(self, error: RequestError) -> None:
        """Answer with an error, and close; an answer that is being made to an earlier request is sent first."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._wait(None)
        if self._answering() and not self._inside:
            self.cycle.keep_alive = False
            return
        if not self._answering() or not (self.cycle.response_started or self.pipeline):
            request = HttpRequest("-", "", "", self.client[0] if self.client else "", "1.1", {})
            response = cast("Application", cast("Any", self.app)).refuse(request, error)
            fields = [*response.headers, ("Connection", "close")]
            lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in fields).encode("latin-1")
            self.transport.write(STATUS_LINE[response.status] + lines + b"\r\n" + response.body)
        self.transport.close()
