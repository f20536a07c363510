"""The dispatcher's handle on one worker: sends it a job, receives the reply, lowers its priority, kills it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.messages import Message, MessageError, receive_reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from gob_graph.endpoint.engine.exit_reason import Reason

NICE = 10
"""The niceness of a process whose job takes long; without privileges it cannot be lowered again."""


class MismatchError(Exception):
    """A reply does not carry the serial number of the job."""


@dataclass(slots=True, eq=False)
class WorkerHandle:
    """A worker process, and the connection to it; it has one job at a time."""

    pid: int
    connection: socket.socket
    pidfd: int
    generation: int
    """The start of the zygote that forked it."""
    slow: bool = False
    """Its priority was lowered, so that it is to end after its answer."""
    stopped: Reason | None = None
    """Why the dispatcher killed it."""
    total: float = 0.0
    """The processor seconds of its life, as of its last reply."""
    serial: int = 0
    """The number of its job; 0 when it has none."""
    retired: bool = False
    """It ends by itself after its last reply."""
    ended: bool = False
    """It is known to have ended."""
    _loop: asyncio.AbstractEventLoop | None = None
    _on_end: Callable[[], object] | None = None

    def watch(self, on_end: Callable[[], object]) -> None:
        """Call this, in the running event loop, when the process ends before it gets a job."""
        self._on_end = on_end
        if self._loop is None:
            self.connection.settimeout(0)
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self.pidfd, self._ended)

    async def evaluate(self, job: Message, most: int) -> Message:
        """Send a job and wait for its reply, of so many bytes at most.

        Raises:
            EOFError: the process ended.
            MismatchError: the reply is that of another job.
        """
        self.serial, self._on_end = job.serial, None
        self.connection.settimeout(0)
        try:
            # A process that ends while it is written to is noticed at the reading.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                await asyncio.get_running_loop().sock_sendall(self.connection, job.packed())
            reply = await receive_reply(self.connection, most)
        except MessageError as error:
            raise MismatchError from error
        finally:
            self.serial = 0
        if reply.serial != job.serial:
            raise MismatchError
        self.total = reply.total
        return reply

    def lower_priority(self, serial: int) -> None:
        """Run this job, if it is still evaluated, after the others on the machine."""
        if self.serial == serial:
            self.slow = True
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, NICE)

    def stop(self, reason: Reason, serial: int) -> None:
        """Kill the process, if it still evaluates this job."""
        if self.serial == serial and not self.stopped:
            self.stopped = reason
            self.kill()

    def kill(self) -> None:
        """End the process."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Close the connection and the handle of the process; in the event loop, once `watch` was called."""
        self._on_end = None
        self._unwatch()
        self.connection.close()
        os.close(self.pidfd)

    def _ended(self) -> None:
        self._unwatch()
        self.ended = True
        if self._on_end:
            self._on_end()

    def _unwatch(self) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.remove_reader(self.pidfd)
