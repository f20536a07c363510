"""The outermost layer of answers: kept in memory for the life of a release; validators, compression, HEAD.

Everything that is said of representations once and for all is said here: a strong ETag for exactly these bytes
(RFC 9110 section 8.8.3), 304, `Vary`, gzip and brotli. Only what the application marks as public is kept, as it was
sent: compressed, with its headers. A hit is a look into a dictionary (docs/decisions/0006).
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import brotli
from werkzeug.http import parse_accept_header, parse_etags

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

VARY = ("Accept", "Accept-Language", "Accept-Encoding")
COMPRESS_ABOVE = 860
"""Bytes below which compression costs more than it saves."""
LARGEST_SHARE = 4
"""No answer may take more than this fraction of the memory."""
_KEYED = ("HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_DATETIME")
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

Key = tuple[str, ...]
Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole response, ready to be sent; `etag` is its validator, where it has one."""

    status: str
    headers: Headers
    body: bytes
    etag: str | None = None
    public: bool = False

    @property
    def size(self) -> int:
        """Bytes that it takes here, roughly."""
        return len(self.body) + sum(len(n) + len(v) for n, v in self.headers) + 500


@dataclass(slots=True)
class _Flight:
    """One request on its way to the application; the others who ask the same wait for what it brings."""

    landed: threading.Event = field(default_factory=threading.Event)
    brought: Kept | None = None


@dataclass(slots=True)
class Cache:
    """WSGI middleware. `identity` is what all answers depend on beside the request: release and software version.

    `limit` is in bytes; `patience` in seconds: so long a request waits for another one that asks the same.
    """

    application: WSGIApplication
    identity: str
    limit: int
    patience: float = 1.0
    _kept: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _flights: dict[Key, _Flight] = field(default_factory=dict)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory, or ask the application once for all who ask the same at the same time."""
        get = environ.get
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"} or "HTTP_RANGE" in environ:
            return _reply(self._ask(environ), environ, start_response)
        key = (
            get("SCRIPT_NAME", ""),
            get("RAW_URI") or get("PATH_INFO", ""),
            get("QUERY_STRING", ""),
            *[get(name, "") for name in _KEYED],
        )
        kept = self._kept.get(key)
        if kept is None:
            kept = self._share(key, environ)
        else:
            self._touch(key)
        return _reply(kept, environ, start_response)

    def _touch(self, key: Key) -> None:
        try:
            self._kept.move_to_end(key)
        except KeyError:  # another thread made room
            return

    def _share(self, key: Key, environ: WSGIEnvironment) -> Kept:
        """Ask, or wait for the one who asks. Who has waited long enough asks for himself, and takes his turn there.

        What is not public is not shared either: an error is each one's own.
        """
        with self._lock:
            flight = self._flights.get(key)
            first = flight is None
            if flight is None:
                flight = self._flights[key] = _Flight()
        whole = {**environ, "REQUEST_METHOD": "GET"}
        if not first:
            flight.landed.wait(self.patience)
            return flight.brought or self._ask(whole)
        try:
            fresh = self._ask(whole)
            if fresh.public:
                flight.brought = fresh
                self._keep(key, fresh)
            return fresh
        finally:
            with self._lock:
                del self._flights[key]
            flight.landed.set()

    def _keep(self, key: Key, fresh: Kept) -> None:
        size = fresh.size + sum(map(len, key))
        if size > self.limit // LARGEST_SHARE:
            return
        with self._lock:
            self._drop(self._kept.pop(key, None), key)
            self._kept[key] = fresh
            self._size += size
            while self._size > self.limit:
                oldest, gone = self._kept.popitem(last=False)
                self._drop(gone, oldest)

    def _drop(self, gone: Kept | None, key: Key) -> None:
        if gone is not None:
            self._size -= gone.size + sum(map(len, key))

    def _ask(self, environ: WSGIEnvironment) -> Kept:
        seen: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, exc_info: object = None) -> object:
            seen.append((status, headers))
            return lambda _: None

        parts = self.application(environ, start)  # type: ignore[arg-type]
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close:
                close()
        status, headers = seen[-1]
        return self._finish(status, headers, body, environ.get("HTTP_ACCEPT_ENCODING", ""))

    def _finish(self, status: str, headers: Headers, body: bytes, accepted: str) -> Kept:
        """Add what is said of each representation."""
        names = {n.lower(): v for n, v in headers}
        content_type = names.get("content-type", "")
        coding = names.get("content-encoding")
        made = [(n, v) for n, v in headers if n.lower() not in {"content-length", "vary"}]
        control = names.get("cache-control", "")
        if coding is None and body and "no-transform" not in control and content_type.startswith(_TEXTUAL):
            coding = _coding(accepted, len(body) > COMPRESS_ABOVE)
            if coding:
                body = _compress(body, coding)
                made.append(("Content-Encoding", coding))
        made.append(("Vary", _vary(", ".join(v for n, v in headers if n.lower() == "vary"))))
        etag = names.get("etag")
        if etag is None and status.startswith("200"):
            digest = hashlib.sha256(f"{self.identity}\0{content_type}\0{coding or ''}\0".encode() + body)
            etag = f'"{digest.hexdigest()[:32]}"'
            made.append(("ETag", etag))
        if not status.startswith(("204", "304")):
            made.append(("Content-Length", str(len(body))))
        return Kept(status, made, body, etag, control.startswith("public"))


@lru_cache(maxsize=256)
def _coding(accepted: str, large: bool) -> str | None:  # noqa: FBT001 - a key of the memory
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


@lru_cache(maxsize=64)
def _vary(own: str) -> str:
    """The headers that choose a representation: those of every answer, and what the application adds."""
    added = [name.strip().title() for name in own.split(",") if name.strip()]
    return ", ".join(dict.fromkeys((*VARY, *added)))


def _reply(response: Kept, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    method = environ["REQUEST_METHOD"]
    asked = environ.get("HTTP_IF_NONE_MATCH")
    if asked and response.etag and method in {"GET", "HEAD"}:
        tags = parse_etags(asked)
        if tags.star_tag or tags.contains_weak(response.etag.removeprefix("W/").strip('"')):
            start_response("304 NOT MODIFIED", [(n, v) for n, v in response.headers if n.lower() not in _OF_CONTENT])
            return [b""]
    start_response(response.status, response.headers)
    return [b""] if method == "HEAD" else [response.body]
