"""The outermost layer: answers kept in memory for the life of a release, validators, compression, HEAD.

Everything that is said of representations once and for all is said here: a strong ETag for exactly these bytes
(RFC 9110 section 8.8.3), 304, `Vary`, gzip and brotli. Only what the application marks as public is kept.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import brotli
from werkzeug.http import parse_accept_header, parse_etags

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

VARY = "Accept, Accept-Language, Accept-Encoding"
COMPRESS_ABOVE = 860
"""Bytes below which compression costs more than it saves."""
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
    """A whole response."""

    status: str
    headers: Headers
    body: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes here, roughly."""
        return len(self.body) + sum(len(n) + len(v) for n, v in self.headers) + 500


@dataclass(slots=True)
class Cache:
    """WSGI middleware. `identity` is what all answers depend on beside the request: release and software version."""

    application: WSGIApplication
    identity: str
    limit: int
    _kept: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _flights: dict[Key, threading.Lock] = field(default_factory=dict)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory, or ask the application once for all who ask the same at the same time."""
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"} or environ.get("HTTP_RANGE"):
            return _reply(self._encode(self._ask(environ), environ), environ, start_response)
        key = (
            environ.get("SCRIPT_NAME", ""),
            environ.get("RAW_URI") or environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
            *(
                environ.get(f"HTTP_{name}", "")
                for name in ("ACCEPT", "ACCEPT_LANGUAGE", "ACCEPT_ENCODING", "ACCEPT_DATETIME")
            ),
        )
        kept = self._kept.get(key)
        if kept is None:
            with self._lock:
                flight = self._flights.setdefault(key, threading.Lock())
            with flight:
                kept = self._kept.get(key) or self._fetch(key, environ)
            with self._lock:
                self._flights.pop(key, None)
        return _reply(kept, environ, start_response)

    def _fetch(self, key: Key, environ: WSGIEnvironment) -> Kept:
        fresh = self._encode(self._ask({**environ, "REQUEST_METHOD": "GET"}), environ)
        public = any(n.lower() == "cache-control" and v.startswith("public") for n, v in fresh.headers)
        if public and fresh.size <= self.limit // 4:
            with self._lock:
                self._kept[key] = fresh
                self._size += fresh.size
                while self._size > self.limit:
                    _, gone = self._kept.popitem(last=False)
                    self._size -= gone.size
        return fresh

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
        return Kept(status, headers, body)

    def _encode(self, response: Kept, environ: WSGIEnvironment) -> Kept:
        headers = [(n, v) for n, v in response.headers if n.lower() not in {"content-length", "vary"}]
        names = {n.lower(): v for n, v in headers}
        body = response.body
        coding = None
        if (
            len(body) > COMPRESS_ABOVE
            and "content-encoding" not in names
            and "no-transform" not in names.get("cache-control", "")
            and names.get("content-type", "").startswith(_TEXTUAL)
        ):
            coding = _coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding:
            body = brotli.compress(body, quality=5) if coding == "br" else gzip.compress(body, 6, mtime=0)
            headers.append(("Content-Encoding", coding))
        dated = any(n.lower() == "vary" and "accept-datetime" in v.lower() for n, v in response.headers)
        headers.append(("Vary", VARY + (", Accept-Datetime" if dated else "")))
        if response.status.startswith("200") and "etag" not in names:
            parts = (self.identity, names.get("content-type", ""), coding or names.get("content-encoding", ""))
            digest = hashlib.sha256("\0".join(parts).encode() + body).hexdigest()[:32]
            headers.append(("ETag", f'"{digest}"'))
        if not response.status.startswith(("204", "304")):
            headers.append(("Content-Length", str(len(body))))
        return Kept(response.status, headers, body)


def _coding(accepted: str) -> str | None:
    offered = {name.lower(): q for name, q in parse_accept_header(accepted)}
    best = [name for name in ("br", "gzip") if offered.get(name, offered.get("*", 0)) > 0]
    return max(best, key=lambda name: offered.get(name, offered.get("*", 0)), default=None)


def _reply(response: Kept, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    etag = next((v for n, v in response.headers if n == "ETag"), None)
    asked = environ.get("HTTP_IF_NONE_MATCH")
    if etag and asked and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
        tags = parse_etags(asked)
        if tags.star_tag or tags.contains_weak(etag.strip('"')):
            kept = [
                (n, v) for n, v in response.headers if n not in {"Content-Length", "Content-Type", "Content-Encoding"}
            ]
            start_response("304 NOT MODIFIED", kept)
            return [b""]
    start_response(response.status, response.headers)
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]
