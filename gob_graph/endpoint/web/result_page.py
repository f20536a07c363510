"""A whole answer of the engine as a page for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import request

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import links, workbench
from gob_graph.endpoint.web.pages.query_notes import Notes, notes_of
from gob_graph.endpoint.web.pages.workbench_texts import problems
from gob_graph.errors import RequestError
from gob_graph.formats import offers
from gob_graph.vocab import XSD

if TYPE_CHECKING:
    from flask import Response

    from gob_graph.endpoint.engine.dispatcher import Answer

ROWS_SHOWN = 1000
"""Rows of a page's table; the page says when there are more, and how to get all."""
GRAPH_SHOWN = 200_000
"""Characters of a graph on a page."""
NUMBERS = frozenset(str(t.value) for t in (XSD.integer, XSD.decimal, XSD.double, XSD.float))


def result_page(query: str, answer: Answer) -> Response:
    """A page of the answer, which came as JSON, or as Turtle when it is a graph."""
    # The links of the cells are in the language of the page.
    desk = workbench.asked_desk()
    downloads = [(f.name, f.label) for f in offers("graph" if answer.kind == "graph" else "bindings")]
    if answer.kind == "graph":
        text = answer.body.decode()
        # A blank line stands between two subjects, so the number of lines is not the number of statements.
        return _page(desk, query, graph=text[:GRAPH_SHOWN], cut=len(text) > GRAPH_SHOWN, downloads=downloads)
    document = json.loads(answer.body)
    columns = document["head"].get("vars", [])
    bindings = document["results"]["bindings"] if answer.kind == "bindings" else []
    rows = [[_cell(row.get(name)) for name in columns] for row in bindings[:ROWS_SHOWN]]
    boolean = document.get("boolean")
    return _page(desk, query, columns=columns, rows=rows, total=len(bindings), boolean=boolean, downloads=downloads)


def refusal(problem: dict[str, Any], status: int) -> Response:
    """The page that says why a query was not answered, with the query in the form again."""
    return _page(workbench.asked_desk(), request.args.get("query", ""), problem=problem, status=status)


def _page(
    desk: workbench.Desk,
    query: str,
    *,
    status: int = 200,
    problem: dict[str, Any] | None = None,
    **values: Any,  # noqa: ANN401 - values of a template
) -> Response:
    found: dict[str, Any] = {"graph": None, "boolean": None, "total": 0, "rows": (), "columns": (), "downloads": ()}
    # A form sends its lines with a carriage return.
    text = query.replace("\r\n", "\n")
    found["empty"] = next((e["empty"] for e in desk.examples if e["query"].strip() == text.strip()), "")
    found["notes"] = Notes(None, []) if problem else _notes(query)
    if problem:
        found["explained"] = problems().get(str(problem["code"]), problem)
    return workbench.shown("result.html", desk, status=status, query=text, problem=problem, **(found | values))


def _notes(query: str) -> Notes:
    """What is said of a query that was answered; nothing when there is no room for it now."""
    site = here()
    try:
        return notes_of(query, site.engine, site.settings)
    except RequestError:
        return Notes(None, [])


def _cell(term: dict[str, Any] | None) -> dict[str, Any]:
    """A term for the table: text, link when it is a safe address, language."""
    if term is None:
        return {"text": ""}
    value = term.get("value", "")
    if isinstance(value, dict):
        return {"text": json.dumps(value, ensure_ascii=False)}
    if term["type"] == "uri":
        short = links.curie(value)
        return {"text": value if short.startswith("<") else short, "link": links.safe_link(value), "title": value}
    return {"text": value, "lang": term.get("xml:lang"), "number": term.get("datatype") in NUMBERS}
