"""Faults that a test brings about in a worker, in place of queries that would crash or hang outside software.

Only with the setting `fault_hook`. A query names its fault in a comment, ``# fault: NAME`` or ``# fault: NAME 0.5``:
`signal` ends the process by a segmentation fault, `overflow` overflows its stack, `memory` fills its memory and aborts
as the engine does, `burn` uses the processor in native code, `pause` waits without using it, `serial` gives the reply
the number of another job. With seconds, `burn` and `pause` end, and the query is evaluated.
"""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAMED = re.compile(r"#\s*fault: ([a-z]+)(?: ([0-9.]+))?")
_BLOCK = 2**22
"""Bytes that are filled at once."""
_FEW = 100_000
"""Numbers that are added up between two looks at the clock."""


def provoke(query: str) -> int:
    """Bring about the fault that a query names, if any.

    Returns: what is added to the serial number of the reply, 0 where it is to be right.
    """
    found = _NAMED.search(query)
    if not found:
        return 0
    if found[1] == "serial":
        return 1
    _FAULTS[found[1]](float(found[2] or 0))
    return 0


def _end_by_signal(_: float) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _overflow(_: float) -> None:
    sys.setrecursionlimit(2**30)
    # What the stack has grown to stays; beyond that there is none.
    resource.setrlimit(resource.RLIMIT_STACK, (2**12, resource.RLIM_INFINITY))
    function = ctypes.CFUNCTYPE(ctypes.c_int)

    def deeper() -> int:
        return int(through_c())

    through_c = function(deeper)
    deeper()


def _fill_memory(_: float) -> None:
    blocks = []
    try:
        while True:
            blocks.append(b"x" * _BLOCK)
    except MemoryError:
        os.abort()


def _burn(seconds: float) -> None:
    if not seconds:
        sum(range(10**15))
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(_FEW))


def _pause(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)
    else:
        signal.pause()


_FAULTS: Mapping[str, Callable[[float], None]] = {
    "signal": _end_by_signal,
    "overflow": _overflow,
    "memory": _fill_memory,
    "burn": _burn,
    "pause": _pause,
}
