"""Memory that a step of the build gave up, for the next step."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Hand freed memory to the system, where the C library has a call for it.

    glibc keeps what was freed in the heap of the thread that used it: the store of the rules, as large as the graph,
    would stay beside what the threads of the gate take.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
