"""What became of identifiers, in bulk: for registries that link to us."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from gob_graph.endpoint.reconciliation.tables import MARK, read_table
from gob_graph.endpoint.web import former
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.i18n import message
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.reasons import reason
from gob_graph.endpoint.web.routes.releases import FRESH, release_named
from gob_graph.errors import RequestError
from gob_graph.formats import FORMATS, by_name, negotiate
from gob_graph.publication import current_at, publications

if TYPE_CHECKING:
    from gob_graph.formats import Format
    from gob_graph.lifecycle import Status
    from gob_graph.publication import Publication

routes = Blueprint("status", __name__)
MOST = 10_000
"""IRIs in one request."""
NO_ARRAY = "the body must be a JSON array of IRIs"
_NO_TEXTS = re.compile(r'\s*\[\s*[^"\]\s]')
"""An array whose first value is no string."""
COLUMNS = (
    "iri",
    "resource",
    "status",
    "dates",
    "successors",
    "acts",
    "events",
    "reason",
    "changed_since",
    "status_text",
)
"""Of a table: those of a status in JSON, and the status in words."""
ACCEPTED = ("text/plain", "text/uri-list", "text/csv", "application/json")
OFFERED = tuple(f for f in FORMATS if f.name in {"document", "csv", "html"})
STATUSES = {
    "current": message("In use"),
    "changed": message("In use, and described differently since"),
    "renamed": message("In use, under another name than before"),
    "merged": message("Merged with others"),
    "split": message("Split into several"),
    "replaced": message("Replaced by another"),
    "ended": message("Ended without a successor"),
    "withdrawn": message("Withdrawn: it no longer stands for anything"),
    "never-existed": message("Never published here"),
    "not-ours": message("Not an identifier of these data"),
}
"""What a page calls each status, as message ids."""

REMEDIES = {
    "bad-encoding": message("Save the list as UTF-8 and send it again."),
    "bad-parameter": message("Write format=json or format=csv; a GET has format=html as well."),
    "bad-request": message("Send the list as text, one identifier per line, or as a JSON array of texts."),
    "body-too-large": message("Send the list in parts of at most 10000 identifiers."),
    "release-unknown": message("Write since= with a day, such as 2026-01-31, or with a release of the list /releases."),
}
"""What to do about a refusal here, by its code."""
NONE_GIVEN = message("Give each identifier as iri=…, or send the list by POST, one identifier per line.")
COLUMN = message("Send a table as CSV with a first row of column names, and name the column of identifiers: column=….")


@routes.get("/uris/status")
def few() -> Response:
    """Tell what became of the IRIs in the address."""
    return _answer(request.args.getlist("iri"))


@routes.post("/uris/status")
def many() -> Response:
    """Tell what became of the IRIs in the body: text, one a line, or a JSON array."""
    limit = here().settings.body_limit * 2**20
    body: bytes = request.environ["wsgi.input"].read(limit + 1)
    if len(body) > limit:
        raise _refusal("body-too-large", f"the body has more than {limit} bytes")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal("bad-encoding", f"not UTF-8 at byte {error.start}") from error
    if request.mimetype == "application/json":
        return _answer(_from_json(text))
    if request.mimetype == "text/csv":
        return _table(MARK + text if body.startswith(MARK.encode()) else text)
    if request.mimetype in {"text/plain", "text/uri-list"}:
        # A file of several files holds a byte order mark at the beginning of each.
        # Line by line: to split a long text at once would hold up all other threads.
        lines = (line.strip().lstrip("\ufeff") for line in io.StringIO(text, newline=None))
        return _answer([line for line in lines if line and not line.startswith("#")])
    reason = f"a POST carries text/plain, text/csv or application/json, not {request.mimetype or 'no Content-Type'}"
    raise RequestError("unsupported-media-type", reason, {"Accept-Post": ", ".join(ACCEPTED)})


def _refusal(code: str, detail: str, remedy: str = "") -> RequestError:
    return RequestError(code, detail, remedy=remedy or REMEDIES[code])


def _from_json(text: str) -> list[str]:
    if _NO_TEXTS.match(text):  # refused unparsed: half a million numbers would hold up the other threads
        raise _refusal("bad-request", NO_ARRAY)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refusal("bad-request", f"not JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(iri, str) for iri in found):
        raise _refusal("bad-request", NO_ARRAY)
    return found


def _answer(iris: list[str]) -> Response:
    if not iris:
        raise _refusal("bad-parameter", "no IRI is given", NONE_GIVEN)
    site, wanted = here(), _format()
    listed, since = listed_statuses(iris)
    headers = {"Cache-Control": "no-store" if request.method == "POST" else FRESH}
    if wanted.name == "html":
        shown = page("status.html", listed=listed, statuses=STATUSES, reason=reason)
        shown.headers.update(headers)
        shown.vary.add("Accept-Language")
        return shown
    if wanted.name == "csv":
        told = Response(_csv(listed), content_type=wanted.content_type, headers=headers)
        told.vary.add("Accept-Language")
        return told
    document = {"release": site.release.id, "since": since.release if since else None, "uris": listed}
    return Response(
        json.dumps(document, ensure_ascii=False, indent=1), content_type=wanted.content_type, headers=headers
    )


def listed_statuses(iris: list[str]) -> tuple[list[Status], Publication | None]:
    """What became of IRIs, and the publication that the parameter ``since`` names.

    Raises:
        RequestError: they are too many (body-too-large), or there is no such publication.
    """
    if len(iris) > MOST:
        raise _refusal("body-too-large", f"{len(iris)} IRIs; the limit is {MOST}")
    site = here()
    log = publications(site.settings.release_dir)
    since, compared = _since(log, request.args.get("since"))
    life = former.life(log, since, compared=compared)
    return [life.status_at(iri, site.settings.service_url) for iri in iris], since


def _table(text: str) -> Response:
    """A list of links as a registry keeps it, with the status of the links of one column behind its own columns."""
    try:
        table = read_table(text)
        column = table.column(request.args.get("column", ""), is_ours)
    except RequestError as error:
        raise replace(error, remedy=COLUMN) from error
    listed = listed_statuses([row[column] for row in table.rows])[0]
    body = table.with_columns(COLUMNS[1:], [[row[name] for name in COLUMNS[1:]] for row in _in_words(listed)])
    return Response(body, content_type="text/csv; charset=utf-8", headers={"Cache-Control": "no-store"})


def is_ours(text: str) -> bool:
    """Whether a text is an address below our base, by http or https."""
    rest = here().release.base_iri.partition("://")[2]
    return text.strip().startswith((f"https://{rest}/", f"http://{rest}/"))


def _format() -> Format:
    # A page is offered to GET only; JSON comes first where a client states no preference.
    offered = [f for f in OFFERED if f.name != "html" or request.method != "POST"]
    among = sorted(offered, key=lambda f: f.name != "document")
    named = request.args.get("format")
    found = by_name(named, among) if named else negotiate(request.headers.getlist("Accept"), among)
    if found is None:
        known = " or ".join(f.name if f.name != "document" else "json" for f in among)
        raise _refusal("bad-parameter", f"format={(named or '')[:40]!r} is unknown; known are {known}")
    return found


def _since(log: list[Publication], given: str | None) -> tuple[Publication | None, bool]:
    """The publication that the asker saw last: of a release, or what was current as a day (UTC) began."""
    if not given:
        return None, False
    try:
        day = date.fromisoformat(given)
    except ValueError:
        try:
            identity = release_named(given)
        except RequestError as error:
            raise replace(error, remedy=REMEDIES["release-unknown"]) from error
        return next((p for p in log if p.release == identity), None), True
    return current_at(log, datetime.combine(day, time(), UTC)), True


def _csv(listed: list[Status]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_in_words(listed))
    return out.getvalue()


def _in_words(listed: list[Status]) -> list[dict[str, str]]:
    """The rows of a table: the codes as they are in JSON; status and reason in words, in the language of the reader."""
    g.language = g.get("language") or i18n.choose(request.accept_languages)
    words = {code: i18n.gettext(text) for code, text in STATUSES.items()}
    return [
        {name: cell(row.get(name, "")) for name in COLUMNS}
        | {"status_text": words[row["status"]], "reason": reason(row["reason"]).text}
        for row in listed
    ]


def cell(value: Any) -> str:  # noqa: ANN401 - a text, a list of texts, or a truth value
    """A value of a status as a cell of a table."""
    if isinstance(value, list):
        return " | ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
