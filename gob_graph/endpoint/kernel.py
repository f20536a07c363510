"""The few Linux calls that the process tree stands on (Linux only: pidfds, parent-death signals, resource limits)."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import struct

PR_SET_PDEATHSIG = 1
PIECE = 2**15
"""Bytes that are received at once; a message of the usual size is one piece."""
_HEADER = struct.Struct("!IQ")
_SEND = ctypes.PyDLL(None).send
"""The system call `send`, made without giving the interpreter away: where it does not block, another thread would take
it in the few microseconds, and getting it back costs more than the call."""
_SEND.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
_SEND.restype = ctypes.c_ssize_t


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


def send(connection: socket.socket, head: bytes, body: bytes = b"") -> None:
    """Send one message: a small head and a body."""
    begin = _HEADER.pack(len(head), len(body)) + head
    if len(body) <= PIECE:
        # In one piece the other side is woken once.
        message = begin + body
        sent = _SEND(connection.fileno(), message, len(message), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        if sent != len(message):
            connection.sendall(message[max(0, sent) :])
    else:
        connection.sendall(begin)
        connection.sendall(body)


def set_patience(connection: socket.socket, receiving: float, sending: float) -> None:
    """Let a blocking socket give up after so many seconds, with BlockingIOError.

    Python's own timeouts make two system calls of each, and as many chances to lose the interpreter to another thread.
    """
    for option, seconds in ((socket.SO_RCVTIMEO, receiving), (socket.SO_SNDTIMEO, sending)):
        microseconds = max(1, int(seconds * 1e6))
        connection.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", *divmod(microseconds, 1_000_000)))


def receive(connection: socket.socket, begin: bytes = b"", patience: float | None = None) -> tuple[bytes, bytes]:
    """Receive one message, of which `begin` is here already; what is not here must come within `patience` seconds.

    Nothing follows it before it is answered, so whatever comes is part of it.

    Raises:
        EOFError: the other side is gone.
        TimeoutError: the rest did not come.
    """
    if not _is_whole(begin):
        try:
            connection.settimeout(patience)
            begin = _whole(connection, begin)
        finally:
            connection.settimeout(None)
    head_length, body_length = _HEADER.unpack_from(begin)
    start = _HEADER.size + head_length
    return begin[_HEADER.size : start], begin[start:]


def _whole(connection: socket.socket, begin: bytes) -> bytes:
    while len(begin) < _HEADER.size:
        begin += receive_some(connection)
    head_length, body_length = _HEADER.unpack_from(begin)
    length = _HEADER.size + head_length + body_length
    return begin if len(begin) == length else _rest(connection, begin, length)


def _is_whole(begin: bytes) -> bool:
    """Whether nothing of a message is missing."""
    return len(begin) >= _HEADER.size and len(begin) == _HEADER.size + sum(_HEADER.unpack_from(begin))


def receive_some(connection: socket.socket) -> bytes:
    """Whatever is there of a message, at least one byte.

    Raises:
        EOFError: the other side is gone.
    """
    try:
        part = connection.recv(PIECE)
    except ConnectionResetError as error:
        raise EOFError from error
    if not part:
        raise EOFError
    return part


def _rest(connection: socket.socket, begin: bytes, length: int) -> bytes:
    buffer = bytearray(length)
    view = memoryview(buffer)
    done = len(begin)
    view[:done] = begin
    while done < length:
        try:
            count = connection.recv_into(view[done:], 0, socket.MSG_WAITALL)
        except ConnectionResetError as error:
            raise EOFError from error
        if not count:
            raise EOFError
        done += count
    return bytes(buffer)
