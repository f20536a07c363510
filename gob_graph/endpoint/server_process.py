"""The front: the one process that answers requests, started by the supervisor (`server/supervisor.py`)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn
import uvloop

from gob_graph.endpoint.engine import tokens
from gob_graph.endpoint.engine.engine import start_engine
from gob_graph.endpoint.prepare import start_preparing
from gob_graph.endpoint.server.access_log import set_up_logging
from gob_graph.endpoint.server.connection import Connection
from gob_graph.endpoint.server.supervisor import BACKLOG, BEAT, READY, STOP_TIMEOUT
from gob_graph.endpoint.web.app import create_app
from gob_graph.errors import GobGraphError
from gob_graph.publication import open_intact
from gob_graph.settings import from_env

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.endpoint.server.application import Application

LOG = logging.getLogger("gob_graph")
IDLE_SECONDS = 75
"""How long a connection may be idle; a proxy in front closes it before."""


def main() -> None:
    """Arguments: descriptors of the listening socket and of the pipe to report on, and the pid of the main process."""
    listener, pipe = map(int, sys.argv[1:3])
    # Ctrl-C, and a terminal that closes, reach the whole group; the main process decides.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    set_up_logging()
    try:
        application = create()
    except GobGraphError as error:
        LOG.error("gob-graph: %s", error)
        sys.exit(1)
    uvloop.run(_serve(application, socket.socket(fileno=listener), pipe))
    application.engine.close()


def create() -> Application:
    """The service over the current release, with its query processes.

    Raises:
        ReleaseError: there is no release, or all are damaged.
    """
    settings = from_env(os.environ)
    release, troubles = open_intact(settings.release_dir, always=bool(settings.verify_always))
    for trouble in troubles:
        LOG.error("gob-graph: %s", trouble.detail)
    told = tuple(dict.fromkeys(trouble.public for trouble in troubles))
    application = create_app(settings, start_engine(release, settings), told)
    tokens.prepare()
    start_preparing(release)
    # What is here now stays: a collection that looks at all of it would hold every request up, for nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    return application


class _Server(uvicorn.Server):
    """uvicorn on a socket that is listening already; reports on a pipe that it serves, and that it goes on to."""

    def __init__(self, application: Application, pipe: int) -> None:
        self._pipe = pipe
        config = uvicorn.Config(
            application,
            interface="asgi3",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=int(STOP_TIMEOUT),
            timeout_notify=1,
            callback_notify=self._beat,
        )
        super().__init__(config)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A SIGTERM stops the server, and does not end the process before its workers are ended."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._leave)
        yield

    def _leave(self) -> None:
        """Take no connection from now on, as the front of a newer release may: uvicorn itself looks each 0.1 s."""
        for server in self.servers:
            server.close()
        self.handle_exit(signal.SIGTERM, None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and report it."""
        await super().startup(sockets)
        os.write(self._pipe, READY)

    async def _beat(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._pipe, BEAT)


async def _serve(application: Application, listener: socket.socket, pipe: int) -> None:
    application.attach(asyncio.get_running_loop())
    os.set_blocking(pipe, False)
    await _Server(application, pipe).serve([listener])


if __name__ == "__main__":
    main()
