"""Which query is evaluated next, and which is refused; on a clock of its own, so that times are exact."""

import asyncio

import pytest

from gob_graph.endpoint.engine.admission import Admission, Pending
from gob_graph.errors import RequestError
from tests.loops import go_timeless


class Workers:
    """Each takes one query, as the slots of a lane do, and another one when that is finished."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.order: list[str] = []
        self.tasks = [asyncio.ensure_future(self.work()) for _ in range(admission.size)]

    async def work(self) -> None:
        pending = await self.admission.take()
        assert pending
        self.order.append(pending.client)
        pending.reply.set_result(pending)  # type: ignore[arg-type]

    async def enter(self, client: str) -> Pending:
        """Wait for a worker."""
        pending = Pending(b"", b"", client, asyncio.get_running_loop().create_future(), client)
        self.admission.enter(pending)
        try:
            await pending.reply
        except asyncio.CancelledError:
            self.admission.leave(pending)
            raise
        return pending

    def finish(self, pending: Pending) -> None:
        """The worker is free again."""
        self.admission.finish(pending)
        self.tasks.append(asyncio.ensure_future(self.work()))

    def nothing_is_left(self) -> bool:
        found = self.admission
        return (found.busy, dict(found.running), dict(found.waiting), found.queued) == (0, {}, {}, 0)


def test_no_more_run_than_there_are_workers_and_nothing_is_lost() -> None:
    async def all_of_them() -> tuple[int, list[int], bool]:
        few = Workers(Admission(size=3, patience=20, running_each=2, waiting_each=160))
        now: list[str] = []
        most = [0, 0]

        async def work(client: str) -> None:
            pending = await few.enter(client)
            now.append(client)
            most[0] = max(most[0], len(now))
            most[1] = max(most[1], now.count(client))
            await asyncio.sleep(0.003)
            now.remove(client)
            few.finish(pending)

        await asyncio.gather(*(work(f"client {n % 2}") for n in range(160)))
        return len(few.order), most, few.nothing_is_left()

    assert go_timeless(all_of_them()) == (160, [3, 2], True)


def test_a_query_that_waits_too_long_is_refused_with_the_cause() -> None:
    async def two_clients() -> bool:
        few = Workers(Admission(size=2, patience=0.05, running_each=1, waiting_each=1))
        first = await few.enter("a")
        with pytest.raises(RequestError) as mine:
            await few.enter("a")
        second = await few.enter("b")
        with pytest.raises(RequestError) as all_busy:
            await few.enter("c")
        assert (mine.value.code, all_busy.value.code) == ("client-busy", "engine-busy")
        assert mine.value.headers["Retry-After"] == all_busy.value.headers["Retry-After"] == "1"
        few.finish(first)
        few.finish(second)
        return few.nothing_is_left()

    assert go_timeless(two_clients())


def test_each_waits_exactly_as_long_as_it_may() -> None:
    async def several() -> tuple[list[float], bool]:
        few = Workers(Admission(size=1, patience=0.2, running_each=1, waiting_each=5))
        loop, waited = asyncio.get_running_loop(), []

        async def wait(after: float) -> None:
            await asyncio.sleep(after)
            began = loop.time()
            with pytest.raises(RequestError):
                await few.enter("a")
            waited.append(round(loop.time() - began, 6))

        first = await few.enter("a")
        await asyncio.gather(*(wait(after) for after in (0, 0.05, 0.1)))
        few.finish(first)
        return waited, few.nothing_is_left()

    assert go_timeless(several()) == ([0.2, 0.2, 0.2], True)


def test_a_full_queue_of_one_client_refuses_at_once_and_leaves_others_alone() -> None:
    async def greedy() -> tuple[float, int]:
        few = Workers(Admission(size=4, patience=5, running_each=1, waiting_each=0))
        await few.enter("a")
        with pytest.raises(RequestError, match="client-busy"):
            await few.enter("a")
        await few.enter("b")
        return asyncio.get_running_loop().time(), few.admission.busy

    assert go_timeless(greedy()) == (0.0, 2)


def test_queries_are_admitted_in_their_order_and_one_that_left_is_not() -> None:
    async def queue() -> tuple[list[str], bool]:
        few = Workers(Admission(size=1, patience=5, running_each=1, waiting_each=5))

        async def work(client: str) -> None:
            few.finish(await few.enter(client))

        first = await few.enter("first")
        tasks = [asyncio.create_task(work(client)) for client in ("b", "gone", "c", "d")]
        while few.admission.queued < 4:
            await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
        few.finish(first)
        await asyncio.gather(*tasks, return_exceptions=True)
        return few.order, few.nothing_is_left()

    assert go_timeless(queue()) == (["first", "b", "c", "d"], True)


def test_a_client_with_all_it_may_have_is_passed_over_by_the_next() -> None:
    async def two_clients() -> list[str]:
        few = Workers(Admission(size=2, patience=5, running_each=1, waiting_each=5))
        await few.enter("a")
        second = asyncio.create_task(few.enter("a"))
        await asyncio.sleep(0)
        await few.enter("b")
        assert not second.done()
        second.cancel()
        return few.order

    assert go_timeless(two_clients()) == ["a", "b"]


def test_a_worker_that_was_withdrawn_gets_no_query() -> None:
    async def withdrawn() -> tuple[bool, bool]:
        admission = Admission(size=2, patience=5, running_each=2, waiting_each=5)
        dead, living = admission.take(), admission.take()
        admission.withdraw(dead)
        admission.withdraw(dead)
        pending = Pending(b"", b"", "a", asyncio.get_running_loop().create_future(), "a")
        admission.enter(pending)
        admission.withdraw(living)
        return await dead is None, await living is pending

    assert go_timeless(withdrawn()) == (True, True)


def test_all_that_wait_can_be_refused_at_once() -> None:
    async def refused() -> tuple[list[str], bool]:
        few = Workers(Admission(size=0, patience=5, running_each=1, waiting_each=5))
        tasks = [asyncio.create_task(few.enter(client)) for client in "ab"]
        await asyncio.sleep(0)
        few.admission.refuse_all(RequestError("engine-down", "no process"))
        results = await asyncio.gather(*tasks, return_exceptions=True)
        return [getattr(result, "code", "") for result in results], few.nothing_is_left()

    assert go_timeless(refused()) == (["engine-down"] * 2, True)
