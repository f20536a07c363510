"""Let a process end with the one that made it, however that ends (Linux only)."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask to be killed when the parent dies; `parent` is its pid, in case it died before the asking.

    The signal fires when the *thread* that made this process ends, so the parent must fork in its main thread.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
