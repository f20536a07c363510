"""uvicorn's connection with the bounds that it lacks: time for a request, size of a head, readers that take nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gob_graph.endpoint.server.bounds import HEAD_BYTES
from gob_graph.endpoint.server.message import HttpRequest
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
HALF_CLOSED_SECONDS = 1.0
"""How long an answer is worked on after the client ended its side; it cannot be told from one that has gone."""
LAST_CHANCE = 2.0
"""Seconds that an idle connection stays open when the server stops: its client may just be sending a request."""


class Connection(HttpToolsProtocol):
    """One HTTP/1.1 connection."""

    _timer: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _head = 0
    """Bytes that came since the last request was complete."""
    _inside = _stopping = _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)
        if len(self.connections) > CONNECTIONS:
            self._refuse(RequestError("engine-busy", "there are too many connections", {"Retry-After": "5"}))

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has disconnected."""
        self._wait(None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse on, unless the head is too long."""
        if self._refused or self.parser is None:
            return
        if self._timer is None and not self._inside:
            self._wait(HEAD_SECONDS)
        self._head += len(data)
        super().data_received(data)
        if not self._inside and self._head > HEAD_BYTES and not self._refused:
            code = "fields-too-large" if self.headers else "uri-too-long"
            self._refuse(RequestError(code, f"the head of a request may have {HEAD_BYTES} bytes"))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._inside = True
        self._wait(BODY_SECONDS)
        if b"#" in self.url or self.parser.get_http_version() not in {"1.0", "1.1"}:
            raise ValueError("a fragment, or an unknown version")
        self.scope["target"] = self.url  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        if self._stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._inside, self._head = False, 0
        self._wait(None)
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more: an answer that is being made is sent, if it comes soon."""
        if self.cycle is None or self.cycle.response_complete or self._inside:
            return False
        self.cycle.keep_alive = False
        self._wait(HALF_CLOSED_SECONDS)
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

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed."""
        self._refuse(RequestError("bad-request", f"this is no HTTP/1.1 request: {msg}"))

    def _wait(self, seconds: float | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        self._timer = None
        if self.cycle is not None and not self.cycle.response_complete and not self._inside:
            self.transport.close()
        else:
            self._refuse(RequestError("request-timeout", "the rest of the request did not come"))

    def _refuse(self, error: RequestError) -> None:
        """Answer with an error, and close."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        started = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not started:
            request = HttpRequest("-", "", "", self.client[0] if self.client else "", "1.1", {})
            response = cast("Application", cast("Any", self.app)).refuse(request, error)
            fields = [*response.headers, ("Connection", "close")]
            lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in fields).encode("latin-1")
            self.transport.write(STATUS_LINE[response.status] + lines + b"\r\n" + response.body)
        self.transport.close()
