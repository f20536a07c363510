"""The outermost layer of answers: kept in memory for the life of a release; validators, compression, HEAD.

Everything that is said of representations once and for all is said here: a strong ETag for exactly these bytes
(RFC 9110 section 8.8.3), 304 and 412, `Vary`, gzip and brotli. Only what the application marks as public is kept, as
it was sent: compressed, with its headers. A hit is a look into a dictionary (docs/decisions/0006).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import brotli
from werkzeug.http import parse_accept_header

from gob_graph.endpoint.server import conditions
from gob_graph.endpoint.server.message import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gob_graph.endpoint.server.message import Headers, HttpRequest

VARY = ("Accept", "Accept-Language", "Accept-Encoding")
AT_ONCE = 2**16
"""Bytes of a body that are compressed in the event loop; more would hold everybody up."""
HASHED_AT_ONCE = 2**19
"""Bytes of a body that is sent as it is: half a millisecond, which is less than a thread takes to begin and to end."""
COMPRESS_ABOVE = 860
"""Bytes below which compression costs more than it saves."""
NO_SUCH_RANGE = 416
LARGEST_SHARE = 4
"""No answer may take more than this fraction of the memory."""
_OF_CONTENT = frozenset({"content-length", "content-type", "content-encoding", "content-disposition"})
"""Headers that describe a body, so that a 304 has none of them."""
_TEXTUAL = (
    "text/",
    "application/json",
    "application/ld+json",
    "application/sparql-results",
    "application/rdf+xml",
    "application/n-",
    "application/trig",
    "application/problem+json",
    "image/svg+xml",
    "application/xml",
)

Key = tuple[str | None, ...]
"""What a response depends on; empty for a request whose answer is not kept."""
_CHOOSING = ("accept", "accept-language", "accept-encoding", "accept-datetime")


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole response, ready to be sent; `etag` is its validator, where it has one."""

    response: Response
    etag: str | None = None
    public: bool = False
    frame: int = 0
    """Bytes of its headers, and of what surrounds it here, roughly."""


