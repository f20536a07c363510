"""What operators see: a metric and a line of log for each request, noted outside of the cache so that none is missed.

No request waits for the log: lines are kept in memory and written by a thread of their own; where standard error is
not read, the oldest are dropped. A line holds no query text, unless the setting says so, and no address: the
client is a keyed hash that changes with each start.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import itertools
import json
import logging
import os
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gob_graph.endpoint.server.client_address import LONGEST, client_of
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gob_graph.endpoint.server.message import HttpRequest, Trace
    from gob_graph.endpoint.server.metrics import Metrics
    from gob_graph.settings import Settings

KEPT_LINES = 20_000
"""Lines that wait to be written; where there are more, the reader of standard error has stopped."""
FLUSH_EVERY = 0.25
"""Seconds between two writes."""
LINES_AT_ONCE = 32
"""Lines that are made one after the other: the same work again and again is done in a fraction of the time."""
REMEMBERED = 2048
"""Characters of an address whose query is remembered."""
KNOWN = 4096
"""Clients and queries that are remembered, so that they are hashed once."""


class _Noted(NamedTuple):
    """A request that was answered, and all that its line says of that."""

    request: HttpRequest
    status: int
    route: str
    seconds: float
    size: int
    time_of_day: float


class Lines:
    """A log of JSON lines on standard error; `before` is called before what waits is written."""

    def __init__(self, before: Callable[[], object], limit: int = KEPT_LINES) -> None:
        self.waiting: deque[str] = deque(maxlen=limit)
        self._before = before
        threading.Thread(target=self._write_for_ever, daemon=True, name="log").start()
        atexit.register(self.flush)

    def _write_for_ever(self) -> None:
        while True:
            time.sleep(FLUSH_EVERY)
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self._before()
        lines = []
        while self.waiting:
            lines.append(self.waiting.popleft())
        if lines:
            sys.stderr.write("\n".join(lines) + "\n")
            sys.stderr.flush()


@dataclass(slots=True)
class Observer:
    """Gives each request its `Trace`, and notes how it was answered."""

    settings: Settings
    metrics: Metrics
    lines: Lines = field(init=False)
    _noted: deque[_Noted] = field(default_factory=deque)
    """Requests whose line is to be made."""
    _hosts: frozenset[str] = field(init=False)
    _salt: bytes = field(default_factory=lambda: os.urandom(16))
    _series: str = field(default_factory=lambda: os.urandom(5).hex())
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _clients: dict[tuple[str, str], str] = field(default_factory=dict)
    _queries: dict[tuple[str, str], tuple[str | None, str | None, str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the list of hosts apart once, and open the log."""
        self.lines = Lines(self._write_up)
        names = self.settings.allowed_hosts.split(",")
        self._hosts = frozenset(name.strip().lower() for name in names if name.strip())

    def begin(self, request: HttpRequest) -> Trace:
        """Give a request its trace."""
        number = f"{self._series}{next(self._numbers):06x}"
        trace = request.trace
        trace.id, trace.began = number, time.perf_counter()
        return trace

    def end(self, request: HttpRequest, status: int, size: int) -> None:
        """Count the request, and write its line."""
        trace = request.trace
        seconds = time.perf_counter() - trace.began
        route = self.metrics.note(request.path, status, seconds, fresh=trace.fresh)
        if self.settings.log_requests:
            self._noted.append(_Noted(request, status, route, seconds, size, time.time()))
            if len(self._noted) >= LINES_AT_ONCE:
                self._write_up()

    def _write_up(self) -> None:
        """Make the lines of what is noted; also called by the thread that writes them."""
        with contextlib.suppress(IndexError):
            while True:
                self.lines.waiting.append(self._line(self._noted.popleft()))

    def refusal(self, request: HttpRequest) -> RequestError | None:
        """An error for two Host headers, which are a list then, or for another host (RFC 9112 section 3.2)."""
        detail = "exactly one Host header is needed, with the name of this service"
        host = request.header("host") or ""
        if "," in host or (not host and request.version == "1.1"):
            return RequestError("bad-request", detail)
        if self._hosts and host.lower().rpartition(":")[0] not in self._hosts and host.lower() not in self._hosts:
            return RequestError("misdirected", detail)
        return None

    def _line(self, noted: _Noted) -> str:
        request, status, route, seconds, size, time_of_day = noted
        trace = request.trace
        form, query, text = self._query(request, trace)
        # Written by hand, for this is done for every answer: no value but the text can hold what JSON escapes.
        said = (
            f'{{"time": {time_of_day:.3f}, "request": "{trace.id}", "method": "{request.method}", '
            f'"route": "{route}", "status": {status}, "ms": {seconds * 1000:.2f}, "bytes": {size}, '
            f'"client": "{self._client(request)}", "cached": {"false" if trace.fresh else "true"}'
        )
        if trace.cut:
            said += ', "cut": true'
        if trace.code:
            said += f', "code": "{trace.code}"'
        if query:
            said += f', "form": "{form}", "query": "{query}"'
        if text is not None:
            said += f', "text": {json.dumps(text, ensure_ascii=False)}'
        return said + "}"

    def _query(self, request: HttpRequest, trace: Trace) -> tuple[str | None, str | None, str | None]:
        """What was asked, as form, hash and text; a cached answer was asked for before, by the same address."""
        key = (request.path, request.query)
        if not trace.fresh:
            return self._queries.get(key, (None, None, None))
        if trace.text is None:
            return None, None, None
        digest = hashlib.sha256(trace.text.encode()).hexdigest()[:16]
        found = (trace.form, digest, trace.text if self.settings.log_queries else None)
        if request.method != "POST" and len(key[0]) + len(key[1]) <= REMEMBERED:
            if len(self._queries) >= KNOWN:
                self._queries.clear()
            self._queries[key] = found
        return found

    def _client(self, request: HttpRequest) -> str:
        key = (request.remote, (request.header("x-forwarded-for") or "")[-LONGEST:])
        known = self._clients.get(key)
        if known is None:
            client = client_of(key[0], key[1], self.settings.trusted_proxies)
            known = hashlib.blake2b(client.encode(), key=self._salt, digest_size=5).hexdigest()
            if len(self._clients) >= KNOWN:
                self._clients.clear()
            self._clients[key] = known
        return known


class JsonFormatter(logging.Formatter):
    """Other messages, errors with their traceback among them, as lines of the same log."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        said = {"time": round(record.created, 3), "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def set_up_logging() -> None:
    """Messages go to standard error: as JSON, or as plain text when a person looks."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s") if sys.stderr.isatty() else JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
