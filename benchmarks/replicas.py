"""Requests a second of one server, of one and two replicas behind HAProxy, and of one behind nginx's cache.

`python -m benchmarks.replicas` (a minute): eight connections, the shipped configurations, every limit as shipped but
those on one client, as all the load comes from one address. HAProxy's stays: 64 connections.
"""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from benchmarks import data
from benchmarks.balancer import balancing
from benchmarks.load import Asked, Load
from benchmarks.machine import free_port, tree
from benchmarks.peers import Ours, Proxied
from benchmarks.workloads import JSON, PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.data import Dataset

ROOT = Path(__file__).parent.parent
CLIENTS = 8
QUERIES = {
    "small": "SELECT * { <https://data.example.org/id/organization/gob> ?p ?o }",
    "aggregate": PREFIXES + "SELECT ?class (COUNT(?it) AS ?count) { ?it a ?class } GROUP BY ?class",
}
OPEN = {
    "GOB_GRAPH_TRUSTED_PROXIES": "1",
    "GOB_GRAPH_CLIENT_RUNNING": str(CLIENTS),
    "GOB_GRAPH_CLIENT_WAITING": str(CLIENTS),
    "GOB_GRAPH_CLIENT_BURST": "100000",
    "GOB_GRAPH_LOG_REQUESTS": "0",
}


class Replica(Ours):
    """One server that does not bound what one address asks."""

    def environment(self, data: Dataset) -> Mapping[str, str]:
        """As shipped, but for the bounds on one client."""
        return {**super().environment(data), **OPEN}


class Cached(Proxied):
    """The same behind nginx."""

    def environment(self, data: Dataset) -> Mapping[str, str]:
        """As shipped, but for the bounds on one client."""
        return {**super().environment(data), **OPEN}


@contextmanager
def started(kind: type[Ours], work: Path, made: Dataset) -> Iterator[int]:
    """A server, while the context lasts; gives its port."""
    peer = kind(work)
    try:
        peer.start(made)
        yield peer.port
    finally:
        peer.stop()


@contextmanager
def arrangement(name: str, work: Path, made: Dataset) -> Iterator[tuple[int, int]]:
    """One of `NAMES`, while the context lasts; gives the port to ask, and the process id of the balancer or 0."""
    with ExitStack() as stack:
        if name == NAMES[0]:
            yield stack.enter_context(started(Replica, work / "one", made)), 0
        elif name == NAMES[-1]:
            yield stack.enter_context(started(Cached, work / "cached", made)), 0
        else:
            ports = [stack.enter_context(started(Replica, work / f"replica-{n}", made)) for n in range(int(name[0]))]
            port = free_port()
            yield port, stack.enter_context(balancing(work, port, free_port(), ports)).pid


NAMES = ("1 server, direct", "1 replica, HAProxy", "2 replicas, HAProxy", "1 server, nginx's cache")


def ticks(pid: int) -> int:
    """Processor time that a process tree has used, in hundredths of a second; 0 for no process."""
    used = 0
    for each in tree(pid) if pid else []:
        fields = Path(f"/proc/{each}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run")
    parser.add_argument("--only", default="", help="only arrangements whose name contains this")
    parser.add_argument("--work", type=Path, default=ROOT / ".benchmarks", help="installations and data, kept")
    chosen = parser.parse_args()
    os.chdir(ROOT)
    work = chosen.work.resolve()
    (work / "replicas").mkdir(parents=True, exist_ok=True)
    load, made = Load(work / "load"), data.real(work / "data-real")
    kinds = [(query, unique) for query in QUERIES for unique in (False, True)]
    heads = [f"{query}, {'unique' if unique else 'repeated'}" for query, unique in kinds]
    print(f"| requests/s · p50 ms · p99 ms · µs of HAProxy | {' | '.join(heads)} |\n| --- |{' --- |' * len(heads)}")
    for name in (name for name in NAMES if chosen.only in name):
        cells = []
        with arrangement(name, work / "replicas", made) as (port, balancer):
            for query, unique in kinds:
                path = f"/sparql?query={quote(QUERIES[query])}"
                before = ticks(balancer)
                figures = load.run(port, Asked([path], [None], JSON, unique), clients=CLIENTS, seconds=chosen.seconds)
                failed = f", {figures.failed} failed" if figures.failed else ""
                each = (ticks(balancer) - before) * 10_000 / max(1, figures.rate * chosen.seconds)
                own = f" · {each:.0f}" if balancer else ""
                cells.append(f"{figures.rate:.0f} · {figures.p50:.2f} · {figures.p99:.2f}{own}{failed}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
