"""The main process: it holds the listening socket, and starts and replaces the front (Linux only)."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint.server.access_log import set_up_logging
from gob_graph.errors import EngineError
from gob_graph.publication import open_intact

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from gob_graph.settings import Settings

LOG = logging.getLogger("gob_graph")
BACKLOG = 1024
"""Connections that wait while no process accepts them."""
BEAT = b"."
"""What a front that serves writes into its pipe each second."""
HANG_SECONDS = 15.0
"""Seconds without a word of a front after which it is taken to hang, and is killed."""
READY = b"ready"
"""What a front writes into its pipe when it answers requests."""
STOP_TIMEOUT = 12.0
"""Seconds that a front has for answering what it was asked before it goes."""
START_TIMEOUT = 300.0
"""Seconds that a front may take until it answers."""
PORT_TIMEOUT = 3.0
"""Seconds that are waited for the port of a predecessor."""
PAUSE = 1.0
"""Seconds before the next try when a front did not start."""


def serve(settings: Settings) -> None:
    """Serve the current release until told to stop; a SIGHUP makes it take the release that is current then.

    Raises:
        ReleaseError: there is no release, or it is damaged.
        EngineError: this is not Linux, the address is taken, or the front does not start.
    """
    if sys.platform != "linux":
        raise EngineError("the endpoint runs on Linux only: it confines its query processes with means of that kernel")
    release, _ = open_intact(settings.release_dir, always=bool(settings.verify_always))
    listener = _listen(settings)
    set_up_logging()
    LOG.info("gob-graph: release %s (version %s) on %s", release.id[:12], release.version, settings.service_url)
    asyncio.run(_Main(listener).run())


@dataclass(slots=True)
class _Main:
    """One listening socket, and the front that answers at it; connections wait in its queue while there is none."""

    listener: socket.socket
    _leaving: set[asyncio.Task[None]] = field(default_factory=set)
    _watches: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Keep a front until told to stop."""
        loop = asyncio.get_running_loop()
        stop, reload = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, reload.set)
        stopped = loop.create_task(stop.wait())
        front = await self._start(stopped)
        if front is None and not stop.is_set():
            raise EngineError("the server process does not start; the log says why")
        while not stop.is_set():
            ended = loop.create_task(front.wait() if front else asyncio.sleep(PAUSE))
            renew = loop.create_task(reload.wait())
            await asyncio.wait((stopped, ended, renew), return_when=asyncio.FIRST_COMPLETED)
            if ended.done() and not stop.is_set():
                if front:
                    LOG.error("gob-graph: the server process ended (%s); it is started again", front.returncode)
                front = await self._start(stopped)
            elif reload.is_set() and not stop.is_set():
                reload.clear()
                front = await self._renew(front, stopped)
            for task in (ended, renew):
                task.cancel()
        if front:
            self._leaving.add(loop.create_task(_end(front)))
        # A connection that came now would wait for a front that takes none; refused, a balancer asks another server.
        self.listener.close()
        await asyncio.gather(*self._leaving)

    async def _renew(self, front: Process | None, stopped: asyncio.Task[bool]) -> Process | None:
        """Another front in the place of this one, which answers what it was asked and goes. It stays if none comes."""
        fresh = await self._start(stopped)
        if fresh is None:
            if stopped.done():
                return front
            LOG.error("gob-graph: the new server process does not start; the old one goes on")
            return front
        if front:
            leaving = asyncio.get_running_loop().create_task(_end(front))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        return fresh

    async def _start(self, stopped: asyncio.Task[bool]) -> Process | None:
        """A front that answers; None when it ended before, or there was no time left for it."""
        ours, theirs = os.pipe()
        shared = self.listener.fileno()
        given = (str(shared), str(theirs), str(os.getpid()))
        try:
            front = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gob_graph.endpoint.front", *given, pass_fds=(shared, theirs)
            )
        except OSError:
            # There may be no memory for a process now; the one that answers is not to go for that.
            LOG.exception("gob-graph: no process can be started")
            os.close(ours)
            return None
        finally:
            os.close(theirs)
        loop = asyncio.get_running_loop()
        reader = await _open(ours)
        said = loop.create_task(reader.readuntil(READY))
        await asyncio.wait((said, stopped), timeout=START_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if said.done() and not said.cancelled() and said.exception() is None:
            watch = loop.create_task(_watch(front, reader))
            self._watches.add(watch)
            watch.add_done_callback(self._watches.discard)
            return front
        said.cancel()
        if front.returncode is None:
            front.kill()
        await front.wait()
        return None


async def _open(pipe: int) -> asyncio.StreamReader:
    """A reader of a pipe."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb"))
    return reader


async def _watch(front: Process, reader: asyncio.StreamReader) -> None:
    """Kill a front whose event loop stands still; one that stops is silent, and has its own limit (`_end`)."""
    while True:
        try:
            if not await asyncio.wait_for(reader.read(64), HANG_SECONDS):
                return
        except TimeoutError:
            if front.returncode is None:
                LOG.error("gob-graph: the server process hangs; it is killed")
                front.kill()
            return


async def _end(front: Process) -> None:
    """Let it answer what it was asked; then it has to go."""
    if front.returncode is not None:
        return
    front.terminate()
    try:
        await asyncio.wait_for(front.wait(), STOP_TIMEOUT + PAUSE)
    except TimeoutError:
        front.kill()
        await front.wait()


def _listen(settings: Settings) -> socket.socket:
    """The listening socket. A main process that was killed leaves a front behind that ends when it has started."""
    deadline = time.monotonic() + PORT_TIMEOUT
    while True:
        listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                reason = f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}; set GOB_GRAPH_PORT"
                raise EngineError(reason) from error
            time.sleep(0.05)
        else:
            listener.setblocking(False)  # noqa: FBT003
            return listener
