"""Responses whose body stays in a file until it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, request

from gob_graph.endpoint.server.part import Part

if TYPE_CHECKING:
    from gob_graph.known_intact import Opened

LARGE: Final = 1 << 23
"""Bytes above which the body of a response is not held in memory."""


def of_file(file: Opened, media_type: str, etag: str) -> Response:
    """A file as a response: whole, or the range of it that the request asks for (RFC 9110 section 14).

    Raises:
        RequestedRangeNotSatisfiable: no part of the file is in the range.
    """
    part = Part(file, 0, file.size)
    response = Response(mimetype=media_type, direct_passthrough=True)
    response.set_etag(etag)
    response.last_modified = file.modified  # type: ignore[assignment]  # werkzeug takes seconds as well
    response.content_length = part.length
    # Whether the client has it already is asked by the cache.
    if "Range" in request.headers:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=part.length)
    if response.status_code == 206:
        part = part.within(response.content_range.start or 0, response.content_length)
    response.response = part
    return response
