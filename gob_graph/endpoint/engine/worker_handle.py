"""The front's handles on the query processes: the zygote that forks them, and each of them."""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from gob_graph.endpoint.engine.kernel import ALONE, AMONG_OTHERS, DATAGRAM, Inbox, far, keep_to
from gob_graph.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gob_graph.endpoint.engine.admission import Asked
    from gob_graph.endpoint.engine.worker import Limits

P = ParamSpec("P")
T = TypeVar("T")
START_TIMEOUT = 120.0
"""Seconds that the zygote may take to load a release."""

BEHIND = 10
"""The niceness of a thread with a long job."""

REPLY_TIMEOUT = 15.0
"""Seconds after which a zygote that does not answer is given up: it forks in milliseconds and waits only for the end of
a process that was killed."""


class Lane(Protocol):
    """What is told of a process in the loop."""

    def answered(self, worker: Worker, message: tuple[bytes, bytes]) -> None:
        """The answer to the first job in its line."""

    def gone(self, worker: Worker) -> None:
        """It ended."""


@dataclass(slots=True, eq=False)
class Worker:
    """A living query process, and the ends of the conversation with it.

    A job goes into `jobs` as one datagram, which the process takes when it has answered the one before, so that neither
    side sleeps between two of them; `untaken`, the end that the process reads, is where a job can be taken back. One
    that is too large for that goes through `connection`, which brings the answers.
    """

    pid: int
    connection: socket.socket
    handle: int
    jobs: socket.socket
    untaken: socket.socket
    generation: int
    line: deque[Asked] = field(default_factory=deque)
    """The job that it has, and those that it takes next."""
    slow: bool = False
    """It has stepped back for the job that it has."""
    aside: bool = False
    """It has stepped aside for it as well."""
    ended: bool = False
    """It is known to have ended."""
    began: float = 0.0
    """When its job began, in the time of the loop."""
    _loop: asyncio.AbstractEventLoop | None = None
    _inbox: Inbox = field(default_factory=Inbox)
    _lane: Lane | None = None
    _sending: asyncio.Task[None] | None = None

    def listen(self, lane: Lane) -> None:
        """Listen to it from now on, in the running loop."""
        if self._loop is None:
            self._loop, self._lane = asyncio.get_running_loop(), lane
            self.connection.settimeout(0)
            self._loop.add_reader(self.connection, self._hear)

    def give(self, asked: Asked, *, alone: bool = False) -> None:
        """Let it do this after what is in its line; nothing may stand in a line with a large job.

        When this job is the only one of all, the process stays awake for a moment after it.
        """
        if not self.line:
            self.begin()
        self.line.append(asked)
        if asked.small:
            self.jobs.sendmsg((ALONE if alone else AMONG_OTHERS, asked.message))
        elif self._loop:
            self.jobs.send(AMONG_OTHERS)
            self._sending = self._loop.create_task(self._send(asked.message))

    async def _send(self, message: bytes) -> None:
        # It ends while it is written to: that is heard as well.
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self.connection, message)

    def begin(self) -> None:
        """The first job in its line begins."""
        self.began = asyncio.get_running_loop().time()
        self.slow = self.aside = False

    def serves(self, client: str) -> bool:
        """Whether something of this client stands in its line."""
        # A loop of its own, as a generator takes longer than the rest of handing out a job.
        for asked in self.line:  # noqa: SIM110
            if asked.client == client:
                return True
        return False

    def take_back(self) -> list[Asked]:
        """What it has not taken, be it the first of the line; a line that begins with a large job stays as it is.

        The process may take one in the middle of this, so each that comes is looked up. Of two that are the same the
        one that runs is the one that was taken: their answers are the same as well.
        """
        back: list[Asked] = []
        with contextlib.suppress(BlockingIOError):
            while self.line and self.line[0].small:
                message = self.untaken.recv(DATAGRAM + 1, socket.MSG_DONTWAIT)[1:]
                waiting = (one for one in self.line if one.message == message and not one.runs)
                asked = next(waiting, self.line[0])
                self.line.remove(asked)
                back.append(asked)
        return back

    @property
    def answering(self) -> bool:
        """Whether a part of the answer has come."""
        return bool(self._inbox)

    def _hear(self) -> None:
        try:
            message = self._inbox.take(self.connection)
        except BlockingIOError:
            return
        except (EOFError, OSError):
            self.ended = True
            self._deaf()
            if self._lane:
                self._lane.gone(self)
            return
        while message and self._lane:
            self._lane.answered(self, message)
            message = self._inbox.following()

    def _deaf(self) -> None:
        if self._loop:
            self._loop.remove_reader(self.connection)

    def step_back(self) -> None:
        """Put the thread with its job behind those with short ones.

        It cannot come forward again, so the main thread stays where it is: the next job gets another thread of that.
        """
        for thread in self._threads():
            with contextlib.suppress(OSError):
                # One that is behind already is about to hand this job on, and the look at its successor is to come.
                if thread != self.pid and os.getpriority(os.PRIO_PROCESS, thread) < BEHIND:
                    os.setpriority(os.PRIO_PROCESS, thread, BEHIND)
                    self.slow = True

    def step_aside(self) -> None:
        """Keep its threads, one of which has stepped back before, off one of the processors, where there are several.

        On a processor where something runs, a short job may have to wait for the next tick of the clock, whatever the
        priorities are; so one of them is always free of long ones. The next thread is everywhere again.
        """
        self.aside = True
        everywhere = os.sched_getaffinity(0)
        keep_to(far(everywhere), *self._threads())
        if not any(map(_is_behind, self._threads())):
            # It ended meanwhile, and its successor may have begun before.
            keep_to(everywhere, *self._threads())

    def _threads(self) -> list[int]:
        with contextlib.suppress(OSError):
            return [int(task.name) for task in Path(f"/proc/{self.pid}/task").iterdir()]
        return []

    def kill(self) -> None:
        """End it, whatever it does."""
        keep_to(far(os.sched_getaffinity(0)), *self._threads())
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def close(self) -> None:
        """Let go of its descriptors; in the loop, if one listens."""
        self._deaf()
        if self._sending:
            self._sending.cancel()
        for one in (self.connection, self.jobs, self.untaken):
            one.close()
        os.close(self.handle)


