"""The drawing of what a thing is linked with, on a page of its own: it is too large for the page of the thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for

from gob_graph.endpoint.description.describe import describe
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n, resource
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.routes.linked_data import not_found, topics
from gob_graph.endpoint.web.routes.localized import localized

if TYPE_CHECKING:
    from flask import Response

routes = localized("drawings", __name__)


@routes.get("/neighbourhood/<path:path>")
def neighbourhood(path: str) -> Response:
    """What a thing is linked with, drawn; its path as that of its document."""
    for _, topic in topics(path):
        entity = describe(here().engine, topic)
        if entity is not None and entity.facts:
            lists = url_for("linked_data.document_page", language=i18n.language(), path=path)
            return page("neighbourhood.html", **resource.drawn(entity, lists))
    raise not_found(f"doc/{path}")
