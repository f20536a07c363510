"""The page for registries: their rows answered, as a page and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, g, request

from gob_graph.endpoint.reconciliation.tables import Table, read_table
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import registries_view
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.routes.localized import localized
from gob_graph.endpoint.web.routes.reconciliation import room
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.web.pages.registries_view import Answered

routes = localized("registries", __name__)


@routes.get("/registries")
def registries() -> Response:
    """What a registry can do here, and a form for its rows."""
    return _page([], "")


@routes.post("/registries")
def registries_rows() -> Response:
    """Answer the rows of the form: pasted lines, or a table that was uploaded."""
    upload = request.files.get("table")
    text = request.form.get("lines", "")
    if upload is not None and upload.filename:
        try:
            table = read_table(upload.read().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise RequestError("bad-encoding", f"the table is not UTF-8 at byte {error.start}") from error
    else:
        table = Table(["given"], [[line] for line in text.splitlines() if line.strip()], ",", "\r\n", marked=True)
    if len(table.rows) > registries_view.ROWS:
        raise RequestError("batch-too-large", f"{len(table.rows)} rows; the limit is {registries_view.ROWS}")
    named = request.form.get("column", "").strip()
    column = table.column(named, bool) if named else 0
    with room():
        rows = registries_view.answered(row[column] for row in table.rows)
    if request.form.get("as") == "csv":
        return _download(table, rows)
    return _page(rows, "\n".join(row[column] for row in table.rows))


def _download(table: Table, rows: list[Answered]) -> Response:
    body = table.with_columns(registries_view.COLUMNS, [row.cells() for row in rows])
    headers = {"Content-Disposition": 'attachment; filename="linked.csv"', "Cache-Control": "no-store"}
    return Response(body, content_type="text/csv; charset=utf-8", headers=headers)


def _page(rows: list[Answered], lines: str) -> Response:
    site = here()
    values = registries_view.view(rows)
    examples = registries_view.examples(site.engine, g.language)
    response = page("registries.html", lines=lines, examples=examples, most=registries_view.ROWS, **values)
    if request.method == "POST":
        response.headers["Cache-Control"] = "no-store"
    return response
