"""The dispatcher's handle on one worker: sends it a job, receives the reply, lowers its priority, kills it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from gob_graph.endpoint.engine.messages import Assembly, MessageError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from gob_graph.endpoint.engine.exit_reason import Reason
    from gob_graph.endpoint.engine.messages import Message

NICE = 10
"""The niceness of a process whose job takes long; without privileges it cannot be lowered again."""


class MismatchError(Exception):
    """A reply does not carry the serial number of the job."""


@dataclass(slots=True, eq=False)
class WorkerHandle(asyncio.Protocol):
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
    """It is known to have ended: its end of the connection was closed."""
    _loop: asyncio.AbstractEventLoop | None = None
    _transport: asyncio.Transport | None = None
    _reply: asyncio.Future[Message] | None = None
    _assembly: Assembly | None = None
    """What has come of the reply; None where nothing is awaited."""
    _mismatch: bool = False
    """Something has come that no job asked for."""
    _on_end: Callable[[], object] | None = None

    async def connect(self) -> None:
        """Read the connection in the running event loop."""
        self.connection.settimeout(0)
        self._loop = asyncio.get_running_loop()
        await self._loop.create_unix_connection(lambda: self, sock=self.connection)

    def watch(self, on_end: Callable[[], object]) -> None:
        """Call this when the process ends before it gets a job."""
        self._on_end = on_end

    async def evaluate(self, job: Message, most: int) -> Message:
        """Send a job and wait for its reply, of so many bytes at most.

        Raises:
            EOFError: the process ended.
            MismatchError: the reply is that of another job.
        """
        if self.ended or self._transport is None:
            raise EOFError
        self.serial, self._on_end, self._assembly = job.serial, None, Assembly(most)
        self._reply = asyncio.get_running_loop().create_future()
        self._transport.write(job.packed())
        try:
            reply = await self._reply
        finally:
            self.serial, self._reply, self._assembly = 0, None, None
        if self._mismatch or reply.serial != job.serial:
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
        """Close the connection and the handle of the process; in the event loop, once that reads it."""
        self._on_end = None
        if self._transport and self._loop and not self._loop.is_closed():
            self._transport.abort()
        else:
            self.connection.close()
        os.close(self.pidfd)

    # What the event loop calls (asyncio.Protocol).

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is read from now on."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Complete the job, once its reply is whole."""
        if self._assembly is None or self._reply is None:
            self._mismatch = True
            return
        try:
            reply = self._assembly.add(data)
        except MessageError:
            self._mismatch = True
            if not self._reply.done():
                self._reply.set_exception(MismatchError())
        else:
            if reply and not self._reply.done():
                self._reply.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has ended."""
        self.ended = True
        if self._reply and not self._reply.done():
            self._reply.set_exception(EOFError())
        if self._on_end:
            self._on_end()
