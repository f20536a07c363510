"""The Flask application: blueprints, the headers that every response carries, and the one error handler."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestedRangeNotSatisfiable

from gob_graph import __version__
from gob_graph.endpoint.engine.older_engines import Older
from gob_graph.endpoint.server import headers
from gob_graph.endpoint.server.access_log import Observer
from gob_graph.endpoint.server.application import Application
from gob_graph.endpoint.server.bridge import Framework
from gob_graph.endpoint.server.message import HANDED, Handed, Trace
from gob_graph.endpoint.server.metrics import Metrics
from gob_graph.endpoint.server.response_cache import Cache
from gob_graph.endpoint.server.threads import Threads
from gob_graph.endpoint.sparql.handler import Handler, Sparql, refuse_long
from gob_graph.endpoint.web import preflight, ranges, result_page
from gob_graph.endpoint.web.blueprints import BLUEPRINTS
from gob_graph.endpoint.web.context import Context, here
from gob_graph.endpoint.web.pages import i18n, layout, links
from gob_graph.endpoint.web.pages.error_details import NOTHING_THERE
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.routes import assets
from gob_graph.errors import RequestError
from gob_graph.formats import FORMATS, Format, negotiate
from gob_graph.publication import number_of

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.settings import Settings

LOG = logging.getLogger("gob_graph")
STATUS_CODES = {
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    416: "range-not-satisfiable",
}
"""What the framework refuses by itself, as codes of ours."""
ERROR_PAGES = {"not-found": "not_found.html"}
"""Refusals with a page of their own."""


PROBLEM = Format("problem", "application/problem+json", "json", "Problem", frozenset())
PAGE = next(row for row in FORMATS if row.name == "html")
"""The representations of an error."""
SPARE_THREADS = 8
"""For errors, result pages and health checks, which wait for no other request."""


def create_app(settings: Settings, engine: Engine, troubles: tuple[str, ...] = ()) -> Application:
    """The service over one release: the Flask application with the layers around it."""
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    i18n.attach(app)
    links.attach(app)
    # A redirect that the framework makes by itself would take the Host header for the address of this server.
    app.url_map.merge_slashes = False
    # First of all: every error is told with the trace of its request.
    app.before_request(_identify)
    preflight.attach(app)
    ranges.attach(app)
    layout.attach(app)
    assets.attach(app)
    for routes in BLUEPRINTS:
        app.register_blueprint(routes)
    metrics = Metrics(engine, {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()})
    older = Older(engine, settings)
    sparql = Sparql(engine, older, settings)
    number = number_of(engine.release)
    Context(settings, engine, metrics, older, sparql, number, troubles).attach(app)
    app.after_request(_finish)
    app.register_error_handler(Exception, _failed)
    identity = f"{engine.release.id} {__version__}"
    framework = Framework(app, Threads(engine.budget, SPARE_THREADS))
    cache = Cache(Handler(framework, sparql, number), identity, settings.cache_size * 2**20, settings.queue_wait)
    return Application(app, engine, cache, framework, Observer(settings, metrics), number)


def _identify() -> None:
    """Take what the ASGI application hands over; under another WSGI server there is nothing."""
    handed = HANDED.get() or Handed(Trace(os.urandom(8).hex()))
    handed.trace.fresh = True
    g.handed, g.request_id = handed, handed.trace.id
    if handed.error:
        raise handed.error
    refuse_long(request.environ["PATH_INFO"], request.environ["QUERY_STRING"], here().settings.uri_length)


def _finish(response: Response) -> Response:
    site = here()
    if request.routing_exception is not None and response.location:
        # The framework's own redirect (a missing slash) believes the Host header; a path alone cannot lead away.
        response.location = "/" + urlsplit(response.location).path.lstrip("/")
        response.set_data(b"")
    for name, value in headers.standing(site.release, site.publication, site.settings).items():
        response.headers.setdefault(name, value)
    cached = "no-store" if response.status_code >= 400 else headers.public(site.settings)
    response.headers.setdefault("Cache-Control", cached)
    return response


def _failed(error: Exception) -> Response:
    if isinstance(error, RequestError):
        return _problem(error)
    if isinstance(error, HTTPException):
        return _problem(_translated(error))
    LOG.exception("request %s failed", g.get("request_id"), exc_info=error)
    return _problem(RequestError("internal", f"the request id is {g.get('request_id')}"))


def _translated(error: HTTPException) -> RequestError:
    code = STATUS_CODES.get(error.code or 0, "bad-request")
    more = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        more["Allow"] = ", ".join(sorted(set(error.valid_methods) | {"OPTIONS"}))
    if isinstance(error, RequestedRangeNotSatisfiable) and error.length is not None:
        more["Content-Range"] = f"bytes */{error.length}"
    if isinstance(error, NotFound) and error.description == NotFound.description:
        return RequestError(code, NOTHING_THERE % {"path": request.path[:200]}, more)
    return RequestError(code, error.description or error.name, more)


def _problem(error: RequestError) -> Response:
    g.handed.trace.code = error.code
    document = error.problem(f"{here().settings.service_url}/api/errors") | {"request": g.get("request_id")}
    if _wants_page(request.headers.getlist("Accept")):
        response = _error_page(error, document)
    else:
        body = json.dumps(document, ensure_ascii=False)
        response = Response(body, error.status, content_type="application/problem+json")
    response.headers.update(
        {"Cache-Control": "no-store", "Gob-Graph-Request": str(g.get("request_id")), **error.headers}
    )
    return response


def _error_page(error: RequestError, document: dict[str, object]) -> Response:
    """For a query the form again, with the reason; where even that cannot be made, the reason alone."""
    if request.endpoint == "sparql.sparql":
        try:
            return result_page.refusal(document, error.status)
        except RequestError:
            LOG.warning("request %s: the query page cannot be made now", g.get("request_id"))
    return page(ERROR_PAGES.get(error.code, "error.html"), status=error.status, problem=document)


def _wants_page(accept: list[str]) -> bool:
    """An error is a problem document, and for a browser a page; it is never refused itself."""
    if not any("text/html" in line.lower() for line in accept):
        return False
    try:
        return negotiate(accept, (PROBLEM, PAGE)).name == PAGE.name
    except RequestError:
        return False
