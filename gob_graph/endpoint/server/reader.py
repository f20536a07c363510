"""Requests out of the bytes of one connection (RFC 9112); the parser is llhttp, strict (httptools)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

import httptools

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger("gob_graph")
HEAD_LIMIT = 2**16
"""Bytes of a request line and header fields that are waited for."""
FIELD_LIMIT = 100
"""Header fields of one request."""
USUAL_NAME = 64
"""Bytes of a field name below which it is remembered."""
DRAINED = 32 * 2**20
"""Bytes of a body too large that are still read: many clients read no answer before they have sent everything."""
MOST_HELD = 64 * 2**20
"""Bytes of the bodies that are on their way, all connections together."""


class Head(NamedTuple):
    """Everything of a request but its body; the same bytes always have the same head."""

    method: str
    path: str
    query: str
    version: str
    fields: dict[str, str]
    keep: bool
    """The client wants to send another request on this connection."""


@dataclass(slots=True)
class Bodies:
    """The bodies that are on their way into this process: the bytes that one may have, and that all of them hold."""

    limit: int
    held: int = 0


class RequestReader:
    """Gives each request to `take` when all of it is there; its body may be an error instead.

    `head_known` is called before a body is read; its argument says that the client waits for a word to send it.
    """

    def __init__(
        self, bodies: Bodies, head_known: Callable[[bool], None], take: Callable[[Head, bytes | RequestError], None]
    ) -> None:
        self._bodies, self._head_known, self._take = bodies, head_known, take
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._held = 0
        self._head_size = 0
        """Bytes that came since the last request ended; those that came together with its end do not count."""
        self.on_message_begin()
        self.inside = False
        """A part of a request has come, and not all of it."""

    def feed(self, data: bytes) -> None:
        """Read on.

        Raises:
            RequestError: this is no request; nothing more can be read.
        """
        self._head_size += len(data)
        rest: bytes | memoryview = data
        while rest:
            rest = self._parse(rest)
        if self.inside and not self.head_done and self._head_size > HEAD_LIMIT:
            code = "fields-too-large" if self.fields else "uri-too-long"
            raise RequestError(code, f"the head of a request may have {HEAD_LIMIT} bytes")

    def _parse(self, data: bytes | memoryview) -> bytes | memoryview:
        """Read on; what is left stands behind a request that proposed another protocol."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = memoryview(data)[upgrade.args[0] :]
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, RequestError):
                raise error.__context__ from error
            LOG.exception("a request could not be taken")
            raise RequestError("internal", "the log says more") from error
        except httptools.HttpParserError as error:
            remedy = "; percent-encode what is not ASCII" if " url " in str(error) else ""
            raise RequestError("bad-request", f"this is no HTTP/1.1: {error}{remedy}") from error
        else:
            return b""
        # Not within the handler, which would stand in for the context of the errors of this head.
        self._parse(self._without_proposal())
        return rest

    def end(self) -> bool:
        """No more will come: whether that is told as the end of a body."""
        if not (self.inside and self.head_done):
            return False
        self._complete(RequestError("bad-length", "the body ended in the middle"), keep=False)
        return True

    def drop(self) -> None:
        """Let go of what has come of a body."""
        self._bodies.held -= self._held
        self._held = 0
        self._body = []

    def _without_proposal(self) -> bytes:
        """Another protocol was proposed, or a tunnel: nothing is changed to. The head for a new parser, as it is."""
        if self.method == "CONNECT":
            raise RequestError("bad-request", "this is no proxy")
        kept = {name: value for name, value in self.fields.items() if name != "upgrade"}
        kept["connection"] = kept["connection"].lower().replace("upgrade", "x-upgrade")
        lines = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        start = f"{self.method} {self._url.decode('latin-1')} HTTP/{self._parser.get_http_version()}\r\n"
        self._parser = httptools.HttpRequestParser(self)
        return f"{start}{lines}\r\n".encode("latin-1")

    # What the parser calls, in this order.

    def on_message_begin(self) -> None:
        """A request begins."""
        self.inside, self.head_done, self._proposed = True, False, False
        self._size = self._lines = 0
        self._url = b""
        self.method = ""
        self.fields: dict[str, str] = {}
        """Header fields so far by lower-case name; several lines are one list (RFC 9110 section 5.3)."""

    def on_url(self, part: bytes) -> None:
        """The target of the request, or a part of it."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field; those behind a body are not looked at (RFC 9110 section 6.5)."""
        if self.head_done:
            return
        self._lines += 1
        key = _name(name) if len(name) < USUAL_NAME else name.decode("latin-1").lower()
        text = value.decode("latin-1").strip(" \t")
        self.fields[key] = f"{self.fields[key]},{text}" if key in self.fields else text

    def on_headers_complete(self) -> None:
        """The head is known."""
        self.head_done = True
        self.method = self._parser.get_method().decode("ascii")
        self._proposed = self._parser.should_upgrade()
        if self._lines > FIELD_LIMIT:
            raise RequestError("fields-too-large", f"there are more than {FIELD_LIMIT} header fields")
        if not self._proposed:
            waits = self.fields.get("expect", "").lower() == "100-continue"
            self._head_known(waits and self._parser.get_http_version() == "1.1")

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        if not self.inside:
            return
        self._size += len(part)
        if self._size <= self._bodies.limit and self._bodies.held < MOST_HELD:
            self._body.append(part)
            self._held += len(part)
            self._bodies.held += len(part)
        elif self._size > self._bodies.limit + DRAINED:
            self._complete(self._too_much(), keep=False)

    def on_message_complete(self) -> None:
        """All of the request is here."""
        self._head_size = 0
        if self.inside and not self._proposed:
            content = b"".join(self._body) if self._held == self._size else self._too_much()
            self._complete(content, keep=self._parser.should_keep_alive())

    def _too_much(self) -> RequestError:
        if self._size > self._bodies.limit:
            return RequestError("body-too-large", f"the body has more than {self._bodies.limit} bytes")
        return RequestError("engine-busy", "too many bodies are on their way", {"Retry-After": "1"})

    def _complete(self, content: bytes | RequestError, *, keep: bool) -> None:
        self.inside = False
        self.drop()
        version = self._parser.get_http_version()
        if version not in {"1.0", "1.1"}:
            raise RequestError("bad-request", f"HTTP/{version} is not spoken here")
        path, query, host = _target(self._url)
        if host:
            self.fields["host"] = host
        self._take(Head(self.method, path, query, version, self.fields, keep), content)


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str:
    return raw.decode("latin-1").lower()


def _target(url: bytes) -> tuple[str, str, str]:
    """Path (decoded), query (as sent) and host of a request target (RFC 9112 section 3.2).

    Raises:
        RequestError: it is no address of this server.
    """
    try:
        text = url.decode()
        parts = None if text.startswith("/") or text == "*" else urlsplit(text)
    except ValueError as error:
        raise RequestError("bad-request", f"the address cannot be read: {error}") from error
    if "#" in text:
        raise RequestError("bad-request", "a fragment is not sent to a server; in a query write # as %23")
    if parts is None:
        path, _, query = text.partition("?")
        return unquote(path) if "%" in path else path, query, ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise RequestError("bad-request", "the address is neither a path nor one of the web")
    return unquote(parts.path or "/"), parts.query, parts.netloc
