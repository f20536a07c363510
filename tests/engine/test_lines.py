"""Jobs that wait in the line of a process: none is lost, mixed up, held up by a long one, or done for nobody."""

import asyncio
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from gob_graph.endpoint.engine import dispatcher
from gob_graph.endpoint.engine.admission import Turns
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.kernel import DATAGRAM
from gob_graph.endpoint.engine.worker import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.worker_handle import Zygote
from gob_graph.errors import RequestError
from gob_graph.release import Release
from tests.loops import go

MANNER = Manner(None, None, Formats("json", "json", "turtle"))
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
LONG = "SELECT (COUNT(*) AS ?n) {{ {{ SELECT * {{ ?a ?b ?c }} LIMIT 1000 }} {{ SELECT * {{ ?d ?e ?f }} LIMIT {0} }} }}"


@asynccontextmanager
async def lane_of(release: Release, turns: Turns, seconds: float = 20.0) -> AsyncIterator[Lane]:
    """A lane in the running loop; when all is done nothing of it may be left."""
    lane = Lane(Zygote(release.path), Limits(256, 8, seconds), turns)
    lane.start()
    try:
        yield lane
        deadline = time.monotonic() + 5
        while (lane.busy or lane._repairs) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        assert (lane.turns.lent, +lane.turns.waiting, len(lane.turns.queue)) == (0, Counter(), 0)
        assert len(lane.idle) == turns.size
        assert not any(worker.line for worker in lane.idle)
    finally:
        lane.close()
        await asyncio.sleep(0)
        lane.zygote.close()


def number(value: int) -> str:
    return f"SELECT ({value} AS ?n) {{}}"


async def ask(lane: Lane, query: str, client: str = "a") -> bytes:
    return (await lane.ask(Job(query, MANNER), client)).body


async def told(lane: Lane, value: int, client: str = "a") -> None:
    """Ask for a number, and get that and no other."""
    assert f'"value":"{value}"'.encode() in await ask(lane, number(value), client)


async def taken(lane: Lane) -> None:
    """Wait until a process has taken the first job: one that is still on its way to it may be taken back and overtaken."""
    while not lane.busy:
        await asyncio.sleep(0)
    with suppress(BlockingIOError):
        while next(iter(lane.busy)).untaken.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
            await asyncio.sleep(0.001)


def test_many_at_once_stand_in_line_and_each_gets_its_own_answer(release: Release) -> None:
    longest = 0

    async def many() -> None:
        nonlocal longest
        async with lane_of(release, Turns(2, 20.0, 2, 500)) as lane:
            tasks = [asyncio.create_task(told(lane, value)) for value in range(400)]
            while not all(task.done() for task in tasks):
                longest = max(longest, *(len(worker.line) for worker in lane.busy), 0)
                await asyncio.sleep(0)
            await asyncio.gather(*tasks)

    go(many())
    assert longest == dispatcher.LINE


def test_nobody_waits_behind_a_long_job_while_another_process_has_room(release: Release) -> None:
    async def behind() -> float:
        async with lane_of(release, Turns(2, 20.0, 2, 500), seconds=2.0) as lane:
            runaway = asyncio.create_task(ask(lane, ENDLESS))
            began = time.monotonic()
            await asyncio.gather(*(told(lane, value) for value in range(100)))
            took = time.monotonic() - began
            assert not runaway.done()
            with pytest.raises(RequestError, match="query-timeout"):
                await runaway
            return took

    assert go(behind()) < 1.0


@pytest.mark.parametrize("soon", [dispatcher.SOON, 60.0], ids=["in the queue", "in its line"])
def test_who_stands_behind_a_long_job_waits_no_longer_than_may_be(
    release: Release, monkeypatch: pytest.MonkeyPatch, soon: float
) -> None:
    monkeypatch.setattr(dispatcher, "SOON", soon)

    async def behind() -> None:
        async with lane_of(release, Turns(1, 0.3, 1, 5), seconds=1.5) as lane:
            runaway = asyncio.create_task(ask(lane, ENDLESS))
            await taken(lane)
            began = time.monotonic()
            results = await asyncio.gather(*(told(lane, value) for value in range(5)), return_exceptions=True)
            assert 0.25 < time.monotonic() - began < 1.2
            assert [getattr(result, "code", None) for result in results] == ["client-busy"] * 5
            with pytest.raises(RequestError, match="query-timeout"):
                await runaway

    go(behind())


