"""When descriptions were published: TimeMaps, TimeGates, and what Memento adds to every description."""

from __future__ import annotations

from flask import Blueprint, Response

from gob_graph.endpoint.web import memento

routes = Blueprint("timemap", __name__)
routes.before_app_request(memento.enter)
routes.after_app_request(memento.mark)
routes.teardown_app_request(memento.leave)
routes.app_context_processor(memento.notice)


@routes.get("/timemap/<path:path>")
def timemap(path: str) -> Response:
    """List the mementos of a description."""
    return Response(memento.time_map(path), content_type=memento.LINK_FORMAT, headers={"Cache-Control": "no-cache"})


@routes.get("/timegate/<path:path>")
def timegate(path: str) -> Response:
    """Lead to a description as it was at the moment that is asked for."""
    return memento.time_gate(path)
