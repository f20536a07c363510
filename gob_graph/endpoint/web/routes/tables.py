"""The pages of the tables of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import tables_view
from gob_graph.endpoint.web.pages.drawing import table_bars
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.term import Cells
from gob_graph.endpoint.web.routes.localized import localized
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from flask import Response

routes = localized("tables", __name__)


@routes.get("/tables")
def tables() -> Response:
    """The tables, and how to read them."""
    return page("tables.html", tables=tables_view.tables(here().release, g.language))


@routes.get("/tables/<name>")
def table(name: str) -> Response:
    """One table: its files, first rows and columns, and its numbers drawn."""
    site = here()
    shown = tables_view.table(site.release, name, g.language)
    if shown is None:
        raise RequestError("not-found", f"the release has no table {name[:80]!r}")
    cells = Cells(site.engine, g.language)
    records = tables_view.records(site.release, name, table_bars.TOO_MANY + 1)
    return page(
        "table.html",
        table=shown,
        rows=tables_view.first_rows(site.release, shown, labels(site.engine)),
        drawings=table_bars.drawn(records, lambda iri: cells.named(iri).text),
    )
