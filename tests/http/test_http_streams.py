"""Thousands of streams of bytes at the HTTP server, right and wrong ones, in any pieces, beside a plain reading of RFC 9112.

Each stream comes from an address of its own in 127.0.0.0/8, so that an application knows whose requests it has seen.
"""

import asyncio
import random
import re
import socket
import struct
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from gob_graph.endpoint.server import connection, server
from gob_graph.endpoint.server.message import HttpRequest, Response
from gob_graph.errors import RequestError
from tests.loops import go

STREAMS = 2500
AT_A_TIME = 120
Seen = tuple[str, str, bytes]

# Streams.

PATHS = ("/now/1", "/now/2", "/later/1", "/later/2", "/now/90000", "/later/200000")
FIELDS = ("X-A: 1", "Accept: */*", "X-Empty:", "Cookie: a=b; c=d", "Connection: keep-alive", "Expect: 100-continue")
PROPOSALS = (
    "Connection: Upgrade\r\nUpgrade: h2c",
    "Upgrade: websocket\r\nConnection: keep-alive, UPGRADE",
    "Upgrade: x",
)
PIECES = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"0\r\n\r\n",
    b"\r\n\r\n",
    b"Content-Length: 3\r\n",
    b"GET ",
    b"\xa0",
)
SWAPS = (
    (b"Content-Length: ", b"Content-Length: +"),
    (b"Content-Length: ", b"Content-Length:\t0"),
    (b"Content-Length: ", b"Content-Length : "),
    (b"Content-Length: ", b"Content_Length: "),
    (b"Content-Length: ", b"Content-Length: 1\r\nContent-Length: "),
    (b"chunked\r\n", b"Chunked\r\n"),
    (b"chunked\r\n", b"chunked, chunked\r\n"),
    (b"chunked\r\n", b"xchunked\r\n"),
    (b"chunked\r\n", b"chunked\r\nContent-Length: 5\r\n"),
    (b"chunked\r\n", b"identity\r\n"),
    (b"chunked\r\n", b"\x0bchunked\r\n"),
    (b"chunked\r\n", b"gzip\r\nTransfer-Encoding: chunked\r\n"),
    (b"HTTP/1.1", b"HTTP/1.0"),
    (b"HTTP/1.1", b"HTTP/1.2"),
    (b"HTTP/1.1", b"HTTP/2.0"),
    (b"HTTP/1.1\r\n", b"HTTP/1.1\r\n "),
    (b"\r\n\r\n", b"\n\n"),
    (b"\r\n\r\n", b"\r\n\n"),
    (b"\r\n\r\n", b"\n\r\n"),
    (b"\r\n\r\n", b"\r\n\r\n\r\n"),
    (b"\r\n", b"\n"),
    (b"\r\n", b"\r"),
    (b"\r\nX-A", b"\r\n X-A"),
    (b"GET", b"CONNECT"),
    (b"GET", b"PRI"),
    (b"POST", b"POSTS"),
)


def one_request(chance: random.Random) -> bytes:
    method = chance.choice(("GET", "GET", "GET", "HEAD", "POST", "POST", "OPTIONS", "PUT"))
    version = "1.0" if chance.random() < 0.05 else "1.1"
    lines = [f"{method} {chance.choice(PATHS)} HTTP/{version}", "Host: a"]
    lines += chance.sample(FIELDS, chance.choice((0, 0, 0, 1, 2)))
    if chance.random() < 0.15:
        lines.append(chance.choice(PROPOSALS))
    if chance.random() < 0.02:
        lines.append("Connection: close")
    body = b""
    if method in {"POST", "PUT"} or chance.random() < 0.1:
        inner = (b"GET /now/2 HTTP/1.1\r\nHost: a\r\n\r\n", b"0\r\n\r\n", b"", b"ASK {}", bytes(chance.randrange(3000)))
        body = chance.choice(inner)
        if chance.random() < 0.5:
            lines.append(f"Content-Length: {len(body)}")
        else:
            lines.append("Transfer-Encoding: chunked")
            body = chunks(chance, body)
    return b"\r\n" * chance.choice((0, 0, 0, 0, 1)) + "\r\n".join((*lines, "", "")).encode() + body


def chunks(chance: random.Random, body: bytes) -> bytes:
    text = b""
    while body:
        size = chance.randint(1, len(body))
        text += b"%s%x%s\r\n%s\r\n" % (
            b"0" * chance.randrange(3),
            size,
            chance.choice((b"", b";a=b", b';q="x"')),
            body[:size],
        )
        body = body[size:]
    return text + b"0\r\n" + chance.choice((b"", b"", b"Host: b\r\n", b"X: y\r\n")) + b"\r\n"


