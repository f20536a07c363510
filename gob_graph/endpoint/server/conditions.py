"""Conditional requests (RFC 9110 section 13): what a client says of the representation that it knows.

The conditions of a GET or HEAD are asked in the order of section 13.2.2, of the representation that would be sent,
whatever it is: a file, a document or the answer to a query. Ranges come after them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from werkzeug.http import parse_date, parse_etags

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gob_graph.endpoint.server.message import HttpRequest, Response

FIRST: Final = frozenset({"if-match", "if-unmodified-since"})
"""The request is only for the representation that the client knows."""
ALL: Final = FIRST | {"if-none-match", "if-modified-since"}


def unchanged(request: HttpRequest, response: Response, etag: str | None) -> bool:
    """Whether the client has this representation already (304); `etag` is its validator.

    Raises:
        RequestError: ``precondition-failed``: the client wants another one, or none that was changed.
    """
    if ALL.isdisjoint(request.fields) or etag is None or not 200 <= response.status < 300:
        return False
    fields, modified = request.fields, _modified(request.fields, response)
    if asked := fields.get("if-match"):
        tags = parse_etags(asked)
        if not tags.star_tag and not tags.is_strong(etag.strip('"')):
            raise RequestError("precondition-failed", "the representation has no tag of If-Match", _tag(etag))
    elif modified and (since := _date(fields, "if-unmodified-since")) and modified > since:
        raise RequestError("precondition-failed", "it was changed after the date of If-Unmodified-Since", _tag(etag))
    if asked := fields.get("if-none-match"):
        tags = parse_etags(asked)
        return bool(tags.star_tag) or tags.contains_weak(etag.removeprefix("W/").strip('"'))
    return bool(modified and (since := _date(fields, "if-modified-since")) and modified <= since)


def _modified(fields: Mapping[str, str], response: Response) -> datetime | None:
    """When the representation was changed, if a date is asked about and it says so."""
    if "if-unmodified-since" not in fields and "if-modified-since" not in fields:
        return None
    return next((parse_date(value) for name, value in response.headers if name.lower() == "last-modified"), None)


def _date(fields: Mapping[str, str], name: str) -> datetime | None:
    """The date of a field; None for what is none, which is ignored."""
    return parse_date(fields.get(name))


def _tag(etag: str) -> dict[str, str]:
    return {"ETag": etag}
