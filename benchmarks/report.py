"""The figures as Markdown tables: ratios first, then rates and latencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.load import Figures
    from benchmarks.workloads import Workload

OURS, PROXIED, NATIVE, PYTHON = "gob-graph", "gob-graph behind nginx", "oxigraph serve", "rdflib-endpoint"
PROXIED_FLOOR, PYTHON_FLOOR = 2.0, 8.0
"""The least ratio of a cached answer behind nginx to `oxigraph serve`, and of any answer to `rdflib-endpoint`."""
HOSTILE_BOUND = 3.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One cell: an endpoint, a workload, a number of clients."""

    data: str
    workload: Workload
    clients: int
    peer: str
    figures: Figures


@dataclass(slots=True)
class Run:
    """All that was measured in one run."""

    machine: str
    day: str
    measured: list[Measured] = field(default_factory=list)
    memory: list[tuple[str, str, float, tuple[float, float], tuple[float, float]]] = field(default_factory=list)
    hostile: list[tuple[str, str, float, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def tables(run: Run) -> str:
    """The report of a run."""
    parts = [f"Machine: {run.machine}. Date: {run.day}.\n"]
    for data in dict.fromkeys(m.data for m in run.measured):
        parts.append(f"## {data}\n\n{_ratios(run, data, OURS)}\n{_ratios(run, data, PROXIED)}\n{_rates(run, data)}")
    parts.append("## Start and memory\n\n" + _memory(run))
    parts.append("## Small queries beside two clients with runaways (p99, ms)\n\n" + _hostile(run))
    missed = _missed(run)
    parts.append("## Floors missed\n\n" + ("".join(f"- {line}\n" for line in missed) or "None.\n"))
    if run.notes:
        parts.append("## Notes of the run\n\n" + "".join(f"- {note}\n" for note in run.notes))
    return "\n".join(parts)


def _ratios(run: Run, data: str, ours: str) -> str:
    if ours not in _peers(run, data):
        return ""
    peers = [p for p in _peers(run, data) if p not in {OURS, PROXIED}]
    head = [f"{ours} : theirs", "clients", *peers]
    rows = []
    for workload, clients in _cells(run, data):
        ratios = [_ratio(run, data, workload, clients, ours, peer) for peer in peers]
        rows.append([workload, str(clients), *(f"{r:.2f}" if r < 10 else f"{r:.0f}" for r in ratios)])
    return _table(head, rows)


def _rates(run: Run, data: str) -> str:
    peers = _peers(run, data)
    rows = []
    for workload, clients in _cells(run, data):
        cells = []
        for peer in peers:
            f = _figures(run, data, workload, clients, peer)
            failed = f", {f.failed} failed" if f and f.failed else ""
            failed += f", **{f.wrong} wrong**" if f and f.wrong else ""
            cells.append(f"{f.rate:.0f} · {f.p50:.2f} · {f.p99:.2f}{failed}" if f else "–")
        rows.append([workload, str(clients), *cells])
    return _table(["requests/s · p50 ms · p99 ms", "clients", *peers], rows)


def _memory(run: Run) -> str:
    rows = [
        [data, peer, f"{seconds:.1f}", *(f"{value:.0f}" for value in (*before, *after))]
        for data, peer, seconds, before, after in run.memory
    ]
    head = ["data", "endpoint", "start to first answer, s", "RSS, MiB", "PSS, MiB", "RSS after, MiB", "PSS after, MiB"]
    return _table(head, rows)


def _hostile(run: Run) -> str:
    rows = [
        [data, peer, f"{alone:.2f}", f"{beside:.2f}", f"{beside / alone:.1f}×" if alone else "–"]
        for data, peer, alone, beside in run.hostile
    ]
    return _table(["data", "endpoint", "alone", "beside runaways", "ratio"], rows)


def _missed(run: Run) -> list[str]:
    lines = []
    for data in dict.fromkeys(m.data for m in run.measured):
        for ours, peer in ((OURS, NATIVE), (OURS, PYTHON), (PROXIED, NATIVE)):
            for workload, clients in _cells(run, data):
                floor = _floor(run, workload, clients, ours, peer)
                ratio = _ratio(run, data, workload, clients, ours, peer)
                if ratio < floor:
                    cell = f"{data}, {workload}, {clients} client(s)"
                    lines.append(f"{cell}: {ours} {ratio:.2f}× {peer}, the floor is {floor:g}×")
    for data, peer, alone, beside in run.hostile:
        if peer == OURS and alone and beside / alone > HOSTILE_BOUND:
            lines.append(f"{data}, p99 beside runaways: {beside / alone:.1f}×, the bound is {HOSTILE_BOUND:g}×")
    return lines


def _floor(run: Run, name: str, clients: int, ours: str, peer: str) -> float:
    workload = next(m.workload for m in run.measured if m.workload.name == name)
    if ours == PROXIED:
        return 0 if workload.unique else PROXIED_FLOOR
    return PYTHON_FLOOR if peer == PYTHON else workload.floors[clients > 1]


def _peers(run: Run, data: str) -> list[str]:
    return list(dict.fromkeys(m.peer for m in run.measured if m.data == data))


def _cells(run: Run, data: str) -> list[tuple[str, int]]:
    return list(dict.fromkeys((m.workload.name, m.clients) for m in run.measured if m.data == data))


def _figures(run: Run, data: str, workload: str, clients: int, peer: str) -> Figures | None:
    return next(
        (
            m.figures
            for m in run.measured
            if (m.data, m.workload.name, m.clients, m.peer) == (data, workload, clients, peer)
        ),
        None,
    )


def _ratio(run: Run, data: str, workload: str, clients: int, ours: str, peer: str) -> float:
    """Our rate to theirs; infinite when they answered nothing in the time, not a number when they were not there."""
    here, there = (_figures(run, data, workload, clients, name) for name in (ours, peer))
    if here is None or there is None:
        return float("nan")
    return here.rate / there.rate if there.rate else float("inf")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