def stream(chance: random.Random) -> bytes:
    text = b"".join(one_request(chance) for _ in range(chance.randint(1, 7)))
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        kind, place = chance.random(), chance.randrange(len(text))
        if kind < 0.6:
            old, new = chance.choice(SWAPS)
            places = [found.start() for found in re.finditer(re.escape(old), text)]
            if places:
                place = chance.choice(places)
                text = text[:place] + new + text[place + len(old) :]
        elif kind < 0.8:
            text = text[:place] + chance.choice(PIECES) + text[place:]
        elif kind < 0.9:
            text = text[:place] + text[place + chance.randint(1, 9) :]
        else:
            text = text[:place] + bytes([chance.randrange(256)]) + text[place + 1 :]
        if not text:
            return b"\r\n"
    return text


def cut(chance: random.Random, text: bytes) -> list[bytes]:
    """Often at the ends of heads, as clients send them."""
    if chance.random() < 0.4:
        return re.split(rb"(?<=\r\n\r\n)", text)
    places = sorted(chance.randrange(len(text) + 1) for _ in range(chance.choice((0, 1, 2, 5))))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


# What RFC 9112 says of them.

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
START = re.compile(rb"(GET|HEAD|POST|PUT|OPTIONS|CONNECT) +((?:/|\*|[a-z]+://)[!-\"$-~]*) +HTTP/(1\.[01])")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")
SIZE = re.compile(rb"([0-9A-Fa-f]+)(;[\t -~\x80-\xff]*)?\r\n")
USUAL = (None, b";a=b", b';q="x"')


class Reading:
    """The requests at the beginning of a stream, up to one that is wrong or not whole."""

    def __init__(self, text: bytes) -> None:
        self.rest = text
        self.seen: list[Seen] = []
        self.odd = False
        """There is a tab, a length behind chunks, or an unusual extension: it may be refused as well as read."""
        self.why = ""
        try:
            while self.one():
                pass
        except ValueError as error:
            self.why = str(error)

    def agrees(self, seen: list[Seen], *, left: bool) -> bool:
        """Whether a server may see this; not all of it when its client has left."""
        return seen == (self.seen[: len(seen)] if self.odd or left else self.seen)

    def take(self, size: int) -> bytes:
        if len(self.rest) < size:
            raise ValueError("not whole")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def line(self) -> bytes:
        taken, end, self.rest = self.rest.partition(b"\r\n")
        if not end:
            raise ValueError("not whole")
        return taken

    def fields(self) -> list[tuple[bytes, bytes]]:
        found = []
        while line := self.line():
            self.odd |= b"\t" in line
            match = FIELD.fullmatch(line)
            if not match:
                raise ValueError(f"no field: {line!r}")
            found.append((match[1].lower(), match[2].lower()))
        return found

    def body(self, fields: list[tuple[bytes, bytes]]) -> bytes:
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        lengths = [value for name, value in fields if name == b"content-length"]
        if codings:
            named = [one.strip(b" \t") for one in b",".join(codings).split(b",")]
            if lengths or named.count(b"chunked") != 1 or named[-1] != b"chunked":
                raise ValueError("no way to tell the length")
            return self.chunked()
        if len(lengths) > 1 or not all(re.fullmatch(rb"[0-9]+", length) for length in lengths):
            raise ValueError("no length")
        return self.take(int(lengths[0])) if lengths else b""

    def chunked(self) -> bytes:
        body = b""
        while match := SIZE.match(self.rest):
            self.odd |= match[2] not in USUAL
            self.rest = self.rest[match.end() :]
            size = int(match[1], 16)
            if not size:
                self.odd |= any(name == b"content-length" for name, _ in self.fields())
                return body
            body += self.take(size)
            if self.take(2) != b"\r\n":
                raise ValueError("no end of a chunk")
        raise ValueError("no chunk")

    def one(self) -> bool:
        self.rest = self.rest.lstrip(b"\r\n")
        start = START.fullmatch(self.line())
        if not start:
            raise ValueError("no request")
        fields = self.fields()
        body = self.body(fields)
        if start[1] == b"CONNECT":
            raise ValueError("a tunnel")
        self.seen.append((start[1].decode(), start[2].decode().partition("?")[0], body))
        wishes = {wish.strip() for name, value in fields if name == b"connection" for wish in value.split(b",")}
        return b"close" not in wishes if start[3] == b"1.1" else b"keep-alive" in wishes


# The server and its clients, in one loop.


class Application:
    """Notes what it sees of whom."""

    def __init__(self) -> None:
        self.observer = SimpleNamespace(settings=SimpleNamespace(body_limit=1))
        self.seen: dict[str, list[Seen]] = {}
        self.refused: dict[str, RequestError] = {}

    def begin(self, request: HttpRequest) -> Response | None:
        if isinstance(request.content, RequestError):
            return self.refuse(request, request.content)
        self.seen.setdefault(request.remote, []).append((request.method, request.path, request.content))
        return self._respond(request) if request.path.startswith("/now") else None

    async def finish(self, request: HttpRequest) -> Response:
        for _ in range(len(request.remote) % 5):
            await asyncio.sleep(0)
        return self._respond(request)

    def _respond(self, request: HttpRequest) -> Response:
        digits = re.search(r"\d+$", request.path)
        body = f"{len(self.seen.get(request.remote, ()))} ".encode()
        body += b"x" * min(int(digits[0]) if digits else 0, 300_000)
        return Response(200, [("Content-Length", str(len(body)))], b"" if request.method == "HEAD" else body)

    def refuse(self, request: HttpRequest, error: RequestError) -> Response:
        self.refused[request.remote] = error
        return Response(error.status, [("Content-Length", "0")], b"")


