"""The front's handles on the query processes: the zygote that forks them, and each of them."""

from __future__ import annotations

import array
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gob_graph.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.worker import Limits

START_TIMEOUT = 120.0
"""Seconds that the zygote may take to load a release."""

REPLY_TIMEOUT = 15.0
"""Seconds after which a zygote that does not answer is given up: it forks in milliseconds and waits only for the end of
a process that was killed."""


@dataclass(slots=True)
class Worker:
    """A living query process."""

    pid: int
    connection: socket.socket
    handle: int
    generation: int
    slow: bool = False
    """It had a long job, stepped back for it, and takes no other."""

    def step_back(self) -> None:
        """Put it behind the processes with short jobs; it cannot come forward again."""
        self.slow = True
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{self.pid}/task").iterdir():
                os.setpriority(os.PRIO_PROCESS, int(task.name), 10)

    def kill(self) -> None:
        """End it, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def close(self) -> None:
        """Let go of its descriptors."""
        self.connection.close()
        os.close(self.handle)


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
        ours.settimeout(REPLY_TIMEOUT)
        self.control = ours
        self.generation += 1

    def fork(self, limits: Limits) -> Worker:
        """A fresh worker."""
        with self._lock:
            message, rights = self._ask({"fork": asdict(limits)}, 2)
        connection = socket.socket(fileno=rights[0])
        return Worker(message["pid"], connection, rights[1], self.generation)

    def reap(self, pid: int) -> int:
        """What ended a worker that is known to end: the number of the signal, 0 when it ended by itself."""
        with self._lock:
            message, _ = self._ask({"reap": pid}, 0)
        return int(message["signal"])

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
