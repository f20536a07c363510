"""Start the server: granian, one Python process behind it, and behind that the query processes (Linux only)."""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.mp import MPServer

from gob_graph.endpoint.engine import start_engine
from gob_graph.endpoint.kernel import die_with_parent
from gob_graph.endpoint.telemetry import set_up_logging
from gob_graph.endpoint.web import create_app
from gob_graph.errors import EngineError
from gob_graph.publication import open_intact
from gob_graph.settings import from_env

if TYPE_CHECKING:
    from gob_graph.endpoint.edge import Edge
    from gob_graph.settings import Settings

LOG = logging.getLogger("gob_graph")
BACKLOG = 1024
"""Connections that wait while no process accepts them."""
OVERLAP = 5.0
"""Seconds that the process of the old release goes on serving while that of the new one starts."""
STOP_TIMEOUT = 15
"""Seconds that a process has to answer what it was asked before it is ended."""
MAIN = "GOB_GRAPH_MAIN_PID"
"""Tells the server process whose death ends it; not a setting."""


def serve(settings: Settings) -> None:
    """Serve the current release until told to stop; a SIGHUP makes it take the release that is current then.

    Raises:
        ReleaseError: there is no release, or it is damaged.
        EngineError: this is not Linux, or the address is taken.
    """
    if sys.platform != "linux":
        raise EngineError("the endpoint runs on Linux only: it confines its query processes with means of that kernel")
    release, _ = open_intact(settings.release_dir)
    listener = _listen(settings)
    set_up_logging()
    LOG.info("gob-graph: release %s (version %s) on %s", release.id[:12], release.version, settings.service_url)
    os.environ[MAIN] = str(os.getpid())
    _Server(
        "gob_graph.endpoint.serve:create",
        listener=listener,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        workers=1,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=OVERLAP,
        workers_kill_timeout=STOP_TIMEOUT,
        factory=True,
        log_level=LogLevels.error,
    ).serve()


class _Server(MPServer):
    """Granian with one listening socket, held by the main process and shared with whatever process serves.

    By itself it opens a socket in each process: connections are then refused while that process is replaced. With this
    one they wait in the queue of the socket, be the process replaced for a new release or because it died.
    """

    def __init__(self, target: str, *, listener: socket.socket, **options: Any) -> None:  # noqa: ANN401 - Granian's own
        super().__init__(target, **options)
        self._listener = listener

    def _init_shared_socket(self) -> None:
        self._sso = self._listener
        self._shd = SocketHolder(self._listener.fileno(), False, BACKLOG)  # type: ignore[call-arg,assignment]  # noqa: FBT003
        self._ssp = None


def create() -> Edge:
    """The service over the current release, with its query processes: what a server loads, once a process."""
    main = os.environ.pop(MAIN, None)
    if main:
        os.environ[MAIN] = main
        die_with_parent(int(main))
        set_up_logging()
    settings = from_env({k: v for k, v in os.environ.items() if k != MAIN})
    release, trouble = open_intact(settings.release_dir)
    if trouble:
        LOG.error("gob-graph: SERVING AN EARLIER RELEASE, %s: %s", release.id[:12], trouble)
    app = create_app(settings, start_engine(release, settings), trouble)
    # What is here now stays: a collection that looks at all of it would hold every request up, for nothing.
    gc.collect()
    gc.freeze()
    return app


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}; set GOB_GRAPH_PORT"
        raise EngineError(reason) from error
    listener.setblocking(False)  # noqa: FBT003
    listener.set_inheritable(True)
    return listener
