"""What a follower takes from another server: one origin only, of a size and a time that are bounded, tried again.

Every fault is a `DownloadError` of one line. A redirect leads only to the same scheme, host and port. An answer that is
larger than its bound, or that has not come whole in its time, is cut by closing the connection, also
where the server sends a byte now and then.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import random
import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from gob_graph.errors import GobGraphError

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from pathlib import Path

TRIES = 6
"""Attempts for one address; the pauses between them double from half a second."""
SHORT = 10.0
"""Seconds: the longest pause between two attempts for one address; one that a server asks for may end the step."""
LONG = 86_400.0
"""Seconds: the longest pause that a server can ask for."""
SILENCE = 30.0
"""Seconds without a byte after which an answer is given up."""
TOTAL = 900.0
"""Seconds in which an answer must have come whole."""
LARGEST = 1 << 30
"""Bytes of an answer, where nothing says how large it may be."""
PIECE = 1 << 16
SLOWEST = 1 << 20
"""Bytes a second that an answer must come with, where it is so large that `TOTAL` is too short for it."""
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class DownloadError(GobGraphError):
    """An address gave nothing usable; `retry_after` is the pause in seconds that the server asked for."""

    def __init__(self, text: str, retry_after: float = 0.0, *, again: bool = True) -> None:
        """Keep whether it is worth another attempt at once."""
        super().__init__(" ".join(text.split())[:500])
        self.retry_after, self.again = retry_after, again


class GoneError(DownloadError):
    """The server says that it no longer keeps a file."""


def origin(address: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of an address (RFC 6454 section 4)."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def retry_after(headers: Message, now: float) -> float:
    """The seconds that a Retry-After field asks for (RFC 9110 section 10.2.3); 0 where it says nothing usable."""
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), LONG))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds()), LONG)


@dataclass(slots=True)
class _Watchdog:
    """Closes the connection when the time is up, wherever the reading stands."""

    seconds: float
    late: bool = False
    _timer: threading.Timer | None = None
    _connection: socket.socket | None = None

    def watch(self, connection: socket.socket) -> None:
        """Begin with the plain socket: TLS is laid over it, and ends with it."""
        self.stop()
        self._connection = connection.dup()
        self._timer = threading.Timer(self.seconds, self._cut, [self._connection])
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """The answer is there."""
        if self._timer and self._connection:
            self._timer.cancel()
            self._connection.close()

    def _cut(self, connection: socket.socket) -> None:
        self.late = True
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        """Follow to the same scheme, host and port only."""
        if origin(newurl) != origin(req.full_url):
            fp.close()
            raise DownloadError(
                f"{req.full_url} leads to {newurl[:200]}, another scheme, host or port, which is not followed; "
                "if the server moved, follow its new address",
                again=False,
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _opener(watchdog: _Watchdog) -> urllib.request.OpenerDirector:
    class Watched(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            watchdog.watch(self.sock)

    class WatchedTls(http.client.HTTPSConnection, Watched):
        """Connects through `Watched`, then speaks TLS."""

    class Http(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Watched, req)

    class Https(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(WatchedTls, req)

    return urllib.request.build_opener(Http, Https, _SameOrigin)


@dataclass(frozen=True, slots=True)
class Source:
    """How answers are taken; the clock, the pauses and the chance are given for tests."""

    silence: float = SILENCE
    total: float = TOTAL
    tries: int = TRIES
    pause: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = field(default=random.random)

    def fetch(self, address: str, accept: str = "*/*", largest: int = LARGEST) -> bytes:
        """The body of an address; tried again while the server is away or busy.

        Raises:
            GoneError: the server no longer keeps it.
            DownloadError: it refuses, cannot be reached after all tries, or sends what was not asked for.
        """
        taken = io.BytesIO()
        self._take(address, accept, largest, taken, self.total)
        return taken.getvalue()

    def save(self, address: str, path: Path, size: int, accept: str = "*/*") -> str:
        """Write the body of an address, of so many bytes at most, into a new file; says its SHA-256.

        A large body may take longer than others: a second for each `SLOWEST` bytes.

        Raises:
            GoneError, DownloadError: as `fetch`.
            OSError: the disk is full.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb+") as stream:
            self._take(address, accept, size, stream, max(self.total, size / SLOWEST))
            stream.seek(0)
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def _take(self, address: str, accept: str, largest: int, into: IO[bytes], total: float) -> None:
        for attempt in range(self.tries):
            into.seek(0)
            into.truncate()
            try:
                return self._once(address, accept, largest, into, total)
            except DownloadError as error:
                if not error.again or error.retry_after > SHORT or attempt == self.tries - 1:
                    raise
                self.pause(max(error.retry_after, min(0.5 * 2**attempt, SHORT) * (0.75 + self.chance() / 2)))
        raise DownloadError(f"{address} was not tried")

    def _once(self, address: str, accept: str, largest: int, into: IO[bytes], total: float) -> None:
        headers = {"Accept": accept, "User-Agent": "gob-graph-follow"}
        watchdog = _Watchdog(total)
        try:
            if urlsplit(address).scheme not in {"http", "https"}:
                raise DownloadError(f"{address} is no address of http or https", again=False)
            request = urllib.request.Request(address, headers=headers)  # noqa: S310 - http or https, see above
            with _opener(watchdog).open(request, timeout=self.silence) as response:
                _copy(response, address, accept, largest, into)
            if watchdog.late:
                raise TimeoutError
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error, address) from error
        except DownloadError:
            if watchdog.late:
                raise DownloadError(f"{address} did not come whole within {total:g} s") from None
            raise
        except (OSError, ValueError, http.client.HTTPException) as error:
            if watchdog.late:
                raise DownloadError(f"{address} did not come whole within {total:g} s") from error
            reason = getattr(error, "reason", None) or error
            raise DownloadError(f"{address} cannot be reached: {reason or type(error).__name__}") from error
        finally:
            watchdog.stop()

    def _refused(self, error: urllib.error.HTTPError, address: str) -> DownloadError:
        if error.code == 410:
            return GoneError(f"{address} answered 410: no longer kept", again=False)
        said = ""
        with suppress(OSError, ValueError, http.client.HTTPException):
            said = error.read(300).decode(errors="replace")
        wait = retry_after(error.headers, self.now())
        return DownloadError(f"{address} answered {error.code}: {said}", wait, again=error.code in AGAIN)


def _copy(response: http.client.HTTPResponse, address: str, accept: str, largest: int, into: IO[bytes]) -> None:
    """Write the whole body of an answer of the media type that was asked for, piece by piece."""
    kind = response.headers.get_content_type()
    if accept not in {"*/*", kind}:
        raise DownloadError(f"{address} answered with {kind} instead of {accept}: is it a page of maintenance?")
    size = 0
    while piece := response.read1(PIECE):
        size += len(piece)
        if size > largest:
            raise DownloadError(f"{address} sends more than the {largest} bytes that it may", again=False)
        into.write(piece)
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and size != int(length):
        raise DownloadError(f"{address} was cut after {size} of {length} bytes")
