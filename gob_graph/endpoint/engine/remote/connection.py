"""One exchange with another engine over the SPARQL 1.1 protocol, which is not trusted: all of an answer or none of it.

Queries go by form POST. No redirect is followed, nothing that is not 200 is an answer, and what an engine says of its
errors goes no further than to `_refused`, which knows a few of its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import urllib3

from gob_graph import __version__
from gob_graph.endpoint.engine.remote.tls import NOT_THIS_ONE, UNREACHED, untrusted
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.remote.outgoing import Outgoing

RESULTS: Final = ("application/sparql-results+json",)
TRIPLES: Final = ("application/n-triples", "text/plain")
"""The media types that an answer may have; the first is asked for."""
PIECE: Final = 2**16
SAID: Final = 4096
"""Bytes of an error that are looked at."""
CONNECT_SECONDS: Final = 5.0
_LATE: Final = ("S1T00", "timeout", "timed out", "time limit")
_NOT_FOR_THIS_QUERY: Final = ("SR353", "estimated execution time", "transitive start not given")
"""Words of Virtuoso for a query that it will not evaluate, though nothing is wrong with it or with the service."""


def bad(detail: str) -> RequestError:
    """The refusal for an answer that cannot be used."""
    return RequestError("engine-answer", f"the engine that evaluates the queries {detail}")


class Body:
    """The body of an answer as a file, which is read once, to its end and no further than so many bytes."""

    def __init__(self, response: urllib3.BaseHTTPResponse, limit: int) -> None:
        self._response, self._limit, self.size = response, limit, 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes; empty at the end, which the server must have announced.

        Raises:
            RequestError: ``engine-answer``: it was cut; ``result-too-large``.
        """
        try:
            part = self._response.read(size if size > 0 else PIECE, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise bad("ended the connection in the middle of its answer") from error
        self.size += len(part)
        if self.size > self._limit:
            raise RequestError("result-too-large", f"the engine sends more than {self._limit // 2**20} MiB")
        return part

    def all(self) -> bytes:
        """The whole body."""
        parts = []
        while part := self.read(PIECE):
            parts.append(part)
        return b"".join(parts)


@dataclass(slots=True)
class Reply:
    """A whole and usable answer, as far as its head tells."""

    body: Body
    cut_at: int | None
    """The number of rows above which the engine cuts results, where it says so (Virtuoso: X-SPARQL-MaxRows)."""


class Connection:
    """A kept connection to an engine, made by the first query, so that each forked process has its own."""

    def __init__(self, url: str, limit: int = 2**28) -> None:
        """`limit` is the largest answer in bytes."""
        parts = urlsplit(url)
        self.limit = limit
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._fields = {"User-Agent": f"gob-graph/{__version__}", "Accept-Encoding": "identity"}
        if parts.username is not None:
            named = f"{parts.username}:{parts.password or ''}"
            self._fields |= urllib3.make_headers(basic_auth=named)
        context = urllib3.util.create_urllib3_context() if parts.scheme == "https" else None
        if context:
            context.load_default_certs()
        self._pool = urllib3.PoolManager(1, maxsize=1, retries=False, ssl_context=context)
        self._answer: urllib3.BaseHTTPResponse | None = None

    def ask(self, query: Outgoing, accept: tuple[str, ...], seconds: float) -> Reply:
        """Ask, and look at the head of the answer; `seconds` may pass without a byte.

        Raises:
            RequestError: ``engine-down``, ``engine-answer``, ``query-timeout`` or ``query-failed``.
        """
        form = [
            ("query", query.text),
            *(("default-graph-uri", name) for name in query.default_graphs),
            *(("named-graph-uri", name) for name in query.named_graphs),
        ]
        fields = {"Accept": accept[0], "Content-Type": "application/x-www-form-urlencoded"}
        return self._reply(self.send("POST", "", urlencode(form).encode("ascii"), fields, seconds), accept)

    def end_answer(self) -> None:
        """End the connection of an answer that was not read to its end; that of a whole one is kept."""
        if self._answer is not None:
            self._answer.close()
            self._answer = None

    def close(self) -> None:
        """End every connection."""
        self.end_answer()
        self._pool.clear()

    def send(
        self, method: str, query: str, body: bytes | None, fields: dict[str, str], seconds: float
    ) -> urllib3.BaseHTTPResponse:
        """Send a request to the address with a query string; returns the head of the answer.

        Raises:
            RequestError: ``query-timeout``, ``engine-unreachable`` or ``engine-answer``.
        """
        self.end_answer()
        timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds)
        try:
            self._answer = self._pool.request(
                method,
                self._url + query,
                body=body,
                headers=self._fields | fields,
                timeout=timeout,
                redirect=False,
                preload_content=False,
            )
        except urllib3.exceptions.ReadTimeoutError as error:
            raise RequestError("query-timeout", f"the engine did not answer within {seconds:g} s") from error
        except urllib3.exceptions.SSLError as error:
            raise untrusted(error) from error
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise RequestError("engine-unreachable", UNREACHED) from error
        except urllib3.exceptions.HTTPError as error:
            raise bad("ended the connection without an answer") from error
        return self._answer

    def _reply(self, response: urllib3.BaseHTTPResponse, accept: tuple[str, ...]) -> Reply:
        """The answer, when its head is that of a whole result.

        Raises:
            RequestError: it is not.
        """
        fields = response.headers
        if response.status != 200:
            raise self._refused(response)
        if state := fields.get("X-SQL-State"):
            late = state.startswith("S1T")
            raise RequestError("query-timeout", "the engine gave a part of the answer only") if late else bad("failed")
        media_type = fields.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type not in accept:
            raise bad(f"answered with another media type than {accept[0]}")
        if fields.get("Content-Encoding", "identity") != "identity":
            raise bad("packed its answer, which was not asked for")
        if "Content-Length" not in fields and "chunked" not in fields.get("Transfer-Encoding", ""):
            raise bad("does not say where its answer ends")
        rows = fields.get("X-SPARQL-MaxRows", "")
        return Reply(Body(response, self.limit), int(rows) if rows.isascii() and rows.isdigit() else None)

    def _refused(self, response: urllib3.BaseHTTPResponse) -> RequestError:
        """The refusal that a status means; the words of the engine are looked at and go no further."""
        status = response.status
        try:
            said = response.read(SAID, decode_content=False).decode(errors="replace")
        except urllib3.exceptions.HTTPError:
            said = ""
        if status in {408, 504} or (status >= 500 and any(word in said for word in _LATE)):
            return RequestError("query-timeout", "the engine stopped the query at its limit of time")
        if status in {400, 413, 422} or any(word in said for word in _NOT_FOR_THIS_QUERY):
            return RequestError("query-failed", NOT_THIS_ONE)
        if status in {429, 503}:
            return RequestError("engine-down", "the engine that evaluates the queries is busy", {"Retry-After": "2"})
        return bad(f"answered with the status {status}")
