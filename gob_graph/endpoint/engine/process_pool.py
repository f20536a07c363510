"""The worker processes of a lane: forks them, ends them, and counts why they ended.

Forking and waiting for an end take milliseconds, so that threads of the zygote's client do them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.exit_reason import REASONS, reason_of

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.exit_reason import Reason
    from gob_graph.endpoint.engine.job import Limits
    from gob_graph.endpoint.engine.worker_handle import WorkerHandle
    from gob_graph.endpoint.engine.zygote_client import Zygote


@dataclass(slots=True)
class ProcessPool:
    """Makes and ends the workers of one lane; all but `start` and `close` in its event loop."""

    zygote: Zygote
    limits: Limits
    ended: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))
    """Workers that ended, by reason."""
    live: set[WorkerHandle] = field(default_factory=set)
    _spare: list[WorkerHandle] = field(default_factory=list)
    """Workers of the start that no slot has taken."""

    def start(self, size: int) -> None:
        """Fork so many workers.

        Raises:
            EngineError: they cannot be forked.
        """
        self._spare = [self.zygote.fork(self.limits) for _ in range(size)]

    async def take(self) -> WorkerHandle:
        """A worker of the running zygote: one of the start, or a fresh one.

        Raises:
            EngineError: none can be forked.
        """
        while self._spare:
            worker = self._spare.pop()
            if worker.generation == self.zygote.generation:
                return await self._connected(worker)
            worker.close()
        task = asyncio.ensure_future(self.zygote.in_thread(lambda: self.zygote.fork(self.limits)))
        try:
            worker = await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_close_result)
            raise
        return await self._connected(worker)

    async def _connected(self, worker: WorkerHandle) -> WorkerHandle:
        self.live.add(worker)
        await worker.connect()
        return worker

    async def end(self, worker: WorkerHandle, reason: Reason | None = None) -> tuple[Reason, float]:
        """Kill a worker, if it has not ended, and wait for its end.

        Returns: why it ended (`reason`, or what its end tells), and the processor seconds since its last reply.

        Raises:
            EngineError: the zygote was ended.
        """
        self.discard(worker)
        left = await self.zygote.in_thread(lambda: self.zygote.reap(worker))
        told = reason or worker.stopped or reason_of(left.signal)
        self.ended[told] += 1
        return told, max(0.0, left.seconds - worker.total)

    def discard(self, worker: WorkerHandle) -> None:
        """Kill a worker and close its handle."""
        if worker in self.live:
            self.live.remove(worker)
            worker.kill()
            worker.close()

    def close(self) -> None:
        """Kill all workers."""
        for worker in (*self.live, *self._spare):
            worker.kill()
            worker.close()
        self.live.clear()
        self._spare.clear()


def _close_result(task: asyncio.Task[WorkerHandle]) -> None:
    """Close a worker that came when the lane had been closed."""
    if not task.cancelled() and not task.exception():
        task.result().kill()
        task.result().close()
