"""The query processes of a lane: which are idle, which have a job, and how one that ended is replaced.

All of it happens in the event loop of the lane. What takes milliseconds, forking and waiting for an end, is done by
threads of the zygote.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.engine.exit_reason import REASONS
from gob_graph.errors import EngineError, RequestError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from gob_graph.endpoint.engine.admission import Turns
    from gob_graph.endpoint.engine.worker import Limits
    from gob_graph.endpoint.engine.worker_handle import Worker, Zygote

LOG = logging.getLogger("gob_graph")


@dataclass(slots=True)
class Crew(ABC):
    """So many processes as there are turns. Whoever inherits this says what they do."""

    zygote: Zygote
    limits: Limits
    turns: Turns
    loop: asyncio.AbstractEventLoop | None = None
    idle: list[Worker] = field(default_factory=list)
    busy: set[Worker] = field(default_factory=set)
    ended: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))
    closed: bool = False
    _coming: int = 0
    """Processes that are being forked."""
    _repairs: set[asyncio.Task[object]] = field(default_factory=set)

    @abstractmethod
    def answered(self, worker: Worker, message: tuple[bytes, bytes]) -> None:
        """A worker has answered the first in its line."""

    @abstractmethod
    def gone(self, worker: Worker) -> None:
        """A worker ended."""

    @abstractmethod
    def _deal(self) -> None:
        """Give what waits to those who have room for it."""

    @abstractmethod
    def _give_up(self, error: RequestError) -> None:
        """There is no process, and none can be had."""

    def start(self) -> None:
        """Fork the workers."""
        self.idle = [self.zygote.fork(self.limits) for _ in range(self.turns.size)]

    def _free(self) -> Worker | None:
        """An idle worker of the living zygote; one is forked when there are too few."""
        while self.idle:
            worker = self.idle[-1]
            if worker.generation == self.zygote.generation and not worker.ended:
                worker.listen(self)
                return worker
            self.idle.remove(worker)
            worker.close()
        if self._lacking():
            self._detach(self._fresh())
        return None

    def _remove(self, worker: Worker) -> None:
        """Do without it; what stands in its line waits again."""
        self.busy.discard(worker)
        if worker in self.idle:
            self.idle.remove(worker)
        self.turns.back(worker.line)
        worker.line.clear()
        worker.kill()
        worker.close()

    async def _reap(self, worker: Worker) -> int:
        """The number of the signal that ended it."""
        try:
            return await self.zygote.elsewhere(self.zygote.reap, worker.pid)
        except EngineError:
            LOG.warning("the process that forks query processes is gone")
            return signal.SIGKILL

    def _lacking(self) -> bool:
        return len(self.idle) + len(self.busy) + self._coming < self.turns.size

    async def _fill(self) -> None:
        """Somebody may have needed a process meanwhile, and have forked it."""
        if self._lacking():
            await self._fresh()

    def _fresh(self) -> Coroutine[Any, Any, None]:
        self._coming += 1
        return self._fork()

    async def _fork(self) -> None:
        """One worker more; when none can be had, those who wait for one are told."""
        try:
            fresh = await self.zygote.elsewhere(self.zygote.fork, self.limits)
        except EngineError:
            LOG.exception("no query process can be had")
            if not (self.idle or self.busy):
                self._give_up(RequestError("engine-down", "no query process can be started now", {"Retry-After": "2"}))
            return
        finally:
            self._coming -= 1
        fresh.listen(self)
        self.idle.append(fresh)
        self._deal()

    def _detach(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._repairs.add(task)
        task.add_done_callback(self._repairs.discard)

    def close(self) -> None:
        """End the workers; from any thread."""
        self.closed = True
        gone, self.idle = self.idle, []
        for worker in (*gone, *self.busy):
            worker.kill()
        if self.loop is None:
            for worker in gone:
                worker.close()
        elif not self.loop.is_closed():
            for worker in gone:
                self.loop.call_soon_threadsafe(worker.close)
