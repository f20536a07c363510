"""The release in memory and on disk, beside `oxigraph serve`: start to first answer, memory, look-ups, paths, scans.

    .venv/bin/python -m benchmarks.stores [--sizes 1M] [--large] [--again] [--markdown FILE | --library]

One server at a time, so that none takes the processor of another; ratios in the last columns. The answers of all must
have as many rows. Every query is asked for the first time: a comment in it differs. The figures of a server over one
size are kept in the work folder when it was asked everything: the same command goes on where a run was ended, and
`--again` measures anew.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import pyoxigraph as ox

from benchmarks import data, kept
from benchmarks.peers import Ours, Oxigraph
from benchmarks.plans import PREFIXES
from gob_graph.endpoint.engine import disk_store
from gob_graph.endpoint.engine.dataset import load
from gob_graph.manifest import DATASET
from gob_graph.release import STORE, current, open_release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.peers import Peer

ROOT = Path(__file__).parent.parent
SIZES = {"10k": 10_000, "100k": 100_000, "300k": 300_000, "1M": 1_000_000, "3M": 3_000_000}
LARGE = {"10M": 10_000_000}
UNDER = "org:unitOf/org:subOrganizationOf*"
WORK = {
    "look-up of a thing": ("SELECT ?p ?o {{ o:unit-{n}-3 ?p ?o }}", 60),
    "look-up of a label": ('SELECT ?u {{ ?u skos:prefLabel ?l . o:unit-{n}-5 skos:prefLabel ?l }}', 60),
    "path to the root": ("SELECT ?o {{ o:unit-{n}-3 org:unitOf/org:subOrganizationOf* ?o }}", 60),
    "path, units below": (f"SELECT ?u {{{{ VALUES ?x {{{{ o:institution-{{n}} }}}} ?u {UNDER} ?x }}}}", 20),
    "labels of units below": (
        f"SELECT ?l {{{{ VALUES ?x {{{{ o:institution-{{n}} }}}} ?u {UNDER} ?x ; skos:prefLabel ?l }}}}",
        8,
    ),
    "scan: count of a join": ("SELECT (COUNT(?l) AS ?c) {{ ?u org:unitOf ?o . ?o skos:prefLabel ?l }} #{n}", 1),
}  # fmt: skip
"""Queries with a number, and how many are asked."""
MAKING = "the start that makes the store"
_NUMBER = itertools.count()


class Union(Oxigraph):
    """`oxigraph serve` with the named graphs only, whose union is the default graph, as ours holds them."""

    name = "oxigraph serve, union"

    def command(self, data: data.Dataset) -> list[str]:
        """The same server with another default graph."""
        return [*super().command(data), "--union-default-graph"]

    def load(self, data: data.Dataset) -> None:
        """The release as it is."""
        super().load(replace(data, quads=current(data.releases) / DATASET))


class InMemory(Ours):
    """The release loaded at each start."""

    name = "memory"
    place: ClassVar[str] = "memory"

    def environment(self, data: data.Dataset) -> Mapping[str, str]:
        """The place, and time enough for a scan."""
        more = {"GOB_GRAPH_STORE": self.place, "GOB_GRAPH_QUERY_TIMEOUT": "60", "GOB_GRAPH_CLIENT_BURST": "600"}
        return {**super().environment(data), **more}


class OnDisk(InMemory):
    """The store on disk beside the release."""

    name = "disk"
    place: ClassVar[str] = "disk"


@dataclass
class Figures:
    """What was measured of one server."""

    name: str
    start: float
    processor: float
    """Seconds of processor time up to the first answer."""
    memory: float
    """PSS in MiB after the first answer."""
    after: float
    """PSS in MiB after all queries."""
    milliseconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)


def main() -> None:
    """Measure and print; also as Markdown into a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1M", help=f"comma-separated: {', '.join(SIZES)}")
    parser.add_argument("--large", action="store_true", help="10 M triples too (memory: 16 GiB)")
    parser.add_argument("--again", action="store_true", help="measure what was measured before, too")
    parser.add_argument("--library", action="store_true", help="without servers: processor time of the engine alone")
    parser.add_argument("--markdown", type=Path, help="write the table into this file")
    parser.add_argument("--work", type=Path, default=ROOT / ".benchmarks", help="installations and data, kept")
    chosen = parser.parse_args()
    os.chdir(ROOT)
    sizes = [size for size in chosen.sizes.split(",") if size] + ([*LARGE] if chosen.large else [])
    texts = []
    for size in sizes:
        made = _data(chosen.work.resolve(), size)
        texts.append(library(made) if chosen.library else servers(made, chosen.work.resolve(), again=chosen.again))
        print(texts[-1], flush=True)
        # After each size, so that a run that is ended has told what it knows.
        if chosen.markdown:
            chosen.markdown.write_text("\n".join(texts), encoding="utf-8")


