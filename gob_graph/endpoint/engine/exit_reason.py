"""Why a worker ended, and the refusal that its client gets."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Literal

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.job import Limits

Reason = Literal["timeout", "memory", "crash", "outside", "retired", "abandoned", "mismatch"]
REASONS: tuple[Reason, ...] = ("timeout", "memory", "crash", "outside", "retired", "abandoned", "mismatch")
"""Why workers end: at the deadline; at the memory limit; by a fault of their own; by a signal from outside; after an
answer that left them large or of low priority; because the client had disconnected; because a reply did not carry the
number of the job."""


def reason_of(number: int) -> Reason:
    """Why a process ended in the middle of a job, from the number of the signal (0: by itself)."""
    if number in {signal.SIGKILL, signal.SIGTERM, 0}:
        return "outside"
    known: dict[int, Reason] = {signal.SIGABRT: "memory", signal.SIGXCPU: "timeout"}
    return known.get(number, "crash")


def refusal(reason: Reason, limits: Limits) -> RequestError:
    """The refusal of the query whose worker ended for this reason."""
    if reason == "memory":
        return RequestError("query-memory", f"the query needs more than {limits.memory} MiB of memory")
    if reason == "timeout":
        return RequestError("query-timeout", f"the query was stopped after {limits.seconds:g} s")
    if reason == "outside":
        return RequestError("engine-down", "the query process was ended from outside", {"Retry-After": "1"})
    if reason == "mismatch":
        return RequestError("engine-mismatch", "the query process gave the answer to another query; it was not sent")
    return RequestError("engine-crashed", "the query ended its process; it is nested too deeply or too complex")
