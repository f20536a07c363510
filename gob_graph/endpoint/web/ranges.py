"""Range requests that RFC 9110 wants answered with the whole: the framework would give them a part, or refuse them.

The field is taken out of the request, so that files of a release, made bodies and assets all do the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import request

if TYPE_CHECKING:
    from flask import Flask

ONE: Final = re.compile(r"\s*bytes\s*=[^,]*", re.IGNORECASE)
"""One range of bytes. Another unit must be ignored; several ranges may be, and no multipart answer is offered."""


def attach(app: Flask) -> None:
    """Ignore such ranges in every request of an application."""
    app.before_request(_ignore)


def _ignore() -> None:
    if "HTTP_RANGE" in request.environ and not _applies():
        del request.environ["HTTP_RANGE"]


def _applies() -> bool:
    """Whether the range may be used (RFC 9110 sections 14.2, 13.1.5 and 13.2.2); HEAD has none here."""
    if not ONE.fullmatch(request.headers["Range"]):
        return False
    if "If-None-Match" in request.headers:
        return False  # it comes first, and the cache compares it with the tag of the whole
    # A weak tag or a date cannot tell that the rest of the file fits the part that the client has.
    return request.headers.get("If-Range", '"').lstrip().startswith('"')
