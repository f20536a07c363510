"""The texts that the script of the query page shows, in the language of the page; English is the message id."""

from __future__ import annotations

from typing import Any

from gob_graph.endpoint.web.pages.i18n import gettext as _


def texts() -> dict[str, Any]:
    """By the names that frontend/src uses. ``%(name)s`` is filled in there."""
    return {
        **_running(),
        **_results(),
        **_pictures(),
        "editor": {
            "Completions": _("Completions"),
            "current match": _("current match"),
            "Control character": _("control character"),
            "Diagnostics": _("Errors"),
        },
    }


def _running() -> dict[str, str]:
    return {
        "query": _("Query"),
        "keyword": _("keyword"),
        "of": _("of"),
        "running": _("The query is running …"),
        "cancelled": _("Stopped"),
        "cancelledNote": _("You stopped waiting. The server itself stops the query when its time is up."),
        "unreachable": _("The server cannot be reached"),
        "refused": _("The server refused the query (%(status)s)"),
        "wait": _("Try again in %(seconds)s s."),
        "goTo": _("Go to line %(line)s, column %(column)s"),
        "linkCopied": _("The link has been copied."),
        "tooLongForLink": _("The query is too long for a link; save it in a file."),
        "forgotten": _("The queries in this browser have been deleted."),
        "notExplained": _("The query is too long to be explained."),
        "asWritten": _("It is evaluated as it is written."),
        "normalised": _("By the rules of SPARQL this form means the same."),
        "notEvaluated": _("This query cannot be evaluated as it stands; run it to see why."),
    }


def _results() -> dict[str, Any]:
    return {
        "rows": [_("%(number)s row"), _("%(number)s rows")],
        "triples": [_("%(number)s fact"), _("%(number)s facts")],
        "answered": _("Answered"),
        "time": _("in %(ms)s ms"),
        "table": _("Table"),
        "statements": _("Facts"),
        "chart": _("Chart"),
        "drawing": _("Drawing"),
        "saveSvg": _("Save as SVG"),
        "savePng": _("Save as PNG"),
        "response": _("Response"),
        "code": _("Code"),
        "copy": _("Copy"),
        "copied": _("Copied: %(what)s"),
        "sortBy": _("Sort by %(column)s"),
        "yes": _("Yes"),
        "no": _("No"),
        "empty": _("No rows"),
        "emptyNote": _("Nothing in the data meets all the conditions of the query. Remove one and run it again."),
        "firstRows": _("The first %(number)s rows are shown; the download contains all of them."),
        "cut": _("Only the beginning is shown; the download contains everything."),
    }


def _pictures() -> dict[str, str]:
    return {
        "undated": _("no date"),
        "undatedNote": _("“No date”: the source does not say when this figure applied."),
        "boundNote": _("An open bar is a lower bound: the figure is larger than the mark; by how much is not known."),
        "aboutNote": _("A bar with a dashed outline is an approximate figure."),
        "firstBars": _("The first %(number)s bars are shown."),
        "series": _("Figures of"),
        "chartLabel": _("Bar chart with %(number)s bars; the table contains the same figures."),
        "around": _("Around"),
        "more": _("and %(number)s more"),
        "kind": _("is a"),
        "drawingLabel": _("What is connected with %(thing)s; the facts say the same."),
    }


def problems() -> dict[str, dict[str, str]]:
    """What a refusal means and what to do: by code, or by status where something in front of the server answers."""
    busy = _entry(_("Too many queries at once"), _("Wait until your other queries have ended, then run this again."))
    full = _entry(_("The server is busy"), _("All places for queries are taken. Run the query again in a moment."))
    slow = _entry(
        _("The query took too long and was stopped"),
        _("Ask for less at once: add a condition, or LIMIT 100. For more, download the data."),
    )
    large = _entry(
        _("The result is too large"),
        _("Fetch it in parts with ORDER BY, LIMIT and OFFSET, or download the data."),
    )
    memory = _entry(
        _("The query needs too much memory"),
        _("Parts that share no variable multiply each other: connect them, or ask for less at once."),
    )
    simpler = _entry(_("The query is too complex"), _("Use less nesting and shorter lists, or ask in several steps."))
    return {
        "query-syntax": _entry(
            _("The query has an error"), _("Correct it at the place named below, and run it again.")
        ),
        "query-missing": _entry(_("There is no query"), _("Write one, or choose an example.")),
        "engine-crashed": simpler,
        "query-failed": _entry(_("The query cannot be evaluated"), _("Correct it as the message says.")),
        "query-too-long": _entry(_("The query is too long"), _("Shorten it, or download the data.")),
        "update-refused": _entry(_("The data cannot be changed here"), _("Only queries are answered.")),
        "service-refused": _entry(
            _("This server does not query other servers"),
            _("Remove SERVICE, or combine the sources in your own program."),
        ),
        "client-busy": busy,
        "429": busy,
        "engine-busy": full,
        "engine-down": full,
        "503": full,
        "query-timeout": slow,
        "504": slow,
        "result-too-large": large,
        "query-memory": memory,
    } | _of_other_engines()


def _of_other_engines() -> dict[str, dict[str, str]]:
    """The refusals where another engine evaluates."""
    away = _entry(
        _("The query engine does not answer"),
        _("Pages still show earlier answers. Try again in a moment."),
    )
    extension = _entry(
        _("Functions of one engine are not offered"),
        _("Use the functions of SPARQL 1.1, and the casts of xsd: such as xsd:integer()."),
    )
    return {"extension-refused": extension, "engine-answer": away, "engine-unreachable": away}


def _entry(title: str, remedy: str) -> dict[str, str]:
    return {"title": title, "remedy": remedy}
