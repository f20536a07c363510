"""Which release is meant: an id or its first digits, a version, a day, a moment, or "current"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from gob_graph.client.failures import CurrentOnly, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.client.source import Document, Source

Moment = str | date | datetime
CURRENT = "current"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DIGITS = re.compile(r"[0-9a-f]{8,64}")


def chosen(listed: Sequence[Document], asked: Moment) -> str:
    """The id of the release that is meant among those of ``GET /releases``.

    A day means what was current at its end (UTC); of several releases of one version, the last one that was published.

    Raises:
        ReleaseNotFound: there is none, or several begin with these digits.
    """
    if isinstance(asked, date):
        return _at(listed, asked)
    text = asked.strip()
    if text == CURRENT:
        return next((str(row["id"]) for row in listed if row["current"]), "") or _missing(listed, text)
    if _DIGITS.fullmatch(text):
        found = [str(row["id"]) for row in listed if row["id"].startswith(text)]
        return found[0] if len(found) == 1 else _missing(listed, text)
    try:
        moment = date.fromisoformat(text) if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError:
        return next((str(row["id"]) for row in listed if row["version"] == text), "") or _missing(listed, text)
    return _at(listed, moment)


def only_current(release: str | None, source: Source, name: str) -> None:
    """Check that a method which knows the current release is not asked of another one (None: none is named).

    Raises:
        CurrentOnly: it is.
    """
    if release and release != chosen(source.releases(), CURRENT):
        what = f".{name} knows the current release, not {release[:12]}"
        raise CurrentOnly(what, "Ask the graph without .as_of(…), or write a query: .select(…) answers as of then.")


def _at(listed: Sequence[Document], asked: date) -> str:
    if isinstance(asked, datetime):
        moment = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    else:
        moment = datetime.combine(asked + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
    published = sorted(
        (datetime.fromisoformat(p["at"].replace("Z", "+00:00")), p["number"], str(row["id"]))
        for row in listed
        for p in row["published"]
    )
    before = [identity for at, _, identity in published if at <= moment]
    if before:
        return before[-1]
    first = f"; the first one was published {published[0][0]:%Y-%m-%d %H:%M:%S} UTC" if published else ""
    raise refusal("release-unknown", f"no release was current at {asked.isoformat()}{first}")


def _missing(listed: Sequence[Document], asked: str) -> str:
    known = ", ".join(f"{row['id'][:12]} ({row['version']})" for row in listed[:10])
    raise refusal("release-unknown", f"no release here is called {asked!r}; there are {known}")
