"""An HTTP request on its way through the layers, and what comes back: the same whichever server it came by.

The server of this service (`connection.py`) speaks HTTP/1.1 to the layers directly; WSGI (PEP 3333) is the interface of
the web framework behind them, and of any other server.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from gob_graph.endpoint.server.access_log import Trace

TRACE = "gob_graph.trace"
"""The key of a request's `Trace` in the WSGI environment."""

Headers = list[tuple[str, str]]


class Response(NamedTuple):
    """A whole response."""

    status: int
    headers: Headers
    body: bytes
    head: bytes = b""
    """Its status line and header fields as they are sent, where they are made already (`head_of`)."""


@dataclass(slots=True)
class HttpRequest:
    """What the layers want to know; `path` is decoded, `query` as it was sent, `remote` the address of the peer."""

    method: str
    path: str
    query: str
    remote: str
    version: str
    fields: Mapping[str, str]
    """Header fields by lower-case name; several lines are one list (RFC 9110 section 5.3)."""
    content: bytes | RequestError = b""
    """The body, or why there is none: it was too long, or ended in the middle."""
    trace: Trace = field(init=False)
    key: tuple[str | None, ...] | None = None
    """What its answer depends on, once that is known (`Cache`)."""

    def header(self, name: str) -> str | None:
        """The value of a field by its lower-case name."""
        return self.fields.get(name)

    def body(self) -> bytes:
        """The whole body, or a refusal: a body that was cut could still be a valid query.

        Raises:
            RequestError: the body is not whole, too long, or packed.
        """
        announced = self.header("content-length")
        coding = self.header("transfer-encoding")
        if coding is not None and (coding.lower() != "chunked" or announced is not None):
            raise RequestError("bad-length", "say how long the body is in one way: Content-Length, or chunked")
        if (self.header("content-encoding") or "identity").lower() != "identity":
            raise RequestError("unsupported-media-type", "send the body without Content-Encoding")
        if isinstance(self.content, RequestError):
            raise self.content
        if announced is not None and announced != str(len(self.content)):
            raise RequestError("bad-length", f"{len(self.content)} bytes came, {announced} were announced")
        return self.content

    def environ(self, body: bytes = b"") -> WSGIEnvironment:
        """The environment for a WSGI application (PEP 3333), which always sees HEAD as GET."""
        host, _, port = (self.header("host") or "").partition(":")
        made: dict[str, Any] = {
            "REQUEST_METHOD": "GET" if self.method == "HEAD" else self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path.encode().decode("latin-1"),
            "QUERY_STRING": self.query,
            "REMOTE_ADDR": self.remote,
            "SERVER_NAME": host,
            "SERVER_PORT": port or "80",
            "SERVER_PROTOCOL": f"HTTP/{self.version}",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            TRACE: self.trace,
        }
        for name, value in self.fields.items():
            # A name with an underscore would pass for one with a hyphen, that of a proxy's header for instance.
            if "_" in name:
                continue
            key = name.upper().replace("-", "_")
            if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
                key = f"HTTP_{key}"
            made[key] = f"{made[key]},{value}" if key in made else value
        return made


def of_environ(environ: WSGIEnvironment, body_limit: int = 0) -> HttpRequest:
    """A request as a WSGI server hands it over; of its body at most so many bytes are read."""
    names = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
    fields = {
        names.get(key) or key.removeprefix("HTTP_").lower().replace("_", "-"): value
        for key, value in environ.items()
        if key.startswith("HTTP_") or (key in names and value)
    }
    length = int(fields.get("content-length", 0))
    content: bytes | RequestError = b""
    if length > body_limit:
        content = RequestError("body-too-large", f"the body has {length} bytes; the limit is {body_limit}")
    elif length:
        content = environ["wsgi.input"].read(length)
    return HttpRequest(
        environ["REQUEST_METHOD"],
        environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace"),
        environ.get("QUERY_STRING", ""),
        environ.get("REMOTE_ADDR", ""),
        environ.get("SERVER_PROTOCOL", "HTTP/1.1").removeprefix("HTTP/"),
        fields,
        content,
    )


def run(application: WSGIApplication, environ: WSGIEnvironment) -> Response:
    """What a WSGI application answers, as a whole."""
    seen: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], object]:
        seen.append((status, headers))
        return lambda _: None

    parts = application(environ, start)
    try:
        body = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close:
            close()
    status, headers = seen[-1]
    return Response(int(status[:3]), headers, body)


@lru_cache(maxsize=64)
def line(status: int) -> str:
    """A status as WSGI wants it."""
    return f"{status} {HTTPStatus(status).phrase}"


def head_of(status: int, headers: Headers) -> bytes:
    """The status line and the header fields of a response as they are sent, without the empty line that ends them.

    Raises:
        ValueError: a field holds a line end, so that it would pass for two (RFC 9110 section 5.5).
    """
    lines = [f"HTTP/1.1 {line(status)}\r\n", *[f"{name}: {value}\r\n" for name, value in headers]]
    text = "".join(lines)
    if not text.count("\r") == text.count("\n") == len(lines) or "\0" in text:
        raise ValueError("a header field holds a line end")
    return text.encode("latin-1")
