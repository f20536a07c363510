"""The client of the zygote: starts it, asks it to fork and to reap workers, and restarts it when it ends."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from gob_graph.endpoint.engine.worker_handle import WorkerHandle
from gob_graph.errors import EngineError
from gob_graph.settings import MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gob_graph.endpoint.engine.job import Limits

LOG = logging.getLogger("gob_graph")
T = TypeVar("T")
START_TIMEOUT = 120.0
"""Seconds that the zygote may take to load a release."""
REPLY_TIMEOUT = 15.0
"""Seconds that the zygote may take to reply: it forks in milliseconds, and waits only for the end of a process that was
killed."""
MESSAGE = 65536
"""Bytes of the largest request or reply."""


class Exit(NamedTuple):
    """The end of a worker: the number of the signal (0: by itself), and the processor seconds of its life."""

    signal: int
    seconds: float


class Zygote:
    """The process that forks workers; restarted when it ends."""

    def __init__(self, release: Path, store: str = MEMORY, cuts: Mapping[str, int] | None = None) -> None:
        """Start it with the release of this folder; `store` is where it is held: memory, disk or addresses of engines.

        Raises:
            EngineError: it does not start.
        """
        self.release, self.store, self.cuts = release, store, dict(cuts or {})
        self.loaded = ""
        """The id of the release that it has loaded."""
        self.engine = ""
        """The address of the engine that others run, when one evaluates."""
        self.generation = 0
        """Counts its starts: a worker of an earlier one has ended."""
        self._lock = threading.Lock()
        self._serials = itertools.count(1)
        self._closed = False
        self._threads = ThreadPoolExecutor(2, "zygote")
        self._start()

    async def in_thread(self, call: Callable[[], T]) -> T:
        """Call one of the methods below, which wait, in a thread.

        Raises:
            EngineError: the zygote was ended, or does not start again.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except RuntimeError as error:
            raise EngineError("the process that forks workers was ended") from error

    def fork(self, limits: Limits) -> WorkerHandle:
        """A fresh worker."""
        with self._lock:
            reply, (connection, handle) = self._ask({"fork": asdict(limits)}, 2)
            return WorkerHandle(reply["pid"], socket.socket(fileno=connection), handle, self.generation)

    def reap(self, worker: WorkerHandle) -> Exit:
        """Wait for the end of a worker that has ended or was killed."""
        with self._lock:
            if worker.generation != self.generation:
                return Exit(signal.SIGKILL, 0.0)
            reply, _ = self._ask({"reap": worker.pid}, 0)
        return Exit(reply["signal"], reply["seconds"])

    def close(self) -> None:
        """End it, and with it its workers."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.control.close()
        self.process.kill()
        self.process.wait()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "gob_graph.endpoint.engine.zygote", str(theirs.fileno()), str(self.release)]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)  # noqa: S603
        theirs.close()
        ours.settimeout(START_TIMEOUT)
        self.control = ours
        try:
            ours.send(json.dumps({"store": self.store, "cuts": self.cuts}).encode())
            ready = ours.recv(MESSAGE)
        except OSError as error:
            self.process.kill()
            raise EngineError(f"the query processes did not start within {START_TIMEOUT:.0f} s") from error
        if not ready:
            raise EngineError(f"the query processes did not start (exit code {self.process.wait()})")
        said = json.loads(ready)
        if "fault" in said:
            ours.close()
            self.process.wait()
            self._threads.shutdown(wait=False)
            raise EngineError(said["fault"])
        loaded, self.engine = said["ready"], said["engine"]
        if said["told"]:
            LOG.warning("gob-graph: %s", said["told"])
        if self.loaded not in {"", loaded}:
            raise EngineError(f"{self.release} holds release {loaded} now, not {self.loaded}; restart the server")
        ours.settimeout(REPLY_TIMEOUT)
        self.loaded = loaded
        self.generation += 1

    def _ask(self, request: Mapping[str, Any], count: int) -> tuple[Any, list[int]]:
        """The reply to a request, with so many descriptors; a zygote that does not reply is restarted once."""
        for attempt in (1, 2):
            serial = next(self._serials)
            reply, descriptors = self._exchange({**request, "serial": serial})
            if reply.get("serial") == serial and len(descriptors) == count:
                return reply, descriptors
            for number in descriptors:
                os.close(number)
            if attempt == 1:
                self._restart()
                if "reap" in request:
                    # The worker ended with the zygote that had forked it.
                    return {"signal": signal.SIGKILL, "seconds": 0.0}, []
        raise EngineError("the process that forks workers does not reply")

    def _exchange(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """Send a request and wait for a message; nothing when none comes."""
        try:
            self.control.send(json.dumps(request).encode())
            text, descriptors, _, _ = socket.recv_fds(self.control, MESSAGE, 4)
        except OSError:
            return {}, []
        return (dict(json.loads(text)) if text else {}), descriptors

    def _restart(self) -> None:
        if self._closed:
            raise EngineError("the process that forks workers was ended")
        self.control.close()
        self.process.kill()
        self.process.wait()
        self._start()
