"""The order of releases across replicas: a request may name the publication that its answer must not be older than.

A balancer notes the highest `Gob-Graph-Publication` that it passed on, and sends it with every request; a replica that
is behind refuses, and another one is asked. So no answer is from before one that was seen (docs/decisions/0022).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.server.message import HttpRequest

AT_LEAST = "Gob-Graph-At-Least"
_FIELD = AT_LEAST.lower()
_NUMBER = re.compile("[0-9]{1,18}")


def refusal(request: HttpRequest, publication: int) -> RequestError | None:
    """The error for a request that needs a later publication than the one served here; None when it may be answered.

    ``release-behind`` (503) names both numbers; ``bad-request``: the header is no number.
    """
    asked = request.fields.get(_FIELD)
    if asked is None:
        return None
    if not _NUMBER.fullmatch(asked):
        return RequestError("bad-request", f"{AT_LEAST} must be the number of a publication")
    if int(asked) <= publication:
        return None
    detail = f"publication {publication} is served here, and {int(asked)} is needed"
    # The next try is not to come over this connection: the process may be the one that a reload replaces.
    return RequestError("release-behind", detail, {"Retry-After": "1", "Connection": "close"})
