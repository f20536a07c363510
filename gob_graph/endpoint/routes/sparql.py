"""The SPARQL endpoint and its service description. What a request means is decided in `protocol`."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gob_graph.documents import serialize
from gob_graph.endpoint import asking, older, protocol, results, service_description
from gob_graph.endpoint.context import here
from gob_graph.endpoint.scan import keywords
from gob_graph.endpoint.site.workbench import desk_page
from gob_graph.endpoint.telemetry import TRACE
from gob_graph.errors import RequestError
from gob_graph.formats import negotiate, offers
from gob_graph.vocab import layer_graph

routes = Blueprint("sparql", __name__)
CHANGING = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE"})
"""Functions whose answers differ from one call to the next, so that none is kept."""
METHODS = "GET, HEAD, POST, OPTIONS"
PIECE = 2**20
DRAINED = 32 * PIECE
"""Bytes of a body too large that are still read."""


@routes.route("/sparql", methods=["GET", "POST"], provide_automatic_options=False)
def sparql() -> Response:
    """Answer a query, or, when nothing is asked, say what this endpoint is."""
    site = here()
    asked = protocol.Request(
        request.method,
        request.query_string,
        request.headers.get("Content-Type"),
        _body(site.settings.body_limit * 2**20),
        request.headers.getlist("Accept"),
    )
    if not protocol.has_query(asked):
        return describe()
    query = protocol.read_query(asked, length=site.settings.query_length)
    request.environ[TRACE].asks(query.form, query.text, verbatim=bool(site.settings.log_queries))
    with site.older.lent(older.asked(asked)) as engine:
        answer = engine.public.answer(query.job(f"{site.settings.service_url}/sparql"), site.client())
    response = results.response(query.text, answer, query.formats[answer.kind])
    response.headers["Gob-Graph-Release"] = engine.release.id
    if request.method == "POST" or _changes(query.text):
        response.headers["Cache-Control"] = "no-store"
    return response


@routes.route("/sparql", methods=["OPTIONS"], provide_automatic_options=False)
def options() -> Response:
    """What may be done here, also for a browser that asks before it asks (CORS)."""
    headers = {
        "Allow": METHODS,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status=204, headers=headers)


@routes.get("/.well-known/void")
def describe() -> Response:
    """The service description with VoID; for a browser the query form."""
    site = here()
    among = (*offers("graph"), *(f for f in offers("graph", page=True) if f.codec is None))
    wanted = negotiate(request.headers.getlist("Accept"), among)
    if wanted.codec is None:
        return desk_page()
    dataset = service_description.dataset_of(site.release)
    graph = layer_graph(site.release.base_iri, "meta")
    about = asking.triples(site.engine, service_description.ABOUT, dataset=dataset, graph=graph)
    description = set(service_description.describe(site.release, site.settings, about))
    return Response(serialize(description, wanted, site.prefixes), content_type=wanted.content_type)


def _changes(text: str) -> bool:
    words = set(keywords(text))
    # A template with blank nodes gives other labels at every evaluation.
    return not CHANGING.isdisjoint(words) or ("CONSTRUCT" in words and ("_:" in text or "[" in text))


def _body(limit: int) -> bytes:
    """The whole body, or a refusal: a body that was cut could still be a valid query."""
    if request.method != "POST":
        return b""
    coding = request.headers.get("Transfer-Encoding", "chunked").lower()
    announced = request.headers.get("Content-Length", type=int)
    if coding != "chunked" or ("Transfer-Encoding" in request.headers and announced is not None):
        raise RequestError("bad-length", "say how long the body is in one way: Content-Length, or chunked")
    if announced is not None and announced > limit:
        _drain()
        raise RequestError("body-too-large", f"the body has {announced} bytes; the limit is {limit}")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RequestError("unsupported-media-type", "send the body without Content-Encoding")
    body: bytes = request.environ["wsgi.input"].read(limit + 1)
    if len(body) > limit:
        _drain()
        raise RequestError("body-too-large", f"the body has more than {limit} bytes")
    if announced is not None and len(body) != announced:
        raise RequestError("bad-length", f"{len(body)} bytes came, {announced} were announced")
    return body


def _drain() -> None:
    """Read on, up to a bound, what nobody wants: many clients read no answer before they have sent everything."""
    for _ in range(DRAINED // PIECE):
        if not request.environ["wsgi.input"].read(PIECE):
            return
