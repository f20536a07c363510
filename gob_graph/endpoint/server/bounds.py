"""Bounds on a request that are checked before anything is parsed, so that no request holds up the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.server.message import HttpRequest

HEAD_BYTES = 2**16
"""Bytes of a request line with its header fields that a connection takes in at all."""
FIELD_BYTES = 8192
"""Bytes of all header fields of one request."""
FIELDS = 100
"""Header fields of one request."""
PARAMETERS = 100
"""Parameters of a query string or of a form."""
RANGES = 50
"""Members of one of the headers that negotiate (RFC 9110 section 12.5)."""
PARSED_IN_LOOP = 8192
"""Bytes of a body that are parsed in the event loop; a longer one is parsed in a thread."""
NEGOTIATING = ("accept", "accept-language", "accept-encoding", "accept-charset", "if-none-match", "if-match")


def check(request: HttpRequest) -> None:
    """Refuse a head that would be costly to parse.

    Raises:
        RequestError: ``fields-too-large``, ``too-many-ranges`` or ``too-many-parameters``.
    """
    fields = request.fields
    size = sum(map(len, fields)) + sum(map(len, fields.values()))
    if size > FIELD_BYTES or len(fields) > FIELDS:
        detail = f"{len(fields)} header fields with {size} bytes; the limits are {FIELDS} and {FIELD_BYTES}"
        raise RequestError("fields-too-large", detail)
    for name in NEGOTIATING:
        value = fields.get(name)
        if value and value.count(",") + value.count(";") >= 2 * RANGES:
            raise RequestError("too-many-ranges", f"{name} lists more than {RANGES} values")
    parameters(request.query.count("&") + 1)


def parameters(count: int) -> None:
    """Refuse so many parameters of a query string or form.

    Raises:
        RequestError: ``too-many-parameters``.
    """
    if count > PARAMETERS:
        raise RequestError("too-many-parameters", f"there are {count} parameters; the limit is {PARAMETERS}")
