"""The pages of releases and of what changed, in four languages."""

from __future__ import annotations

from datetime import date, datetime

from flask import Response, request

from gob_graph.changelog import sentences
from gob_graph.changes import changes
from gob_graph.endpoint.feeds import atom, release_list
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.routes.localized import localized
from gob_graph.endpoint.web.routes.releases import FRESH, release_named
from gob_graph.errors import ReleaseError, RequestError
from gob_graph.publication import publications
from gob_graph.release import open_release

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
    """Tell what changed: with each publication, or between two releases."""
    settings, language = here().settings, i18n.language()
    old, new = request.args.get("old"), request.args.get("new")
    if old and new:
        response = page("changes.html", told=[_pair(release_named(old), release_named(new), language)])
    else:
        log = publications(settings.release_dir)
        told = [
            {
                "at": _issued(p.release),
                "release": p.release,
                "old": before.release if before else None,
                "version": _version(p.release),
                "rollback": p.rollback,
                "sentences": atom.words(settings, p, before, language),
            }
            for p, before in reversed(list(zip(log, [None, *log], strict=False))[-SHOWN:])
        ]
        response = page("changes.html", told=told)
    response.headers["Cache-Control"] = FRESH
    return response


def _pair(old: str, new: str, language: str) -> dict[str, object]:
    try:
        _, summary = changes(here().settings.release_dir, old, new, keep=False)
    except ReleaseError as error:
        raise RequestError("release-damaged", f"one of {old[:12]}, {new[:12]} cannot be read") from error
    return {
        "at": None,
        "release": new,
        "old": old,
        "version": summary["to"]["version"],
        "rollback": False,
        "sentences": sentences(summary, language),
    }


def _issued(identity: str) -> date | None:
    """The date of a version, the same wherever the version is named; when it was published is told by the releases."""
    try:
        return date.fromisoformat(open_release(here().settings.release_dir / identity, verify=False).issued)
    except ReleaseError:
        return None


def _version(identity: str) -> str:
    try:
        return open_release(here().settings.release_dir / identity, verify=False).version
    except ReleaseError:
        return "?"
