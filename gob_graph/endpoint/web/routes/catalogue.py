"""The dataset as a data portal harvests it: DCAT-AP, with the addresses of this service."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gob_graph import catalogue
from gob_graph.documents import serialize
from gob_graph.endpoint.web.context import here
from gob_graph.formats import negotiate, offers

routes = Blueprint("catalogue", __name__)


@routes.get("/catalogue")
def record() -> Response:
    """What the release says of itself, its files, the SPARQL service, and whom to ask."""
    site = here()
    wanted = negotiate(request.headers.getlist("Accept"), offers("graph"))
    document = catalogue.document(site.release, site.settings)
    return Response(serialize(document, wanted, site.prefixes), content_type=wanted.content_type)
