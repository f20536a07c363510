"""Memento (RFC 7089) for descriptions: an address answers as of a moment, from the publication log.

The TimeGate of a description ``/doc/…`` is ``/timegate/doc/…`` (pattern 2.1 of section 4: clients ask no third party
then); with ``Accept-Datetime`` it leads to ``/doc/…?release=<id>&at=<moment>``, which is the memento; its
Memento-Datetime is when that release became current. ``at`` only names one of several publications of the same release
(rollbacks) and changes nothing in what is answered. ``?release=`` works on every page and document: for the time of
such a request, the engine of that release is the one that answers (`context.here`). All links are absolute.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from flask import Response, g, request
from werkzeug.http import http_date, parse_date

from gob_graph.addresses import document_of
from gob_graph.editions import edition_of
from gob_graph.endpoint.description.served import beside
from gob_graph.endpoint.sparql.protocol import RELEASE
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.errors import ReleaseError, RequestError
from gob_graph.publication import current_at, publications
from gob_graph.state import read_state

if TYPE_CHECKING:
    from gob_graph.publication import Publication

PARAMETER = RELEASE
WITHIN = timedelta(milliseconds=999)
"""What is left out of a moment in whole seconds: a memento is found by its own Memento-Datetime."""
STAMP = "%Y%m%dT%H%M%SZ"
LINK_FORMAT = "application/link-format"
_RFC_1123 = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT", re.ASCII)
_PAGE = re.compile(r"/(?:nl|fr|de|en|doc)/.*")
"""What can be asked of an older release with ``?release=``: every page and every document."""


def enter() -> None:
    """Before a request: take the engine of the release that it names, or that bears the version it is about."""
    if request.method not in {"GET", "HEAD"} or not _PAGE.fullmatch(request.path):
        return
    name = request.args.get(PARAMETER)
    own = None if name else _own_release(document_of(request.path))
    release = name or (own if own != here().release.id else None)
    if release:
        loan = here().older.use(release)
        g.older_loan, g.older_engine = loan, loan.__enter__()


def _own_release(path: str | None) -> str | None:
    """The release that bears the version which a document is about; None for every other document."""
    if path is None:
        return None
    folder = here().settings.release_dir
    edition = edition_of(f"id/{path.removeprefix('/doc/')}", folder, publications(folder))
    return edition.release if edition else None


def leave(_: BaseException | None = None) -> None:
    """After a request: give the engine back."""
    loan = g.pop("older_loan", None)
    g.pop("older_engine", None)
    if loan is not None:
        loan.__exit__(None, None, None)


def notice() -> dict[str, object]:
    """For the layout of pages: the release that is not the current one, and where to see what is so now."""
    engine = g.get("older_engine")
    if engine is None:
        return {}
    # A version stays what it is; what the dataset is now is said by the document about the dataset.
    now = request.path if PARAMETER in request.args else safe_link(here().release.dataset_iri)
    return {"older": {"version": engine.release.version, "now": now}}


def time_gate(path: str) -> Response:
    """Lead to the memento of a description at the moment of Accept-Datetime, the first one when it is before all.

    `path` is that of the description, or its whole address. Without a moment it is the last memento.

    Raises:
        RequestError: ``not-found``: no release says anything of it; ``bad-parameter``: the moment is no date.
    """
    site = here()
    for start in (site.settings.service_url, site.release.base_iri):
        path = path.removeprefix(f"{start}/")
    original = document_of(f"/{path}")
    if original is None:
        raise RequestError("not-found", f"/{path} is no description")
    listed = _listed(original.removeprefix("/"))
    wanted = request.headers.get("Accept-Datetime")
    moment = _moment(wanted) + WITHIN if wanted else listed[-1].at
    chosen = current_at(listed, moment) or listed[0]
    response = Response(status=302, headers={"Location": address_of(f"/{path}", chosen), "Cache-Control": "no-cache"})
    for rel, target in _links(original):
        if rel != "timegate":
            response.headers.add("Link", target)
    for rel, one in (("memento", chosen), ("first memento", listed[0]), ("last memento", listed[-1])):
        response.headers.add("Link", _entry(f"/{path}", one, rel))
    response.headers.add("Vary", "Accept-Datetime")
    return response


def _links(original: str) -> list[tuple[str, str]]:
    """The links from a description to itself as it changes, its TimeGate and its TimeMap, each with its relation."""
    service, path = here().settings.service_url, quote(original)
    return [
        ("original", f'<{service}{path}>; rel="original"'),
        ("timegate", f'<{service}/timegate{path}>; rel="timegate"'),
        ("timemap", f'<{service}/timemap{path}>; rel="timemap"; type="{LINK_FORMAT}"'),
    ]


def _entry(path: str, publication: Publication, rel: str) -> str:
    """The link to a memento."""
    return f'<{_address(path, publication)}>; rel="{rel}"; datetime="{http_date(publication.at)}"'


def _address(path: str, publication: Publication) -> str:
    return f"{here().settings.service_url}{address_of(path, publication)}"


def _moment(text: str) -> datetime:
    """The moment of an Accept-Datetime header: an rfc1123-date in GMT and nothing else (RFC 7089 section 2.1.1)."""
    moment = parse_date(text) if _RFC_1123.fullmatch(text) else None
    # Written again it is the same, but for the weekday, which the grammar does not tie to the day.
    if moment is None or http_date(moment)[3:] != text[3:]:
        example = http_date(datetime(2026, 1, 31, 12, tzinfo=UTC))
        said = f"Accept-Datetime: {text[:60]!r} is no date as RFC 7089 section 2.1.1 has it, such as {example!r}"
        raise RequestError("bad-parameter", said)
    return moment


def mark(response: Response) -> Response:
    """Add the links of Memento to a description, and to a memento when it was published."""
    path = _original()
    if path is None:
        return response
    for _, target in _links(path):
        response.headers.add("Link", target)
    if request.args.get(PARAMETER) and response.status_code not in {302, 404}:
        log = publications(here().settings.release_dir)
        found = _published(log, here().release.id, request.args.get("at"))
        if found:
            response.headers["Memento-Datetime"] = http_date(found.at)
            response.headers.add("Link", _entry(request.path, found, "memento"))
    return response


def _original() -> str | None:
    """The path of the document whose representation is asked for, if it is one."""
    return document_of(request.path) if request.method in {"GET", "HEAD"} else None


def _published(log: list[Publication], release: str, at: str | None) -> Publication | None:
    """The publication that ``at`` names, else the first of that release."""
    all_of_it = [p for p in log if p.release == release]
    named = [p for p in all_of_it if p.at.astimezone(UTC).strftime(STAMP) == at]
    return next(iter(named or all_of_it), None)


def address_of(path: str, publication: Publication) -> str:
    """The address of a memento."""
    stamp = publication.at.astimezone(UTC).strftime(STAMP)
    return f"{quote(path)}?{urlencode({PARAMETER: publication.release, 'at': stamp})}"


def time_map(path: str) -> bytes:
    """The TimeMap of a description (RFC 7089 section 5): every publication in which something is said of its thing.

    Raises:
        RequestError: no release says anything of it.
    """
    listed = _listed(path)
    original = f"/{path}"
    span = f'from="{http_date(listed[0].at)}"; until="{http_date(listed[-1].at)}"'
    lines = [target for rel, target in _links(original) if rel != "timemap"]
    address = f"{here().settings.service_url}/timemap{quote(original)}"
    lines.append(f'<{address}>; rel="self"; type="{LINK_FORMAT}"; {span}')
    for number, p in enumerate(listed):
        rel = "first " * (number == 0) + "last " * (number == len(listed) - 1) + "memento"
        lines.append(_entry(original, p, rel))
    return (",\n".join(lines) + "\n").encode()


def _listed(path: str) -> list[Publication]:
    """The publications that say something of the thing of a description."""
    site = here()
    base, rest = site.release.base_iri, path.removeprefix("doc/")
    names = {f"{base}/{kind}{rest}" for kind in ("id/", "auth/", "doc/", "")}
    own = _own_release(f"/{path}")
    log = [p for p in publications(site.settings.release_dir) if own in {None, p.release}]
    listed = [p for p in log if _describes(p.release, names)]
    if not path.startswith("doc/") or not listed:
        raise RequestError("not-found", f"no release says anything of /{path}")
    return listed


def _describes(release: str, names: set[str]) -> bool:
    settings = here().settings
    try:
        state = read_state(settings.release_dir / release)
    except ReleaseError:
        return False
    return any(name in state.lines for name in names) or not names.isdisjoint(beside(state.release.path, settings))
