"""An HTTP request on its way through the layers, and what comes back: the same whichever server interface it came by.

RSGI is Granian's interface for event loops, which this endpoint is served by; WSGI (PEP 3333) is that of the web
framework behind, and of any other server.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

    from gob_graph.endpoint.telemetry import Trace

TRACE = "gob_graph.trace"
"""The key of a request's `Trace` in the WSGI environment."""
PIECE = 2**20
DRAINED = 32 * PIECE
"""Bytes of a body too large that are still read: many clients read no answer before they have sent everything."""

Headers = list[tuple[str, str]]


class Response(NamedTuple):
    """A whole response."""

    status: int
    headers: Headers
    body: bytes


@dataclass(slots=True)
class HttpRequest:
    """What the layers want to know; `path` is decoded, `query` as it was sent, `remote` the address of the peer."""

    method: str
    path: str
    query: str
    remote: str
    version: str
    header: Callable[[str], str | None]
    """The value of a field by its lower-case name; several lines are one list (RFC 9110 section 5.3)."""
    fields: Callable[[], Headers]
    """All fields; names are in lower case."""
    receive: Callable[[int], Awaitable[bytes]]
    """The whole body, at most so many bytes.

    Raises:
        RequestError: it is longer, or the client went away in the middle.
    """
    trace: Trace = field(init=False)

    async def body(self, limit: int) -> bytes:
        """The whole body, or a refusal: a body that was cut could still be a valid query.

        Raises:
            RequestError: the body is not whole, longer than `limit` bytes, or packed.
        """
        announced = self.header("content-length")
        coding = self.header("transfer-encoding")
        if coding is not None and (coding.lower() != "chunked" or announced is not None):
            raise RequestError("bad-length", "say how long the body is in one way: Content-Length, or chunked")
        if (self.header("content-encoding") or "identity").lower() != "identity":
            raise RequestError("unsupported-media-type", "send the body without Content-Encoding")
        body = await self.receive(limit)
        if announced is not None and announced != str(len(body)):
            raise RequestError("bad-length", f"{len(body)} bytes came, {announced} were announced")
        return body

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
        for name, value in self.fields():
            # A name with an underscore would pass for one with a hyphen, that of a proxy's header for instance.
            if "_" in name:
                continue
            key = name.upper().replace("-", "_")
            if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
                key = f"HTTP_{key}"
            made[key] = f"{made[key]},{value}" if key in made else value
        return made


def of_scope(scope: Scope, protocol: HTTPProtocol) -> HttpRequest:
    """A request as Granian hands it over (its RSGI specification, 'HTTP protocol')."""
    several = scope.headers.get_all  # type: ignore[attr-defined]

    def header(name: str) -> str | None:
        values: list[str] = several(name)
        return None if not values else values[0] if len(values) == 1 else ",".join(values)

    async def receive(limit: int) -> bytes:
        return await _received(protocol, limit)

    version = "1.0" if scope.http_version == "1" else scope.http_version
    remote = scope.client.rpartition(":")[0].strip("[]")
    return HttpRequest(
        scope.method, scope.path, scope.query_string, remote, version, header, scope.headers.items, receive
    )


async def _received(protocol: HTTPProtocol, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = ends = 0
    try:
        async for piece in protocol:
            size += len(piece)
            ends += not piece
            if size <= limit:
                pieces.append(piece)
            elif size > limit + DRAINED:
                break
    except ProtocolClosed:
        ends = 2
    if size > limit:
        raise RequestError("body-too-large", f"the body has more than {limit} bytes")
    if ends > 1:
        # An empty piece is the end; before it, another one stands for what did not come.
        raise RequestError("bad-length", "the body ended in the middle")
    return b"".join(pieces)


def of_environ(environ: WSGIEnvironment) -> HttpRequest:
    """A request as a WSGI server hands it over."""
    names = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

    def header(name: str) -> str | None:
        value: str | None = environ.get(names.get(name) or f"HTTP_{name.upper().replace('-', '_')}")
        return value or None if name in names else value

    def fields() -> Headers:
        keys = [k.removeprefix("HTTP_") for k in environ if k.startswith("HTTP_")] + list(names.values())
        given = [(k.lower().replace("_", "-"), header(k.lower().replace("_", "-"))) for k in keys]
        return [(name, value) for name, value in given if value is not None]

    async def receive(limit: int) -> bytes:
        length = int(header("content-length") or 0)
        if length > limit:
            raise RequestError("body-too-large", f"the body has {length} bytes; the limit is {limit}")
        body: bytes = environ["wsgi.input"].read(length)
        return body

    return HttpRequest(
        environ["REQUEST_METHOD"],
        environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace"),
        environ.get("QUERY_STRING", ""),
        environ.get("REMOTE_ADDR", ""),
        environ.get("SERVER_PROTOCOL", "HTTP/1.1").removeprefix("HTTP/"),
        header,
        fields,
        receive,
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


def line(status: int) -> str:
    """A status as WSGI wants it."""
    return f"{status} {HTTPStatus(status).phrase}"
