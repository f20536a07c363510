"""The request and response messages that the layers of the endpoint exchange, independent of any server interface."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from gob_graph.endpoint.server.part import Part

    Scope = MutableMapping[str, Any]

LEFT = "gob_graph.left"
"""The member of an ASGI scope with a future that is done when the client has disconnected (ours only)."""
Headers = list[tuple[str, str]]


class Response(NamedTuple):
    """A whole response; `part` is a body that is read from a file as it is sent, and then `body` is empty."""

    status: int
    headers: Headers
    body: bytes
    part: Part | None = None

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return self.part.length if self.part else len(self.body)

    def bare(self) -> Response:
        """The response without its body."""
        return self._replace(body=b"", part=None)


@dataclass(slots=True)
class Trace:
    """What is known of one request for its log line and metrics; each layer adds its part."""

    id: str
    began: float = 0.0
    """The reading of the clock when the request came."""
    fresh: bool = False
    """The application was asked; otherwise the answer came from the cache."""
    cut: bool = False
    """Its body was not sent to the end: the client left, or the file was changed."""
    code: str | None = None
    form: str | None = None
    text: str | None = None
    """The query text; the log holds its hash, and the text only when a setting says so."""


@dataclass(slots=True)
class Handed:
    """What the ASGI application hands to the web framework with a request: its trace, and what is found already."""

    trace: Trace
    error: Exception | None = None
    """An error that the framework is to make a response of."""
    result: object = None
    """The result of a query (`sparql.handler.Result`) that the framework is to make a page of."""
    part: Part | None = None
    """What the framework gives back: the body of its response, where that is a part of a file."""


HANDED: ContextVar[Handed | None] = ContextVar("handed", default=None)
"""Set by the bridge around a call of the framework; None under any other WSGI server."""


@dataclass(slots=True)
class HttpRequest:
    """A request; `path` is decoded, `query` as it was sent, `remote` the address of the peer."""

    method: str
    path: str
    query: str
    remote: str
    version: str
    fields: Mapping[str, str]
    """Header fields by lower-case name; several lines are one list (RFC 9110 section 5.3)."""
    content: bytes | RequestError = b""
    """The body, or why there is none."""
    trace: Trace = field(default_factory=lambda: Trace("-"))
    key: tuple[str | None, ...] | None = None
    """What its answer depends on, once that is known (`Cache`)."""
    refused: RequestError | None = None
    """Why it is refused before anything is parsed, where it is."""
    client: str = ""
    """The client that is charged for it: `client_address.client_of`."""

    def header(self, name: str) -> str | None:
        """The value of a field by its lower-case name."""
        return self.fields.get(name)

    def body(self) -> bytes:
        """The whole body, or a refusal: a body that was cut could still be a valid query.

        Raises:
            RequestError: the body is not whole (``bad-length``), too long, or has a content coding.
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


def of_scope(scope: Scope) -> HttpRequest:
    """The request of an ASGI scope, without its body.

    A field name with an underscore would pass for one with a hyphen in a WSGI environment, so it is left out.
    """
    fields: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip(" \t")
        if "_" not in name:
            fields[name] = f"{fields[name]},{value}" if name in fields else value
    target = scope.get("target")
    if target and not target.startswith(b"/"):
        host = urlsplit(target.decode("latin-1")).netloc
        if host:
            fields["host"] = host
    remote = scope["client"][0] if scope.get("client") else ""
    query = scope["query_string"].decode("latin-1")
    return HttpRequest(scope["method"], scope["path"] or "/", query, remote, scope["http_version"], fields)
