"""The front's side of the query processes: hand out a worker, watch the time, kill, replace.

Lanes keep the pages answering while public queries are stuck. Within a lane a client has at most so many queries
running and so many waiting; who waits too long is refused with 429 (own queue) or 503 (all processes busy).

A lane lives in one event loop: that of the server, or a loop of its own where there is none (`Lane.answer`). What takes
milliseconds, forking and waiting for an end, is done by threads of the zygote.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.kernel import packed
from gob_graph.endpoint.turns import Turns
from gob_graph.errors import EngineError, RequestError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from gob_graph.endpoint.processes import Worker, Zygote
    from gob_graph.endpoint.worker import Job, Limits
    from gob_graph.formats import Kind


POLITE_AFTER = 0.1
"""Seconds after which a job steps back behind the short ones: its thread, not its process."""
ASIDE_AFTER = 0.5
"""Seconds after which a job leaves one processor to the short ones."""
WATCH_EVERY = 0.05
"""Seconds between two looks at the processes that have a job."""
ABANDONED = 0.5
"""Seconds that a job may go on when its client has gone."""
ARRIVAL = 1.0
"""Seconds that the rest of an answer may take when the time is up: all of it is in the worker's memory by then."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole result: its kind, the short name of its format, and the document."""

    kind: Kind
    format: str
    body: bytes


LOG = logging.getLogger("gob_graph")
REASONS = ("timeout", "memory", "crash", "outside", "retired")
"""Why query processes end: stopped at the deadline, by its memory limit, by a fault of its own, by someone else's
signal, or of itself after an answer that left it large."""


