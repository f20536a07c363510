"""What operators see: a metric and a line of log for each request, noted outside of the cache so that none is missed.

Nothing here waits for anybody: lines are kept in memory and written by a thread of their own, and when nobody reads
them the oldest are given up. A line holds no query text, unless the setting says so, and no address: the
client is a keyed hash that changes with each start.
"""

from __future__ import annotations

import atexit
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
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.engine import client_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from gob_graph.endpoint.metrics import Metrics
    from gob_graph.settings import Settings

TRACE = "gob_graph.trace"
"""The key of a request's `Trace` in the WSGI environment."""
KEPT_LINES = 20_000
"""Lines that wait to be written; more means that nobody reads them."""
FLUSH_EVERY = 0.25
"""Seconds between two writes."""
KNOWN = 4096
"""Clients and queries that are remembered, so that they are hashed once."""


@dataclass(slots=True)
class Trace:
    """What is known of one request, filled in by whoever gets to know it."""

    id: str
    fresh: bool = False
    """The application was asked; otherwise the answer came from the cache."""
    refused: str | None = None
    """The code that the request is refused with before anything is looked at."""
    code: str | None = None
    form: str | None = None
    query: str | None = None
    text: str | None = None

    def asks(self, form: str, text: str, *, verbatim: bool) -> None:
        """Note the query: its form and a hash; the text itself only when told so."""
        self.form = form
        self.query = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.text = text if verbatim else None


class Lines:
    """A log of JSON lines on standard error."""

    def __init__(self, limit: int = KEPT_LINES) -> None:
        self.waiting: deque[str] = deque(maxlen=limit)
        threading.Thread(target=self._write_for_ever, daemon=True, name="log").start()
        atexit.register(self.flush)
        # The HTTP server runs this process by multiprocessing, which leaves without the former.
        Finalize(None, self.flush, exitpriority=1)

    def _write_for_ever(self) -> None:
        while True:
            time.sleep(FLUSH_EVERY)
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        lines = []
        while self.waiting:
            lines.append(self.waiting.popleft())
        if lines:
            sys.stderr.write("\n".join(lines) + "\n")
            sys.stderr.flush()


@dataclass(slots=True)
class Observed:
    """WSGI middleware around the cache (`cached`); `plain` is the application behind it, for what must not be kept."""

    cached: WSGIApplication
    plain: WSGIApplication
    settings: Settings
    metrics: Metrics
    lines: Lines = field(default_factory=Lines)
    _hosts: frozenset[str] = field(init=False)
    _salt: bytes = field(default_factory=lambda: os.urandom(16))
    _series: str = field(default_factory=lambda: os.urandom(5).hex())
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _clients: dict[tuple[str, str], str] = field(default_factory=dict)
    _queries: dict[tuple[str, str], tuple[str | None, str | None, str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the list of hosts apart once."""
        names = self.settings.allowed_hosts.split(",")
        self._hosts = frozenset(name.strip().lower() for name in names if name.strip())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, and note how."""
        began = time.perf_counter()
        trace = environ[TRACE] = Trace(f"{self._series}{next(self._numbers):06x}", refused=self._refusal(environ))
        status = ""

        def start(line: str, headers: Any, exc_info: Any = None) -> Any:  # noqa: ANN401 - as in PEP 3333
            nonlocal status
            status = line[:3]
            return start_response(line, headers)

        application = self.plain if trace.refused else self.cached
        parts = application(environ, start)
        seconds = time.perf_counter() - began
        route = self.metrics.note(environ["PATH_INFO"], status, seconds, fresh=trace.fresh)
        if self.settings.log_requests:
            size = sum(map(len, parts)) if isinstance(parts, list) else -1
            self.lines.waiting.append(self._line(environ, trace, status, route, seconds, size))
        return parts

    def _refusal(self, environ: WSGIEnvironment) -> str | None:
        """Two Host headers, which the server joins with a comma, or a host that is not ours (RFC 9112 section 3.2)."""
        host = environ.get("HTTP_HOST", "")
        if "," in host or (not host and environ.get("SERVER_PROTOCOL") == "HTTP/1.1"):
            return "bad-request"
        if self._hosts and host.lower().rpartition(":")[0] not in self._hosts and host.lower() not in self._hosts:
            return "misdirected"
        return None

    def _line(self, environ: WSGIEnvironment, trace: Trace, status: str, route: str, seconds: float, size: int) -> str:
        form, query, text = self._query(environ, trace)
        # Written by hand, for this is on the path of every answer: no value but the text can hold what JSON escapes.
        said = (
            f'{{"time": {time.time():.3f}, "request": "{trace.id}", "method": "{environ["REQUEST_METHOD"]}", '
            f'"route": "{route}", "status": {status or 0}, "ms": {seconds * 1000:.2f}, "bytes": {size}, '
            f'"client": "{self._client(environ)}", "cached": {"false" if trace.fresh else "true"}'
        )
        if trace.code:
            said += f', "code": "{trace.code}"'
        if query:
            said += f', "form": "{form}", "query": "{query}"'
        if text is not None:
            said += f', "text": {json.dumps(text, ensure_ascii=False)}'
        return said + "}"

    def _query(self, environ: WSGIEnvironment, trace: Trace) -> tuple[str | None, str | None, str | None]:
        """What was asked; a cached answer was asked for before, by the same address."""
        key = (environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        if not trace.fresh:
            return self._queries.get(key, (None, None, None))
        found = (trace.form, trace.query, trace.text)
        if trace.form and environ["REQUEST_METHOD"] != "POST":
            if len(self._queries) >= KNOWN:
                self._queries.clear()
            self._queries[key] = found
        return found

    def _client(self, environ: WSGIEnvironment) -> str:
        key = (environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""))
        known = self._clients.get(key)
        if known is None:
            client = client_of(*key, self.settings.trusted_proxies)
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
