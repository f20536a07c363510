"""Is this server alive, does it answer, and how? For supervisors, load balancers and Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response

from gob_graph.endpoint.server import metrics
from gob_graph.endpoint.web.context import here
from gob_graph.errors import RequestError

routes = Blueprint("health", __name__)
PLAIN = "text/plain; charset=utf-8"
FRESH = {"Cache-Control": "no-store"}


@routes.get("/health/live")
def live() -> Response:
    """Say that this process answers; no query process is asked."""
    return Response("live\n", content_type=PLAIN, headers=FRESH)


@routes.get("/health/ready")
def ready() -> Response:
    """Say whether a query is answered, and rightly."""
    engine = here().engine
    if not engine.ready():
        raise RequestError("engine-down", "the engine gives a wrong answer")
    troubles = "".join(f"degraded: {text}\n" for text in here().troubles)
    return Response(f"ready {engine.release.id}\n{troubles}", content_type=PLAIN, headers=FRESH)


@routes.get("/metrics")
def exposition() -> Response:
    """Give the metrics of this process. A proxy in front keeps them from the public."""
    return Response(here().metrics.text(), content_type=metrics.CONTENT_TYPE, headers=FRESH)
