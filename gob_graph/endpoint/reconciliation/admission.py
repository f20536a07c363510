"""How many batches are matched at once, and how many of one client: the limits of public queries hold here."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Gate:
    """`size` batches at once; `each` of one client run or wait; `patience` seconds is waited for room."""

    size: int
    each: int
    patience: float
    _clients: Counter[str] = field(default_factory=Counter)
    _room: threading.Condition = field(default_factory=threading.Condition)
    _running: int = 0

    @contextmanager
    def entered(self, client: str) -> Iterator[None]:
        """Room for one batch of a client.

        Raises:
            RequestError: the client has too many (client-busy), or no room was made in time (engine-busy).
        """
        with self._room:
            if self._clients[client] >= self.each:
                detail = f"{self._clients[client]} of your requests are being worked on"
                raise RequestError("client-busy", detail, {"Retry-After": "1"})
            self._clients[client] += 1
            try:
                if not self._room.wait_for(lambda: self._running < self.size, self.patience):
                    detail = f"{self._running} batches are being matched"
                    raise RequestError("engine-busy", detail, {"Retry-After": "1"})
                self._running += 1
            except BaseException:
                self._leave(client)
                raise
        try:
            yield
        finally:
            with self._room:
                self._running -= 1
                self._leave(client)
                self._room.notify()

    def _leave(self, client: str) -> None:
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]
