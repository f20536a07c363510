"""The pages for people, in four languages: ``/{language}/…``; the first page of all is chosen by Accept-Language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request, url_for

from gob_graph.endpoint.site import i18n
from gob_graph.endpoint.site.layout import page
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import MutableMapping

routes = Blueprint("pages", __name__, url_prefix=f"/<any({','.join(LANGUAGES)}):language>")
entrance = Blueprint("entrance", __name__)


@routes.url_value_preprocessor
def _take_language(_: str | None, values: MutableMapping[str, Any] | None) -> None:
    g.language = (values or {}).pop("language", i18n.DEFAULT)


@entrance.get("/")
def enter() -> Response:
    """Lead to the home page in the language of the visitor."""
    language = i18n.choose(request.accept_languages)
    return Response(status=302, headers={"Location": url_for("pages.home", language=language)})


@routes.get("/")
def home() -> Response:
    """What this is, and where to begin."""
    return page("home.html")
