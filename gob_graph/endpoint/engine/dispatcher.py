"""The dispatcher: evaluates each query in a worker, watches the time, kills and replaces workers.

A lane is a pool of workers with an admission queue. There are two, so that pages are answered while public queries take
all of theirs. Each worker has one job at a time; each job has a serial number, which its reply repeats. A lane lives in
one event loop: that of the server, or one in a thread of its own (`Lane.answer`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from gob_graph.endpoint.engine.admission import Pending
from gob_graph.endpoint.engine.exit_reason import refusal
from gob_graph.endpoint.engine.messages import Message
from gob_graph.endpoint.engine.process_pool import ProcessPool
from gob_graph.endpoint.engine.worker_handle import MismatchError
from gob_graph.errors import EngineError, RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.admission import Admission
    from gob_graph.endpoint.engine.exit_reason import Reason
    from gob_graph.endpoint.engine.job import Job, Limits
    from gob_graph.endpoint.engine.worker_handle import WorkerHandle
    from gob_graph.endpoint.engine.zygote_client import Zygote
    from gob_graph.formats import Kind

LOG = logging.getLogger("gob_graph")
SLOW_AFTER = 0.1
"""Seconds after which the priority of a worker is lowered, so that short queries are not held up."""
RELIEVED_AFTER = 1.0
"""Seconds after which another worker is forked beside one whose query takes long, if no other worker is free."""
RELIEF = 2
"""A lane has at most so many times its size in workers, while long queries run."""
ABANDONED = 0.5
"""Seconds that a query may go on when its client has disconnected: a warm worker is worth more than that."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole result: its kind, the short name of its format, and the document."""

    kind: Kind
    format: str
    body: bytes


Charge = Callable[[str, float], object]
"""Called with a client and the processor seconds of a job."""


def charge_nobody(client: str, seconds: float) -> None:
    """No budget is kept."""


