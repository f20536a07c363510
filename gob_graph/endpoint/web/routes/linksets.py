"""The links to what others publish: linksets (RFC 9264) of each thing and of all, and mapping tables."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gob_graph.endpoint.reconciliation import links
from gob_graph.endpoint.web.context import here
from gob_graph.errors import RequestError

routes = Blueprint("linksets", __name__)
JSON, TEXT = "application/linkset+json", "application/linkset"


@routes.get("/linkset")
def whole() -> Response:
    """All links."""
    return _answer(links.links(here().engine))


@routes.get("/linkset/<path:rest>")
def of_thing(rest: str) -> Response:
    """The links of one thing, by the path of its identifier."""
    found = links.links_of(here().engine, rest)
    if not found:
        raise RequestError("not-found", f"/{rest} has no links to the outside")
    return _answer(found)


@routes.get("/mappings.csv")
def table() -> Response:
    """All links as a table."""
    body = links.mapping_csv(here().engine)
    headers = {"Content-Disposition": 'attachment; filename="mappings.csv"'}
    return Response(body, content_type="text/csv; charset=utf-8; header=present", headers=headers)


@routes.get("/mappings.sssom.tsv")
def sssom() -> Response:
    """The mappings among them in SSSOM/TSV."""
    site = here()
    body = links.mapping_sssom(site.engine, f"{site.settings.service_url}/mappings.sssom.tsv")
    headers = {"Content-Disposition": 'attachment; filename="mappings.sssom.tsv"'}
    return Response(body, content_type="text/tab-separated-values; charset=utf-8", headers=headers)


def _answer(found: tuple[links.Link, ...]) -> Response:
    base = here().release.base_iri
    wanted = request.accept_mimetypes.best_match([JSON, TEXT, "application/json"], JSON)
    given = ",".join(request.headers.getlist("Accept"))
    if given and not request.accept_mimetypes.best_match([JSON, TEXT, "application/json"]):
        raise RequestError(
            "not-acceptable", "a linkset is offered as JSON and as text", members={"offers": [JSON, TEXT]}
        )
    if wanted == TEXT:
        return Response(links.linkset_text(found, base), content_type=TEXT)
    return Response(links.linkset_json(found, base), content_type=wanted)