async def talk(port: int, address: str, parts: list[bytes], pause: float, manner: str) -> bytes:
    """Send the parts; all that comes back until the server closes, or until the client has had enough."""
    loop = asyncio.get_running_loop()
    with socket.socket() as own:
        own.setblocking(False)
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        own.bind((address, 0))
        await loop.sock_connect(own, ("127.0.0.1", port))

        async def send() -> None:
            for part in parts:
                await loop.sock_sendall(own, part)
                await asyncio.sleep(pause)
            if manner == "half":
                own.shutdown(socket.SHUT_WR)

        sending = loop.create_task(send())
        got = b""
        if manner == "gone":
            await asyncio.sleep(pause * 3)
            if pause:
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sending.cancel()
            return got
        if manner == "slow":
            await asyncio.sleep(0.2)
        try:
            while more := await loop.sock_recv(own, 65536):
                got += more
                if pause:
                    await asyncio.sleep(0)
        except ConnectionError:
            got += b"RESET"
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        return got


def answers(got: bytes, seen: list[Seen]) -> list[int]:
    """The statuses of the answers to what was seen, each whole and in its place, and of a refusal at the end."""
    statuses: list[int] = []
    while got and got != b"RESET":
        head, end, got = got.partition(b"\r\n\r\n")
        assert end, head
        status = int(head.split()[1])
        assert head.startswith(b"HTTP/1.1 ")
        if status == 100:
            continue
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])  # type: ignore[index]
        if status == 200:
            number = len(statuses)
            if seen[number][0] != "HEAD":
                assert len(got) >= length
                assert int(got.split()[0]) == number + 1
                got = got[length:]
        statuses.append(status)
    return statuses


async def play(seed: int, count: int, first: int = 0) -> tuple[list[Any], dict[str, int]]:
    """What went wrong, and how much there was."""
    loop = asyncio.get_running_loop()
    calls: list[Any] = []
    loop.set_exception_handler(lambda _, context: calls.append(context))
    application = Application()
    made = server.Server(application, loop)  # type: ignore[arg-type]
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    port = listener.getsockname()[1]
    listening = await made.listen(listener)
    room = asyncio.Semaphore(AT_A_TIME)
    wrong: list[Any] = []
    counts = {"requests": 0, "refused": 0}

    async def one(number: int) -> None:
        chance = random.Random(seed * 1_000_003 + number)
        text = stream(chance)
        parts = cut(chance, text)
        pause = chance.choice((0, 0, 0.001))
        manner = chance.choice(("", "", "", "", "", "half", "gone", "slow"))
        address = f"127.{1 + number // 62500 % 250}.{1 + number // 250 % 250}.{1 + number % 250}"
        async with room:
            try:
                got = await asyncio.wait_for(talk(port, address, parts, pause, manner), 20)
            except TimeoutError:
                wrong.append((seed, number, text, "stuck"))
                return
        seen = application.seen.pop(address, [])
        reading = Reading(text)
        counts["requests"] += len(seen)
        counts["refused"] += address in application.refused
        left = manner in {"half", "gone"}
        if not reading.agrees(seen, left=left):
            wrong.append((seed, number, text, seen, reading.seen, reading.why, application.refused.get(address)))
        elif not left:
            try:
                right = answers(got, seen)[: len(seen)] == [200] * len(seen)
            except (AssertionError, IndexError, ValueError):
                right = False
            if not right:
                wrong.append((seed, number, text, seen, got[-200:]))

    await asyncio.gather(*[one(number) for number in range(first, first + count)])
    end = loop.time() + 5
    while (made._connections or len(asyncio.all_tasks()) > 1) and loop.time() < end:
        await asyncio.sleep(0.05)
    listening.close()
    assert (made._connections, made.bodies.held, len(asyncio.all_tasks())) == (set(), 0, 1)
    return wrong + calls, counts


def test_no_stream_is_read_otherwise_than_it_says(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does one leave a connection, a task or the bytes of a body behind, nor an error in the loop or in the log."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS", "STUCK_SECONDS"):
        monkeypatch.setattr(connection, name, 1.0)
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.3)
    monkeypatch.setattr(server, "LOOK_EVERY", 0.05)
    wrong, counts = go(play(20, STREAMS), uvloop.run)
    assert wrong == []
    assert not caplog.records
    assert counts["requests"] > 2 * STREAMS
    assert counts["refused"] > STREAMS // 5
