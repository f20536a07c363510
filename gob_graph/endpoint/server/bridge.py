"""The bridge from the event loop to the web framework, which is a WSGI application (PEP 3333) and runs in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from a2wsgi import WSGIMiddleware

from gob_graph.endpoint.engine.engine import CHARGED
from gob_graph.endpoint.server.message import HANDED, Handed, Response
from gob_graph.endpoint.server.part import Part
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from gob_graph.endpoint.server.message import HttpRequest
    from gob_graph.endpoint.server.threads import Threads

HEALTH = "/health/"
"""Paths that wait for no other request."""


class Framework:
    """Calls the WSGI application in a thread and collects its whole response."""

    def __init__(self, application: WSGIApplication, threads: Threads) -> None:
        def charged(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            answer = threads.charged(CHARGED.get(), application, environ, start)
            if isinstance(answer, Part) and (handed := HANDED.get()):
                handed.part = answer  # read as it is sent, and not here
                return ()
            return answer

        self.threads = threads
        self._bridge = WSGIMiddleware(cast("Any", charged))
        self._bridge.executor = threads.executor

    async def __call__(self, request: HttpRequest, error: Exception | None = None, result: object = None) -> Response:
        """The response of the framework; `error` or `result` is what it is to say."""
        request.trace.fresh = True
        body = b""
        if request.method == "POST" and error is None and result is None:
            try:
                body = request.body()
            except RequestError as refusal:
                error = refusal
        if error is not None or result is not None or request.path.startswith(HEALTH):
            return await self._call(request, body, Handed(request.trace, error, result))
        try:
            async with self.threads.place(request.client):
                return await self._call(request, body, Handed(request.trace))
        except RequestError as refusal:  # no thread was free in time
            return await self._call(request, body, Handed(request.trace, refusal))

    async def _call(self, request: HttpRequest, body: bytes, handed: Handed) -> Response:
        HANDED.set(handed)
        CHARGED.set(request.client)
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._bridge(cast("Any", _scope(request, len(body))), cast("Any", receive), cast("Any", send))
        head, *parts = sent
        headers = [(name.decode("latin-1").title(), value.decode("latin-1")) for name, value in head["headers"]]
        return Response(head["status"], headers, b"".join(part["body"] for part in parts), handed.part)


def _scope(request: HttpRequest, length: int) -> dict[str, object]:
    """The request as ASGI describes it; HEAD is GET of the whole, and the length of the body is known.

    The conditions that the cache asks are left out, but If-None-Match, before which a range is ignored.
    """
    dropped = {"content-length", "transfer-encoding", "if-match", "if-unmodified-since", "if-modified-since"}
    if request.method == "HEAD":
        dropped.add("range")  # defined for GET alone (RFC 9110 section 14.2)
    fields = {name: value for name, value in request.fields.items() if name not in dropped}
    if request.method == "POST":
        fields["content-length"] = str(length)
    return {
        "type": "http",
        "method": "GET" if request.method == "HEAD" else request.method,
        "path": request.path,
        "query_string": request.query.encode("ascii", "replace"),
        "http_version": request.version,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()],
        "client": (request.remote, 0),
        "server": ("localhost", 80),
    }
