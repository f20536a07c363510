"""Compare this endpoint with others: `python -m benchmarks.run` (all, about half an hour) or `--quick` (about 4).

All endpoints run at the same time on the loopback interface with the same data; for each question they are measured one
after the other, round by round, so that whatever else the machine does strikes all of them. Ratios are therefore worth
more than rates. Needs Linux and the registries of PyPI and Debian; what cannot be had is left out and said to be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks import data, report
from benchmarks.hostile import under_runaways
from benchmarks.load import Asked, Figures, Load
from benchmarks.peers import PEERS, Ours, Peer
from benchmarks.report import Measured, Run
from benchmarks.workloads import JSON, WORKLOADS, Workload

ROOT = Path(__file__).parent.parent
SIZES = {"real": 0, "100k": 100_000, "1M": 1_000_000}
CLIENTS = (1, 8)
SLOW = 1.0
"""Seconds; who needs more for one answer is not asked again: what is given up goes on in the background there."""
ANSWERS, LONGEST = 8, 8.0
"""A run lasts as long as so many answers take one after the other, but not longer than so many seconds."""
GIVEN_UP = 60.0
"""Seconds after which no answer is waited for."""
AT_REST, LOOKED_AT = 30.0, 0.1
"""Seconds that we wait at most until nobody works any more, and those between two looks."""
COMPARED = 5.0
"""Seconds that an endpoint may take for the right bodies; with slower questions fewer different ones are asked."""
QUICK = ("oxigraph serve", "rdflib-endpoint")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    sizes: tuple[str, ...]
    rounds: int
    seconds: float
    workloads: tuple[Workload, ...]
    peers: tuple[type[Peer], ...]


def main() -> None:
    """Measure and print; also as Markdown into a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="real graph and 100 k triples, one round, fewer endpoints")
    parser.add_argument("--sizes", help=f"comma-separated: {', '.join(SIZES)}")
    parser.add_argument("--peers", help="comma-separated beginnings of names; ours is always measured")
    parser.add_argument("--only", default="", help="only workloads whose name contains this")
    parser.add_argument("--markdown", type=Path, help="write the tables into this file")
    parser.add_argument("--work", type=Path, default=ROOT / ".benchmarks", help="installations and data, kept")
    chosen = parser.parse_args()
    wanted = tuple(chosen.peers.split(",")) if chosen.peers else QUICK if chosen.quick else ("",)
    plan = Plan(
        tuple(chosen.sizes.split(",")) if chosen.sizes else ("real", "100k") if chosen.quick else tuple(SIZES),
        1 if chosen.quick else 3,
        1.0,
        tuple(w for w in WORKLOADS if chosen.only in w.name),
        tuple(p for p in PEERS if issubclass(p, Ours) or p.name.startswith(wanted)),
    )
    os.chdir(ROOT)
    run = measure(plan, chosen.work.resolve())
    print(report.tables(run))
    if chosen.markdown:
        chosen.markdown.write_text(report.tables(run), encoding="utf-8")


