"""Start the server: granian in front, one Python process behind it, and behind that the query processes (Linux only)."""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from gob_graph.endpoint.engine import start_engine
from gob_graph.endpoint.kernel import die_with_parent
from gob_graph.endpoint.web import create_app
from gob_graph.errors import EngineError
from gob_graph.release import current, open_release
from gob_graph.settings import from_env

if TYPE_CHECKING:
    from flask import Flask

    from gob_graph.settings import Settings

SPARE_THREADS = 8
"""For what needs no query process: cached answers, pages in memory, health."""
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
    release = open_release(current(settings.release_dir))
    _check_free(settings)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    print(f"gob-graph: release {release.id[:12]} (version {release.version}) on {settings.service_url}", file=sys.stderr)  # noqa: T201
    os.environ[MAIN] = str(os.getpid())
    waiting = settings.query_workers * settings.client_waiting
    Granian(
        "gob_graph.endpoint.serve:create",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.query_workers + settings.page_workers + min(waiting, 64) + SPARE_THREADS,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.2,
        workers_kill_timeout=5,
        factory=True,
        log_level="warning",
    ).serve()


def create() -> Flask:
    """The application for the current release, with its query processes: what a WSGI server loads, once a process."""
    main = os.environ.pop(MAIN, None)
    if main:
        os.environ[MAIN] = main
        die_with_parent(int(main))
    settings = from_env({k: v for k, v in os.environ.items() if k != MAIN})
    release = open_release(current(settings.release_dir))
    return create_app(settings, start_engine(release, settings))


def _check_free(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise EngineError(f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}; set GOB_GRAPH_PORT") from error
