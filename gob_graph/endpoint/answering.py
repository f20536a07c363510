"""The short way of a query from the WSGI environment to its answer and back.

Here, and nowhere else, a request of the SPARQL protocol is read and asked. The web framework is for what people see: a
result page, the service description and every refusal are handed on to it, so there is one error handler. A framework's
routing, contexts and header objects cost more than a small query (docs/decisions/0006).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint import headers, protocol
from gob_graph.endpoint.engine import client_of
from gob_graph.endpoint.scan import changes
from gob_graph.endpoint.telemetry import TRACE
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

    from gob_graph.endpoint.engine import Engine
    from gob_graph.endpoint.older import Older
    from gob_graph.endpoint.pool import Answer
    from gob_graph.endpoint.protocol import Query
    from gob_graph.settings import Settings

PATH = "/sparql"
METHODS = frozenset({"GET", "HEAD", "POST"})
REFUSED = "gob_graph.refused"
"""The key of an error that the application is to say."""
ANSWERED = "gob_graph.answered"
"""The key of a query text and its `Answer`, of which the application is to make a page."""
SAVED = frozenset({"csv", "tsv"})
"""Formats that a browser offers to save."""
PIECE = 2**20
DRAINED = 32 * PIECE
"""Bytes of a body too large that are still read."""


@dataclass(slots=True)
class Answering:
    """WSGI middleware around the application."""

    application: WSGIApplication
    engine: Engine
    older: Older
    settings: Settings
    _standing: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Make what is the same in all responses once; the release stands last."""
        self._standing = list(headers.standing(self.engine.release, self.settings).items())[:-1]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a query; hand on everything else."""
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] not in METHODS:
            return self.application(environ, start_response)
        environ[TRACE].fresh = True
        try:
            refuse_long(environ, self.settings.uri_length)
            request = read_request(environ, self.settings.body_limit * 2**20)
            if not protocol.has_query(request):
                return self.application(environ, start_response)
            query = protocol.read_query(request, length=self.settings.query_length)
            answer, release = self._ask(query, environ)
            wanted = query.formats[answer.kind]
            if wanted is None:
                raise RequestError("not-acceptable", f"this query gives a {answer.kind} result")
        except Exception as error:  # noqa: BLE001 - a fault of ours as well: the application says and logs it
            environ[REFUSED] = error
            return self.application(environ, start_response)
        keep = request.method != "POST" and not changes(query.text)
        own = [
            ("Cache-Control", headers.public(self.settings) if keep else "no-store"),
            ("Gob-Graph-Release", release),
        ]
        if wanted.name == "html":
            environ[ANSWERED] = (query.text, answer, own)
            return self.application(environ, start_response)
        if query.download or wanted.name in SAVED:
            own.append(("Content-Disposition", f'attachment; filename="result.{wanted.extension}"'))
        start_response("200 OK", [("Content-Type", wanted.content_type), *own, *self._standing])
        return [answer.body]

    def _ask(self, query: Query, environ: WSGIEnvironment) -> tuple[Answer, str]:
        """The answer, and the id of the release that gave it."""
        environ[TRACE].asks(query.form, query.text, verbatim=bool(self.settings.log_queries))
        hops = environ.get("HTTP_X_FORWARDED_FOR", "")
        client = client_of(environ.get("REMOTE_ADDR", ""), hops, self.settings.trusted_proxies)
        job = query.job(f"{self.settings.service_url}{PATH}")
        with self.older.lent(query.release) as engine:
            return engine.public.answer(job, client), engine.release.id


def refuse_long(environ: WSGIEnvironment, limit: int) -> None:
    """Refuse an address that is too long.

    Raises:
        RequestError: it has more bytes than the limit.
    """
    uri = environ.get("RAW_URI")
    length = len(uri) if uri else len(environ["PATH_INFO"]) + 1 + len(environ.get("QUERY_STRING", ""))
    if length > limit:
        raise RequestError("uri-too-long", f"the address has {length} bytes; the limit is {limit}. Use POST")


def read_request(environ: WSGIEnvironment, body_limit: int) -> protocol.Request:
    """What the protocol wants to know of a request.

    Raises:
        RequestError: the body is not whole, too long or packed.
    """
    accept = environ.get("HTTP_ACCEPT")
    method = environ["REQUEST_METHOD"]
    return protocol.Request(
        method,
        environ.get("QUERY_STRING", "").encode("latin-1"),
        environ.get("CONTENT_TYPE"),
        _body(environ, body_limit) if method == "POST" else b"",
        [accept] if accept is not None else [],
    )


def _body(environ: WSGIEnvironment, limit: int) -> bytes:
    """The whole body, or a refusal: a body that was cut could still be a valid query."""
    stream: InputStream = environ["wsgi.input"]
    text = environ.get("CONTENT_LENGTH", "")
    announced = int(text) if text.isascii() and text.isdigit() else None
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    if coding is not None and (coding.lower() != "chunked" or announced is not None):
        raise RequestError("bad-length", "say how long the body is in one way: Content-Length, or chunked")
    if announced is not None and announced > limit:
        _drain(stream)
        raise RequestError("body-too-large", f"the body has {announced} bytes; the limit is {limit}")
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise RequestError("unsupported-media-type", "send the body without Content-Encoding")
    body = stream.read(limit + 1)
    if len(body) > limit:
        _drain(stream)
        raise RequestError("body-too-large", f"the body has more than {limit} bytes")
    if announced is not None and len(body) != announced:
        raise RequestError("bad-length", f"{len(body)} bytes came, {announced} were announced")
    return body


def _drain(stream: InputStream) -> None:
    """Read on, up to a bound, what nobody wants: many clients read no answer before they have sent everything."""
    for _ in range(DRAINED // PIECE):
        if not stream.read(PIECE):
            return
