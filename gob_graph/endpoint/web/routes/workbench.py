"""The page on which people learn to ask, and the two documents that its editor fetches."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g, request

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n, workbench
from gob_graph.endpoint.web.pages.completions import completions
from gob_graph.endpoint.web.pages.explain.explanation import explain
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.query_notes import notes_of
from gob_graph.endpoint.web.routes.localized import localized
from gob_graph.errors import RequestError
from gob_graph.vocab import LANGUAGES

routes = localized("workbench", __name__)
documents = Blueprint("editor", __name__)


@routes.get("/sparql")
def sparql() -> Response:
    """The editor; without script a form, whose question is chosen by the parameters."""
    return workbench.desk_page()


@documents.get("/completions.json")
def offers() -> Response:
    """What the editor offers, in the language ``lang``."""
    return _json(completions(here().engine, _language()))


@documents.get("/explain")
def words() -> Response:
    """A ``query`` in words, in the language ``lang``: sentences, each with what belongs under it."""
    _language()
    said = explain(request.args.get("query", ""), labels(here().engine))
    return _json([part.document() for part in said])


@documents.get("/evaluated")
def evaluated() -> Response:
    """How a ``query`` is evaluated, and where the standard surprises in it, in the language ``lang``."""
    _language()
    site, query = here(), request.args.get("query", "")
    if len(query.encode()) > site.settings.query_length:
        raise RequestError("query-too-long", f"the query has more than {site.settings.query_length} bytes")
    return _json(notes_of(query, site.engine, site.settings).document())


def _language() -> str:
    code = request.args.get("lang", i18n.DEFAULT)
    if code not in LANGUAGES:
        raise RequestError("bad-parameter", f"lang={code[:20]!r} is none of {', '.join(LANGUAGES)}")
    g.language = code
    return code


def _json(document: Any) -> Response:  # noqa: ANN401 - whatever JSON holds
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(body, content_type="application/json", headers={"Content-Language": g.language})
