"""Every answer belongs to its query, whatever happens to workers, clients and the zygote."""

import asyncio
import gc
import json
import os
import signal
import time
from pathlib import Path

import pytest

from gob_graph.endpoint.engine import dispatcher
from gob_graph.endpoint.engine.admission import Admission
from gob_graph.endpoint.engine.dispatcher import Answer
from gob_graph.endpoint.engine.job import Job
from gob_graph.endpoint.engine.messages import Message
from gob_graph.endpoint.engine.worker_handle import WorkerHandle
from gob_graph.errors import RequestError
from gob_graph.release import Release
from tests.conftest import workers
from tests.engine.lanes import BURN, MANNER, PAUSE, TRUE, all_idle, ask, ask_number, evaluated, kill, lane_of
from tests.loops import go

FAULTS = {
    "signal": "engine-crashed",
    "overflow": "engine-crashed",
    "memory": "query-memory",
    "serial": "engine-mismatch",
}


LOWER_PRIORITY = WorkerHandle.lower_priority


@pytest.fixture(autouse=True)
def no_query_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine any query may be slow: then its worker ends after it, and another one is forked beside it."""
    monkeypatch.setattr(WorkerHandle, "lower_priority", lambda *_: None)
    monkeypatch.setattr(dispatcher, "RELIEVED_AFTER", 3600.0)


def test_many_clients_with_few_texts_get_their_own_answers(release: Release) -> None:
    async def many() -> None:
        async with lane_of(release, Admission(3, 60.0, 2, 500)) as lane:
            await asyncio.gather(*(ask_number(lane, n % 3, f"client {n % 8}") for n in range(900)))

    go(many())


def test_one_worker_has_one_job_at_a_time(release: Release) -> None:
    async def many() -> int:
        most = 0
        async with lane_of(release, Admission(2, 60.0, 2, 500)) as lane:
            tasks = [asyncio.create_task(ask_number(lane, n % 2)) for n in range(200)]
            while not all(task.done() for task in tasks):
                workers = [worker.pid for worker in lane._evaluating.values()]
                assert len(set(workers)) == len(workers)
                most = max(most, len(workers))
                await asyncio.sleep(0)
            await asyncio.gather(*tasks)
        return most

    assert go(many()) == 2


@pytest.mark.parametrize(("fault", "code"), FAULTS.items())
def test_a_fault_is_told_and_the_next_query_gets_its_own_answer(fault: str, code: str, release: Release) -> None:
    async def faulty() -> dict[str, int]:
        async with lane_of(release, Admission(1, 60.0, 1, 5)) as lane:
            with pytest.raises(RequestError) as error:
                await ask(lane, f"ASK {{}} # fault: {fault}")
            assert error.value.code == code
            await ask_number(lane, 7)
            return +lane.pool.ended

    assert sum(go(faulty()).values()) == 1


def test_the_answer_to_another_job_ends_its_worker_and_is_counted(release: Release) -> None:
    async def lying() -> tuple[list[object], dict[str, int]]:
        async with lane_of(release, Admission(2, 60.0, 2, 500)) as lane:
            tasks = [ask_number(lane, n % 3, remark=" # fault: serial" if n % 10 == 0 else "") for n in range(50)]
            results = await asyncio.gather(*tasks, return_exceptions=True)
            return [getattr(result, "code", result) for result in results], +lane.pool.ended

    results, ended = go(lying())
    assert results == ["engine-mismatch" if n % 10 == 0 else None for n in range(50)]
    assert ended == {"mismatch": 5}


def test_bytes_that_no_job_asked_for_are_no_answer(release: Release) -> None:
    """A worker that answers twice: the second answer is not that of the next job."""

    async def twice() -> dict[str, int]:
        async with lane_of(release, Admission(1, 60.0, 1, 5)) as lane:
            await ask_number(lane, 1)
            await all_idle(lane)
            (worker,) = lane.pool.live
            # A job that the dispatcher knows nothing of, so that its answer is there before the next.
            head, body = Job("ASK {}", MANNER).encode()
            worker.connection.send(Message(999, head, body).packed())
            with pytest.raises(RequestError, match="engine-mismatch"):
                await ask_number(lane, 2)
            await ask_number(lane, 3)
            return +lane.pool.ended

    assert go(twice()) == {"mismatch": 1}


def test_a_late_reply_of_the_zygote_is_not_that_of_the_next_request(release: Release) -> None:
    async def late() -> tuple[int, int]:
        async with lane_of(release, Admission(1, 60.0, 1, 5)) as lane:
            await ask_number(lane, 1)
            zygote = lane.zygote
            generation = zygote.generation
            zygote.control.send(json.dumps({"reap": os.getpid(), "serial": 999}).encode())
            (worker,) = lane.pool.live
            kill(worker)
            await ask_number(lane, 2)
            return generation, zygote.generation

    before, after = go(late())
    assert after == before + 1


def test_a_worker_killed_in_the_middle_is_made_good_once(release: Release) -> None:
    async def killed() -> tuple[dict[str, int], int]:
        async with lane_of(release, Admission(1, 60.0, 1, 5)) as lane:
            task = asyncio.create_task(ask(lane, PAUSE))
            for _ in range(2):
                await evaluated(lane)
                (worker,) = lane._evaluating.values()
                kill(worker)
                while worker in lane.pool.live:
                    await asyncio.sleep(0.001)
            with pytest.raises(RequestError, match="engine-down"):
                await task
            await ask_number(lane, 3)
            return +lane.pool.ended, lane.zygote.generation

    assert go(killed()) == ({"outside": 2}, 1)


def test_kills_among_few_texts_mix_nothing_up(release: Release) -> None:
    async def killed() -> int:
        async with lane_of(release, Admission(2, 60.0, 2, 500)) as lane:
            for start in range(0, 400, 40):
                tasks = [asyncio.create_task(ask_number(lane, value % 3)) for value in range(start, start + 40)]
                await evaluated(lane)
                kill(next(iter(lane._evaluating.values())))
                await asyncio.gather(*tasks)
            return lane.pool.ended["outside"]

    assert go(killed()) >= 5


def test_the_answer_for_a_client_that_has_gone_goes_to_nobody(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "ABANDONED", 3600.0)

    async def gone() -> None:
        async with lane_of(release, Admission(1, 60.0, 1, 5)) as lane:
            left = asyncio.create_task(ask_number(lane, 1, remark=" # fault: pause 0.2"))
            await evaluated(lane)
            worker = next(iter(lane._evaluating.values()))
            following = asyncio.create_task(ask_number(lane, 2))
            left.cancel()
            await following
            with pytest.raises(asyncio.CancelledError):
                await left
            assert lane.pool.live == {worker}
            assert +lane.pool.ended == {}

    go(gone())


def test_clients_that_come_and_go_leave_the_others_their_answers(release: Release) -> None:
    async def coming_and_going() -> int:
        async with lane_of(release, Admission(3, 60.0, 2, 500)) as lane:

            async def one(value: int) -> bool:
                task = asyncio.create_task(ask_number(lane, value % 3, f"client {value % 5}"))
                if value % 4 == 0:
                    for _ in range(value % 9):
                        await asyncio.sleep(0)
                    task.cancel()
                await asyncio.wait([task])
                if not task.cancelled():
                    task.result()
                return task.cancelled()

            return sum(await asyncio.gather(*(one(value) for value in range(600))))

    assert go(coming_and_going()) >= 100


def test_a_query_whose_client_has_gone_ends_a_moment_later(release: Release) -> None:
    async def abandoned() -> dict[str, int]:
        async with lane_of(release, Admission(1, 60.0, 1, 5), seconds=60.0) as lane:
            task = asyncio.create_task(ask(lane, PAUSE))
            await evaluated(lane)
            task.cancel()
            await ask_number(lane, 1)
            return +lane.pool.ended

    assert go(abandoned()) == {"abandoned": 1}


def test_a_query_is_stopped_at_its_deadline_and_others_go_on(release: Release) -> None:
    async def stopped() -> dict[str, int]:
        async with lane_of(release, Admission(2, 60.0, 2, 500), seconds=4.0) as lane:
            task = asyncio.create_task(ask(lane, BURN))
            await asyncio.gather(*(ask_number(lane, n) for n in range(20)))
            with pytest.raises(RequestError, match="query-timeout"):
                await task
            return +lane.pool.ended

    assert go(stopped()) == {"timeout": 1}


def test_a_client_has_no_more_running_than_it_may_though_workers_are_idle(release: Release) -> None:
    async def greedy() -> None:
        async with lane_of(release, Admission(3, 60.0, 2, 500)) as lane:
            tasks = [asyncio.create_task(ask(lane, PAUSE)) for _ in range(4)]
            await evaluated(lane, 2)
            await ask_number(lane, 1, "b")
            assert lane.admission.running == {"a": 2}
            assert lane.admission.waiting == {"a": 2}
            for task in tasks:
                task.cancel()

    go(greedy())


def test_a_slow_query_has_low_priority_and_ends_its_process_after_its_answer(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "SLOW_AFTER", 0.0)
    monkeypatch.setattr(WorkerHandle, "lower_priority", LOWER_PRIORITY)

    async def slow() -> tuple[list[int], dict[str, int]]:
        async with lane_of(release, Admission(1, 60.0, 1, 5)) as lane:
            usual = os.getpriority(os.PRIO_PROCESS, 0)
            task = asyncio.create_task(ask(lane, PAUSE.replace("pause", "pause 0.5")))
            await evaluated(lane)
            (worker,) = lane._evaluating.values()
            os.kill(worker.pid, signal.SIGSTOP)  # it has not answered before it was looked at
            while not worker.slow:
                await asyncio.sleep(0)
            threads = [int(path.name) for path in Path(f"/proc/{worker.pid}/task").iterdir()]
            found = [os.getpriority(os.PRIO_PROCESS, thread) for thread in threads]
            os.kill(worker.pid, signal.SIGCONT)
            assert await task == TRUE
            await all_idle(lane)
            (fresh,) = lane.pool.live
            return [*found, os.getpriority(os.PRIO_PROCESS, fresh.pid) - usual], +lane.pool.ended

    assert go(slow()) == ([10, 0], {"retired": 1})


def test_each_job_is_charged_to_its_client_however_it_ends(release: Release) -> None:
    charged: list[tuple[str, float]] = []

    took: dict[str, float] = {}

    async def several() -> None:
        lane_context = lane_of(
            release, Admission(1, 60.0, 1, 5), 2.0, lambda client, seconds: charged.append((client, seconds))
        )
        async with lane_context as lane:
            await ask(lane, "ASK {} # fault: burn 0.05", "answered")
            await lane.ask(Job("ASK {}", MANNER), "page", "the client of the page")
            for client, query in (("stopped", BURN), ("crashed", "ASK {} # fault: signal"), ("idle", PAUSE)):
                began = time.monotonic()
                with pytest.raises(RequestError):
                    await ask(lane, query, client)
                took[client] = time.monotonic() - began

    go(several())
    assert [client for client, _ in charged] == ["answered", "the client of the page", "stopped", "crashed", "idle"]
    seconds = dict(charged)
    assert 0.05 <= seconds["answered"] < 0.5
    assert 0.0 < seconds["the client of the page"] < 0.1
    assert 0.0 < seconds["stopped"] <= took["stopped"]
    assert seconds["crashed"] < 0.1
    assert seconds["idle"] < 0.1


def test_a_result_leaves_the_dispatcher_when_it_is_handed_over(release: Release) -> None:
    async def handed_over() -> list[object]:
        async with lane_of(release, Admission(1, 60.0, 1, 5)) as lane:
            answer = await lane.ask(Job("SELECT * { ?s ?p ?o } LIMIT 500", MANNER), "a")
            # The event loop holds the reply until the step ends that it woke up.
            await asyncio.sleep(0)
            await all_idle(lane)
            assert len(answer.body) > 10_000
            return gc.get_referrers(answer.body)

    (only,) = go(handed_over())
    assert isinstance(only, Answer)


def test_processes_do_not_become_more_when_they_end_while_they_are_needed(release: Release) -> None:
    async def killed() -> tuple[int, int]:
        async with lane_of(release, Admission(2, 60.0, 2, 5)) as lane:
            for value in range(8):
                for worker in list(lane.pool.live):
                    kill(worker)
                await ask_number(lane, value)
            await all_idle(lane)
            return len(workers(lane.zygote.process.pid)), len(lane.pool.live)

    assert go(killed()) == (2, 2)


def test_an_idle_worker_that_ends_is_replaced_without_a_query(release: Release) -> None:
    async def killed() -> dict[str, int]:
        async with lane_of(release, Admission(2, 60.0, 2, 5)) as lane:
            await ask_number(lane, 1)
            await all_idle(lane)
            before = set(lane.pool.live)
            for worker in before:
                kill(worker)
            while len(lane.pool.live - before) < 2:
                await asyncio.sleep(0.001)
            return +lane.pool.ended

    assert go(killed()) == {"outside": 2}


def test_long_queries_leave_room_for_short_ones(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "RELIEVED_AFTER", 0.01)

    async def long_and_short() -> tuple[int, int]:
        async with lane_of(release, Admission(2, 60.0, 2, 5)) as lane:
            long = [asyncio.create_task(ask(lane, PAUSE, client)) for client in "abcd"]
            await evaluated(lane, 4)
            most = len(lane.pool.live)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ask(lane, PAUSE, "e"), 0.05)
            long.pop().cancel()
            await ask_number(lane, 5, "f")
            for task in long:
                task.cancel()
            await asyncio.wait(long)
            while len(lane._slots) > 2 or len(lane.pool.live) > 2:
                await asyncio.sleep(0.001)
            return most, len(lane._slots)

    assert go(long_and_short()) == (4, 2), "twice the size while they run, and no more afterwards"
