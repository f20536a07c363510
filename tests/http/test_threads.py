"""The threads of the web framework: how many run at once, what a client pays, and that nothing is lost."""

import asyncio
import threading

import pytest

from gob_graph.endpoint.engine.budget import Budget
from gob_graph.endpoint.server import threads as module
from gob_graph.endpoint.server.threads import AT_ONCE, OF_CLIENT, Threads
from gob_graph.errors import RequestError
from tests.loops import go


def nothing_is_left(threads: Threads) -> bool:
    found = threads.admission
    return (found.busy, found.queued, found.free) == (0, 0, AT_ONCE)


def test_few_run_at_once_and_fewer_of_one_client() -> None:
    async def many() -> bool:
        threads = Threads(Budget(1000, 1), spare=2)
        free, seen, now = threading.Event(), [], []

        def work(client: str) -> None:
            now.append(client)
            seen.append((len(now), now.count(client)))
            free.wait(180)
            now.remove(client)

        tasks = [asyncio.create_task(threads.run(f"client {n % 4}", work, f"client {n % 4}")) for n in range(40)]
        while len(now) < AT_ONCE:
            await asyncio.sleep(0.001)
        free.set()
        await asyncio.gather(*tasks)
        assert len(seen) == 40
        assert max(all_of_them for all_of_them, _ in seen) == AT_ONCE
        assert max(own for _, own in seen) <= OF_CLIENT
        return nothing_is_left(threads)

    assert go(many())


def test_processor_time_is_charged_to_the_client() -> None:
    async def busy() -> float:
        threads = Threads(Budget(0.02, 0.001), spare=1)
        await threads.run("busy", lambda: sum(n * n for n in range(2_000_000)))
        assert threads.budget.wait("idle") == 0
        return threads.budget.wait("busy")

    assert go(busy()) > 0


def test_a_request_that_is_given_up_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 2)

    async def given_up() -> bool:
        threads = Threads(Budget(1000, 1), spare=1)
        free = threading.Event()
        running = [asyncio.create_task(threads.run("a", free.wait, 180)) for _ in range(OF_CLIENT)]
        waiting = [asyncio.create_task(threads.run("a", free.wait, 180)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(RequestError, match="client-busy"):
            await threads.run("a", free.wait, 180)
        assert await threads.run("b", lambda: 5) == 5
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        free.set()
        await asyncio.gather(*running)
        return nothing_is_left(threads)

    assert go(given_up())
