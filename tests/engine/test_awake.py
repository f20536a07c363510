"""Who waits without sleeping: for a moment, and where nobody else needs the processor."""

import asyncio
import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from gob_graph.endpoint.engine import awake
from gob_graph.endpoint.engine.admission import Turns
from gob_graph.endpoint.engine.awake import Awake, datagram_within
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.kernel import ALONE, AMONG_OTHERS, packed, take_job
from gob_graph.endpoint.server.connection import Connection
from gob_graph.endpoint.server.server import Server as HttpServer
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, children
from tests.engine.test_lines import lane_of, number, told
from tests.loops import go

if TYPE_CHECKING:
    from gob_graph.endpoint.server.application import Edge

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    source, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with source, other:
        yield source, other


def looks(stay: Callable[[Awake], object]) -> list[float | None]:
    """How long a loop would have waited for its sockets each time it looked at them within a tenth of a second."""

    async def live() -> list[float | None]:
        seen: list[float | None] = []
        selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
        select = selector.select

        def watched(timeout: float | None = None) -> object:
            seen.append(timeout)
            return select(timeout)

        selector.select = watched
        stay(Awake())
        await asyncio.sleep(0.1)
        return seen

    return go(live())


def test_a_loop_stays_awake_for_a_moment_and_sleeps_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awake, "REPLY", 0.02)
    without, with_it = looks(lambda _: None), looks(Awake.stay)
    assert with_it.count(0) > without.count(0) + 20
    assert max(timeout for timeout in with_it if timeout) > 0.05


def test_nobody_stays_awake_where_there_is_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awake, "REPLY", 0.02)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert not Awake().possible
    assert looks(Awake.stay).count(0) < looks(lambda _: None).count(0) + 5


def test_staying_twice_is_no_more_than_staying_once() -> None:
    async def pending() -> int:
        loop = asyncio.get_running_loop()
        keeper = Awake()
        before = len(loop._ready)  # type: ignore[attr-defined]
        keeper.stay()
        keeper.stay()
        return len(loop._ready) - before  # type: ignore[attr-defined]

    assert go(pending()) == 1


def test_one_client_is_waited_for_and_several_are_not() -> None:
    async def who_is_waited_for() -> list[bool]:
        edge = SimpleNamespace(observer=SimpleNamespace(settings=Settings()))
        server = HttpServer(cast("Edge", edge), asyncio.get_running_loop())
        one, other = Connection(server), Connection(server)
        stayed: list[bool] = []
        for connection in (one, other, one, other, other, one):
            server._awake._turning = False
            server.answered(connection)
            stayed.append(server._awake._turning)
        server.leave(one)
        server._awake._turning = False
        server.answered(one)
        return [*stayed, server._awake._turning]

    assert go(who_is_waited_for()) == [False, False, False, False, True, False, False]


def test_a_datagram_that_comes_soon_is_taken(pair: Pair) -> None:
    source, other = pair
    threading.Timer(0.05, other.send, [b"soon"]).start()
    assert datagram_within(source, 5.0, 100) == b"soon"


def test_nothing_comes_and_the_moment_passes(pair: Pair) -> None:
    began = time.perf_counter()
    assert datagram_within(pair[0], 0.05, 100) == b""
    assert 0.05 <= time.perf_counter() - began < 0.5


@pytest.mark.parametrize("unread", [False, True], ids=["nothing unread", "something unread"])
def test_the_other_side_is_gone(unread: bool, pair: Pair) -> None:
    source, other = pair
    if unread:
        source.send(b"never read")
    other.close()
    assert datagram_within(source, 60.0, 100) == b""


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_a_job_says_whether_it_is_the_only_one(alone: bool, seconds: float, pair: Pair) -> None:
    jobs, front = pair
    stream, sender = socket.socketpair()
    with stream, sender:
        front.send((ALONE if alone else AMONG_OTHERS) + packed(b"head", b"body"))
        assert take_job(jobs, stream, seconds) == (alone, b"head", b"body")
        front.send(AMONG_OTHERS)
        sender.send(packed(b"large", b"job"))
        assert take_job(jobs, stream, seconds) == (False, b"large", b"job")
        front.close()
        with pytest.raises(EOFError):
            take_job(jobs, stream, seconds)


def test_the_first_job_is_alone_and_those_beside_it_are_not(release: Release) -> None:
    async def three() -> list[bytes]:
        async with lane_of(release, Turns(2, 20.0, 2, 10)) as lane:
            stopped = [*lane.idle]
            for worker in stopped:
                os.kill(worker.pid, signal.SIGSTOP)
            tasks = []
            for value, client in enumerate("ab"):
                tasks.append(asyncio.create_task(told(lane, value, client)))
                while len(lane.busy) <= value:
                    await asyncio.sleep(0)
            kinds = [first_byte(lane, number(value)) for value in range(2)]
            for worker in stopped:
                os.kill(worker.pid, signal.SIGCONT)
            await asyncio.gather(*tasks)
            return kinds

    assert go(three()) == [ALONE, AMONG_OTHERS]


def first_byte(lane: Lane, query: str) -> bytes:
    """How the datagram of a job that no process has taken begins."""
    seen = [worker.untaken.recv(2**15, socket.MSG_PEEK) for worker in lane.busy]
    (found,) = [datagram[:1] for datagram in seen if query.encode() in datagram]
    return found


def ticks(server: Server) -> int:
    """Processor time of the front and of all below it, in hundredths of a second."""

    def below(pid: int) -> list[int]:
        return [pid, *(p for child in children(pid) for p in below(child))]

    used = 0
    for pid in below(server.front):
        used += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return used


def test_nobody_stays_awake_when_nobody_asks(server: Server) -> None:
    with closing(http.client.HTTPConnection(server.url.removeprefix("http://"))) as client:
        for value in range(200):
            client.request("GET", f"/sparql?query=SELECT%20({value}%20AS%20?n)%20%7B%7D")
            assert client.getresponse().read()
    time.sleep(1.0)
    before = ticks(server)
    time.sleep(2.0)
    assert ticks(server) - before <= 10
