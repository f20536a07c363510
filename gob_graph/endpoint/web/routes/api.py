"""What programs read about this server: the API description, and the meaning of each refusal."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import openapi
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.routes.localized import IN_LANGUAGE, take_language
from gob_graph.errors import REFUSALS

routes = Blueprint("api", __name__)
routes.url_value_preprocessor(take_language)


@routes.get("/api/openapi.json")
def description() -> Response:
    """The API description."""
    body = json.dumps(openapi.document(here(), current_app.url_map), ensure_ascii=False, indent=1)
    return Response(body, content_type="application/json")


@routes.get("/api/errors")
def errors() -> Response:
    """What each code of a refusal means; the ``type`` of a problem leads here."""
    return page("errors.html", refusals=REFUSALS)


@routes.get(f"{IN_LANGUAGE}/api/errors")
def errors_page() -> Response:
    """The same in a language."""
    return errors()
