"""The bounds of one connection, with small values: how many there are, and how long a head, a body and a reader take."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from gob_graph.endpoint.server import connection
from gob_graph.endpoint.server.message import HttpRequest, Response
from gob_graph.errors import RequestError
from tests.conftest import LONG
from tests.loops import go

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"


class Echo:
    """An application that answers with the body, and with so many bytes as the path says; once it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked = asyncio.Event()
        self.refused: list[str] = []
        self.gone = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone += 1
                return
            body, more = body + message["body"], message["more_body"]
        self.asked.set()
        waits = {asyncio.ensure_future(self.may_answer.wait()), asyncio.ensure_future(receive())}
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if not self.may_answer.is_set():
            self.gone += 1
            return
        body += b"x" * int(scope["path"][1:] or 0)
        fields = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    def refuse(self, request: HttpRequest, error: RequestError) -> Response:
        assert request.method == "-"
        self.refused.append(error.code)
        body = json.dumps({"code": error.code}).encode()
        return Response(error.status, [("Content-Length", str(len(body)))], body)


@dataclass
class Served:
    """A server of connections on a free port; called, it is connected to."""

    state: ServerState
    address: tuple[str, int]
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __call__(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*self.address)
        self.writers.append(writer)
        return reader, writer

    async def all_closed(self) -> None:
        """Wait until the server has closed every connection."""
        while self.state.connections or self.state.tasks:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[Served]:
    """The server, until the end of the context."""
    config = uvicorn.Config(
        app, interface="asgi3", ws="none", lifespan="off", log_config=None, access_log=False, proxy_headers=False
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    made = lambda: connection.Connection(config, state, {}, loop)  # noqa: E731
    server = await loop.create_server(made, "127.0.0.1", 0)
    dial = Served(state, server.sockets[0].getsockname())
    try:
        yield dial
    finally:
        server.close()
        for one in [*(writer.transport for writer in dial.writers), *(held.transport for held in state.connections)]:
            one.abort()
        # Their ends are told in the next rounds of the loop.
        await dial.all_closed()
        await server.wait_closed()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server closes, which it is to do."""
    return await asyncio.wait_for(reader.read(), LONG)


def test_one_connection_too_many_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECTIONS", 3)

    async def run() -> None:
        app = Echo()
        async with served(app) as dial:
            held = [await dial() for _ in range(3)]
            for reader, writer in held:
                writer.write(HEAD + b"Content-Length: 1\r\n\r\na")
                assert (await reader.readuntil(b"\r\n\r\na")).startswith(b"HTTP/1.1 200 ")
            reader, _ = await dial()
            answer = await rest(reader)
            assert (answer[:13], b"engine-busy" in answer) == (b"HTTP/1.1 503 ", True)
            held[0][1].close()
            for _ in range(200):
                reader, writer = await dial()
                writer.write(HEAD + b"Content-Length: 1\r\nConnection: close\r\n\r\na")
                if (await rest(reader)).startswith(b"HTTP/1.1 200 "):
                    break
            else:
                pytest.fail("a connection that was closed is still counted")
        assert set(app.refused) == {"engine-busy"}

    go(run())


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("HEAD_SECONDS", b""),
        ("HEAD_SECONDS", HEAD),
        ("HEAD_SECONDS", HEAD + b"Content-Length: 1\r\n\r\na" + HEAD),
        ("BODY_SECONDS", HEAD + b"Content-Length: 2\r\n\r\na"),
        ("BODY_SECONDS", HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"),
    ],
)
def test_what_does_not_come_in_time_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, sent: bytes) -> None:
    monkeypatch.setattr(connection, name, 0.1)

    async def run() -> None:
        app = Echo()
        async with served(app) as dial:
            reader, writer = await dial()
            if sent.count(HEAD) == 2:
                first, _, second = sent.rpartition(HEAD)
                writer.write(first)
                assert (await reader.readuntil(b"\r\n\r\na")).startswith(b"HTTP/1.1 200 ")
                writer.write(HEAD + second)
            else:
                writer.write(sent)
            answer = await rest(reader)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert answer.endswith(b'{"code": "request-timeout"}')
        assert app.refused == ["request-timeout"]

    go(run())


def test_an_answer_may_take_longer_than_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the beginning of a next request came meanwhile, or a broken one: the first is answered."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.1)

    async def run(more: bytes) -> None:
        app = Echo()
        app.may_answer.clear()
        async with served(app) as dial:
            reader, writer = await dial()
            writer.write(HEAD + b"Content-Length: 1\r\n\r\na")
            await app.asked.wait()
            writer.write(more)
            asyncio.get_running_loop().call_later(0.3, app.may_answer.set)
            answer = await reader.readuntil(b"\r\n\r\na")
            assert answer.startswith(b"HTTP/1.1 200 ")
            if more:
                assert await rest(reader) == b""
        assert app.refused == []

    for more in (b"", b"POST / HT", b"no request\r\n\r\n"):
        go(run(more))


def test_a_client_that_reads_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STUCK_SECONDS", 0.1)

    async def run() -> None:
        async with served(Echo()) as dial:
            reader, writer = await dial()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(b"GET /50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            async with asyncio.timeout(LONG):
                while not dial.state.connections:
                    await asyncio.sleep(0.01)
                await dial.all_closed()
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(reader.readexactly(50_000_000), LONG)

    go(run())


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_a_client_that_has_ended_its_side_gets_a_late_answer(monkeypatch: pytest.MonkeyPatch, version: bytes) -> None:
    """Interim responses come before it (RFC 9110 section 15.2), though not in HTTP/1.0, which has none."""
    monkeypatch.setattr(connection, "PROBE_SECONDS", 0.02)

    async def run() -> None:
        app = Echo()
        app.may_answer.clear()
        async with served(app) as dial:
            reader, writer = await dial()
            writer.write(b"POST /3 HTTP/%b\r\nHost: a\r\nContent-Length: 1\r\n\r\na" % version)
            writer.write_eof()
            await app.asked.wait()
            if version == b"1.1":
                for _ in range(3):
                    assert await reader.readuntil(b"\r\n\r\n") == connection.PROBE
            asyncio.get_running_loop().call_later(0.1, app.may_answer.set)
            answer = (await rest(reader)).replace(connection.PROBE, b"")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"\r\n\r\naxxx")
        assert app.gone == 0

    go(run())


def test_a_client_that_has_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PROBE_SECONDS", 0.02)

    async def run() -> None:
        app = Echo()
        app.may_answer.clear()
        async with served(app) as dial:
            _, writer = await dial()
            writer.write(HEAD + b"Content-Length: 1\r\n\r\na")
            await app.asked.wait()
            writer.close()
            async with asyncio.timeout(LONG):
                while not app.gone:
                    await asyncio.sleep(0.01)

    go(run())
