"""The pages of releases and of what changed, in four languages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response, request

from gob_graph.changes import changes
from gob_graph.endpoint.feeds import release_list
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import changes_view
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.routes.localized import localized
from gob_graph.endpoint.web.routes.releases import FRESH, release_named
from gob_graph.errors import ReleaseError, RequestError
from gob_graph.publication import publications

routes = localized("release_pages", __name__)
SHOWN = 20
"""Publications on the page; the feed and the list of releases have more."""


@routes.get("/releases")
def releases() -> Response:
    """List the releases, with what each holds and how to prove it."""
    listed = release_list.rows(here().settings)
    for row in listed:
        row["issued_on"] = datetime.fromisoformat(row["issued"]).date()
        row["days"] = [(datetime.fromisoformat(p["at"]), p["rollback"]) for p in row["published"]]
    response = page("releases.html", listed=listed)
    response.headers["Cache-Control"] = FRESH
    return response


@routes.get("/changes", endpoint="changes")
def changes_page() -> Response:
    """Tell what changed: with each publication, or between two releases that are chosen."""
    old, new = request.args.get("old"), request.args.get("new")
    listed = release_list.rows(here().settings)
    for row in listed:
        row["issued_on"] = date.fromisoformat(row["issued"])
    if old and new:
        old, new = release_named(old), release_named(new)
        told = [_pair(old, new)]
    else:
        told = _publications()
        old, new = (told[0]["old"], told[0]["release"]) if told else (None, None)
    response = page("changes.html", told=told, listed=listed, old=old, new=new, chosen="old" in request.args)
    response.headers["Cache-Control"] = FRESH
    return response


def _publications() -> list[dict[str, Any]]:
    """The last publications with what each changed, the newest first."""
    log = publications(here().settings.release_dir)
    told = []
    for p, before in reversed(list(zip(log, [None, *log], strict=False))[-SHOWN:]):
        try:
            one = _compared(before.release if before else p.release, p.release)
        except ReleaseError:
            one = {"version": "?", "total": None, "issued": None}
        known = {"release": p.release, "old": before.release if before else None, "rollback": p.rollback}
        # The date of the version, the same wherever it is named; when it was published is told by the releases.
        told.append({**one, **known, "at": one["issued"]})
    return told


def _pair(old: str, new: str) -> dict[str, Any]:
    try:
        return {"at": None, "release": new, "old": old, "rollback": False, **_compared(old, new)}
    except ReleaseError as error:
        raise RequestError("release-damaged", f"one of {old[:12]}, {new[:12]} cannot be read") from error


def _compared(old: str, new: str) -> dict[str, Any]:
    _, summary = changes(here().settings.release_dir, old, new, keep=False)
    after, before = summary["to"], summary["from"]
    issued = date.fromisoformat(after["issued"])
    return {"version": after["version"], "issued": issued, "before": before["version"], **changes_view.view(summary)}
