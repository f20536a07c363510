"""The change feed for replicas and registries (LDES)."""

from __future__ import annotations

import pyoxigraph as ox
from flask import Blueprint, Response, request

from gob_graph.documents import serialize
from gob_graph.endpoint.feeds import ldes
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.parts import Made
from gob_graph.endpoint.web.routes.releases import FOR_EVER, FRESH
from gob_graph.errors import ReleaseError, RequestError
from gob_graph.formats import negotiate, offers
from gob_graph.publication import publications

routes = Blueprint("feed", __name__)
PAGES = Made()
"""Pages of large releases."""
NAMES = {
    "as": "https://www.w3.org/ns/activitystreams#",
    "ldes": "https://w3id.org/ldes#",
    "tree": "https://w3id.org/tree#",
}
"""Prefixes that only the feed uses."""


@routes.get("/feed")
def root() -> Response:
    """Give the root of the stream: where the page of each publication is."""
    site = here()
    wanted = negotiate(request.headers.getlist("Accept"), offers("graph"))
    triples = ldes.root(publications(site.settings.release_dir), site.settings)
    headers = {"Cache-Control": FRESH}
    return Response(
        serialize(triples, wanted, NAMES | site.prefixes), content_type=wanted.content_type, headers=headers
    )


@routes.get("/feed/<int:number>")
def publication(number: int) -> Response:
    """Give what one publication created, changed and deleted."""
    site = here()
    log = publications(site.settings.release_dir)
    if not 1 <= number <= len(log):
        raise RequestError("not-found", f"there are {len(log)} publications")
    wanted = negotiate(request.headers.getlist("Accept"), tuple(reversed(offers("dataset"))))
    release = log[number - 1].release
    try:
        pieces = ldes.page(log, number, site.settings)
        if wanted.name == "nquads":
            key = (number, release, site.settings.service_url)
            response = PAGES.response(key, pieces, wanted.content_type, site.settings.release_dir)
        else:
            quads = ox.parse(b"".join(pieces), format=ox.RdfFormat.N_QUADS)
            body = serialize(quads, wanted, NAMES | site.prefixes)
            response = Response(body, content_type=wanted.content_type)
    except ReleaseError as error:
        raise RequestError("release-damaged", "a release that this page is made from cannot be read") from error
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Gob-Graph-Release"] = release
    return response
