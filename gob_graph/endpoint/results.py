"""From a whole answer of the engine to a response: as it is, or as a page for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Response

from gob_graph.endpoint.site.layout import page
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.pool import Answer
    from gob_graph.formats import Format

ROWS_SHOWN = 1000
"""Rows of a page's table; the page says when there are more, and how to get all."""
LINKED = frozenset({"http", "https", "mailto"})
EXAMPLE = """PREFIX org: <http://www.w3.org/ns/org#>
PREFIX organization: <https://data.example.org/id/organization/>
PREFIX schema: <http://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?position ?label WHERE {
    ?administration org:unitOf organization:gob ;
        schema:position ?position ;
        skos:prefLabel ?label .
    FILTER(LANG(?label) = "nl")
}
ORDER BY ?position
"""


def response(query: str, answer: Answer, wanted: Format | None) -> Response:
    """The response for an answer, in the representation that was negotiated for its kind.

    Raises:
        RequestError: ``not-acceptable``: the kind of result has no acceptable representation.
    """
    if wanted is None:
        raise RequestError("not-acceptable", f"this query gives a {answer.kind} result")
    if wanted.name != "html":
        headers = {}
        if wanted.name in {"csv", "tsv"}:
            headers["Content-Disposition"] = f'attachment; filename="result.{wanted.extension}"'
        return Response(answer.body, headers=headers, content_type=wanted.content_type)
    if answer.kind == "graph":
        return page("result.html", query=query, graph=answer.body.decode(), columns=(), rows=(), total=None)
    document = json.loads(answer.body)
    columns = document["head"].get("vars", [])
    bindings = document["results"]["bindings"] if answer.kind == "bindings" else []
    rows = [[_cell(row.get(name)) for name in columns] for row in bindings[:ROWS_SHOWN]]
    boolean = document.get("boolean")
    return page("result.html", query=query, columns=columns, rows=rows, total=len(bindings), boolean=boolean)


def _cell(term: dict[str, Any] | None) -> dict[str, Any]:
    """A term for the table: text, link when it is a safe address, language."""
    if term is None:
        return {"text": ""}
    value = term.get("value", "")
    if isinstance(value, dict):
        return {"text": json.dumps(value, ensure_ascii=False)}
    link = value if term["type"] == "uri" and urlsplit(value).scheme in LINKED else None
    return {"text": value, "link": link, "lang": term.get("xml:lang")}