def measure(plan: Plan, work: Path) -> Run:
    """Everything that the plan names."""
    run = Run(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", time.strftime("%F"))
    load = Load(work / "load")
    kinds = [kind for kind in plan.peers if _install(kind, work, run)]
    for size in plan.sizes:
        folder = work / f"data-{size}"
        folder.mkdir(parents=True, exist_ok=True)
        told(f"data: {size}")
        made = data.grown(folder, f"registry of {size} triples", SIZES[size]) if SIZES[size] else data.real(folder)
        peers = [kind(work / kind.name.replace(" ", "-")) for kind in kinds]
        try:
            peers = [peer for peer in peers if _start(peer, made, run)]
            _ask_all(plan, load, made, peers, run)
        finally:
            for peer in peers:
                peer.stop()
    return run


def _install(kind: type[Peer], work: Path, run: Run) -> bool:
    told(f"installing {kind.name}")
    try:
        kind(work / kind.name.replace(" ", "-")).install()
    except Exception as error:  # noqa: BLE001 - whatever the reason, the others are measured
        run.notes.append(f"{kind.name} could not be installed here: {error}")
        return False
    return True


def _start(peer: Peer, made: data.Dataset, run: Run) -> bool:
    told(f"starting {peer.name}")
    try:
        peer.start(made)
    except Exception as error:  # noqa: BLE001 - whatever the reason, the others are measured
        peer.stop()
        run.notes.append(f"{peer.name} could not be started with the {made.name}: {error}")
        return False
    return True


def _ask_all(plan: Plan, load: Load, made: data.Dataset, peers: list[Peer], run: Run) -> None:
    before = {peer.name: peer.memory() for peer in peers}
    for workload in plan.workloads:
        texts = _texts(workload, peers[0])
        alone = _ask_once(workload, texts[0], peers, made, run)
        slowest = max((time for time in alone.values() if time <= SLOW), default=0.0)
        lasting = min(LONGEST, max(plan.seconds, slowest * ANSWERS))
        texts = texts[: max(1, int(COMPARED / 2 / max(slowest, 0.001)))]
        asked = {peer.name: _asked(peer, workload, texts) for peer in peers if alone[peer.name] <= SLOW}
        for clients in CLIENTS:
            told(f"{made.name}: {workload.name}, {clients} client(s)")
            rounds: dict[str, list[Figures]] = {peer.name: [] for peer in peers}
            for _ in range(plan.rounds):
                for peer in peers:
                    if alone[peer.name] > SLOW:
                        rounds[peer.name].append(Figures.of_one(alone[peer.name]))
                    else:
                        _await_rest(peers)
                        rounds[peer.name].append(
                            load.run(peer.port, asked[peer.name], clients=clients, seconds=lasting)
                        )
            for peer in peers:
                run.measured.append(Measured(made.name, workload, clients, peer.name, _middle(rounds[peer.name])))
    for peer in peers:
        run.memory.append((made.name, peer.name, peer.start_seconds, before[peer.name], peer.memory()))
    _await_rest(peers)
    native = [peer for peer in peers if peer.name in {report.OURS, report.NATIVE}]
    run.hostile += [(made.name, *row) for row in under_runaways(load, native, plan.rounds)]


def _await_rest(peers: list[Peer]) -> None:
    """Wait until nobody works on what was asked of it and given up: it would be at the cost of whoever is next."""
    used = sum(peer.ticks() for peer in peers)
    deadline = time.monotonic() + AT_REST
    while time.monotonic() < deadline:
        time.sleep(LOOKED_AT)
        before, used = used, sum(peer.ticks() for peer in peers)
        if used - before <= 1:
            break


def _texts(workload: Workload, ours: Peer) -> list[str]:
    if not workload.subjects:
        return [workload.query]
    answer = json.loads(ours.ask(workload.subjects, JSON))
    iris = [row["it"]["value"] for row in answer["results"]["bindings"]]
    # Repeated means one and the same question.
    return [workload.query.replace("urn:it", iri) for iri in (iris if workload.unique else iris[:1])]


def _ask_once(workload: Workload, text: str, peers: list[Peer], made: data.Dataset, run: Run) -> dict[str, float]:
    """Seconds that each takes for the question alone; one that does not answer is ended, as it would go on working.

    A fast wrong answer is no answer: each must give as many rows or triples as ours, or it is noted.
    """
    counts: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for peer in list(peers):
        try:
            # The first look at the data may take longer than all others, and so be no measure of them.
            for attempt in range(2):
                began = time.monotonic()
                # Another text each time, so that it is evaluated each time.
                body = peer.ask(f"{text}\n# {workload.name}, {attempt}", workload.accept, timeout=GIVEN_UP)
                seconds[peer.name] = time.monotonic() - began
                if seconds[peer.name] <= SLOW:
                    break
            bindings = json.loads(body)["results"]["bindings"] if workload.accept == JSON else body.split(b"\n")[:-1]
            counts[peer.name] = len(bindings)
        except (OSError, ValueError, KeyError) as error:
            run.notes.append(f"{made.name}, {workload.name}: {peer.name} failed and was ended ({error})")
            peer.stop()
            peers.remove(peer)
            seconds.pop(peer.name, None)
            continue
        if seconds[peer.name] > SLOW:
            run.notes.append(
                f"{made.name}, {workload.name}: {peer.name} was asked twice only, it took {seconds[peer.name]:.1f} s"
            )
        if counts[peer.name] != counts[peers[0].name]:
            run.notes.append(
                f"{made.name}, {workload.name}: {peer.name} gives {counts[peer.name]}, ours {counts[peers[0].name]}"
            )
    return seconds


def _asked(peer: Peer, workload: Workload, texts: list[str]) -> Asked:
    """The requests of a workload with the right bodies; one that differs from time to time is not compared."""
    bodies: list[bytes | None] = []
    for number, text in enumerate(texts):
        first, second = (peer.ask(f"{text}\n# body {number}.{time}", workload.accept) for time in (1, 2))
        bodies.append(first if first == second else None)
    paths = [f"{peer.path}?query={quote(text)}" for text in texts]
    return Asked(paths, bodies, workload.accept, workload.unique)


def _middle(rounds: list[Figures]) -> Figures:
    return Figures(
        statistics.median(f.rate for f in rounds),
        statistics.median(f.p50 for f in rounds),
        statistics.median(f.p99 for f in rounds),
        sum(f.failed for f in rounds),
        sum(f.wrong for f in rounds),
    )


def told(text: str) -> None:
    """Say what is being done to a person who waits."""
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
