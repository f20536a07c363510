"""OPTIONS for every address, also as a browser asks it before a script of another site may send its request.

Everything here is public and only read, so every site may ask, without credentials (Fetch Standard, "CORS protocol").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, current_app, request

if TYPE_CHECKING:
    from flask import Flask

ACCEPTED: Final = {
    "Accept": "the representation; longer than 128 bytes it is no longer a simple header",
    "Accept-Language": "the language of texts",
    "Accept-Datetime": "the release of a moment (RFC 7089)",
    "Content-Type": "a body in JSON, SPARQL or CSV",
    "If-Match": "conditional requests (RFC 9110 section 13)",
    "If-None-Match": "the same",
    "If-Modified-Since": "the same",
    "If-Unmodified-Since": "the same",
    "If-Range": "the same, for a part of a file",
    "Range": "a part of a file",
    "Cache-Control": "what a client wants of caches on the way",
    "Pragma": "the same, of older clients",
    "User-Agent": "the name of a client, as far as its browser lets it say it",
    "X-Requested-With": "sent by libraries, and ignored",
}
"""The request headers that a script of another site may send, and what each is for."""
METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
DAY: Final = "86400"


def attach(app: Flask) -> None:
    """Let an application answer OPTIONS."""
    app.before_request(answer)


def answer() -> Response | None:
    """What may be done at an address; None for every other method.

    A preflight is answered where there is nothing, too: otherwise a script would never see the 404 itself.
    """
    if request.method != "OPTIONS":
        return None
    adapter = current_app.create_url_adapter(request)
    known = set(adapter.allowed_methods()) if adapter else set()
    if not known and "Access-Control-Request-Method" not in request.headers:
        return None
    allowed = ", ".join(method for method in METHODS if method in (known or METHODS))
    response = Response(status=204)
    del response.headers["Content-Type"]
    response.headers.update(
        {
            "Allow": allowed,
            "Access-Control-Allow-Methods": allowed,
            "Access-Control-Allow-Headers": ", ".join(ACCEPTED),
            "Access-Control-Max-Age": DAY,
        }
    )
    return response
