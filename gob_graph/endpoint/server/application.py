"""The ASGI application: bounds, access log and metrics around the response cache, the SPARQL handler and Flask."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.server import bounds, headers, order
from gob_graph.endpoint.server.client_address import client_of
from gob_graph.endpoint.server.message import LEFT, HttpRequest, Response, of_scope
from gob_graph.endpoint.server.part import ChangedError
from gob_graph.endpoint.server.sending import CHUNK, Counted, from_file, in_chunks, whole
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator
    from wsgiref.types import WSGIApplication

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.server.access_log import Observer
    from gob_graph.endpoint.server.bridge import Framework
    from gob_graph.endpoint.server.response_cache import Cache
    from gob_graph.endpoint.server.sending import Left, Message, Send

    Receive = Callable[[], Awaitable[Message]]

LOG = logging.getLogger("gob_graph")
DISCONNECTED = 499
"""The status in the log of a request whose client disconnected before the answer; it is never sent."""
LIVE = "/health/live"
BODY = frozenset({"content-length", "transfer-encoding"})
"""A GET or HEAD without one of these header fields has no body (RFC 9112 section 6.3)."""
UNREAD_OF_CLIENT = 128 * 2**20
"""Bytes of answers that one client may leave unread."""
UNREAD = 256 * 2**20
"""Bytes of answers that all clients together may leave unread."""
BODIES = 64 * 2**20
"""Bytes of request bodies that are being received, all connections together."""

DRAINED = 32 * 2**20
"""Bytes of a body that is too long which are read and thrown away before it is refused."""


@dataclass(slots=True)
class Application:
    """The whole service as an ASGI application; `app` is the WSGI application of the web framework."""

    app: WSGIApplication
    engine: Engine
    cache: Cache
    framework: Framework
    observer: Observer
    publication: int
    """The number of the publication that is served."""
    _unread: dict[str, int] = field(default_factory=dict)
    _bodies: int = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3.0)."""
        if scope["type"] != "http":
            raise ValueError(f"{scope['type']} is not offered")
        request = of_scope(scope)
        hops = request.header("x-forwarded-for") or ""
        request.client = client_of(request.remote, hops, self.observer.settings.trusted_proxies)
        self.observer.begin(request)
        try:
            response = self._at_hand(request)
            if response is None:
                response = await _unless_left(self._answer(request, receive), scope.get(LEFT))
        except ConnectionError:
            self.observer.end(request, DISCONNECTED, 0)
        else:
            await self._send(request, response, send, scope.get(LEFT))

    async def respond(self, request: HttpRequest) -> Response:
        """The answer to a request whose body has been received."""
        try:
            response = await self.cache.ask(request)
        except RequestError as failed:
            return self._problem(failed, request)
        except Exception:
            LOG.exception("request %s failed", request.trace.id)
            error = RequestError("internal", f"the request id is {request.trace.id}")
            return self._problem(error, request)
        return response.bare() if request.method == "HEAD" else response

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the dispatchers of this application use the event loop of the server."""
        self.engine.public.loop = self.engine.page.loop = loop

    def refuse(self, request: HttpRequest, error: RequestError) -> Response:
        """The response to what cannot be read as a request; noted in the log."""
        self.observer.begin(request)
        response = self._problem(error, request)
        self.observer.end(request, response.status, len(response.body))
        return response

    def _at_hand(self, request: HttpRequest) -> Response | None:
        """The answer where it needs no work: liveness, or from the cache; notes why a request is refused."""
        if request.path == LIVE and request.method in {"GET", "HEAD"}:
            request.trace.fresh = True
            return self._live(request)
        try:
            bounds.check(request)
        except RequestError as refusal:
            request.refused = refusal
        else:
            request.refused = self.observer.refusal(request) or order.refusal(request, self.publication)
        try:
            return None if request.refused else self.cache.find(request)
        except RequestError as failed:
            return self._problem(failed, request)

    def _standing(self) -> dict[str, str]:
        return headers.standing(self.engine.release, self.publication, self.observer.settings)

    def _live(self, request: HttpRequest) -> Response:
        body = b"" if request.method == "HEAD" else b"live\n"
        own = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "5"), ("Cache-Control", "no-store")]
        return Response(200, [*own, *self._standing().items()], body)

    async def _answer(self, request: HttpRequest, receive: Receive) -> Response:
        """The answer to a request that needs work.

        Raises:
            ConnectionError: the client disconnected before.
        """
        error = request.refused
        if error is None and (request.method not in {"GET", "HEAD"} or not BODY.isdisjoint(request.fields)):
            request.content = await self._receive(request, receive)
        return await (self._refused(request, error) if error else self.respond(request))

    async def _refused(self, request: HttpRequest, error: RequestError) -> Response:
        request.trace.fresh, request.trace.code = True, error.code
        if error.code in {"too-many-ranges", "fields-too-large", "release-behind"}:
            # The framework would parse the first two to choose a representation; a balancer reads the third.
            return self._problem(error, request)
        return await self.framework(request, error)

    async def _receive(self, request: HttpRequest, receive: Receive) -> bytes | RequestError:
        """The whole body, or why it cannot be taken.

        Raises:
            ConnectionError: the client disconnected.
        """
        limit, parts, size, held, more = self.observer.settings.body_limit * 2**20, [], 0, 0, True
        try:
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ConnectionError
                part, more = message.get("body", b""), message.get("more_body", False)
                size += len(part)
                if size > limit:
                    # Read on: a client that is cut off while it sends would not see the refusal.
                    await _drain(receive, more=more)
                    return RequestError("body-too-large", f"the body has more than {limit} bytes")
                parts.append(part)
                held += len(part)
                self._bodies += len(part)
                if self._bodies > BODIES:
                    return RequestError("engine-busy", "too many bodies are being received", {"Retry-After": "1"})
        finally:
            self._bodies -= held
        return b"".join(parts)

    async def _send(self, request: HttpRequest, response: Response, send: Send, left: Left = None) -> None:
        """Send a response, and note it: with the bytes that were sent, where the client left or a file changed."""
        counted: Counted | None = None
        try:
            if response.part or len(response.body) > CHUNK:
                counted = Counted(send)
                await self._send_long(request, response, counted, left)
            else:
                await whole(response, send)
        except RequestError as error:
            response, counted = self._problem(error, request), None
            await whole(response, send)
        except ChangedError as error:  # the server closes the connection: the client sees that its answer is cut
            LOG.error("request %s: %s", request.trace.id, error)
        finally:
            size = counted.size if counted else response.length
            request.trace.cut = size < response.length
            self.observer.end(request, response.status, size)

    async def _send_long(self, request: HttpRequest, response: Response, send: Send, left: Left) -> None:
        if response.part:
            await from_file(response, response.part, send, left)
            return
        with self._held(request, len(response.body)):
            await in_chunks(response, send, left)

    @contextmanager
    def _held(self, request: HttpRequest, size: int) -> Iterator[None]:
        """Count bytes that a client has not read yet.

        Raises:
            RequestError: ``answers-unread``: there are too many already.
        """
        client = request.client
        own, total = self._unread.get(client, 0), self.observer.metrics.unread
        if own + size > UNREAD_OF_CLIENT or total + size > UNREAD:
            raise RequestError("answers-unread", f"{own or total} bytes are waiting to be read", {"Retry-After": "5"})
        self._unread[client] = own + size
        self.observer.metrics.unread += size
        try:
            yield
        finally:
            self.observer.metrics.unread -= size
            self._unread[client] -= size
            if not self._unread[client]:
                del self._unread[client]

    def _problem(self, error: RequestError, request: HttpRequest) -> Response:
        """The problem document of an error that does not reach the framework."""
        settings, trace = self.observer.settings, request.trace
        trace.fresh, trace.code = True, error.code
        body = json.dumps(error.problem(f"{settings.service_url}/api/errors") | {"request": trace.id}).encode()
        fields = {
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Gob-Graph-Request": trace.id,
            **error.headers,
            **self._standing(),
        }
        return Response(error.status, list(fields.items()), b"" if request.method == "HEAD" else body)


async def _drain(receive: Receive, *, more: bool) -> None:
    """Read a body to its end, up to `DRAINED` bytes, and keep none of it.

    Raises:
        ConnectionError: the client disconnected.
    """
    size = 0
    while more and size < DRAINED:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)


async def _unless_left(work: Coroutine[Any, Any, Response], left: asyncio.Future[None] | None) -> Response:
    """Await the work, and cancel it when the client disconnects; `left` is done then.

    Raises:
        ConnectionError: the client disconnected.
    """
    task = asyncio.current_task()
    if left is None or task is None:
        return await work

    def leave(_: asyncio.Future[None]) -> None:
        task.cancel()

    left.add_done_callback(leave)
    try:
        return await work
    except asyncio.CancelledError as error:
        if left.done():
            raise ConnectionError from error
        raise
    finally:
        left.remove_done_callback(leave)
