"""A long query steps back behind the short ones: with its thread, so that its process goes on as if nothing had been."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gob_graph.endpoint.engine import dispatcher
from gob_graph.endpoint.engine.admission import Turns
from gob_graph.endpoint.engine.dispatcher import Lane
from gob_graph.endpoint.engine.kernel import AMONG_OTHERS, far, niceness, packed
from gob_graph.endpoint.engine.worker import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.worker_handle import Worker, Zygote
from gob_graph.release import Release

MANNER = Manner(None, None, Formats("json", "json", "turtle"))
TRUE = b'{"head":{},"boolean":true}'
SHORT = "ASK {{ ?s ?p ?o }} # {0}"
PAIRS = "SELECT (COUNT(*) AS ?n) {{ {{ SELECT * {{ ?a ?b ?c }} LIMIT 1000 }} {{ SELECT * {{ ?d ?e ?f }} LIMIT {0} }} }}"


@contextmanager
def one_worker(release: Release, memory: int = 256) -> Iterator[tuple[Lane, Worker]]:
    """A lane with one process, which has answered a query."""
    lane = Lane(Zygote(release.path), Limits(memory, 4, 20.0), Turns(1, 20.0, 1, 1))
    lane.start()
    try:
        assert ask(lane, SHORT.format("first")) == TRUE
        yield lane, lane.idle[0]
    finally:
        lane.close()
        lane.zygote.close()


def ask(lane: Lane, query: str) -> bytes:
    return lane.answer(Job(query, MANNER), "test").body


def long_query(lane: Lane) -> str:
    """One that takes a fifth of a second or two, whatever the machine and the limit of memory make of it."""
    rows, took = 1, 0.0
    while took < 0.2:
        rows *= 2
        began = time.monotonic()
        ask(lane, PAIRS.format(rows))
        took = time.monotonic() - began
    return PAIRS.format(rows)


def threads(pid: int) -> dict[int, int]:
    """The niceness of each thread of a process."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        found[int(task.name)] = int((task / "stat").read_text().rpartition(")")[2].split()[16])
    return found


def answering(pid: int) -> int:
    """The thread that answers; the only one beside the main thread."""
    (thread,) = threads(pid).keys() - {pid}
    return thread


@dataclass(frozen=True)
class Size:
    """What a process takes: threads, descriptors, kB of addresses, kB of memory of its own."""

    threads: int
    descriptors: int
    addresses: int
    own: int


def size_of(pid: int) -> Size:
    def kilobytes(name: str, *fields: str) -> int:
        lines = Path(f"/proc/{pid}/{name}").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(fields))

    return Size(
        len(threads(pid)),
        len(list(Path(f"/proc/{pid}/fd").iterdir())),
        kilobytes("status", "VmSize"),
        kilobytes("smaps_rollup", "Private_"),
    )


def test_a_long_query_steps_back_alone_and_its_process_answers_the_next(release: Release) -> None:
    with one_worker(release) as (lane, worker):
        usual, first = niceness(), answering(worker.pid)
        asked = threading.Thread(target=ask, args=(lane, PAIRS.format(8000)))
        asked.start()
        deadline = time.monotonic() + 10
        while (seen := threads(worker.pid))[first] == usual and time.monotonic() < deadline:
            time.sleep(0.01)
        assert seen == {worker.pid: usual, first: 10}
        assert worker.slow
        asked.join()
        assert ask(lane, SHORT.format("next")) == TRUE
        assert not worker.slow
        assert threads(worker.pid) == {worker.pid: usual, answering(worker.pid): usual}
        assert answering(worker.pid) != first
        assert lane.idle == [worker]
        assert lane.ended.total() == 0


def places(pid: int) -> set[frozenset[int]]:
    """The processors of each thread of a process."""
    return {frozenset(os.sched_getaffinity(thread)) for thread in threads(pid)}


@pytest.mark.parametrize("brisk", [False, True], ids=["alone", "among short ones"])
def test_a_very_long_query_leaves_a_processor_to_the_others(
    brisk: bool, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "BRISK", 60.0 if brisk else 0.0)
    processors = os.sched_getaffinity(0)
    with one_worker(release) as (lane, worker):
        first = answering(worker.pid)
        asked = threading.Thread(target=ask, args=(lane, PAIRS.format(30000)))
        asked.start()
        deadline = time.monotonic() + 10
        while not worker.aside and asked.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert worker.aside
        age = time.monotonic() - worker.began
        assert age > (dispatcher.POLITE_AFTER if brisk else dispatcher.ASIDE_AFTER)
        assert age < dispatcher.ASIDE_AFTER or not brisk
        # The main thread as well: should the process end now, that is what would take longest.
        assert places(worker.pid) == {frozenset(far(processors))}
        assert first in threads(worker.pid)
        asked.join()
        assert ask(lane, SHORT.format("next")) == TRUE
        assert not worker.aside
        assert places(worker.pid) == {frozenset(processors)}


def test_forking_keeps_off_the_processor_of_the_short_ones_and_its_children_do_not(release: Release) -> None:
    processors = os.sched_getaffinity(0)
    with one_worker(release) as (lane, worker):
        assert places(lane.zygote.process.pid) == {frozenset(far(processors))}
        assert places(worker.pid) == {frozenset(processors)}


