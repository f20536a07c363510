"""A request of the SPARQL protocol from HTTP message to answer: read, evaluated by a worker, written.

The result page, the service description and every error are made by the web framework (docs/decisions/0006).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint.server import bounds, headers
from gob_graph.endpoint.server.client_address import client_of
from gob_graph.endpoint.server.message import Response
from gob_graph.endpoint.sparql import protocol
from gob_graph.endpoint.sparql.prescan import changes
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.dispatcher import Answer
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.job import Job
    from gob_graph.endpoint.engine.older_engines import Older
    from gob_graph.endpoint.server.bridge import Framework
    from gob_graph.endpoint.server.message import Headers, HttpRequest
    from gob_graph.endpoint.sparql.protocol import Query
    from gob_graph.formats import Format
    from gob_graph.settings import Settings

PATH = "/sparql"
METHODS = frozenset({"GET", "HEAD", "POST"})
SAVED = frozenset({"csv", "tsv"})
"""Formats that a browser offers to save."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a query, with the format to write it in and the header fields that belong to it."""

    text: str
    answer: Answer
    format: Format
    headers: Headers

    @property
    def is_page(self) -> bool:
        """Whether the web framework is to show it."""
        return self.format.name == "html"


@dataclass(slots=True)
class Sparql:
    """Reads requests of the protocol and has them evaluated."""

    engine: Engine
    older: Older
    settings: Settings

    async def ask(self, request: HttpRequest, framework: Framework) -> Result | None:
        """The result; None when nothing is asked. What may take long runs in a thread of the framework.

        Raises:
            RequestError: the request or its query is refused.
        """
        threads, client = framework.threads, self._client(request)
        if isinstance(request.content, bytes) and len(request.content) > bounds.PARSED_IN_LOOP:
            query = await threads.run(client, self.read, request)
        else:
            query = self.read(request)
        if query is None:
            return None
        if query.release is not None:
            return await threads.run(client, self._evaluate, query, request)
        answer = await self.engine.public.ask(self._job(query), client)
        return _result(query, answer, self._own(query, request, self.engine.release.id))

    def ask_now(self, request: HttpRequest) -> Result | None:
        """The same for a caller in a thread, without an event loop."""
        query = self.read(request)
        return None if query is None else self._evaluate(query, request)

    def read(self, request: HttpRequest) -> Query | None:
        """The query of a request; None when nothing is asked.

        Raises:
            RequestError: the request is refused.
        """
        refuse_long(request.path, request.query, self.settings.uri_length)
        asked = read_request(request)
        if not protocol.has_query(asked):
            return None
        query = protocol.read_query(asked, length=self.settings.query_length)
        request.trace.form, request.trace.text = query.form, query.text
        return query

    def _evaluate(self, query: Query, request: HttpRequest) -> Result:
        """Evaluate in the calling thread; an older release may have to be loaded for it."""
        with self.older.use(query.release) as engine:
            answer = engine.public.answer(self._job(query), self._client(request))
            return _result(query, answer, self._own(query, request, engine.release.id))

    def _job(self, query: Query) -> Job:
        return query.job(f"{self.settings.service_url}{PATH}")

    def _client(self, request: HttpRequest) -> str:
        hops = request.header("x-forwarded-for") or ""
        return request.client or client_of(request.remote, hops, self.settings.trusted_proxies)

    def _own(self, query: Query, request: HttpRequest, release: str) -> Headers:
        keep = request.method != "POST" and not changes(query.text)
        control = headers.public(self.settings) if keep else "no-store"
        return [("Cache-Control", control), ("Gob-Graph-Release", release)]


def _result(query: Query, answer: Answer, own: Headers) -> Result:
    wanted = query.chosen.formats[answer.kind]
    if wanted is None:
        raise RequestError("not-acceptable", f"this query gives a {answer.kind} result")
    if wanted.name != "html" and (query.download or wanted.name in SAVED):
        name = f"{query.download or protocol.UNNAMED}.{wanted.extension}"
        own.append(("Content-Disposition", f'attachment; filename="{name}"'))
    return Result(query.text, answer, wanted, own)


@dataclass(slots=True)
class Handler:
    """Answers queries; `framework` answers everything else."""

    framework: Framework
    sparql: Sparql
    publication: int
    _standing: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Make what is the same in all responses once; the release stands last."""
        same = headers.standing(self.sparql.engine.release, self.publication, self.sparql.settings)
        self._standing = list(same.items())[:-1]

    async def __call__(self, request: HttpRequest) -> Response:
        """Answer a query; hand on everything else."""
        if request.path != PATH or request.method not in METHODS:
            return await self.framework(request)
        request.trace.fresh = True
        try:
            result = await self.sparql.ask(request, self.framework)
        except Exception as error:  # noqa: BLE001 - a fault of ours as well: the framework says and logs it
            return await self.framework(request, error=error)
        if result is None or result.is_page:
            return await self.framework(request, result=result)
        fields = [("Content-Type", result.format.content_type), *result.headers, *self._standing]
        return Response(200, fields, result.answer.body)


def refuse_long(path: str, query: str, limit: int) -> None:
    """Refuse an address that is too long.

    Raises:
        RequestError: it has more bytes than the limit.
    """
    length = len(path) + 1 + len(query)
    if length > limit:
        raise RequestError("uri-too-long", f"the address has {length} bytes; the limit is {limit}. Use POST")


def read_request(request: HttpRequest) -> protocol.Request:
    """What the protocol wants to know of a request.

    Raises:
        RequestError: the body is not whole, too long or packed.
    """
    accept = request.header("accept")
    body = request.body() if request.method == "POST" else b""
    if body and (request.header("content-type") or "").lower().startswith(protocol.FORM):
        bounds.parameters(body.count(b"&") + 1)
    return protocol.Request(
        request.method,
        request.query.encode(),
        request.header("content-type"),
        body,
        [accept] if accept is not None else [],
    )
