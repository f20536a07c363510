"""HTTP: routes and the error handler, nothing else. What a request means is decided in `protocol`."""

from __future__ import annotations

import json
import logging
import uuid
from typing import TYPE_CHECKING

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gob_graph import __version__
from gob_graph.documents import serialize
from gob_graph.endpoint import protocol, results, service_description
from gob_graph.endpoint.cache import Cache
from gob_graph.endpoint.engine import client_of
from gob_graph.endpoint.scan import keywords
from gob_graph.errors import RequestError
from gob_graph.formats import negotiate, offers

if TYPE_CHECKING:
    from gob_graph.endpoint.engine import Engine
    from gob_graph.settings import Settings

LOG = logging.getLogger("gob_graph")
CHANGING = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE"})
"""Functions whose answers differ from one call to the next, so that none is kept."""
EXPOSED = "ETag, Link, Location, Retry-After, Content-Location, Gob-Graph-Release, Gob-Graph-Limits, Gob-Graph-Request"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


def create_app(settings: Settings, engine: Engine) -> Flask:
    """The application over one release. Its `wsgi_app` is wrapped in the cache."""
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    limits = (
        f"time={settings.query_timeout:g} s, memory={settings.query_memory} MiB, result={settings.result_limit} MiB, "
        f"query={settings.query_length} B, running={settings.client_running}"
    )
    description = service_description.describe(engine.release, settings)
    prefixes = engine.release.manifest["prefixes"]

    @app.before_request
    def identify() -> None:
        g.request_id = uuid.uuid4().hex[:16]
        uri = request.environ.get("RAW_URI") or f"{request.path}?{request.query_string.decode('latin-1')}"
        if len(uri) > settings.uri_length:
            raise RequestError("uri-too-long", f"the address has {len(uri)} bytes; the limit is {settings.uri_length}. Use POST")

    @app.after_request
    def finish(response: Response) -> Response:
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = EXPOSED
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Content-Security-Policy"] = CSP
        headers["Gob-Graph-Release"] = engine.release.id
        headers["Gob-Graph-Limits"] = limits
        headers.setdefault("Cache-Control", "no-store" if response.status_code >= 400 else f"public, max-age={settings.max_age}")
        return response

    @app.route("/sparql", methods=["GET", "POST"])
    def sparql() -> Response:
        asked = protocol.Request(
            request.method, request.query_string, request.headers.get("Content-Type"), _body(settings), request.headers.getlist("Accept")
        )
        if not protocol.has_query(asked):
            return describe_service()
        query = protocol.read_query(asked, length=settings.query_length)
        client = client_of(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), settings.trusted_proxies)
        answer = engine.public.answer(query.job(), client)
        wanted = query.formats[answer.kind]  # type: ignore[index]
        response = results.response(query.text, answer, wanted)
        if request.method == "POST" or _changes(query.text):
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/.well-known/void")
    def describe_service() -> Response:
        among = (*offers("graph"), *(f for f in offers("graph", page=True) if f.codec is None))
        wanted = negotiate(request.headers.getlist("Accept"), among)
        if wanted.codec is None:
            return Response(render_template("sparql.html", query=results.EXAMPLE, limits=limits), content_type=wanted.content_type)
        return Response(serialize(description, wanted, prefixes), content_type=wanted.content_type)

    @app.route("/sparql", methods=["OPTIONS"], provide_automatic_options=False)
    def options() -> Response:
        headers = {
            "Allow": "GET, HEAD, POST, OPTIONS",
            "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
            "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match",
            "Access-Control-Max-Age": "86400",
        }
        return Response(status=204, headers=headers)

    @app.get("/health/live")
    def live() -> Response:
        return Response("live\n", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})

    @app.get("/health/ready")
    def ready() -> Response:
        if not engine.ready():
            raise RequestError("engine-down", "the engine gives a wrong answer")
        return Response(f"ready {engine.release.id}\n", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})

    @app.errorhandler(RequestError)
    def refused(error: RequestError) -> Response:
        return _problem(error)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if isinstance(error, HTTPException) and not isinstance(error, RequestError):
            return _problem(_translated(error))
        LOG.exception("request %s failed", g.get("request_id"))
        return _problem(RequestError("internal", f"the request id is {g.get('request_id')}"))

    def _problem(error: RequestError) -> Response:
        document = error.problem(f"{settings.service_url}/api/errors") | {"request": g.get("request_id")}
        first = negotiate_error(request.headers.getlist("Accept"))
        if first == "html":
            body, kind = render_template("error.html", problem=document), "text/html; charset=utf-8"
        else:
            body, kind = json.dumps(document, ensure_ascii=False), "application/problem+json"
        headers = {"Cache-Control": "no-store", "Gob-Graph-Request": str(g.get("request_id")), **error.headers}
        return Response(body, error.status, headers, content_type=kind)

    app.wsgi_app = Cache(app.wsgi_app, f"{engine.release.id} {__version__}", settings.cache_size * 2**20)  # type: ignore[method-assign]
    return app


def negotiate_error(accept: list[str]) -> str:
    """An error is a problem document, for a browser a page; it is never refused itself."""
    text = ",".join(accept).lower()
    return "html" if "text/html" in text and "problem+json" not in text else "json"


def _body(settings: Settings) -> bytes:
    """The whole body, or a refusal: a body that was cut could still be a valid query."""
    if request.method != "POST":
        return b""
    limit = settings.body_limit * 2**20
    announced = request.headers.get("Content-Length", type=int)
    if announced is not None and announced > limit:
        raise RequestError("body-too-large", f"the body has {announced} bytes; the limit is {limit}")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise RequestError("unsupported-media-type", "the body is compressed; send it as it is")
    body: bytes = request.environ["wsgi.input"].read(limit + 1)
    if len(body) > limit:
        raise RequestError("body-too-large", f"the body has more than {limit} bytes")
    if announced is not None and len(body) != announced:
        raise RequestError("bad-length", f"{announced} bytes were announced, {len(body)} came")
    return body


def _changes(query: str) -> bool:
    words = set(keywords(query))
    return bool(words & CHANGING) or ("CONSTRUCT" in words and ("_:" in query or "[" in query))


def _translated(error: HTTPException) -> RequestError:
    code = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large", 416: "range-not-satisfiable"}.get(error.code or 0, "bad-request")
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(set(error.valid_methods) | {"OPTIONS"}))
    return RequestError(code, error.description or error.name, headers)
