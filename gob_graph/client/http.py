"""Requests to a server: kept answers are confirmed, a busy server is asked again later, a cut answer is an error."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gob_graph import __version__
from gob_graph.client.failures import IncompleteAnswer, Refused, ServerUnreachable, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from http.client import HTTPMessage

    from gob_graph.client.cache import Cache

AGENT: Final = f"gob-graph-client/{__version__}"
TRIES: Final = 4
BUSY: Final = frozenset({429, 503})
LEADS: Final = frozenset({300, 303})
"""Answers of a look-up, which are not followed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; the names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def read(self) -> bytes:
        """The body, for SPARQLWrapper, whose results are files."""
        return self.body

    def info(self) -> dict[str, str]:
        """The headers, for SPARQLWrapper."""
        return self.headers


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows within the same server only, and never what a look-up leads to."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str) -> Any:  # noqa: ANN401 - as the library has it
        if code in LEADS or urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@dataclass(slots=True)
class Http:
    """How a server is asked; the pauses are given for tests."""

    cache: Cache
    timeout: float = 60.0
    """Seconds without a byte after which the server counts as gone."""
    patience: float = 30.0
    """Seconds that are waited, in all, when the server says "later"."""
    pause: Callable[[float], object] = time.sleep
    _opener: urllib.request.OpenerDirector = field(default_factory=lambda: urllib.request.build_opener(_Stay))

    def send(self, request: urllib.request.Request) -> Reply:
        """The answer to a request, kept or new.

        Raises:
            ServerUnreachable: there is none.
            Refused: the server refuses, or stays busy for longer than `patience`.
            IncompleteAnswer: it is cut, or nothing says how long it is.
        """
        request.add_header("User-agent", AGENT)
        key = f"{request.full_url}\n{request.get_header('Accept')}\n{request.get_header('Accept-language')}"
        kept = self.cache.find(key) if request.get_method() == "GET" else None
        if kept and kept.fresh_for_ever:
            return Reply(200, kept.headers, kept.body)
        if kept:
            request.add_header("If-none-match", kept.headers["etag"])
        reply = self._patiently(request)
        if reply.status == 304 and kept:
            return Reply(200, kept.headers | reply.headers | {"content-type": kept.headers["content-type"]}, kept.body)
        if request.get_method() == "GET" and reply.status == 200:
            self.cache.keep(key, reply.headers, reply.body)
        return reply

    def _patiently(self, request: urllib.request.Request) -> Reply:
        left = self.patience
        for attempt in range(TRIES):
            reply = self._once(request)
            if reply.status in {200, 304, *LEADS}:
                return reply
            refused = _refused(reply, request.full_url)
            wait = refused.retry_after or 0.5 * 2**attempt
            if reply.status not in BUSY or wait > left or attempt == TRIES - 1:
                raise refused
            left -= wait
            self.pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: urllib.request.Request) -> Reply:
        address = request.full_url
        try:
            try:
                with self._opener.open(request, timeout=self.timeout) as response:
                    return _whole(response.status, response.headers, response.read(), address)
            except urllib.error.HTTPError as error:
                with error:
                    return _whole(error.code, error.headers, error.read(), address)
        except http.client.IncompleteRead as error:
            raise IncompleteAnswer(
                f"{address[:200]} was cut after {len(error.partial)} bytes", "Ask again, or ask for less at once."
            ) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error or type(error).__name__
            raise ServerUnreachable(
                f"{address[:200]} cannot be reached: {reason}",
                "Check the address and that the server runs, or open a downloaded release: Graph('releases/…').",
            ) from error


def _whole(status: int, fields: Message, body: bytes, address: str) -> Reply:
    headers = {name.lower(): value for name, value in fields.items()}
    told = "content-length" in headers or headers.get("transfer-encoding", "").lower() == "chunked"
    if status == 200 and not told:
        raise IncompleteAnswer(
            f"{address[:200]} does not say how long its answer is, so a cut one would look whole",
            "Ask the server itself, not a proxy that takes the length away.",
        )
    return Reply(status, headers, body)


def _refused(reply: Reply, address: str) -> Refused:
    """The refusal that a problem document (RFC 9457) tells, or the bare status."""
    wait = _seconds(reply.headers.get("retry-after", ""))
    try:
        problem = json.loads(reply.body)
        code, detail, remedy = str(problem["code"]), str(problem["detail"]), str(problem["remedy"])
    except (ValueError, KeyError, TypeError):
        told = f"{address[:200]} answered {reply.status}: {reply.body[:200].decode(errors='replace')}"
        remedy = "Check that the address is that of a gob-graph server."
        return refusal(f"http-{reply.status}", told, remedy, reply.status, wait)
    found = refusal(code, detail, remedy, reply.status, wait)
    found.document = problem
    return found


def _seconds(text: str) -> float:
    """Seconds of a field Retry-After: a number or a moment (RFC 9110 section 10.2.3)."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
