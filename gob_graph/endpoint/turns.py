"""Whose query runs next: so many at once, so many of each client, and the others wait in the order they came.

A turn that ends is handed to the first who may take it and to nobody else: waking all who wait, of whom all but one
would go back to sleep, costs more than a small query.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field

from gob_graph.errors import RequestError


@dataclass(slots=True)
class _Waiting:
    client: str
    turn: threading.Lock
    """Held until the turn comes."""
    called: bool = False


@dataclass(slots=True)
class Turns:
    """`size` at once, `running_each` of one client; `waiting_each` of one client wait, `wait` seconds at most."""

    size: int
    wait: float
    running_each: int
    waiting_each: int
    lent: int = 0
    running: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    _queue: deque[_Waiting] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, client: str) -> None:
        """Wait for a turn; whoever got one gives it back with `leave`.

        Raises:
            RequestError: the client has too many queries (429), or there was no room in time (503).
        """
        with self._lock:
            # Nobody who waits could take it, or it would have been handed over: so this is no overtaking.
            if self._free(client):
                self._begin(client)
                return
            if self.waiting[client] >= self.waiting_each and self.running[client] >= self.running_each:
                raise self._refusal(client)
            me = _Waiting(client, threading.Lock())
            me.turn.acquire()
            self._queue.append(me)
            self.waiting[client] += 1
        if me.turn.acquire(timeout=self.wait):
            return
        with self._lock:
            if me.called:
                return
            self._queue.remove(me)
            self._no_longer_waits(client)
            raise self._refusal(client)

    def leave(self, client: str) -> None:
        """Give a turn back: it goes to the first in the queue who may have it."""
        with self._lock:
            self.lent -= 1
            _less(self.running, client)
            for next_one in self._queue:
                if self._free(next_one.client):
                    self._queue.remove(next_one)
                    self._no_longer_waits(next_one.client)
                    self._begin(next_one.client)
                    next_one.called = True
                    next_one.turn.release()
                    break

    def _free(self, client: str) -> bool:
        return self.lent < self.size and self.running[client] < self.running_each

    def _begin(self, client: str) -> None:
        self.lent += 1
        self.running[client] += 1

    def _no_longer_waits(self, client: str) -> None:
        _less(self.waiting, client)

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