def test_a_client_has_no_more_running_than_it_may_though_others_are_idle(release: Release) -> None:
    async def greedy() -> int:
        most = 0
        async with lane_of(release, Turns(4, 20.0, 2, 500)) as lane:
            tasks = [asyncio.create_task(ask(lane, LONG.format(500 + value))) for value in range(12)]
            while not all(task.done() for task in tasks):
                most = max(most, sum(bool(worker.line) for worker in lane.busy))
                assert len(lane.idle) >= 2
                await told(lane, most, "b")
            await asyncio.gather(*tasks)
        return most

    assert go(greedy()) == 2


def test_the_same_text_many_times_is_answered_as_often(release: Release) -> None:
    async def same() -> list[bytes]:
        async with lane_of(release, Turns(2, 20.0, 2, 500)) as lane:
            return await asyncio.gather(*(ask(lane, LONG.format(2000)) for _ in range(20)))

    answers = go(same())
    assert len(answers) == 20
    assert len(set(answers)) == 1


def test_a_job_too_large_for_a_line_waits_for_a_process_of_its_own(release: Release) -> None:
    padding = "#" + "x" * (40 * DATAGRAM)

    async def large() -> None:
        async with lane_of(release, Turns(2, 20.0, 2, 500)) as lane:

            async def padded(value: int) -> None:
                assert f'"value":"{value}"'.encode() in await ask(lane, f"{number(value)}{padding}")

            await asyncio.gather(
                *((padded if value % 5 == 0 else lambda v: told(lane, v))(value) for value in range(60))
            )

    go(large())


def test_what_stands_behind_a_job_that_ends_its_process_is_done_by_another(release: Release) -> None:
    async def killed() -> None:
        async with lane_of(release, Turns(2, 20.0, 2, 500)) as lane:
            for start in range(0, 1000, 50):
                tasks = [asyncio.create_task(told(lane, value)) for value in range(start, start + 50)]
                await asyncio.sleep(0.001)
                for worker in [*lane.busy][:1]:
                    os.kill(worker.pid, signal.SIGKILL)
                await asyncio.gather(*tasks)
            assert lane.ended["outside"] >= 10

    go(killed())


def test_whoever_goes_away_leaves_all_others_their_answers(release: Release) -> None:
    chance = random.Random(7)

    async def coming_and_going() -> int:
        gone = 0
        async with lane_of(release, Turns(3, 20.0, 2, 500)) as lane:

            async def one(value: int) -> None:
                nonlocal gone
                await asyncio.sleep(chance.random() * 0.5)
                client = chance.choice("abc")
                query = LONG.format(chance.randrange(200)) if value % 7 == 0 else None
                asked = ask(lane, query, client) if query else told(lane, value, client)
                if chance.random() < 0.3:
                    try:
                        await asyncio.wait_for(asked, chance.random() * 0.01)
                    except TimeoutError:
                        gone += 1
                else:
                    await asked

            await asyncio.gather(*(one(value) for value in range(1500)))
            assert not lane.ended.total()
        return gone

    assert go(coming_and_going()) > 50


def test_a_long_query_ends_a_moment_after_its_client_has_gone(release: Release) -> None:
    async def abandoned() -> float:
        async with lane_of(release, Turns(1, 20.0, 1, 5), seconds=60.0) as lane:
            task = asyncio.create_task(ask(lane, ENDLESS))
            await taken(lane)
            task.cancel()
            began = time.monotonic()
            await told(lane, 1)
            return time.monotonic() - began

    assert dispatcher.ABANDONED - 0.1 < go(abandoned()) < 10.0
