"""What people see of the SPARQL endpoint, and its service description (queries: `sparql.handler`)."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, g, request

from gob_graph.documents import serialize
from gob_graph.endpoint.engine import page_query
from gob_graph.endpoint.reconciliation.links import void_linksets
from gob_graph.endpoint.server.message import HttpRequest
from gob_graph.endpoint.sparql import service_description
from gob_graph.endpoint.sparql.handler import Result
from gob_graph.endpoint.web import result_page
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages.workbench import desk_page
from gob_graph.errors import RequestError
from gob_graph.formats import negotiate, offers
from gob_graph.vocab import layer_graph

routes = Blueprint("sparql", __name__)
VOID = "/.well-known/void"


@routes.route("/sparql", methods=["GET", "POST"])
def sparql() -> Response:
    """Answer a query, or, when nothing is asked, say what this endpoint is."""
    result = cast("Result | None", g.handed.result)
    if result is None and (request.query_string.strip() or request.method == "POST"):
        result = here().sparql.ask_now(_message())
    if result is None:
        return describe()
    if result.is_page:
        response = result_page.result_page(result.text, result.answer)
    else:
        response = Response(result.answer.body, content_type=result.format.content_type)
    response.headers.update(result.headers)
    return response


def _message() -> HttpRequest:
    """The request as the SPARQL handler reads it, where no ASGI application has done so."""
    limit = here().settings.body_limit * 2**20
    if (request.content_length or 0) > limit:
        raise RequestError("body-too-large", f"the body has {request.content_length} bytes; the limit is {limit}")
    fields = {name.lower(): value for name, value in request.headers.items()}
    query = request.query_string.decode("latin-1")
    content = request.get_data(cache=False) if request.method == "POST" else b""
    remote = request.remote_addr or ""
    return HttpRequest(request.method, request.path, query, remote, "1.1", fields, content, g.handed.trace)


@routes.get(VOID)
def describe() -> Response:
    """The service description with VoID; for a browser the query form."""
    site = here()
    among = (*offers("graph"), *(f for f in offers("graph", page=True) if f.codec is None))
    wanted = negotiate(request.headers.getlist("Accept"), among)
    if wanted.codec is None:
        return desk_page()
    dataset = service_description.dataset_of(site.release)
    graph = layer_graph(site.release.base_iri, "meta")
    about = page_query.triples(site.engine, service_description.ABOUT, dataset=dataset, graph=graph)
    description = set(service_description.describe(site.release, site.settings, about))
    description |= set(void_linksets(site.engine, dataset, f"{site.settings.service_url}{VOID}"))
    return Response(serialize(description, wanted, site.prefixes), content_type=wanted.content_type)
