"""The Linux calls that confine a worker: resource limits, stack (Linux only)."""

from __future__ import annotations

import os
import resource
import sys


def ensure_stack(size: int) -> None:
    """Give the main thread of this process a stack of so many bytes, where the hard limit allows it.

    The kernel places the stack when a program starts, so that the process executes its own command again with the new
    limit. Its children inherit the stack by being forked.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = size if hard == resource.RLIM_INFINITY else min(size, hard)
    if soft != wanted:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the same command


def confine(memory: int, descriptors: int = 0) -> None:
    """Limit this process: bytes of memory and stack beyond what it has, no core file, and, last, its descriptors.

    RLIMIT_NOFILE bounds the number of a new descriptor: with 0 none can be opened, neither a file nor a socket.
    The descriptors that are open stay usable.
    """
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - before descriptors run out
        size = int(statm.read().split()[0]) * resource.getpagesize()
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123
        score.write("800")
    resource.setrlimit(resource.RLIMIT_AS, (size + memory, size + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


def peak_memory() -> int:
    """The most bytes that this process has had in memory, shared ones included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def allow_processor_time(seconds: float) -> None:
    """Let this process use so many more seconds of processor time; after that the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
