"""The front's side of the query processes: hand out a worker, wait to the deadline, kill, replace.

Lanes keep the pages answering while public queries are stuck. Within a lane a client has at most so many queries
running and so many waiting; who waits too long is refused with 429 (own queue) or 503 (all processes busy).
"""

from __future__ import annotations

import json
import logging
import select
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.kernel import receive, receive_some, send, set_patience
from gob_graph.endpoint.turns import Turns
from gob_graph.errors import EngineError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.endpoint.processes import Worker, Zygote
    from gob_graph.endpoint.worker import Job, Limits
    from gob_graph.formats import Kind


POLITE_AFTER = 0.1
"""Seconds after which a job steps back behind the short ones."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole result: its kind, the short name of its format, and the document."""

    kind: Kind
    format: str
    body: bytes


LOG = logging.getLogger("gob_graph")
REASONS = ("timeout", "memory", "crash", "outside", "retired")
"""Why query processes end: stopped at the deadline, by its memory limit, by a fault of its own, by someone else's
signal, or of itself after a long or large answer."""


@dataclass(slots=True)
class Lane:
    """Workers for one kind of work, and who may use them."""

    zygote: Zygote
    limits: Limits
    turns: Turns
    idle: list[Worker] = field(default_factory=list)
    changed: threading.Lock = field(default_factory=threading.Lock)
    ended: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))

    def start(self) -> None:
        """Fork the workers."""
        self.idle = [self._fork() for _ in range(self.turns.size)]

    def workers(self) -> Iterator[int]:
        """The pids of the idle workers."""
        with self.changed:
            return iter([w.pid for w in self.idle])

    def answer(self, job: Job, client: str) -> Answer:
        """Evaluate a job; a worker that died of someone else's doing is replaced and the job tried once more.

        Raises:
            RequestError: the query is wrong, too costly, or there is no room for it now.
        """
        self.turns.enter(client)
        try:
            began = time.monotonic()
            try:
                return self._evaluate(job)
            except _Lost as lost:
                if lost.reason != "outside":
                    raise self._died(lost) from lost
                if time.monotonic() - began > self.limits.seconds / 2:
                    raise RequestError(
                        "engine-down", "the query process was ended from outside", {"Retry-After": "1"}
                    ) from lost
            try:
                return self._evaluate(job)
            except _Lost as lost:
                raise self._died(lost) from lost
        finally:
            self.turns.leave(client)

    def _evaluate(self, job: Job) -> Answer:
        worker = self._take()
        try:
            meta, body = self._converse(worker, job)
        except TimeoutError:
            self.ended["timeout"] += 1
            self._dispose(worker)
            raise RequestError("query-timeout", f"the query was stopped after {self.limits.seconds:g} s") from None
        except (EOFError, OSError) as error:
            lost = _Lost(self._dispose(worker))
            self.ended[lost.reason] += 1
            raise lost from error
        if meta.pop("last", False) or worker.slow:
            self.ended["retired"] += 1
            self._dispose(worker)
        else:
            with self.changed:
                self.idle.append(worker)
        code = meta.pop("code", None)
        if code:
            raise RequestError(code, meta.pop("detail"), members=meta)
        return Answer(meta["kind"], meta["format"], body)

    def _take(self) -> Worker:
        """An idle worker of the living zygote, or a fresh one."""
        with self.changed:
            while self.idle:
                worker = self.idle.pop()
                if worker.generation == self.zygote.generation:
                    return worker
                worker.close()
        try:
            return self._fork()
        except EngineError as error:
            LOG.exception("no query process can be had")
            raise RequestError("engine-down", "no query process can be started now", {"Retry-After": "2"}) from error

    def _fork(self) -> Worker:
        worker = self.zygote.fork(self.limits)
        set_patience(worker.connection, min(POLITE_AFTER, self.limits.seconds), self.limits.seconds)
        return worker

    def _converse(self, worker: Worker, job: Job) -> tuple[dict[str, Any], bytes]:
        """Send the job and receive the whole answer.

        Raises:
            TimeoutError: not in time.
            EOFError: the worker ended.
        """
        deadline = time.monotonic() + self.limits.seconds
        connection = worker.connection
        try:
            send(connection, *job.encode())
            begin = receive_some(connection)
        except BlockingIOError:
            worker.step_back()
            if not _answers(worker, deadline - time.monotonic()):
                raise _Deadline from None
            begin = receive_some(connection)
        # The whole answer is in the worker's memory by now; moving it takes a moment even when the time is up.
        head, body = receive(connection, begin, max(1.0, deadline - time.monotonic()))
        return json.loads(head), body

    def _dispose(self, worker: Worker) -> int:
        """End a worker, if it has not ended, and put another in its place; the number of the signal that ended it."""
        worker.kill()
        worker.close()
        try:
            how = self.zygote.reap(worker.pid)
            fresh = self._fork()
        except EngineError:
            # All are gone with the process that forked them. Whoever needs the next one tries again, and tells.
            LOG.exception("a query process is not replaced")
            self.close()
            return signal.SIGKILL
        with self.changed:
            self.idle.append(fresh)
        return how

    def _died(self, lost: _Lost) -> RequestError:
        if lost.reason == "memory":
            return RequestError("query-memory", f"the query needs more than {self.limits.memory} MiB of memory")
        if lost.reason == "timeout":
            return RequestError("query-timeout", f"the query was stopped after {self.limits.seconds:g} s")
        return RequestError("engine-crashed", "the query ended its process; it is nested too deeply or too complex")

    def close(self) -> None:
        """End the idle workers."""
        with self.changed:
            gone, self.idle = self.idle, []
        for worker in gone:
            worker.kill()
            worker.close()


class _Deadline(TimeoutError):
    """The deadline passed while nothing had come."""


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


def _answers(worker: Worker, seconds: float) -> bool:
    poll = select.poll()
    poll.register(worker.connection, select.POLLIN | select.POLLHUP)
    return bool(poll.poll(max(1, seconds * 1000)))
