"""Whose query runs next: so many at once, so many of each client, and the others wait in the order they came.

All of it happens in one event loop, so nothing is locked.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.kernel import DATAGRAM
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(slots=True, eq=False)
class Asked:
    """A query on its way to its answer, which is a head and a body."""

    message: bytes
    client: str
    reply: asyncio.Future[tuple[bytes, bytes]]
    until: float = 0.0
    """When it has waited too long."""
    waits: bool = False
    """It stands in the queue, or behind another one."""
    runs: bool = False
    left: float | None = None
    """When its client went away, if he did while it ran."""
    again: bool = False
    """Its process was ended from outside, and it is tried once more."""

    @property
    def small(self) -> bool:
        """Whether it may wait in the line of a process."""
        return len(self.message) <= DATAGRAM


@dataclass(slots=True)
class Turns:
    """`size` at once, `running_each` of one client; `waiting_each` of one client wait, `patience` seconds at most."""

    size: int
    patience: float
    running_each: int
    waiting_each: int
    running: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    queue: deque[Asked] = field(default_factory=deque)
    """What waits here, in the order in which it came; what waits for the end of one query has left it (`Lane`)."""
    impatient: Callable[[Asked], object] = lambda _: None
    """Called when a query has waited too long; who is called ends it (`refuse`)."""
    _waiting: deque[Asked] = field(default_factory=deque)
    """All that waited a moment ago, wherever; all wait equally long, so the first has to be looked at only."""
    _timer: asyncio.TimerHandle | None = None

    @property
    def lent(self) -> int:
        """How many run."""
        return self.running.total()

    def enter(self, asked: Asked) -> None:
        """Stand at the end of the queue.

        Raises:
            RequestError: the client has too many queries (429).
        """
        client = asked.client
        if self.waiting[client] >= self.waiting_each and self.running[client] >= self.running_each:
            raise self.refusal(client)
        loop = asyncio.get_running_loop()
        asked.until = loop.time() + self.patience
        self.waiting[client] += 1
        asked.waits = True
        self.queue.append(asked)
        while self._waiting and (self._waiting[0].runs or self._waiting[0].reply.done()):
            self._waiting.popleft()
        self._waiting.append(asked)
        if self._timer is None:
            self._timer = loop.call_at(asked.until, self._look)

    def back(self, asked: Sequence[Asked]) -> None:
        """Stand in the queue again, where one has stood before; what ran did so in vain."""
        for one in asked:
            if one.runs:
                one.runs, one.waits = False, True
                _less(self.running, one.client)
                self.waiting[one.client] += 1
        self.queue = deque(sorted([*asked, *self.queue], key=lambda one: one.until))

    def first(self, may: Callable[[str], bool]) -> Asked | None:
        """The first in the queue whose client may."""
        stopped: set[str] = set()
        for asked in self.queue:
            if asked.client not in stopped:
                if may(asked.client):
                    return asked
                stopped.add(asked.client)
        return None

    def begin(self, asked: Asked) -> None:
        """It runs, and waits no longer."""
        if asked.waits:
            _less(self.waiting, asked.client)
        asked.runs, asked.waits = True, False
        self.running[asked.client] += 1

    def end(self, asked: Asked) -> None:
        """It neither waits nor runs; it is in no queue any more."""
        _less(self.running if asked.runs else self.waiting, asked.client)

    def refusal(self, client: str) -> RequestError:
        """Why there is no room for another one: the client's own queries, or all processes are busy."""
        running, waiting = self.running[client], self.waiting[client]
        if running >= self.running_each:
            detail = f"{running} of your queries are running and {waiting} waiting"
            return RequestError("client-busy", detail, {"Retry-After": "1"})
        return RequestError("engine-busy", f"all {self.size} query processes are busy", {"Retry-After": "1"})

    def _look(self) -> None:
        """Let go of those who have waited too long."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting:
            one = self._waiting[0]
            if not (one.runs or one.reply.done()):
                if one.until > loop.time():
                    self._timer = loop.call_at(one.until, self._look)
                    return
                self.impatient(one)
            self._waiting.popleft()


def _less(counter: Counter[str], client: str) -> None:
    counter[client] -= 1
    if not counter[client]:
        del counter[client]
