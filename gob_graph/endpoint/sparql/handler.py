"""The short way of a query from its request to its answer, without a framework.

Here, and nowhere else, a request of the SPARQL protocol is read and asked. The web framework is for what people see: a
result page, the service description and every refusal are handed on to it, so there is one error handler. A framework's
routing, contexts and header objects cost more than a small query (docs/decisions/0006).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.engine import client_of
from gob_graph.endpoint.server import headers
from gob_graph.endpoint.server.message import Response, run
from gob_graph.endpoint.sparql import protocol
from gob_graph.endpoint.sparql.prescan import changes
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor
    from wsgiref.types import WSGIApplication

    from gob_graph.endpoint.engine.dispatcher import Answer
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.job import Job
    from gob_graph.endpoint.engine.older_engines import Older
    from gob_graph.endpoint.server.message import HttpRequest
    from gob_graph.endpoint.sparql.protocol import Query
    from gob_graph.settings import Settings

PATH = "/sparql"
METHODS = frozenset({"GET", "HEAD", "POST"})
REFUSED = "gob_graph.refused"
"""The key of an error that the framework is to say."""
ANSWERED = "gob_graph.answered"
"""The key of a query text and its `Answer`, of which the framework is to make a page."""
SAVED = frozenset({"csv", "tsv"})
"""Formats that a browser offers to save."""


@dataclass(slots=True)
class Framework:
    """The WSGI application of the web framework, in threads: what it does may take long and wait for anything."""

    application: WSGIApplication
    threads: Executor

    async def __call__(self, request: HttpRequest, handed: Mapping[str, object] | None = None) -> Response:
        """Its whole response; `handed` goes into its environment."""
        request.trace.fresh = True
        given = dict(handed or {})
        body = b""
        if request.method == "POST" and REFUSED not in given and ANSWERED not in given:
            try:
                body = request.body()
            except RequestError as error:
                given[REFUSED] = error
        environ = {**request.environ(body), **given}
        return await asyncio.get_running_loop().run_in_executor(self.threads, run, self.application, environ)


@dataclass(slots=True)
class Answering:
    """Answers queries; `framework` answers everything else."""

    framework: Framework
    engine: Engine
    older: Older
    settings: Settings
    _standing: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Make what is the same in all responses once; the release stands last."""
        self._standing = list(headers.standing(self.engine.release, self.settings).items())[:-1]

    async def __call__(self, request: HttpRequest) -> Response:
        """Answer a query; hand on everything else."""
        if request.path != PATH or request.method not in METHODS:
            return await self.framework(request)
        request.trace.fresh = True
        try:
            refuse_long(request.path, request.query, self.settings.uri_length)
            asked = read_request(request)
            if not protocol.has_query(asked):
                return await self.framework(request)
            query = protocol.read_query(asked, length=self.settings.query_length)
            answer, release = await self._ask(query, request)
            wanted = query.chosen.formats[answer.kind]
            if wanted is None:
                raise RequestError("not-acceptable", f"this query gives a {answer.kind} result")
        except Exception as error:  # noqa: BLE001 - a fault of ours as well: the framework says and logs it
            return await self.framework(request, {REFUSED: error})
        keep = asked.method != "POST" and not changes(query.text)
        own = [
            ("Cache-Control", headers.public(self.settings) if keep else "no-store"),
            ("Gob-Graph-Release", release),
        ]
        if wanted.name == "html":
            return await self.framework(request, {ANSWERED: (query.text, answer, own)})
        if query.download or wanted.name in SAVED:
            own.append(("Content-Disposition", f'attachment; filename="result.{wanted.extension}"'))
        return Response(200, [("Content-Type", wanted.content_type), *own, *self._standing], answer.body)

    async def _ask(self, query: Query, request: HttpRequest) -> tuple[Answer, str]:
        """The answer, and the id of the release that gave it."""
        request.trace.form, request.trace.text = query.form, query.text
        hops = request.header("x-forwarded-for") or ""
        client = client_of(request.remote, hops, self.settings.trusted_proxies)
        job = query.job(f"{self.settings.service_url}{PATH}")
        if query.release is None:
            return await self.engine.public.ask(job, client), self.engine.release.id
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.framework.threads, self._ask_release, query.release, job, client)

    def _ask_release(self, name: str, job: Job, client: str) -> tuple[Answer, str]:
        """The same of a named release; it may have to be loaded, so this is no work for the loop."""
        with self.older.use(name) as engine:
            return engine.public.answer(job, client), engine.release.id


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
    return protocol.Request(
        request.method,
        request.query.encode(),
        request.header("content-type"),
        request.body() if request.method == "POST" else b"",
        [accept] if accept is not None else [],
    )