def _data(work: Path, size: str) -> data.Dataset:
    folder = work / f"data-{size}"
    folder.mkdir(parents=True, exist_ok=True)
    return data.grown(folder, f"registry of {size} triples", (SIZES | LARGE)[size])


def servers(made: data.Dataset, work: Path, *, again: bool = False) -> str:
    """The table of all servers over one size; what is known of it is not measured anew, but with `again`."""
    peers: list[Peer] = [
        *(kind(work / "oxigraph-serve") for kind in (Oxigraph, Union)),
        *(kind(work / kind.name) for kind in (InMemory, OnDisk)),
    ]
    release = open_release(current(made.releases), verify=False)
    file = made.releases.parent / "stores.json"
    found = {} if again else {one["name"]: Figures(**one) for one in kept.known(file, release.id)}
    for name, peer, work_of in ((MAKING, peers[3], {}), *((peer.name, peer, WORK) for peer in peers)):
        if name not in found:
            peer.install()
            if name == MAKING:
                shutil.rmtree(release.path / STORE, ignore_errors=True)
            found[name] = replace(measured(peer, made, work_of), name=name)
            kept.keep(file, release.id, list(found.values()))
    return table(made, {peer.name: found[peer.name] for peer in peers}, found[MAKING].start)


def library(made: data.Dataset) -> str:
    """Milliseconds of processor time for each kind of query, best of two rounds, in this process."""
    release = open_release(current(made.releases), verify=False)
    disk_store.prepare(release)
    stores = (load(release.dataset.read_bytes()).store, disk_store.opened(release).store)
    lines = ["| | memory, ms | disk, ms | disk : memory |", "| --- " * 4 + "|"]
    for name, (query, count) in WORK.items():
        texts = [PREFIXES + query.format(n=number) for number in range(1, min(count, 40) + 1)]
        memory, disk = (min(_evaluated(store, texts) for _ in range(2)) for store in stores)
        lines.append(f"| {name} | {memory:.2f} | {disk:.2f} | {disk / memory:.1f} |")
    return "\n".join([*lines, ""])


def _evaluated(store: ox.Store, texts: list[str]) -> float:
    began = time.process_time()
    for text in texts:
        list(cast("ox.QuerySolutions", store.query(text, use_default_graph_as_union=True)))
    return (time.process_time() - began) / len(texts) * 1e3


def measured(peer: Peer, made: data.Dataset, work: Mapping[str, tuple[str, int]]) -> Figures:
    """Start a server, ask it everything, and end it."""
    try:
        peer.start(made)
        figures = Figures(peer.name, peer.start_seconds, peer.ticks() / 100, peer.memory()[1], 0.0)
        for name, (query, count) in work.items():
            figures.milliseconds[name], figures.rows[name] = _asked(peer, query, count)
        figures.after = peer.memory()[1]
    finally:
        peer.stop()
    return figures


def _asked(peer: Peer, query: str, count: int) -> tuple[float, int]:
    """The median in milliseconds, and the rows of all."""
    times, rows = [], 0
    for number in range(1, count + 1):
        text = f"{PREFIXES}{query.format(n=number)} # {next(_NUMBER)}"
        began = time.perf_counter()
        rows += peer.ask(text, "text/csv").count(b"\n") - 1
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times), rows


def table(made: data.Dataset, found: Mapping[str, Figures], making: float) -> str:
    """The figures as Markdown."""
    _, _, memory, _ = each = tuple(found.values())
    if any(one.rows != memory.rows for one in each):
        sys.exit(f"the answers have not as many rows: {[one.rows for one in each]}")
    rows = [
        ("start to first answer, s", [one.start for one in each]),
        ("the same, s of processor time", [one.processor for one in each]),
        ("PSS after the first answer, MiB", [one.memory for one in each]),
        ("PSS after all queries, MiB", [one.after for one in each]),
        *((f"{name}, ms", [one.milliseconds[name] for one in each]) for name in memory.milliseconds),
    ]
    lines = [
        f"## {made.name}: {made.size:,} triples\n",
        f"| | {' | '.join(found)} | memory : oxigraph | : union | disk : oxigraph | : memory |",
        "| --- " * 9 + "|",
    ]
    for name, (a, b, c, d) in rows:
        ratios = " | ".join(f"{ratio:.2f}" for ratio in (c / a, c / b, d / a, d / c))
        lines.append(f"| {name} | {' | '.join(f'{value:.2f}' for value in (a, b, c, d))} | {ratios} |")
    store = current(made.releases) / STORE
    size = sum(p.stat().st_size for p in store.rglob("*") if p.is_file())
    said = f"The store on disk takes {size / 2**20:.0f} MiB; the start that made it took {making:.0f} s."
    return "\n".join([*lines, "", said, ""])


if __name__ == "__main__":
    main()