@dataclass(slots=True)
class Cache:
    """The layer around what answers (`application`).

    `identity` is what all answers depend on beside the request: release and software version; `limit` is in bytes;
    `patience` in seconds: so long a request waits for another one that asks the same.
    """

    application: Callable[[HttpRequest], Awaitable[Response]]
    identity: str
    limit: int
    patience: float = 1.0
    _kept: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)
    _size: int = 0
    _flights: dict[Key, asyncio.Future[Kept | None] | None] = field(default_factory=dict)
    """Requests that are being answered; a future where other requests wait for the same answer."""

    def find(self, request: HttpRequest) -> Response | None:
        """The answer from memory, if it is there.

        Raises:
            RequestError: ``precondition-failed``, as `conditions.unchanged` says.
        """
        key = _key(request)
        kept = self._kept.get(key) if key else None
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return _reply(kept, request)

    async def __call__(self, request: HttpRequest) -> Response:
        """Answer from memory, or ask."""
        return self.find(request) or await self.ask(request)

    async def ask(self, request: HttpRequest) -> Response:
        """Ask the application; equal requests at the same time share one answer.

        Raises:
            RequestError: as `find`.
        """
        key = _key(request)
        kept = await (self._share(key, request) if key else self._ask(request))
        if kept.response.status == NO_SUCH_RANGE and not conditions.FIRST.isdisjoint(request.fields):
            # The conditions are about the whole, and come first.
            fields = {name: value for name, value in request.fields.items() if name != "range"}
            _reply(await self._ask(replace(request, fields=fields)), request)
        return _reply(kept, request)

    async def _share(self, key: Key, request: HttpRequest) -> Kept:
        """Ask, or wait up to `patience` for an equal request that is being answered; after that, ask as well.

        Only public answers are shared; an error belongs to its own request.
        """
        if key in self._flights:
            flight = self._flights[key]
            if flight is None:
                flight = self._flights[key] = asyncio.get_running_loop().create_future()
            await asyncio.wait((flight,), timeout=self.patience)
            return (flight.result() if flight.done() else None) or await self._ask(request)
        self._flights[key] = None
        brought = None
        try:
            fresh = await self._ask(request)
            if fresh.public:
                brought = fresh
                self._keep(key, fresh)
            return fresh
        finally:
            flight = self._flights.pop(key)
            if flight is not None:
                flight.set_result(brought)

    def _keep(self, key: Key, fresh: Kept) -> None:
        size = _weight(key, fresh)
        if size > self.limit // LARGEST_SHARE:
            return
        if key in self._kept:
            self._size -= _weight(key, self._kept.pop(key))
        self._kept[key] = fresh
        self._size += size
        while self._size > self.limit:
            self._size -= _weight(*self._kept.popitem(last=False))

    async def _ask(self, request: HttpRequest) -> Kept:
        response = await self.application(request)
        accepted = request.header("accept-encoding") or ""
        size = len(response.body)
        if response.part:
            return replace(self._finish(response, accepted), public=False)
        if size <= AT_ONCE or (size <= HASHED_AT_ONCE and not _coding(accepted, large=True)):
            return self._finish(response, accepted)
        return await asyncio.get_running_loop().run_in_executor(None, self._finish, response, accepted)

    def _finish(self, response: Response, accepted: str) -> Kept:
        """Add what is said of each representation."""
        status, headers, body, part = response
        frame = _frame(tuple(headers))
        coding, own = frame.coding, []
        if frame.compressible and body:
            coding = _coding(accepted, large=len(body) > COMPRESS_ABOVE)
            if coding:
                body = _compress(body, coding)
                own.append(("Content-Encoding", coding))
        etag = frame.etag
        if etag is None and status == 200 and not part:
            digest = _digest(self.identity, frame.content_type, coding).copy()
            digest.update(body)
            etag = f'"{digest.hexdigest()[:32]}"'
            own.append(("ETag", etag))
        if status not in {204, 304}:
            own.append(("Content-Length", str(part.length if part else len(body))))
        return Kept(Response(status, [*frame.headers, *own], body, part), etag, frame.public, frame.size)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What follows from the headers that an application gives, whatever the body is."""

    headers: Headers
    content_type: str
    coding: str | None
    compressible: bool
    etag: str | None
    public: bool
    size: int


@lru_cache(maxsize=256)
def _frame(headers: tuple[tuple[str, str], ...]) -> _Frame:
    """Kept, as most answers to queries have the same headers."""
    names = {n.lower(): v for n, v in headers}
    made = [(n, v) for n, v in headers if n.lower() not in {"content-length", "vary"}]
    made.append(("Vary", _vary(", ".join(v for n, v in headers if n.lower() == "vary"))))
    content_type, coding = names.get("content-type", ""), names.get("content-encoding")
    control = names.get("cache-control", "")
    size = 2 * sum(len(n) + len(v) for n, v in made) + 600
    compressible = coding is None and "no-transform" not in control and content_type.startswith(_TEXTUAL)
    public = control.startswith("public")
    return _Frame(made, content_type, coding, compressible, names.get("etag"), public, size)


@lru_cache(maxsize=256)
def _digest(identity: str, content_type: str, coding: str | None) -> hashlib._Hash:
    """What an entity tag is made of beside the body."""
    return hashlib.sha256(f"{identity}\0{content_type}\0{coding or ''}\0".encode())


def _key(request: HttpRequest) -> Key:
    if request.key is None:
        fields = request.fields
        kept = request.method in {"GET", "HEAD"} and "range" not in fields
        request.key = (request.path, request.query, *map(fields.get, _CHOOSING)) if kept else ()
    return request.key


def _weight(key: Key, kept: Kept) -> int:
    return len(kept.response.body) + kept.frame + sum(map(len, filter(None, key)))


@lru_cache(maxsize=256)
def _coding(accepted: str, *, large: bool) -> str | None:
    """The content coding for an Accept-Encoding header (RFC 9110 section 12.5.3); None is as it is.

    A small body is compressed only when the client wants nothing else.
    """
    offered = {name.lower(): q for name, q in parse_accept_header(accepted)}
    weights = {name: offered.get(name, offered.get("*", 0)) for name in ("br", "gzip")}
    best = max(weights, key=lambda name: weights[name])
    plain = offered.get("identity", offered.get("*"))
    if weights[best] <= 0 or (plain or 0) > weights[best]:
        return None
    return best if large or plain == 0 else None


def _compress(body: bytes, coding: str) -> bytes:
    return brotli.compress(body, quality=5) if coding == "br" else gzip.compress(body, 6, mtime=0)


def _vary(own: str) -> str:
    """The headers that choose a representation: those of every answer, and what the application adds."""
    added = [name.strip().title() for name in own.split(",") if name.strip()]
    return ", ".join(dict.fromkeys((*VARY, *added)))


def _reply(kept: Kept, request: HttpRequest) -> Response:
    response = kept.response
    if request.method not in {"GET", "HEAD"}:
        return response
    if conditions.unchanged(request, response, kept.etag):
        return Response(304, [(n, v) for n, v in response.headers if n.lower() not in _OF_CONTENT], b"")
    return response.bare() if request.method == "HEAD" else response
