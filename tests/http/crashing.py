"""Processes that die, or find the disk full, at a chosen step of what they do with a folder.

A step is what the interpreter audits of files below the folder: opening, renaming, linking, making, removing. So nothing
of what is tested is replaced by anything, and every boundary between two effects on the disk is a step.
"""

import errno
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from gob_graph.errors import GobGraphError
from tests.conftest import LONG

EVENTS = {"open", "os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "os.truncate"}
PRELOADED = ["gob_graph.pipeline.build", "gob_graph.follow", "tests.http.crashing", "tests.world"]
OUTCOMES = {"done": 0, "refused": 3}


def context() -> ForkServerContext:
    """Processes that begin with everything imported and no thread."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOADED)
    return made


def _writes(event: str, arguments: tuple[Any, ...]) -> bool:
    if event != "open":
        return event not in {"os.remove", "os.rmdir"}
    return bool(arguments[1] and set(arguments[1]) & set("wxa+")) or bool(
        arguments[1] is None and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    )


def _run(work: Callable[..., object], given: tuple[Any, ...], folder: str, step: int, how: str, counted: Any) -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS or not str(arguments[0]).startswith(folder):
            return
        if how == "full" and not _writes(event, arguments):
            return
        counted.value += 1
        if counted.value == step and how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if counted.value >= step and how == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

    sys.addaudithook(hook)
    try:
        work(*given)
    except GobGraphError:
        os._exit(OUTCOMES["refused"])
    os._exit(OUTCOMES["done"])


def run(work: Callable[..., object], *given: Any, folder: Path, step: int = 0, how: str = "kill") -> tuple[int, int]:
    """Run work in a process of its own that is killed at that step (0: never), or whose disk is full from it on.

    Gives its exit code, and how many steps it came to.
    """
    made = context()
    counted = made.Value("i", 0)
    process = made.Process(target=_run, args=(work, given, str(folder), step, how, counted))
    process.start()
    process.join(LONG)
    assert process.exitcode is not None
    return process.exitcode, counted.value