@dataclass(slots=True)
class Lane:
    """Workers for one kind of work, and the queue of the queries for them."""

    zygote: Zygote
    limits: Limits
    admission: Admission
    charge: Charge = charge_nobody
    """Called for each job, however it ended."""
    loop: asyncio.AbstractEventLoop | None = None
    pool: ProcessPool = field(init=False)
    differences: int = 0
    """Answers that were another one for the normalised form of the query; counted where both are evaluated."""
    _slots: list[asyncio.Task[None]] = field(default_factory=list)
    _evaluating: dict[Pending, WorkerHandle] = field(default_factory=dict)
    _serials: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """Have a pool."""
        self.pool = ProcessPool(self.zygote, self.limits)

    def start(self) -> None:
        """Fork the workers.

        Raises:
            EngineError: they cannot be forked.
        """
        self.pool.start(self.admission.size)

    def answer(self, job: Job, client: str, charged: str | None = None) -> Answer:
        """`ask` from a thread that runs no event loop."""
        if self.loop is None:
            self.loop = background()
        return asyncio.run_coroutine_threadsafe(self.ask(job, client, charged), self.loop).result()

    async def ask(self, job: Job, client: str, charged: str | None = None) -> Answer:
        """Evaluate a job; once more when a signal from outside ended its worker.

        `charged` is the client that the processor time is charged to (None: `client`).

        Raises:
            RequestError: the query is wrong, too costly, or there is no room for it now.
        """
        loop = asyncio.get_running_loop()
        if not self._slots:
            self.loop = loop
            self._slots = [loop.create_task(self._slot()) for _ in range(self.admission.size)]
        pending = Pending(*job.encode(), client, loop.create_future(), charged or client)
        self.admission.enter(pending)
        try:
            reply = await pending.reply
        except asyncio.CancelledError:
            self._abandon(pending)
            raise
        meta = _read(reply.head)
        if "code" in meta:
            members = {name: value for name, value in meta.items() if name not in {"code", "detail", "last"}}
            raise RequestError(meta["code"], meta["detail"], members=members)
        return Answer(meta["kind"], meta["format"], reply.body)

    def close(self) -> None:
        """End the workers; from any thread."""
        if self.loop is None or self.loop.is_closed():
            self.pool.close()
        else:
            self.loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        for slot in self._slots:
            slot.cancel()
        self.pool.close()

    # A slot is a task that has one worker, and replaces it when it ends.

    async def _slot(self) -> None:
        worker: WorkerHandle | None = None
        # A slot beside long queries ends with its worker, when there are enough others and one of them is free.
        while worker or len(self._slots) <= self.admission.size or not self.admission.free:
            worker = await self._next(worker or await self._fork())
        self._slots.remove(cast("asyncio.Task[None]", asyncio.current_task()))

    def _relieve(self) -> None:
        """Start another slot beside a long query, if no worker is free: short queries do not wait for long ones."""
        if len(self._evaluating) == len(self._slots) < RELIEF * self.admission.size:
            self._slots.append(asyncio.get_running_loop().create_task(self._slot(), name="relief"))

    async def _fork(self) -> WorkerHandle | None:
        """A fresh worker; None when none can be had."""
        try:
            return await self.pool.take()
        except EngineError:
            LOG.exception("no query process can be started")
            if not self.pool.live:
                self.admission.refuse_all(_down())
            return None

    async def _next(self, worker: WorkerHandle | None) -> WorkerHandle | None:
        """Evaluate the next query; returns the worker that is there afterwards.

        It is one call for each query, so that the slot holds no reference to a reply while it waits.
        """
        if worker and worker.ended:
            await self._end(worker, None)
            return None
        place = self.admission.take()
        if worker:
            worker.watch(lambda: self.admission.withdraw(place))
        pending = await place
        if pending is None:
            await self._end(worker, None)
            return None
        try:
            worker = await self._evaluate(worker, pending)
        finally:
            self.admission.finish(pending)
        if worker and (worker.slow or worker.retired):
            await self._end(worker, "retired")
            return None
        return worker

    async def _evaluate(self, worker: WorkerHandle | None, pending: Pending) -> WorkerHandle | None:
        """Evaluate a query, and deliver the reply or the refusal; returns the worker, if it has not ended."""
        loop = asyncio.get_running_loop()
        began, again = loop.time(), True
        while not pending.reply.done():
            worker = worker or await self._fork()
            if worker is None:
                _deliver(pending, _down())
                break
            try:
                reply = await self._exchange(worker, pending)
            except (EOFError, MismatchError) as error:
                reason = await self._lost(worker, pending, "mismatch" if isinstance(error, MismatchError) else None)
                worker = None
                early = loop.time() - began <= self.limits.seconds / 2
                if not (reason == "outside" and again and early):
                    _deliver(pending, refusal(reason, self.limits))
                again = False
            else:
                self.charge(pending.charged, reply.seconds)
                said = _read(reply.head)
                worker.retired = bool(said["last"])
                self._compared(said, pending)
                _deliver(pending, reply)
        return worker

    def _compared(self, said: Mapping[str, Any], pending: Pending) -> None:
        """Note a query of which both forms were evaluated, with different answers."""
        if "differs" in said:
            self.differences += 1
            name = hashlib.sha256(pending.body).hexdigest()[:16]
            LOG.warning("gob-graph: the normalised form of query %s has another answer; tell its developers", name)

    async def _exchange(self, worker: WorkerHandle, pending: Pending) -> Message:
        """Send a query to a worker and wait for the reply, with the limits of time."""
        loop, serial = asyncio.get_running_loop(), next(self._serials)
        timers: list[asyncio.TimerHandle] = []
        # Most queries are answered before the first of the limits, and never set the other timers.
        timers.append(loop.call_later(SLOW_AFTER, lambda: timers.extend(self._lasting(worker, serial))))
        self._evaluating[pending] = worker
        try:
            return await worker.evaluate(Message(serial, pending.head, pending.body), self.limits.result * 2**20)
        finally:
            del self._evaluating[pending]
            for timer in timers:
                timer.cancel()

    def _lasting(self, worker: WorkerHandle, serial: int) -> tuple[asyncio.TimerHandle, ...]:
        """Lower the priority of a job that takes long; returns the timers of its further limits."""
        worker.lower_priority(serial)
        loop = asyncio.get_running_loop()
        return (
            loop.call_later(RELIEVED_AFTER - SLOW_AFTER, self._relieve),
            loop.call_later(self.limits.seconds - SLOW_AFTER, worker.stop, "timeout", serial),
        )

    async def _lost(self, worker: WorkerHandle, pending: Pending, reason: Reason | None) -> Reason:
        """Why a worker ended in the middle of a query, whose time is charged."""
        try:
            told, seconds = await self.pool.end(worker, reason)
        except EngineError:
            return "outside"
        self.charge(pending.charged, seconds)
        return told

    async def _end(self, worker: WorkerHandle | None, reason: Reason | None) -> None:
        """End a worker that has no job."""
        if worker:
            with contextlib.suppress(EngineError):
                await self.pool.end(worker, reason)

    def _abandon(self, pending: Pending) -> None:
        """The client of a query has disconnected: take it out of the queue, or stop it in a moment."""
        if not self.admission.leave(pending) and (worker := self._evaluating.get(pending)):
            asyncio.get_running_loop().call_later(ABANDONED, worker.stop, "abandoned", worker.serial)


def _deliver(pending: Pending, reply: Message | RequestError) -> None:
    """Complete a query, unless its client has disconnected."""
    if pending.reply.done():
        return
    if isinstance(reply, RequestError):
        pending.reply.set_exception(reply)
    else:
        pending.reply.set_result(reply)


def _down() -> RequestError:
    return RequestError("engine-down", "no query process can be started now", {"Retry-After": "2"})


@lru_cache(maxsize=64)
def _read(head: bytes) -> Mapping[str, Any]:
    """What a worker says of its answer, most often the same."""
    return MappingProxyType(json.loads(head))


@cache
def background() -> asyncio.AbstractEventLoop:
    """An event loop in a thread of its own, for lanes that no server drives."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="lanes").start()
    return loop
