"""How a query process ended, and what the one who asked is told of it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Literal

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.worker import Limits

Reason = Literal["timeout", "memory", "crash", "outside", "retired"]
REASONS: tuple[Reason, ...] = ("timeout", "memory", "crash", "outside", "retired")
"""Why query processes end: stopped at the deadline, by its memory limit, by a fault of its own, by someone else's
signal, or of itself after an answer that left it large."""


def reason_of(number: int) -> Reason:
    """Whose doing it was that a process ended in the middle of a job, by the number of the signal (0: by itself)."""
    if number in {signal.SIGKILL, signal.SIGTERM, 0}:
        return "outside"
    known: dict[int, Reason] = {signal.SIGABRT: "memory", signal.SIGXCPU: "timeout"}
    return known.get(number, "crash")


def told(reason: Reason, limits: Limits) -> RequestError:
    """What becomes of the query."""
    if reason == "memory":
        return RequestError("query-memory", f"the query needs more than {limits.memory} MiB of memory")
    if reason == "timeout":
        return RequestError("query-timeout", f"the query was stopped after {limits.seconds:g} s")
    if reason == "outside":
        return RequestError("engine-down", "the query process was ended from outside", {"Retry-After": "1"})
    return RequestError("engine-crashed", "the query ended its process; it is nested too deeply or too complex")
