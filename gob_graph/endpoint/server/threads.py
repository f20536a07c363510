"""The threads in which the web framework and slow parts of requests run, shared fairly among the clients.

The interpreter runs one thread at a time, so that a few busy ones hold up all others: only so many run at once, and of
each client fewer. Their processor time is charged to the budget of the client, as that of its queries is.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from gob_graph.endpoint.engine.admission import Admission, Pending
from gob_graph.endpoint.engine.messages import Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gob_graph.endpoint.engine.admission import Place
    from gob_graph.endpoint.engine.budget import Budget

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 6
"""Requests that run in threads at once."""
OF_CLIENT = 3
"""Requests of one client that do."""
WAITING = 500
"""Requests of one client that wait for a thread."""
NOTHING = Message(0, b"", b"")
"""What a request is told that has a thread: there is no reply to wait for."""
PATIENCE = 10.0
"""Seconds that a request waits for a thread: a browser asks for a page and all that belongs to it at once."""


class Threads:
    """Runs calls in threads; all methods but `charged` are called in one event loop."""

    def __init__(self, budget: Budget, spare: int) -> None:
        """`spare` threads are kept for what is not admitted here, such as health checks."""
        self.budget = budget
        self.executor = ThreadPoolExecutor(AT_ONCE + spare, "framework")
        self.admission = Admission(AT_ONCE, PATIENCE, OF_CLIENT, WAITING, budget)
        self._offered = False

    async def run(self, client: str, call: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Call a function in a thread, at the cost of a client.

        Raises:
            RequestError: client-busy, client-budget, engine-busy: no thread was free in time.
        """
        async with self.place(client):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.executor, lambda: self.charged(client, call, *given, **named))

    def charged(self, client: str, call: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Call a function in the current thread, and charge its processor time to a client."""
        began = time.thread_time()
        try:
            return call(*given, **named)
        finally:
            self.budget.charge(client, time.thread_time() - began)

    @asynccontextmanager
    async def place(self, client: str) -> AsyncIterator[None]:
        """Room for one request of a client.

        Raises:
            RequestError: as `run`.
        """
        if not self._offered:
            self._offered = True
            for _ in range(self.admission.size):
                self._offer()
        pending = Pending(b"", b"", client, asyncio.get_running_loop().create_future(), client)
        self.admission.enter(pending)
        try:
            await pending.reply
        except asyncio.CancelledError:
            # Admitted and cancelled in the same moment: `_admitted` gives the place back.
            self.admission.leave(pending)
            raise
        try:
            yield
        finally:
            self._release(pending)

    def _offer(self) -> None:
        self.admission.take().add_done_callback(self._admitted)

    def _admitted(self, place: Place) -> None:
        pending = None if place.cancelled() else place.result()
        if pending is None:
            return
        if pending.reply.done():
            self._release(pending)
        else:
            pending.reply.set_result(NOTHING)

    def _release(self, pending: Pending) -> None:
        self._offer()
        self.admission.finish(pending)
