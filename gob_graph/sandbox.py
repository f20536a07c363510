"""Run a command that reads files of others in a child process, with limits of memory, processor and wall time.

Whatever a file does to a parser, the command ends with exit code 2 and one sentence. The child writes to the same
standard output and standard error; only what native libraries print as they die is dropped.
"""

from __future__ import annotations

import faulthandler
import functools
import io
import math
import os
import resource
import select
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gob_graph.outcome import FAILED, outcome, say
from gob_graph.parent_death import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

FAULT = "GOB_GRAPH_TEST_FAULT"
"""Makes the child fail in a chosen way, for tests: a key of `FAULTS`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take: MiB beyond what it begins with, seconds of processor and wall time each."""

    memory: int
    seconds: float


def confined(callback: Callable[..., Any]) -> Callable[..., Any]:
    """The callback of a command, run in a child; the limits are those of the settings (`ctx.obj`)."""

    @functools.wraps(callback)
    def run_confined(*arguments: object, **options: object) -> None:
        settings = click.get_current_context().find_root().obj
        limits = Limits(settings.command_memory, settings.command_seconds)
        code = run(lambda: callback(*arguments, **options), limits)
        if code:
            sys.exit(code)

    return run_confined


def run(work: Callable[[], object], limits: Limits) -> int:
    """Run the work of a command in a child; Returns its exit code, 2 with a message when the child was ended."""
    if not _has_streams():
        work()  # within a program that took the streams away, there is no child that could write to them
        return 0
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _child(work, limits, parent)
    return _wait(pid, limits)


def _has_streams() -> bool:
    try:
        return sys.stdout.fileno() >= 0 and sys.stderr.fileno() >= 0
    except (io.UnsupportedOperation, AttributeError, ValueError):
        return False


def _child(work: Callable[[], object], limits: Limits, parent: int) -> None:
    code = FAILED
    try:
        die_with_parent(parent)
        _limit(limits)
        _keep_stderr_for_us()
        code = outcome(FAULTS.get(os.environ.get(FAULT, ""), work))
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = FAILED
    finally:
        os._exit(code)  # no clean-up of the parent's runs twice


def _limit(limits: Limits) -> None:
    size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    # Soft limits: the query processes of 'gob-graph query' set their own.
    _lower(resource.RLIMIT_AS, size + (limits.memory << 20))
    _lower(resource.RLIMIT_CPU, math.ceil(limits.seconds))
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, value: int) -> None:
    soft, hard = resource.getrlimit(kind)
    allowed = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min([value, *allowed]), hard))


def _keep_stderr_for_us() -> None:
    """Messages of ours go on; what a library writes to descriptor 2 as it aborts goes nowhere."""
    if not sys.flags.dev_mode:
        faulthandler.disable()
    ours = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = open(ours, "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1)  # noqa: PTH123, SIM115 - a descriptor, for the rest of the process


def _wait(pid: int, limits: Limits) -> int:
    watch = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        late = not poll.poll(limits.seconds * 1000)
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    finally:
        os.close(watch)
    if late:
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    say(_ending("time" if late else os.WTERMSIG(status), limits))
    return FAILED


def _ending(how: int | str, limits: Limits) -> str:
    if how in {"time", signal.SIGXCPU}:
        return (
            f"stopped after {limits.seconds:g} s; raise GOB_GRAPH_COMMAND_SECONDS if the input is that large, "
            "or look for a query or pattern in it that does not end"
        )
    name = signal.Signals(int(how)).name
    return (
        f"the reading process was ended by {name}: the input needs more than {limits.memory} MiB "
        "(GOB_GRAPH_COMMAND_MEMORY), is nested too deeply, or meets a fault of a library"
    )


def _take_memory() -> None:
    held = []
    while True:
        held.append(bytearray(1 << 24))


def _burn() -> None:
    while True:
        pass


def _nest() -> None:
    _nest()


FAULTS: dict[str, Callable[[], object]] = {
    "signal": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "memory": _take_memory,
    "processor": _burn,
    "hang": signal.pause,
    "nesting": _nest,
    "error": lambda: [][0],
}
"""The ways to fail: each has the effect of an input that no test may hold."""
