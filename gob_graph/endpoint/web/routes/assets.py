"""The files of the bundle: their names change with their content, so that a browser may keep them for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request, url_for

from gob_graph.endpoint.web import bundle
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from flask import Flask

routes = Blueprint("assets", __name__, url_prefix="/assets")
FOR_EVER = "public, max-age=31536000, immutable"


@routes.get("/<name>")
def asset(name: str) -> Response:
    """A file of the bundle, compressed beforehand."""
    found = bundle.read(name, dict(request.accept_encodings))
    if found is None:
        raise RequestError("not-found", f"there is no file {name[:80]!r} in the bundle")
    headers = {"Cache-Control": FOR_EVER if name != bundle.LICENCES else "public, max-age=3600"}
    if found.coding:
        headers["Content-Encoding"] = found.coding
    return Response(found.body, content_type=found.media_type, headers=headers)


def address(name: str) -> str | None:
    """The address of a file of the bundle by its plain name; none where there is no bundle."""
    hashed = bundle.names().get(name)
    return url_for("assets.asset", name=hashed) if hashed else None


def attach(app: Flask) -> None:
    """Let templates use ``asset``."""
    app.jinja_env.globals["asset"] = address
