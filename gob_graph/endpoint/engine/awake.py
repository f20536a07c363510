"""Waiting for a moment without sleeping, where one question follows the other (docs/decisions/0012).

To fall asleep and be woken takes longer than a small answer, in a virtual machine most of all. So whoever has just sent
something, to the only one who is there, looks for what comes back a few times before sleeping. Where many ask, there is
always something to do, and looking too often would take the processor from those who do it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time

REPLY = 0.0002
"""Seconds for which the front stays awake: most small queries are answered by then."""
NEXT_JOB = 0.0005
"""Seconds for which a query process does: the answer goes to its client, who asks the next question, by then."""


class Awake:
    """Keeps the running event loop from sleeping for a moment, where there are several processors."""

    def __init__(self) -> None:
        self.possible = len(os.sched_getaffinity(0)) > 1
        self._until = 0.0
        self._turning = False

    def stay(self) -> None:
        """For a moment from now."""
        # The time of the loop is in milliseconds.
        self._until = time.perf_counter() + REPLY
        if self.possible and not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """A loop that has something to call soon looks at its sockets without waiting for them."""
        self._turning = time.perf_counter() < self._until
        if self._turning:
            asyncio.get_running_loop().call_soon(self._turn)


def datagram_within(source: socket.socket, seconds: float, most: int) -> bytes:
    """The datagram that comes within a moment; nothing where none does, or the other side is gone."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        try:
            return source.recv(most, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        except ConnectionResetError:
            break
    return b""
