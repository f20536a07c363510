"""Whose query runs next."""

import asyncio
import time

import pytest

from gob_graph.endpoint.engine.admission import Asked, Turns
from gob_graph.errors import RequestError
from tests.loops import go


class Few:
    """What gives turns out as a lane does: to so many at once, and to so many of each client."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        turns.impatient = self.refuse

    async def enter(self, client: str) -> Asked:
        asked = Asked(b"", client, asyncio.get_running_loop().create_future())
        self.turns.enter(asked)
        self.deal()
        try:
            await asked.reply
        except asyncio.CancelledError:
            self.turns.queue.remove(asked)
            self.turns.end(asked)
            raise
        return asked

    def leave(self, asked: Asked) -> None:
        self.turns.end(asked)
        self.deal()

    def deal(self) -> None:
        turns = self.turns
        while turns.lent < turns.size and (asked := turns.first(lambda c: turns.running[c] < turns.running_each)):
            turns.queue.remove(asked)
            turns.begin(asked)
            asked.reply.set_result((b"", b""))

    def refuse(self, asked: Asked) -> None:
        self.turns.queue.remove(asked)
        asked.reply.set_exception(self.turns.refusal(asked.client))
        self.turns.end(asked)

    def nothing_is_left(self) -> bool:
        turns = self.turns
        return (turns.lent, dict(turns.running), dict(turns.waiting), len(turns.queue)) == (0, {}, {}, 0)


def test_no_more_run_than_there_are_turns_and_nothing_is_lost() -> None:
    few = Few(Turns(size=3, patience=20, running_each=2, waiting_each=160))
    now: list[str] = []
    done: list[str] = []
    most = [0, 0]

    async def work(client: str) -> None:
        asked = await few.enter(client)
        now.append(client)
        most[0] = max(most[0], len(now))
        most[1] = max(most[1], now.count(client))
        await asyncio.sleep(0.003)
        now.remove(client)
        done.append(client)
        few.leave(asked)

    async def all_of_them() -> None:
        await asyncio.gather(*(work(f"client {n % 2}") for n in range(160)))

    go(all_of_them())
    assert len(done) == 160
    assert most == [3, 2]
    assert few.nothing_is_left()


def test_who_waits_too_long_is_told_whose_fault_it_is() -> None:
    few = Few(Turns(size=2, patience=0.05, running_each=1, waiting_each=1))

    async def two_clients() -> None:
        first = await few.enter("a")
        with pytest.raises(RequestError) as mine:
            await few.enter("a")
        second = await few.enter("b")
        with pytest.raises(RequestError) as all_busy:
            await few.enter("c")
        assert (mine.value.code, all_busy.value.code) == ("client-busy", "engine-busy")
        assert mine.value.headers["Retry-After"] == all_busy.value.headers["Retry-After"] == "1"
        few.leave(first)
        few.leave(second)

    go(two_clients())
    assert few.nothing_is_left()


def test_each_waits_as_long_as_it_may_and_no_longer() -> None:
    few = Few(Turns(size=1, patience=0.2, running_each=1, waiting_each=5))
    waited: list[float] = []

    async def wait(after: float) -> None:
        await asyncio.sleep(after)
        began = time.monotonic()
        with pytest.raises(RequestError):
            await few.enter("a")
        waited.append(time.monotonic() - began)

    async def several() -> None:
        first = await few.enter("a")
        await asyncio.gather(*(wait(after) for after in (0, 0.05, 0.1)))
        few.leave(first)

    go(several())
    assert len(waited) == 3
    assert all(0.19 < each < 1 for each in waited)
    assert few.nothing_is_left()


def test_a_full_queue_of_one_client_refuses_at_once_and_leaves_others_alone() -> None:
    few = Few(Turns(size=4, patience=5, running_each=1, waiting_each=0))

    async def greedy() -> None:
        await few.enter("a")
        began = time.monotonic()
        with pytest.raises(RequestError, match="client-busy"):
            await few.enter("a")
        assert time.monotonic() - began < 1
        await few.enter("b")

    go(greedy())
    assert few.turns.lent == 2


def test_turns_are_given_in_the_order_of_asking_and_who_leaves_the_queue_takes_none() -> None:
    few = Few(Turns(size=1, patience=5, running_each=1, waiting_each=5))
    order: list[str] = []

    async def work(client: str) -> None:
        asked = await few.enter(client)
        order.append(client)
        few.leave(asked)

    async def queue() -> None:
        first = await few.enter("first")
        tasks = [asyncio.create_task(work(client)) for client in ("b", "gone", "c", "d")]
        while not few.turns.waiting["d"]:
            await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
        few.leave(first)
        await asyncio.gather(*tasks, return_exceptions=True)

    go(queue())
    assert order == ["b", "c", "d"]
    assert few.nothing_is_left()


def test_what_ran_in_vain_stands_before_those_who_came_later() -> None:
    few = Few(Turns(size=2, patience=5, running_each=2, waiting_each=5))

    async def again() -> list[str]:
        tasks = [asyncio.create_task(few.enter(client)) for client in ("a", "b", "c", "d")]
        await asyncio.sleep(0)
        first, second = await tasks[0], await tasks[1]
        few.turns.back([second, first])
        assert (few.turns.lent, few.turns.waiting.total()) == (0, 4)
        return [asked.client for asked in few.turns.queue]

    assert go(again()) == ["a", "b", "c", "d"]