@pytest.mark.parametrize(("given", "expected"), [({0, 1, 3}, {1, 3}), ({2, 3}, {3}), ({5}, {5})])
def test_one_processor_of_several_is_kept_free(given: set[int], expected: set[int]) -> None:
    assert far(given) == expected


def test_whoever_has_ended_by_then_does_not_step_aside(release: Release) -> None:
    processors = os.sched_getaffinity(0)
    with one_worker(release) as (lane, worker):
        worker.step_aside()
        assert places(worker.pid) == {frozenset(processors)}
        for number in range(200):
            worker.step_back()
            worker.step_aside()
            assert ask(lane, SHORT.format(number)) == TRUE
            worker.step_aside()
            assert places(worker.pid) == {frozenset(processors)}


def test_a_short_query_leaves_its_thread_where_it_is(release: Release) -> None:
    with one_worker(release) as (lane, worker):
        before = threads(worker.pid)
        for number in range(50):
            ask(lane, SHORT.format(number))
        assert threads(worker.pid) == before


@pytest.mark.parametrize("memory", [64, 1024])
def test_nothing_grows_while_long_and_short_queries_alternate(
    memory: int, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "POLITE_AFTER", 0.1)
    with one_worker(release, memory) as (lane, worker):
        usual, seen, query = niceness(), set(), long_query(lane)
        expected = ask(lane, query)

        def alternate(times: int) -> None:
            for number in range(times):
                assert ask(lane, query) == expected
                assert worker.slow
                assert threads(worker.pid)[answering(worker.pid)] == 10
                assert ask(lane, SHORT.format(number)) == TRUE
                assert threads(worker.pid)[answering(worker.pid)] == usual
                seen.add(answering(worker.pid))

        alternate(5)
        before = size_of(worker.pid)
        alternate(30)
        after = size_of(worker.pid)
        assert len(seen) == 35
        assert lane.idle == [worker]
        assert lane.ended.total() == 0
        assert (after.threads, after.descriptors) == (before.threads, before.descriptors)
        assert after.addresses <= before.addresses + 1024
        assert after.own <= before.own + 1024


@pytest.mark.parametrize("memory", [64, 1024])
def test_who_is_made_to_step_back_after_the_answer_hands_the_next_job_on(memory: int, release: Release) -> None:
    """Many at once, so that the old thread has hardly ended when the new one needs its room."""
    with one_worker(release, memory) as (lane, worker):
        usual, before, seen = niceness(), size_of(worker.pid), set()
        for number in range(500):
            worker.step_back()
            assert worker.slow
            assert ask(lane, SHORT.format(number)) == TRUE
            assert not worker.slow
            seen.add(answering(worker.pid))
        assert len(seen) == 500
        assert set(threads(worker.pid).values()) == {usual}
        assert lane.idle == [worker]
        assert lane.ended.total() == 0
        after = size_of(worker.pid)
        assert (after.threads, after.descriptors) == (before.threads, before.descriptors)
        assert after.addresses <= before.addresses + 1024
        assert after.own <= before.own + 2048


def test_several_long_queries_in_a_row_step_back_each(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "POLITE_AFTER", 0.1)
    with one_worker(release) as (lane, worker):
        seen, query = set(), long_query(lane)
        for _ in range(5):
            ask(lane, query)
            assert threads(worker.pid)[answering(worker.pid)] == 10
            seen.add(answering(worker.pid))
        assert len(seen) == 5
        assert lane.idle == [worker]


def test_a_process_outlives_a_client_that_goes_in_the_middle(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "ABANDONED", 5.0)
    with one_worker(release) as (lane, worker):
        query = long_query(lane)

        async def leave() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(lane.ask(Job(query, MANNER), "test"), 0.02)

        for number in range(5):
            assert lane.loop
            asyncio.run_coroutine_threadsafe(leave(), lane.loop).result()
            assert lane.turns.lent == 1, "its place is not given to another before it is free"
            assert ask(lane, SHORT.format(number)) == TRUE
            assert (lane.turns.lent, lane.turns.running.total()) == (0, 0)
        assert lane.idle == [worker]
        assert lane.ended.total() == 0


def test_a_thread_that_is_behind_already_counts_for_no_other_job(release: Release) -> None:
    with one_worker(release) as (_, worker):
        worker.step_back()
        worker.slow = False
        worker.step_back()
        assert not worker.slow


@pytest.mark.parametrize("stepped_back", [False, True])
def test_a_process_ends_when_its_answering_thread_fails(stepped_back: bool, release: Release) -> None:
    with one_worker(release) as (lane, worker):
        if stepped_back:
            worker.step_back()
            ask(lane, SHORT.format("another thread"))
        lane.idle.clear()
        worker.jobs.send(AMONG_OTHERS + packed(b"no manner of asking", b""))
        assert lane.zygote._ask({"reap": worker.pid}, 0) == ({"signal": 0, "exit": 1}, [])
        assert lane.loop
        lane.loop.call_soon_threadsafe(worker.close)
