"""The HTTP server of the front: its connections, what they share, and how it stops."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from typing import TYPE_CHECKING

from gob_graph.endpoint.server.connection import Connection
from gob_graph.endpoint.server.reader import Bodies
from gob_graph.endpoint.server.supervisor import BACKLOG

if TYPE_CHECKING:
    import socket

    from gob_graph.endpoint.server.application import Edge
    from gob_graph.endpoint.server.reader import Head

MOST_CONNECTIONS = 1000
"""Connections at once; for one more, the one that has rested longest is closed."""
LOOK_EVERY = 1.0
"""Seconds between two looks at the connections, and at the clock."""
KEPT_HEADS = 1024
"""Heads of requests that are remembered by their bytes."""
LONGEST_HEAD = 4096
"""Bytes of a head that is remembered."""
LAST_CHANCE = 2.0
"""Seconds that a connection at rest stays open when the server stops: its client may just be asking again."""


class Server:
    """Everything that the connections of one process share."""

    def __init__(self, edge: Edge, loop: asyncio.AbstractEventLoop) -> None:
        self.edge = edge
        self.loop = loop
        self.bodies = Bodies(edge.observer.settings.body_limit * 2**20)
        self.stopping = False
        self.heads: dict[bytes, Head] = {}
        self.now = 0.0
        """The time of the loop, up to a second old."""
        self.date = b""
        """The Date field for answers (RFC 9110 section 6.6.1)."""
        self._connections: set[Connection] = set()
        self._look()

    async def listen(self, listener: socket.socket) -> asyncio.Server:
        """Accept connections from now on."""
        return await self.loop.create_server(lambda: Connection(self), sock=listener, backlog=BACKLOG)

    def admit(self, connection: Connection) -> bool:
        """Whether there is room for one more; who has rested longest may have to go for it."""
        room = len(self._connections) < MOST_CONNECTIONS
        if not room:
            resting = [one for one in self._connections if one.rests(self.now)]
            if resting:
                min(resting, key=lambda one: one.since).transport.close()
                room = True
        self._connections.add(connection)
        return room

    def leave(self, connection: Connection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)

    def remember(self, data: bytes, head: Head) -> None:
        """Keep the head that these bytes have, when they are one request without a body, and nothing else."""
        if len(data) <= LONGEST_HEAD and data.startswith(b"GET ") and data.find(b"\r\n\r\n") == len(data) - 4:
            if len(self.heads) >= KEPT_HEADS:
                self.heads.clear()
            self.heads[data] = head

    def _look(self) -> None:
        self.now = self.loop.time()
        self.date = f"Date: {formatdate(usegmt=True)}\r\n".encode("ascii")
        for connection in tuple(self._connections):
            connection.look(self.now)
        self.loop.call_later(LOOK_EVERY, self._look)

    async def stop(self, patience: float) -> None:
        """Answer what has been asked, and close; who asks in this moment gets an answer, the last on his connection."""
        self.stopping = True
        end = self.loop.time() + patience
        while self._connections and self.loop.time() < end:
            for connection in tuple(self._connections):
                if connection.rests(self.loop.time() - LAST_CHANCE):
                    connection.transport.close()
            await asyncio.sleep(0.05)
