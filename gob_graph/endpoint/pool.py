"""The front's side of the query processes: hand out a worker, wait to the deadline, kill, replace.

Lanes keep the pages answering while public queries are stuck. Within a lane a client has at most so many queries running
and so many waiting; who waits too long is refused with 429 (own queue) or 503 (all processes busy).
"""

from __future__ import annotations

import array
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.kernel import receive, send
from gob_graph.endpoint.worker import Job, Limits
from gob_graph.errors import EngineError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

START_TIMEOUT = 120.0
"""Seconds that the zygote may take to load a release."""


@dataclass(slots=True)
class Worker:
    """A living query process."""

    pid: int
    connection: socket.socket
    handle: int
    generation: int

    def kill(self) -> None:
        """End it, whatever it does."""
        try:
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self) -> None:
        """Let go of its descriptors."""
        self.connection.close()
        os.close(self.handle)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole result: its kind, the short name of its format, and the document."""

    kind: str
    format: str
    body: bytes


class Zygote:
    """The process that forks workers; restarted when it dies."""

    def __init__(self, release: Path) -> None:
        self.release = release
        self.generation = 0
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "gob_graph.endpoint.zygote", str(theirs.fileno()), str(self.release)]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603
        theirs.close()
        ours.settimeout(START_TIMEOUT)
        try:
            ready = ours.recv(1024)
        except OSError as error:
            self.process.kill()
            raise EngineError(f"the query processes did not start within {START_TIMEOUT:.0f} s") from error
        if not ready:
            raise EngineError(f"the query processes did not start (exit code {self.process.wait()})")
        self.control = ours
        self.generation += 1

    def fork(self, limits: Limits) -> Worker:
        """A fresh worker."""
        with self._lock:
            message, rights = self._ask({"fork": asdict(limits)}, 2)
        connection = socket.socket(fileno=rights[0])
        return Worker(message["pid"], connection, rights[1], self.generation)

    def reap(self, pid: int) -> Mapping[str, int]:
        """What ended a worker that is known to end."""
        with self._lock:
            message, _ = self._ask({"reap": pid}, 0)
        return message

    def _ask(self, request: Mapping[str, Any], count: int) -> tuple[Any, list[int]]:
        for attempt in (1, 2):
            try:
                self.control.send(json.dumps(request).encode())
                text, ancillary, _, _ = self.control.recvmsg(65536, socket.CMSG_SPACE(8))
            except OSError:
                text, ancillary = b"", []
            if text:
                rights = array.array("i")
                for _, _, data in ancillary:
                    rights.frombytes(data[: len(data) - len(data) % rights.itemsize])
                if len(rights) == count:
                    return json.loads(text), list(rights)
            if attempt == 1:
                self._restart()
                if count == 0:
                    return {"signal": signal.SIGKILL, "exit": 0}, []
        raise EngineError("the process that forks workers does not answer")

    def _restart(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()
        self._start()

    def close(self) -> None:
        """End it, and with it its workers."""
        self.control.close()
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class Lane:
    """Workers for one kind of work, and who may use them."""

    zygote: Zygote
    limits: Limits
    size: int
    wait: float
    running_each: int
    waiting_each: int
    idle: list[Worker] = field(default_factory=list)
    lent: int = 0
    missing: int = 0
    running: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def start(self) -> None:
        """Fork the workers."""
        self.idle = [self.zygote.fork(self.limits) for _ in range(self.size)]

    def workers(self) -> Iterator[int]:
        """The pids of the idle workers."""
        with self.changed:
            return iter([w.pid for w in self.idle])

    def answer(self, job: Job, client: str) -> Answer:
        """Evaluate a job; a worker that died of someone else's doing is replaced and the job tried once more.

        Raises:
            RequestError: the query is wrong, too costly, or there is no room for it now.
        """
        self._enter(client)
        try:
            began = time.monotonic()
            try:
                return self._evaluate(job)
            except _Lost as lost:
                if lost.how not in {signal.SIGKILL, signal.SIGTERM, 0}:
                    raise self._died(lost) from lost
                if time.monotonic() - began > self.limits.seconds / 2:
                    raise RequestError("engine-down", "the query process was ended from outside", {"Retry-After": "1"}) from lost
            try:
                return self._evaluate(job)
            except _Lost as lost:
                raise self._died(lost) from lost
        finally:
            self._leave(client)

    def _enter(self, client: str) -> None:
        deadline = time.monotonic() + self.wait
        with self.changed:
            if self.waiting[client] >= self.waiting_each and self.running[client] >= self.running_each:
                raise _busy("client-busy", f"{self.running[client]} of your queries are running and {self.waiting[client]} waiting")
            self.waiting[client] += 1
            try:
                while self.running[client] >= self.running_each or self.lent >= self.size:
                    if not self.changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                        if self.running[client] >= self.running_each:
                            raise _busy("client-busy", f"{self.running[client]} of your queries are running")
                        raise _busy("engine-busy", f"all {self.size} query processes are busy")
                self.running[client] += 1
                self.lent += 1
            finally:
                self.waiting[client] -= 1
                if not self.waiting[client]:
                    del self.waiting[client]

    def _leave(self, client: str) -> None:
        with self.changed:
            self.lent -= 1
            self.running[client] -= 1
            if not self.running[client]:
                del self.running[client]
            self.changed.notify_all()

    def _evaluate(self, job: Job) -> Answer:
        worker = self._take()
        try:
            meta, body = self._converse(worker, job)
        except TimeoutError:
            self._dispose(worker, kill=True)
            raise RequestError("query-timeout", f"the query was stopped after {self.limits.seconds:g} s") from None
        except (EOFError, OSError) as error:
            raise _Lost(self._dispose(worker)) from error
        if meta.pop("last", False):
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
        return self.zygote.fork(self.limits)

    def _converse(self, worker: Worker, job: Job) -> tuple[dict[str, Any], bytes]:
        """Send the job and receive the whole answer.

        Raises:
            TimeoutError: not in time.
            EOFError: the worker ended.
        """
        deadline = time.monotonic() + self.limits.seconds
        worker.connection.settimeout(self.limits.seconds)
        send(worker.connection, job.encode())
        poll = select.poll()
        poll.register(worker.connection, select.POLLIN | select.POLLHUP)
        if not poll.poll(max(1, (deadline - time.monotonic()) * 1000)):
            raise _Deadline
        # The whole answer is in the worker's memory by now; moving it takes a moment even when the time is up.
        worker.connection.settimeout(max(1.0, deadline - time.monotonic()))
        head, body = receive(worker.connection)
        return json.loads(head), body

    def _dispose(self, worker: Worker, *, kill: bool = False) -> int:
        """Let go of a worker that ended or shall end; the number of the signal that ended it."""
        if kill:
            worker.kill()
        worker.close()
        how = self.zygote.reap(worker.pid)
        fresh = self.zygote.fork(self.limits)
        with self.changed:
            self.idle.append(fresh)
        return how["signal"]

    def _died(self, lost: _Lost) -> RequestError:
        if lost.how == signal.SIGABRT:
            return RequestError("query-memory", f"the query needs more than {self.limits.memory} MiB of memory")
        if lost.how == signal.SIGXCPU:
            return RequestError("query-timeout", f"the query was stopped after {self.limits.seconds:g} s")
        return RequestError("engine-crashed", "the query ended its process; it is nested too deeply or too complex")

    def close(self) -> None:
        """End the workers."""
        for worker in self.idle:
            worker.kill()
            worker.close()
        self.idle.clear()


class _Deadline(TimeoutError):
    """The deadline passed while nothing had come."""


class _Lost(Exception):
    """A worker ended while it had a job; `how` is the number of the signal."""

    def __init__(self, how: int) -> None:
        super().__init__(how)
        self.how = how


def _busy(code: str, detail: str) -> RequestError:
    return RequestError(code, detail, {"Retry-After": "1"})
