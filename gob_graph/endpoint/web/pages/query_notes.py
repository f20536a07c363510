"""What is said of a query beside its answer: where the standard surprises, and the form in which it is evaluated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gob_graph.endpoint.engine.engine import CHARGED
from gob_graph.endpoint.engine.job import Formats, Job, Manner
from gob_graph.endpoint.web.pages.i18n import gettext as _
from gob_graph.endpoint.web.pages.i18n import message

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.settings import Settings

SURPRISES: Final = {
    "truth": message(
        "%(about)s is a condition here. IRIs and texts with a language are neither true nor false: "
        "their rows are left out. To ask whether there is a value: BOUND(%(about)s)."
    ),
    "concat": message(
        "GROUP_CONCAT joins texts only. As %(about)s also has IRIs, numbers or dates, the result stays empty. "
        "Write GROUP_CONCAT(STR(%(about)s))."
    ),
    "values": message(
        "VALUES after the last brace is applied after counting and does not restrict what is counted. "
        "Put it inside the braces."
    ),
    "language": message(
        "%(about)s has no language, but the values here have one: none is equal to it. "
        "Write %(about)s@nl, or compare with STR()."
    ),
    "minus": message(
        "This MINUS has no variable in common with what comes before it, so it removes nothing. "
        "FILTER NOT EXISTS tests whether there is something."
    ),
    "offset": message(
        "Without ORDER BY the rows have no fixed order: with OFFSET some can appear twice and others never."
    ),
    "scope": message(
        "%(about)s has no value here: a FILTER only sees what is inside its own braces. "
        "Move it out, or repeat the pattern with %(about)s."
    ),
}
"""What is said of each kind of surprising place, by its code."""


class Note(NamedTuple):
    """A surprising place of a query."""

    line: int
    column: int
    text: str


class Notes(NamedTuple):
    """What is said of a query."""

    form: str | None
    """The query as it is evaluated; None when that is how it is written."""
    notes: list[Note]

    def document(self) -> dict[str, Any]:
        """For the script of the page."""
        return {"form": self.form, "notes": [note._asdict() for note in self.notes]}


def notes_of(query: str, engine: Engine, settings: Settings) -> Notes:
    """What can be said of a query, by a worker, in the language of the page.

    Raises:
        RequestError: the query is wrong, or there is no room for it now.
    """
    manner = Manner(None, None, Formats("json", "json", "json"), f"{settings.service_url}/sparql", described=True)
    found = json.loads(engine.public.answer(Job(query, manner), CHARGED.get()).body)
    notes = []
    for one in found["surprises"]:
        text = SURPRISES[one["code"]]
        notes.append(Note(one["line"], one["column"], _(text) % {"about": one["about"]}))
    return Notes(found["form"], notes)