def _is_behind(thread: int) -> bool:
    with contextlib.suppress(OSError):
        return os.getpriority(os.PRIO_PROCESS, thread) >= BEHIND
    return False


class Zygote:
    """The process that forks workers; restarted when it dies."""

    def __init__(self, release: Path) -> None:
        self.release = release
        self.generation = 0
        self._lock = threading.Lock()
        self._closed = False
        self._threads = ThreadPoolExecutor(2, "zygote")
        self._start()

    async def elsewhere(self, call: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Call one of the methods below, which wait, in a thread: an event loop must not."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*given, **named))
        except RuntimeError as error:
            raise EngineError("the process that forks workers was ended") from error

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "gob_graph.endpoint.engine.zygote", str(theirs.fileno()), str(self.release)]
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
        ours.settimeout(REPLY_TIMEOUT)
        self.control = ours
        self.generation += 1

    def fork(self, limits: Limits) -> Worker:
        """A fresh worker."""
        with self._lock:
            message, (connection, jobs, untaken, handle) = self._ask({"fork": asdict(limits)}, 4)
        ends = [socket.socket(fileno=number) for number in (connection, jobs, untaken)]
        return Worker(message["pid"], ends[0], handle, ends[1], ends[2], self.generation)

    def reap(self, pid: int) -> int:
        """What ended a worker that is known to end: the number of the signal, 0 when it ended by itself."""
        with self._lock:
            message, _ = self._ask({"reap": pid}, 0)
        return int(message["signal"])

    def _ask(self, request: Mapping[str, Any], count: int) -> tuple[Any, list[int]]:
        for attempt in (1, 2):
            try:
                self.control.send(json.dumps(request).encode())
                text, ancillary, _, _ = self.control.recvmsg(65536, socket.CMSG_SPACE(4 * 4))
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
        if self._closed:
            raise EngineError("the process that forks workers was ended")
        self.control.close()
        self.process.kill()
        self.process.wait()
        self._start()

    def close(self) -> None:
        """End it, and with it its workers."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.control.close()
        self.process.kill()
        self.process.wait()
