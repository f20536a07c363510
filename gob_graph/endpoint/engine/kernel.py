"""The few Linux calls that the process tree stands on (Linux only: pidfds, parent-death signals, resource limits)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import struct
import time

from gob_graph.endpoint.engine.awake import datagram_within

PR_SET_PDEATHSIG = 1
PIECE = 2**15
"""Bytes that are received at once; a message of the usual size is one piece."""
DATAGRAM = 2**14
"""Bytes of the largest job that goes as a datagram; several of them fit into the buffer of any socket."""
AMONG_OTHERS, ALONE = b"\0", b"\1"
"""The first byte of the datagram of a job: whether others are being done at the time. A larger job comes in the stream,
and nothing stands behind that byte."""
ENDING = 1.0
"""Seconds that a thread with nothing left to do may take to end."""
_HEADER = struct.Struct("!IQ")


def die_with_parent(parent: int) -> None:
    """Ask to be killed when the parent dies; `parent` is its pid, in case it died before the asking.

    The signal fires when the *thread* that made this process ends, so the parent must fork in its main thread.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def confine(memory: int, stack: int) -> None:
    """Limit this process: bytes of memory beyond what it has, no core file, and, last, no new descriptor.

    RLIMIT_NOFILE = 0 bounds the number of a new descriptor, so that none can be opened: neither a file nor a socket.
    The descriptors that are open stay usable.
    """
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - before descriptors run out
        size = int(statm.read().split()[0]) * resource.getpagesize()
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123
        score.write("800")
    resource.setrlimit(resource.RLIMIT_AS, (size + memory + stack, size + memory + stack))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def peak_memory() -> int:
    """The most bytes that this process has had in memory, shared ones included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def allow_processor_time(seconds: float) -> None:
    """Let this process use so much more processor time; the kernel ends it should nobody else do so."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def niceness() -> int:
    """That of the calling thread: in Linux each has its own, and begins with that of the thread that made it."""
    return os.getpriority(os.PRIO_PROCESS, 0)


def far(processors: set[int]) -> set[int]:
    """Those for whatever takes long in a kernel that it does not leave for others: the first one is kept for the rest.

    Forking a process with a million triples, and ending one that has filled its memory, are such; a short job on the
    same processor waits for the next tick of the clock, whatever the priorities are.
    """
    return processors - {min(processors)} or processors


def keep_to(processors: set[int], *threads: int) -> None:
    """Let threads run on these processors only (0: the calling one); whoever has ended, or may not be moved, stays."""
    for thread in threads:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(thread, processors)


def await_end(thread: int) -> None:
    """Wait until the kernel knows a thread no more: Python's `join` returns while its stack is still taken."""
    deadline = time.monotonic() + ENDING
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.getpriority(os.PRIO_PROCESS, thread)
            time.sleep(0.0001)


def packed(head: bytes, body: bytes = b"") -> bytes:
    """One message: a small head and a body, in one piece, so that the other side is woken once."""
    return _HEADER.pack(len(head), len(body)) + head + body


def send(connection: socket.socket, head: bytes, body: bytes) -> None:
    """Send one message; a large body is not copied for it."""
    if len(body) <= PIECE:
        connection.sendall(packed(head, body))
    else:
        connection.sendall(_HEADER.pack(len(head), len(body)) + head)
        connection.sendall(body)


def receive(connection: socket.socket) -> tuple[bytes, bytes]:
    """Wait for one message.

    Raises:
        EOFError: the other side is gone.
    """
    inbox = Inbox()
    while not (message := inbox.take(connection)):
        pass
    return message


def take_job(jobs: socket.socket, connection: socket.socket, awake: float) -> tuple[bool, bytes, bytes]:
    """Wait for the next job, so many seconds of that awake: whether it is the only one, its head and its body.

    Raises:
        EOFError: the other side is gone.
    """
    datagram = datagram_within(jobs, awake, DATAGRAM + 1) or _some(jobs, DATAGRAM + 1)
    alone = datagram.startswith(ALONE)
    return alone, *(_apart(datagram[1:]) if len(datagram) > 1 else receive(connection))


class Inbox:
    """One message after the other on its way in."""

    def __init__(self) -> None:
        self._begin = b""
        self._whole = bytearray()
        self._done = 0

    def __bool__(self) -> bool:
        """Whether a part of a message has come."""
        return bool(self._begin or self._whole)

    def take(self, connection: socket.socket) -> tuple[bytes, bytes] | None:
        """Take what is there, waiting for it only where the socket waits: the message, when that was the rest of it.

        Raises:
            EOFError: the other side is gone.
            BlockingIOError: nothing is there.
        """
        if not self._whole:
            self._begin += _some(connection)
            return self.following()
        try:
            count = connection.recv_into(memoryview(self._whole)[self._done :])
        except ConnectionResetError as error:
            raise EOFError from error
        if not count:
            raise EOFError
        self._done += count
        if self._done < len(self._whole):
            return None
        whole, self._whole = self._whole, bytearray()
        return _apart(whole)

    def following(self) -> tuple[bytes, bytes] | None:
        """A message that has come with the end of the last one, as a whole."""
        begin = self._begin
        if len(begin) < _HEADER.size:
            return None
        length = _HEADER.size + sum(_HEADER.unpack_from(begin))
        if len(begin) >= length:
            self._begin = begin[length:]
            return _apart(begin[:length])
        self._whole, self._done = bytearray(length), len(begin)
        self._whole[: len(begin)] = begin
        self._begin = b""
        return None


def _some(connection: socket.socket, most: int = PIECE) -> bytes:
    try:
        part = connection.recv(most)
    except ConnectionResetError as error:
        raise EOFError from error
    if not part:
        raise EOFError
    return part


def _apart(message: bytes | bytearray) -> tuple[bytes, bytes]:
    start = _HEADER.size + _HEADER.unpack_from(message)[0]
    view = memoryview(message)
    return bytes(view[_HEADER.size : start]), bytes(view[start:])
