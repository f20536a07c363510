"""What a registry of any size costs: `python -m benchmarks.scale [--triples 100000] [--judge]`.

The registry stands beside the real graph. Each stage runs in a process of its own, so that its memory is its own:
seconds of the wall and of the processor, and how much the largest memory of the process grew. `--judge` runs pySHACL
as well and demands the same number of results; at 100 000 triples it takes minutes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from benchmarks.registry import registry
from gob_graph.digests import file_digest, sorted_id
from gob_graph.documents import nquads_lines
from gob_graph.pipeline import validation
from gob_graph.pipeline.build import assemble
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.settings import Settings
from gob_graph.sorted_lines import SortedLines, differences
from gob_graph.vocab import layer_graph

CHANGED = 100
"""Organisations of which something changes from the one file to the other."""
Stage = Callable[["Work"], Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Work:
    """The settings, how many triples are generated, and the folder with the two files."""

    settings: Settings
    triples: int
    folder: Path

    def graph(self) -> set[ox.Triple]:
        """The real graph and the registry."""
        made = registry(self.triples, self.settings.base_iri, self.settings.ontology_base)
        return {*assemble(self.settings).triples, *made}

    def write(self) -> None:
        """The registry as sorted N-Quads, and again with another figure for some organisations."""
        graph = layer_graph(self.settings.base_iri, "external")
        made = registry(self.triples, self.settings.base_iri, self.settings.ontology_base)
        lines = nquads_lines(ox.Quad(t.subject, t.predicate, t.object, graph) for t in made)
        (self.folder / "old.nq").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        figures = [n for n, line in enumerate(lines) if "#exactValue>" in line][:CHANGED]
        for number in figures:
            lines[number] = lines[number].replace('> "', '> "1')
        (self.folder / "new.nq").write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")


def _gate(engine: str) -> Stage:
    def run(work: Work) -> Callable[[], object]:
        shapes, triples = read_shapes(work.settings).all, work.graph()
        return lambda: len(validation.validate(triples, shapes, engine=engine).findings)

    return run


STAGES: dict[str, Stage] = {
    "gate, pyshacl-turbo": _gate("turbo"),
    "gate, pySHACL": _gate("pyshacl"),
    "digest of the N-Quads": lambda work: lambda: file_digest(work.folder / "old.nq")[:8],
    "id of the N-Quads": lambda work: lambda: sorted_id(work.folder / "old.nq", work.settings.base_iri)[:8],
    "differences of two": lambda work: lambda: len(list(differences(work.folder / "old.nq", work.folder / "new.nq"))),
    "1 000 look-ups in a file": lambda work: lambda: _looked_up(work),
}
"""Each stage prepares, and gives what is measured."""


def _looked_up(work: Work) -> int:
    lines = SortedLines(work.folder / "old.nq")
    names = (f"{work.settings.base_iri}/id/organization/unit-{n // 20}-{n % 20 + 1}" for n in range(1000))
    return sum(len(lines.get(name, ())) for name in names)


def measure(name: str, work: Work) -> tuple[str, float, float, float]:
    """The result of a stage, wall seconds, processor seconds, MiB more."""
    run = STAGES[name](work)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, processor = time.perf_counter(), time.process_time()
    found = run()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return str(found), wall, processor, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    """Measure each stage; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, default=100_000, help="Size of the registry.")
    parser.add_argument("--judge", action="store_true", help="Run pySHACL as well.")
    chosen = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Settings(), chosen.triples, Path(folder))
        work.write()
        print(f"registry of {chosen.triples:,} triples; load {os.getloadavg()[0]:.1f}\n")
        print("| stage | result | wall s | processor s | MiB more |\n| --- | --- | --- | --- | --- |")
        for name in STAGES:
            if "pySHACL" in name and not chosen.judge:
                continue
            with context.Pool(1) as pool:
                results[name], wall, processor, more = pool.apply(measure, (name, work))
            print(f"| {name} | {results[name]} | {wall:.1f} | {processor:.1f} | {more:,.0f} |", flush=True)
    if chosen.judge and len({result for name, result in results.items() if name.startswith("gate")}) != 1:
        raise SystemExit("the engines do not find the same")


if __name__ == "__main__":
    main()
