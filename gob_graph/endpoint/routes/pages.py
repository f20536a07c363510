"""The pages for people, in four languages: ``/{language}/…``; the first page of all is chosen by Accept-Language."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from gob_graph.endpoint.routes.localized import localized
from gob_graph.endpoint.site import i18n
from gob_graph.endpoint.site.layout import page

routes = localized("pages", __name__)
entrance = Blueprint("entrance", __name__)


@entrance.get("/")
def enter() -> Response:
    """Lead to the home page in the language of the visitor."""
    language = i18n.choose(request.accept_languages)
    return Response(status=302, headers={"Location": url_for("pages.home", language=language)})


@routes.get("/")
def home() -> Response:
    """What this is, and where to begin."""
    return page("home.html")
