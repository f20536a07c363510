"""The front: the one process that answers requests, started by the main process (`serve.py`)."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvloop

from gob_graph.endpoint.engine.confinement import die_with_parent
from gob_graph.endpoint.engine.engine import start_engine
from gob_graph.endpoint.server.access_log import set_up_logging
from gob_graph.endpoint.server.server import Server
from gob_graph.endpoint.server.supervisor import READY, STOP_TIMEOUT
from gob_graph.endpoint.web.app import create_app
from gob_graph.errors import GobGraphError
from gob_graph.publication import open_intact
from gob_graph.settings import from_env

if TYPE_CHECKING:
    from gob_graph.endpoint.server.application import Edge

LOG = logging.getLogger("gob_graph")


def main() -> None:
    """Arguments: descriptors of the listening socket and of the pipe to report on; the pid of the main process."""
    listener, pipe, parent = map(int, sys.argv[1:4])
    die_with_parent(parent)
    # Ctrl-C, and a terminal that closes, reach the whole group; the main process decides.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    set_up_logging()
    try:
        edge = create()
    except GobGraphError as error:
        LOG.error("gob-graph: %s", error)
        sys.exit(1)
    uvloop.run(_serve(edge, socket.socket(fileno=listener), pipe))
    edge.engine.close()


def create() -> Edge:
    """The service over the current release, with its query processes.

    Raises:
        ReleaseError: there is no release, or all are damaged.
    """
    settings = from_env(os.environ)
    release, troubles = open_intact(settings.release_dir)
    for trouble in troubles:
        LOG.error("gob-graph: %s", trouble.detail)
    edge = create_app(settings, start_engine(release, settings), tuple(dict.fromkeys(t.public for t in troubles)))
    # What is here now stays: a collection that looks at all of it would hold every request up, for nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    return edge


async def _serve(edge: Edge, listener: socket.socket, pipe: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    edge.attach(loop)
    server = Server(edge, loop)
    listening = await server.listen(listener)
    os.write(pipe, READY)
    os.close(pipe)
    await stop.wait()
    listening.close()
    await server.stop(STOP_TIMEOUT)


if __name__ == "__main__":
    main()
