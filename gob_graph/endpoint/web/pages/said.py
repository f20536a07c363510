"""What a statement of the source page says, in a line: the words that may be quoted, else our short name for it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n

if TYPE_CHECKING:
    from flask import Flask

    from gob_graph.endpoint.engine.engine import Engine

STATEMENTS = """
SELECT ?id ?label ?words ?title ?page ?date WHERE {
    ?statement a gov:SourceStatement ;
        dct:identifier ?id ;
        dct:description ?label ;
        oa:hasTarget ?target .
    OPTIONAL { ?target oa:hasSelector/oa:exact|oa:hasSelector/oa:refinedBy/oa:exact ?words }
    OPTIONAL {
        ?target oa:hasSource ?document .
        OPTIONAL { ?document dct:title ?title }
        OPTIONAL { ?document dct:source ?page }
        OPTIONAL { ?document dct:date|dct:issued ?date }
    }
}
"""


@per_release
def _statements(engine: Engine) -> dict[str, dict[str, str]]:
    """The parts of each statement's line, as texts, by its number."""
    found: dict[str, dict[str, str]] = {}
    for row in rows(engine, STATEMENTS):
        found.setdefault(row["id"].value, {name: term.value for name, term in row.items() if term is not None})
    return found


def said(statement: str) -> str:
    """The words of a statement, with the title, site and date of the page they stand on; empty for no statement.

    Raises:
        RequestError: the engine has no time or room now.
    """
    parts = _statements(here().engine).get(statement)
    if parts is None:
        return ""
    words = i18n.quoted(parts["words"]) if "words" in parts else parts["label"]
    site = parts.get("page", "").partition("://")[2].partition("/")[0]
    when = parts.get("date")
    day = _written(when) if when else i18n.gettext("the page gives no date")
    about = ", ".join(filter(None, (parts.get("title"), site)))
    return f"{words} (nl)\n{i18n.gettext('Source:')} {about}; {day}"


def _written(when: str) -> str:
    try:
        return i18n.day(date.fromisoformat(when))
    except ValueError:
        return when


def attach(app: Flask) -> None:
    """Let templates ask what a statement says."""
    app.jinja_env.globals["said"] = said