@dataclass(slots=True)
class Lane:
    """Workers for one kind of work, and who may use them."""

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
    _watching: asyncio.TimerHandle | None = None
    _repairs: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> None:
        """Fork the workers."""
        self.idle = [self.zygote.fork(self.limits) for _ in range(self.turns.size)]

    def answer(self, job: Job, client: str) -> Answer:
        """`ask` for whoever is in a thread, not in the loop."""
        if self.loop is None:
            self.loop = background()
        return asyncio.run_coroutine_threadsafe(self.ask(job, client), self.loop).result()

    async def ask(self, job: Job, client: str) -> Answer:
        """Evaluate a job; a worker that died of someone else's doing is replaced and the job tried once more.

        Raises:
            RequestError: the query is wrong, too costly, or there is no room for it now.
        """
        if not self.turns.take(client):
            await self.turns.wait(client)
        try:
            began = _now()
            try:
                return await self._evaluate(job, client)
            except _Lost as lost:
                if lost.reason != "outside" or _now() - began > self.limits.seconds / 2:
                    raise self._died(lost) from lost
            try:
                return await self._evaluate(job, client)
            except _Lost as lost:
                raise self._died(lost) from lost
        finally:
            self.turns.leave(client)

    async def _evaluate(self, job: Job, client: str) -> Answer:
        for one in self.idle if self._watching is None else ():
            one.listen(self._gone)
        worker = self._take() or await self._fork()
        worker.listen(self._gone)
        self.busy.add(worker)
        if self._watching is None:
            self._watching = asyncio.get_running_loop().call_later(WATCH_EVERY, self._watch)
        try:
            head, body = await worker.ask(packed(*job.encode()))
        except TimeoutError:
            self.ended["timeout"] += 1
            await self._replace(worker)
            raise RequestError("query-timeout", f"the query was stopped after {self.limits.seconds:g} s") from None
        except EOFError as error:
            lost = _Lost(await self._replace(worker))
            self.ended[lost.reason] += 1
            raise lost from error
        except asyncio.CancelledError:
            # Nobody waits for the answer any more, but nothing else may be asked before it has come.
            self.turns.keep(client)
            self._detach(self._let_end(worker, client))
            raise
        finally:
            self.busy.discard(worker)
        meta = _read(head)
        if meta["last"] or worker.ended:
            self.ended["retired"] += 1
            await self._replace(worker)
        else:
            self.idle.append(worker)
        if "code" in meta:
            members = {name: value for name, value in meta.items() if name not in {"code", "detail", "last"}}
            raise RequestError(meta["code"], meta["detail"], members=members)
        return Answer(meta["kind"], meta["format"], body)

    def _take(self) -> Worker | None:
        """An idle worker of the living zygote."""
        while self.idle:
            worker = self.idle.pop()
            if worker.generation == self.zygote.generation and not worker.ended:
                return worker
            worker.close()
        return None

    async def _fork(self) -> Worker:
        self._coming += 1
        try:
            return await self.zygote.elsewhere(self.zygote.fork, self.limits)
        except EngineError as error:
            LOG.exception("no query process can be had")
            raise RequestError("engine-down", "no query process can be started now", {"Retry-After": "2"}) from error
        finally:
            self._coming -= 1

    def _watch(self) -> None:
        """Stop what has used up its time, and put what takes long behind the rest."""
        now = _now()
        for worker in self.busy:
            age = now - worker.began
            if age > self.limits.seconds + (ARRIVAL if worker.answering else 0):
                worker.give_up()
            elif age > POLITE_AFTER and not worker.slow:
                worker.step_back()
            elif age > ASIDE_AFTER and not worker.aside:
                worker.step_aside()
        loop = asyncio.get_running_loop()
        self._watching = loop.call_later(WATCH_EVERY, self._watch) if self.busy else None

    async def _replace(self, worker: Worker) -> int:
        """End a worker, if it has not ended, and put another in its place; the number of the signal that ended it."""
        self.busy.discard(worker)
        worker.kill()
        worker.close()
        try:
            how = await self.zygote.elsewhere(self.zygote.reap, worker.pid)
            # Somebody may have needed one meanwhile, and have forked it.
            if len(self.idle) + len(self.busy) + self._coming < self.turns.size:
                fresh = await self._fork()
                fresh.listen(self._gone)
                self.idle.append(fresh)
        except (EngineError, RequestError):
            # All are gone with the process that forked them. Whoever needs the next one tries again, and tells.
            LOG.warning("a query process is not replaced")
            return signal.SIGKILL
        return how

    def _gone(self, worker: Worker) -> None:
        """A worker ended that had no job."""
        if worker in self.idle and not self.closed:
            self.idle.remove(worker)
            self.ended["outside"] += 1
            self._repair(worker)

    async def _let_end(self, worker: Worker, client: str) -> None:
        """A job that nobody waits for gets a moment: a process that has looked at much of the graph is worth more."""
        self.busy.add(worker)
        try:
            head, _ = await asyncio.wait_for(worker.finish(), ABANDONED)
            if not _read(head)["last"]:
                self.idle.append(worker)
                return
            self.ended["retired"] += 1
        except (TimeoutError, EOFError):
            pass
        finally:
            self.busy.discard(worker)
            self.turns.leave(client)
        await self._replace(worker)

    def _repair(self, worker: Worker) -> None:
        async def repair() -> None:
            await self._replace(worker)

        self._detach(repair())

    def _detach(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._repairs.add(task)
        task.add_done_callback(self._repairs.discard)

    def _died(self, lost: _Lost) -> RequestError:
        if lost.reason == "memory":
            return RequestError("query-memory", f"the query needs more than {self.limits.memory} MiB of memory")
        if lost.reason == "timeout":
            return RequestError("query-timeout", f"the query was stopped after {self.limits.seconds:g} s")
        if lost.reason == "outside":
            return RequestError("engine-down", "the query process was ended from outside", {"Retry-After": "1"})
        return RequestError("engine-crashed", "the query ended its process; it is nested too deeply or too complex")

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


class _Lost(Exception):
    """A worker ended while it had a job; `how` is the number of the signal."""

    def __init__(self, how: int) -> None:
        super().__init__(how)
        self.how = how

    @property
    def reason(self) -> str:
        """Whose doing it was, as one of `REASONS`."""
        if self.how in {signal.SIGKILL, signal.SIGTERM, 0}:
            return "outside"
        return {signal.SIGABRT: "memory", signal.SIGXCPU: "timeout"}.get(signal.Signals(self.how), "crash")


@lru_cache(maxsize=64)
def _read(head: bytes) -> Mapping[str, Any]:
    """What a worker says of its answer, most often the same."""
    return MappingProxyType(json.loads(head))


def _now() -> float:
    return asyncio.get_running_loop().time()


@cache
def background() -> asyncio.AbstractEventLoop:
    """A loop in a thread of its own, for lanes that no server drives."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="lanes").start()
    return loop
