"""Lanes without a server, whose queries may bring about faults in their workers."""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gob_graph.endpoint.engine.admission import Admission
from gob_graph.endpoint.engine.dispatcher import Charge, Lane, charge_nobody
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.worker_handle import WorkerHandle
from gob_graph.endpoint.engine.zygote_client import Zygote
from gob_graph.release import Release

MANNER = Manner(None, None, Formats("json", "json", "turtle"))
TRUE = b'{"head":{},"boolean":true}'
PAUSE = "ASK {} # fault: pause"
"""Never answered, without using the processor."""
BURN = "ASK {} # fault: burn"
"""Never answered, in native code."""


@asynccontextmanager
async def lane_of(
    release: Release, admission: Admission, seconds: float = 60.0, charge: Charge = charge_nobody
) -> AsyncIterator[Lane]:
    """A lane in the running loop; when all is done nothing of it may be left."""
    lane = Lane(Zygote(release.path), Limits(256, 8, seconds, faults=True), admission, charge)
    lane.start()
    try:
        yield lane
        await all_idle(lane)
        assert (admission.busy, +admission.waiting, admission.queued) == (0, Counter(), 0)
        assert len(lane.pool.live) + len(lane.pool._spare) == admission.size
        assert lane._evaluating == {}
    finally:
        lane.close()
        await asyncio.sleep(0)
        lane.zygote.close()


async def all_idle(lane: Lane) -> None:
    """Wait until every slot has a worker and no job."""
    while lane._slots and len([p for p in lane.admission._places if not p.done()]) < lane.admission.size:
        await asyncio.sleep(0.001)


async def evaluated(lane: Lane, count: int = 1) -> None:
    """Wait until workers have so many jobs."""
    while len(lane._evaluating) < count:
        await asyncio.sleep(0)


def kill(worker: WorkerHandle) -> None:
    """End a worker from outside, if it has not ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker.pid, signal.SIGKILL)


def number(value: int) -> str:
    """A query that is answered by this number."""
    return f"SELECT ({value} AS ?n) {{}}"


async def ask(lane: Lane, query: str, client: str = "a") -> bytes:
    """The body of an answer."""
    return (await lane.ask(Job(query, MANNER), client)).body


async def ask_number(lane: Lane, value: int, client: str = "a", remark: str = "") -> None:
    """Ask for a number, and get that and no other."""
    assert f'"value":"{value}"'.encode() in await ask(lane, number(value) + remark, client)
