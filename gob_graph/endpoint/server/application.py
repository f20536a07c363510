"""What the HTTP server talks to: telemetry around the cache, around queries, around the web framework.

All of it but the framework happens in one event loop, that of the server, so that nobody waits for the interpreter. Any
WSGI server can serve it too, more slowly; the loop is then one of our own.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.dispatcher import background
from gob_graph.endpoint.server import headers
from gob_graph.endpoint.server.message import Response, line, of_environ
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.server.access_log import Observer
    from gob_graph.endpoint.server.message import HttpRequest
    from gob_graph.endpoint.server.response_cache import Cache
    from gob_graph.endpoint.sparql.handler import Framework

LOG = logging.getLogger("gob_graph")
GONE = 499
"""What the log calls the status of a request whose client went away; nobody is sent it."""


@dataclass(slots=True)
class Edge:
    """The whole service: what our server asks, and a WSGI application."""

    app: Flask
    engine: Engine
    cache: Cache
    framework: Framework
    observer: Observer
    _loop: asyncio.AbstractEventLoop | None = field(default=None)

    def begin(self, request: HttpRequest) -> Response | None:
        """The answer, when it is at hand; otherwise it takes time (`finish`)."""
        if self.observer.begin(request).refused:
            return None
        response = self.cache.find(request)
        if response is not None:
            self.observer.end(request, response.status, len(response.body))
        return response

    async def finish(self, request: HttpRequest) -> Response:
        """The answer to a request that was begun."""
        trace = request.trace
        try:
            response = await (self.framework if trace.refused else self.cache.ask)(request)
            if request.method == "HEAD" and response.body:
                response = response._replace(body=b"")
        except asyncio.CancelledError:
            self.observer.end(request, GONE, 0)
            raise
        except Exception:
            LOG.exception("request %s failed", trace.id)
            response = self._problem(RequestError("internal", f"the request id is {trace.id}"), trace.id)
        self.observer.end(request, response.status, len(response.body))
        return response

    async def respond(self, request: HttpRequest) -> Response:
        """Answer, and note how."""
        return self.begin(request) or await self.finish(request)

    def refuse(self, request: HttpRequest, error: RequestError) -> Response:
        """The answer to what no layer can read."""
        trace = self.observer.begin(request)
        trace.fresh, trace.code = True, error.code
        response = self._problem(error, trace.id)
        self.observer.end(request, response.status, len(response.body))
        return response

    def _problem(self, error: RequestError, number: str) -> Response:
        """The framework makes a response of every error, so this is for those of the layers around it."""
        settings = self.observer.settings
        body = json.dumps(error.problem(f"{settings.service_url}/api/errors") | {"request": number}).encode()
        fields = {
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Gob-Graph-Request": number,
            **error.headers,
            **headers.standing(self.engine.release, settings),
        }
        return Response(error.status, list(fields.items()), body)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request by WSGI, from a thread of the server."""
        loop = self._loop or self.attach(background())
        request = of_environ(environ, self.observer.settings.body_limit * 2**20)
        response = asyncio.run_coroutine_threadsafe(self.respond(request), loop).result()
        start_response(line(response.status), response.headers)
        return [response.body]

    def attach(self, loop: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
        """Live in this loop."""
        self._loop = self.engine.public.loop = self.engine.page.loop = loop
        return loop
