"""What each client may use: processor seconds, by a token bucket for each client.

Everything that costs is charged: public queries, queries of pages, queries of older releases, and what the web
application itself does. A client that has used up its budget is not refused while no other client is served: it comes
after other clients and leaves one place free for them (`admission`).
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from gob_graph.errors import RequestError

REMEMBERED = 4096
"""Clients whose use is remembered; beyond that the one that used something longest ago is forgotten."""


@dataclass(slots=True)
class Budget:
    """`burst` processor seconds at once, refilled at `share` processors; may be charged from any thread."""

    burst: float
    share: float
    clock: Callable[[], float] = time.monotonic
    _used: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    """For each client the seconds that are not refilled yet, and the time of that figure."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def charge(self, client: str, seconds: float) -> None:
        """Note that a client has used processor time."""
        if seconds <= 0:
            return
        now = self.clock()
        with self._lock:
            self._used[client] = (self._left(client, now) + seconds, now)
            self._used.move_to_end(client)
            while len(self._used) > REMEMBERED:
                self._used.popitem(last=False)

    def wait(self, client: str) -> float:
        """Seconds until the client is within its budget again; 0.0 when it is."""
        now = self.clock()
        with self._lock:
            over = self._left(client, now) - self.burst
        return max(0.0, over / self.share)

    def refusal(self, client: str) -> RequestError:
        """The refusal of a client that is over its budget while others are served (429, client-budget)."""
        detail = f"you have used more than {self.burst:g} s of processor time, and other clients are served first"
        return RequestError("client-budget", detail, {"Retry-After": str(max(1, math.ceil(self.wait(client))))})

    def _left(self, client: str, now: float) -> float:
        """The seconds that the client has used and that are not refilled yet."""
        used, at = self._used.get(client, (0.0, now))
        return max(0.0, used - (now - at) * self.share)
