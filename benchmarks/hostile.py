"""How small queries fare while two clients send queries that take long."""

from __future__ import annotations

import contextlib
import socket
import statistics
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from benchmarks.load import Asked
from benchmarks.workloads import JSON

if TYPE_CHECKING:
    from benchmarks.load import Load
    from benchmarks.peers import Peer

LONG = """SELECT (COUNT(*) AS ?n) WHERE {
    { SELECT * { ?a ?b ?c } LIMIT 4000 } { SELECT * { ?d ?e ?f } LIMIT 4000 } }"""
"""Sixteen million pairs: seconds of work for any endpoint, and an end."""
SMALL = "SELECT ?class WHERE { <https://data.example.org/id/organization/gob> a ?class }"
SETTLED = 1.0
"""Seconds after which the long queries are as they are for the rest of their time."""
ADDRESSES = ("127.0.0.2", "127.0.0.3")
"""Each client has an address of its own, as budgets are per address."""


def under_runaways(load: Load, peers: list[Peer], rounds: int) -> list[tuple[str, float, float]]:
    """For each endpoint: the 99th percentile, in milliseconds, of unique small queries alone, and beside runaways."""
    found = []
    for peer in peers:
        alone = _percentile(load, peer, rounds)
        stop = threading.Event()
        clients = [threading.Thread(target=_run_away, args=(peer, address, stop)) for address in ADDRESSES]
        for client in clients:
            client.start()
        try:
            time.sleep(SETTLED)
            beside = _percentile(load, peer, rounds)
        finally:
            stop.set()
            for client in clients:
                client.join()
        found.append((peer.name, alone, beside))
    return found


def _percentile(load: Load, peer: Peer, rounds: int) -> float:
    asked = Asked([f"{peer.path}?query={quote(SMALL)}"], [peer.ask(SMALL, JSON)], JSON, unique=True)
    runs = [load.run(peer.port, asked, clients=1, seconds=2) for _ in range(rounds)]
    return statistics.median(run.p99 for run in runs)


def _run_away(peer: Peer, address: str, stop: threading.Event) -> None:
    text = f"GET {peer.path}?query={quote(LONG)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    while not stop.is_set():
        with socket.socket() as client, contextlib.suppress(ConnectionError):
            client.bind((address, 0))
            client.connect(("127.0.0.1", peer.port))
            client.sendall(text.encode())
            client.settimeout(0.2)
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    if not client.recv(65536):
                        break
