"""Whose query runs next."""

import asyncio
import time

import pytest

from gob_graph.endpoint.turns import Turns
from gob_graph.errors import RequestError
from tests.loops import go


async def enter(turns: Turns, client: str) -> None:
    if not turns.take(client):
        await turns.wait(client)


def test_no_more_run_than_there_are_turns_and_nothing_is_lost() -> None:
    turns = Turns(size=3, patience=20, running_each=2, waiting_each=160)
    now: list[str] = []
    done: list[str] = []
    most = [0, 0]

    async def work(client: str) -> None:
        await enter(turns, client)
        now.append(client)
        most[0] = max(most[0], len(now))
        most[1] = max(most[1], now.count(client))
        await asyncio.sleep(0.003)
        now.remove(client)
        done.append(client)
        turns.leave(client)

    async def all_of_them() -> None:
        await asyncio.gather(*(work(f"client {n % 2}") for n in range(160)))

    go(all_of_them())
    assert len(done) == 160
    assert most == [3, 2]
    assert (turns.lent, dict(turns.running), dict(turns.waiting)) == (0, {}, {})


def test_who_waits_too_long_is_told_whose_fault_it_is() -> None:
    turns = Turns(size=2, patience=0.05, running_each=1, waiting_each=1)

    async def two_clients() -> None:
        await enter(turns, "a")
        with pytest.raises(RequestError) as mine:
            await enter(turns, "a")
        await enter(turns, "b")
        with pytest.raises(RequestError) as all_busy:
            await enter(turns, "c")
        assert (mine.value.code, all_busy.value.code) == ("client-busy", "engine-busy")
        assert mine.value.headers["Retry-After"] == all_busy.value.headers["Retry-After"] == "1"
        turns.leave("a")
        turns.leave("b")

    go(two_clients())
    assert (turns.lent, dict(turns.running), dict(turns.waiting)) == (0, {}, {})


def test_a_full_queue_of_one_client_refuses_at_once_and_leaves_others_alone() -> None:
    turns = Turns(size=4, patience=5, running_each=1, waiting_each=0)

    async def greedy() -> None:
        await enter(turns, "a")
        began = time.monotonic()
        with pytest.raises(RequestError, match="client-busy"):
            await enter(turns, "a")
        assert time.monotonic() - began < 1
        await enter(turns, "b")

    go(greedy())
    assert turns.lent == 2


def test_turns_are_given_in_the_order_of_asking_and_who_leaves_the_queue_takes_none() -> None:
    turns = Turns(size=1, patience=5, running_each=1, waiting_each=5)
    order: list[str] = []

    async def work(client: str) -> None:
        await enter(turns, client)
        order.append(client)
        turns.leave(client)

    async def queue() -> None:
        await enter(turns, "first")
        tasks = [asyncio.create_task(work(client)) for client in ("b", "gone", "c", "d")]
        while not turns.waiting["d"]:
            await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
        turns.leave("first")
        await asyncio.gather(*tasks, return_exceptions=True)

    go(queue())
    assert order == ["b", "c", "d"]
    assert (turns.lent, dict(turns.running), dict(turns.waiting)) == (0, {}, {})
