"""Is this server alive, and does it answer? For supervisors and load balancers."""

from __future__ import annotations

from flask import Blueprint, Response

from gob_graph.endpoint.context import here
from gob_graph.errors import RequestError

routes = Blueprint("health", __name__, url_prefix="/health")
PLAIN = "text/plain; charset=utf-8"
FRESH = {"Cache-Control": "no-store"}


@routes.get("/live")
def live() -> Response:
    """Say that this process answers; no query process is asked."""
    return Response("live\n", content_type=PLAIN, headers=FRESH)


@routes.get("/ready")
def ready() -> Response:
    """Say whether a query is answered, and rightly."""
    engine = here().engine
    if not engine.ready():
        raise RequestError("engine-down", "the engine gives a wrong answer")
    return Response(f"ready {engine.release.id}\n", content_type=PLAIN, headers=FRESH)
