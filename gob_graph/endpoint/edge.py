"""What the HTTP server talks to: telemetry around the cache, around queries, around the web framework.

Served by Granian over RSGI all of it but the framework happens in one event loop, so that nobody waits for the
interpreter. Any WSGI server can serve it too, more slowly; the loop is then one of our own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint import headers
from gob_graph.endpoint.http import Response, line, of_environ, of_scope
from gob_graph.endpoint.pool import background
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

    from gob_graph.endpoint.answering import Framework
    from gob_graph.endpoint.cache import Cache
    from gob_graph.endpoint.engine import Engine
    from gob_graph.endpoint.http import HttpRequest
    from gob_graph.endpoint.telemetry import Observer

LOG = logging.getLogger("gob_graph")


@dataclass(slots=True)
class Edge:
    """The whole service, as an RSGI and as a WSGI application."""

    app: Flask
    engine: Engine
    cache: Cache
    framework: Framework
    observer: Observer
    _loop: asyncio.AbstractEventLoop | None = field(default=None)

    async def respond(self, request: HttpRequest) -> Response:
        """Answer, and note how."""
        began = time.perf_counter()
        trace = self.observer.begin(request)
        try:
            response = await (self.framework if trace.refused else self.cache)(request)
            if request.method == "HEAD" and response.body:
                response = response._replace(body=b"")
        except Exception:
            LOG.exception("request %s failed", trace.id)
            response = self._fault(trace.id)
        self.observer.end(request, response.status, time.perf_counter() - began, len(response.body))
        return response

    def _fault(self, number: str) -> Response:
        """The framework makes a response of every error, so this is for a fault of the layers around it."""
        settings = self.observer.settings
        error = RequestError("internal", f"the request id is {number}")
        body = json.dumps(error.problem(f"{settings.service_url}/api/errors") | {"request": number}).encode()
        fields = {
            "Content-Type": "application/problem+json",
            "Cache-Control": "no-store",
            **headers.standing(self.engine.release, settings),
        }
        return Response(error.status, list(fields.items()), body)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Granian says which loop it will run."""
        self._attach(loop)

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """One request by RSGI."""
        response = await self.respond(of_scope(scope, protocol))
        protocol.response_bytes(*response)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request by WSGI, from a thread of the server."""
        loop = self._loop or self._attach(background())
        response = asyncio.run_coroutine_threadsafe(self.respond(of_environ(environ)), loop).result()
        start_response(line(response.status), response.headers)
        return [response.body]

    def _attach(self, loop: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
        self._loop = self.engine.public.loop = self.engine.page.loop = loop
        return loop
