"""A client that has ended its sending side gets its answer, and a process whose event loop stands still is replaced."""

import os
import signal
import socket
import time
from dataclasses import replace

from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, Server, Starter, until


def test_a_half_closed_request_gets_its_answer(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), LONG) as client:
        client.sendall(f"GET /sparql?query=ASK%7B%7D%23{time.time()} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        client.shutdown(socket.SHUT_WR)
        got = b"".join(iter(lambda: client.recv(65536), b""))
    assert got.startswith(b"HTTP/1.1 200 ")
    assert got.endswith(b'{"head":{},"boolean":true}')


IMPATIENT = """
from gob_graph.cli import main
from gob_graph.endpoint.server import supervisor

supervisor.HANG_SECONDS = 5.0
main(["serve"])
"""
"""The program with one constant changed: after how many seconds a process is taken to hang."""


def test_a_process_that_hangs_is_replaced(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, query_workers=1), IMPATIENT)
    front = own.front
    os.kill(front, signal.SIGSTOP)
    until(lambda: "the server process hangs" in own.log.read_text())
    until(lambda: own.front != front and own.get("/health/live")[0] == 200)
