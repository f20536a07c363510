"""Whose query runs next: so many at once, so many of each client, and the others wait in the order they came.

All of it happens in one event loop, so nothing is locked. A turn that ends is handed to the first who may take it and
to nobody else.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field

from gob_graph.errors import RequestError


@dataclass(slots=True, eq=False)
class _Waiting:
    client: str
    until: float
    turn: asyncio.Future[bool]
    """True when the turn has come, False when it took too long."""


@dataclass(slots=True)
class Turns:
    """`size` at once, `running_each` of one client; `waiting_each` of one client wait, `patience` seconds at most."""

    size: int
    patience: float
    running_each: int
    waiting_each: int
    lent: int = 0
    running: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    _queue: deque[_Waiting] = field(default_factory=deque)
    """All wait equally long, so that who came first is also the first to have waited too long."""
    _timer: asyncio.TimerHandle | None = None

    def take(self, client: str) -> bool:
        """Take a turn if there is one now; whoever got one gives it back with `leave`."""
        # Nobody who waits could take it, or it would have been handed over: so this is no overtaking.
        if self._free(client):
            self._begin(client)
            return True
        return False

    def keep(self, client: str) -> None:
        """One more turn for what goes on when the one who asked for it leaves."""
        self._begin(client)

    async def wait(self, client: str) -> None:
        """Wait for a turn where there is none now.

        Raises:
            RequestError: the client has too many queries (429), or there was no room in time (503).
        """
        if self.waiting[client] >= self.waiting_each and self.running[client] >= self.running_each:
            raise self._refusal(client)
        loop = asyncio.get_running_loop()
        me = _Waiting(client, loop.time() + self.patience, loop.create_future())
        self._queue.append(me)
        self.waiting[client] += 1
        if self._timer is None:
            self._timer = loop.call_at(me.until, self._give_up)
        try:
            if not await me.turn:
                self._go_away(me)
                raise self._refusal(client)
        except asyncio.CancelledError:
            if me in self._queue:
                self._go_away(me)
            else:
                self.leave(client)
            raise

    def leave(self, client: str) -> None:
        """Give a turn back: it goes to the first in the queue who may have it."""
        self.lent -= 1
        _less(self.running, client)
        for next_one in self._queue:
            if not next_one.turn.done() and self._free(next_one.client):
                self._go_away(next_one)
                self._begin(next_one.client)
                next_one.turn.set_result(True)
                break

    def _give_up(self) -> None:
        """Let go of those who have waited too long."""
        loop = asyncio.get_running_loop()
        self._timer = None
        for one in self._queue:
            if one.until > loop.time():
                self._timer = loop.call_at(one.until, self._give_up)
                break
            if not one.turn.done():
                one.turn.set_result(False)

    def _free(self, client: str) -> bool:
        return self.lent < self.size and self.running[client] < self.running_each

    def _begin(self, client: str) -> None:
        self.lent += 1
        self.running[client] += 1

    def _go_away(self, one: _Waiting) -> None:
        self._queue.remove(one)
        _less(self.waiting, one.client)

    def _refusal(self, client: str) -> RequestError:
        running, waiting = self.running[client], self.waiting[client]
        if running >= self.running_each:
            detail = f"{running} of your queries are running and {waiting} waiting"
            return RequestError("client-busy", detail, {"Retry-After": "1"})
        return RequestError("engine-busy", f"all {self.size} query processes are busy", {"Retry-After": "1"})


def _less(counter: Counter[str], client: str) -> None:
    counter[client] -= 1
    if not counter[client]:
        del counter[client]
