"""The admission queue of a lane: which query is evaluated next, and which is refused.

Queries are admitted in the order of their arrival, as many at once as there are workers and as many of one client as it
may have running. A client over its budget comes after the others, and while another client is served it does not get
the last free worker. A query that waits too long is refused with 429 (the client's own queries, or its budget) or 503
(all workers busy). All calls come from one event loop, so nothing is locked.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.budget import Budget
    from gob_graph.endpoint.engine.messages import Message

RETRY: Mapping[str, str] = {"Retry-After": "1"}


@dataclass(slots=True, eq=False)
class Pending:
    """A query between its request and its reply."""

    head: bytes
    body: bytes
    """The two parts of the message to a worker (`Job.encode`)."""
    client: str
    reply: asyncio.Future[Message]
    charged: str
    """The client to whom the processor time is charged."""
    expires: float = 0.0
    """When it is refused if it has not been admitted, in the time of the event loop."""


Place = asyncio.Future[Pending | None]
"""A worker without a job: completed with the next query, or with None when it is withdrawn."""


@dataclass(slots=True)
class Admission:
    """`size` workers; of each client `running_each` queries at once, `waiting_each` in the queue for `patience` s."""

    size: int
    patience: float
    running_each: int
    waiting_each: int
    budget: Budget | None = None
    """What each client may use (None: any amount)."""
    running: Counter[str] = field(default_factory=Counter)
    """The queries of each client that are evaluated."""
    waiting: Counter[str] = field(default_factory=Counter)
    """The queries of each client in the queue."""
    _queue: deque[Pending] = field(default_factory=deque)
    _places: list[Place] = field(default_factory=list)
    _timer: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> int:
        """How many queries are evaluated."""
        return self.running.total()

    @property
    def queued(self) -> int:
        """How many queries wait."""
        return len(self._queue)

    @property
    def free(self) -> int:
        """How many workers have no job."""
        return sum(not place.done() for place in self._places)

    def enter(self, pending: Pending) -> None:
        """Put a query at the end of the queue, from which it is admitted at once where a worker has no job.

        Raises:
            RequestError: client-busy, when the client has as many queries as it may have.
        """
        client = pending.client
        if self.waiting[client] >= self.waiting_each and self.running[client] >= self.running_each:
            raise self._refusal(client)
        loop = asyncio.get_running_loop()
        pending.expires = loop.time() + self.patience
        self.waiting[client] += 1
        self._queue.append(pending)
        self._match()
        if self._queue and self._timer is None:
            self._timer = loop.call_at(self._queue[0].expires, self._expire)

    def take(self) -> Place:
        """Offer a worker that has no job."""
        place: Place = asyncio.get_running_loop().create_future()
        self._places.append(place)
        self._match()
        return place

    def withdraw(self, place: Place) -> None:
        """Take back the offer of a worker, if it still has no job."""
        if place in self._places:
            self._places.remove(place)
            if not place.done():
                place.set_result(None)

    def leave(self, pending: Pending) -> bool:
        """Take a query out of the queue; says whether it was still there."""
        if pending not in self._queue:
            return False
        self._queue.remove(pending)
        _less(self.waiting, pending.client)
        return True

    def finish(self, pending: Pending) -> None:
        """End the evaluation of a query that was admitted."""
        _less(self.running, pending.client)
        self._match()

    def refuse_all(self, error: RequestError) -> None:
        """Refuse all queries of the queue."""
        while self._queue:
            self._refuse(self._queue[0], error)

    def _match(self) -> None:
        """Admit queries for as long as there are workers without a job; the one used last comes first."""
        while self._queue and self._places:
            place = self._places[-1]
            if place.done():
                self._places.pop()
                continue
            pending = self._next()
            if pending is None:
                return
            self._places.pop()
            self.leave(pending)
            self.running[pending.client] += 1
            place.set_result(pending)

    def _next(self) -> Pending | None:
        """The first query whose client may have another one running; those of clients over their budget come last."""
        late: Pending | None = None
        for pending in self._queue:
            if self.running[pending.client] >= self.running_each:
                continue
            if not self._over_budget(pending.client):
                return pending
            late = late or pending
        if late and (self.free > 1 or not self.running.keys() - {late.client}):
            return late
        return None

    def _over_budget(self, client: str) -> bool:
        return self.budget is not None and self.budget.wait(client) > 0

    def _expire(self) -> None:
        """Refuse the queries that have waited too long. All wait equally long, so those are the first ones."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._queue and self._queue[0].expires <= loop.time():
            first = self._queue[0]
            self._refuse(first, self._refusal(first.client))
        if self._queue:
            self._timer = loop.call_at(self._queue[0].expires, self._expire)

    def _refuse(self, pending: Pending, error: RequestError) -> None:
        self.leave(pending)
        if not pending.reply.done():
            pending.reply.set_exception(error)

    def _refusal(self, client: str) -> RequestError:
        running, waiting = self.running[client], self.waiting[client]
        if self.budget and self._over_budget(client):
            return self.budget.refusal(client)
        if running >= self.running_each:
            detail = f"{running} of your queries are running and {waiting} waiting"
            return RequestError("client-busy", detail, RETRY)
        return RequestError("engine-busy", f"all {self.size} query processes are busy", RETRY)


def _less(counter: Counter[str], client: str) -> None:
    """Count one less, and forget a client that has none."""
    counter[client] -= 1
    if not counter[client]:
        del counter[client]
