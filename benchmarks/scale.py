"""What a registry of any size costs: `python -m benchmarks.scale [--triples 100000] [--only patch] [--judge]`.

The registry stands beside the real graph. Each stage runs in a process of its own, so that its memory is its own:
seconds of the wall and of the processor, and how much the largest memory of the process grew. `--judge` runs pySHACL
as well and demands the same number of results; at 100 000 triples it takes minutes. `--downloads FOLDER` serves a
folder of releases and measures how its N-Quads come (`downloads.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from benchmarks.downloads import table
from benchmarks.registry import registry
from gob_graph.changes import apply_patch
from gob_graph.digests import file_digest, sorted_id
from gob_graph.documents import nquads_lines
from gob_graph.patched import patched
from gob_graph.pipeline import validation
from gob_graph.pipeline.build import assemble
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.proof import read_lines
from gob_graph.rdf_patch import RELEASE, read_patch
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
    "patch of two": lambda work: _patched(work),
    "patch of two, all lines held": lambda work: _held(work),
    "1 000 look-ups in a file": lambda work: lambda: _looked_up(work),
}
"""Each stage prepares, and gives what is measured."""


def _text(work: Work) -> str:
    """The patch from the one file to the other, as `gob-graph diff` writes it."""
    old, new, base = work.folder / "old.nq", work.folder / "new.nq", work.settings.base_iri
    changed = sorted((came, line.decode()) for line, came in differences(old, new))
    rows = [f"{'A' if came else 'D'} {line}" for came, line in changed]
    head = [
        f"H id <{RELEASE}{sorted_id(new, base)}> .",
        f"H prev <{RELEASE}{sorted_id(old, base)}> .",
        f"H base <{base}> .",
        f'H sha256 "{file_digest(new)}" .',
        "TX .",
    ]
    return "".join([*(f"{row}\n" for row in head), *rows, "TC .\n"])


def _patched(work: Work) -> Callable[[], object]:
    text = _text(work)

    def run() -> str:
        found = patched(work.folder / "old.nq", read_patch(text, "patch"), "patch")
        with (work.folder / "made.nq").open("wb") as stream:
            stream.writelines(found.body)
        return found.sha256[:8]

    return run


def _held(work: Work) -> Callable[[], object]:
    """What was done before files were read where they lie."""
    text = _text(work)

    def run() -> str:
        lines = apply_patch(read_lines(work.folder / "old.nq"), read_patch(text, "patch"), "patch")
        body = "".join(f"{line}\n" for line in lines).encode()
        (work.folder / "made.nq").write_bytes(body)
        return hashlib.sha256(body).hexdigest()[:8]

    return run


def _looked_up(work: Work) -> int:
    lines = SortedLines(work.folder / "old.nq")
    names = (f"{work.settings.base_iri}/id/organization/unit-{n // 20}-{n % 20 + 1}" for n in range(1000))
    return sum(len(lines.get(name, ())) for name in names)


def measure(name: str, work: Work) -> tuple[str, float, float, float]:
    """The result of a stage, wall seconds, processor seconds, MiB more."""
    run = STAGES[name](work)
    before = _peak()
    wall, processor = time.perf_counter(), time.process_time()
    found = run()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return str(found), wall, processor, (_peak() - before) / 1024


def _peak() -> int:
    """KiB: the largest memory of this program so far; `ru_maxrss` would count that of the process that began it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    """Measure each stage; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, default=100_000, help="Size of the registry.")
    parser.add_argument("--only", default="", help="Stages whose name begins so.")
    parser.add_argument("--downloads", type=Path, metavar="FOLDER", help="Releases to serve: nothing else is measured.")
    parser.add_argument("--judge", action="store_true", help="Run pySHACL as well.")
    chosen = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        if chosen.downloads:
            for line in table(chosen.downloads, Path(folder)):
                print(line, flush=True)
            return
        work = Work(Settings(), chosen.triples, Path(folder))
        work.write()
        print(f"registry of {chosen.triples:,} triples; load {os.getloadavg()[0]:.1f}\n")
        print("| stage | result | wall s | processor s | MiB more |\n| --- | --- | --- | --- | --- |")
        for name in STAGES:
            if ("pySHACL" in name and not chosen.judge) or not name.startswith(chosen.only):
                continue
            with context.Pool(1) as pool:
                results[name], wall, processor, more = pool.apply(measure, (name, work))
            print(f"| {name} | {results[name]} | {wall:.1f} | {processor:.1f} | {more:,.0f} |", flush=True)
    if chosen.judge and len({result for name, result in results.items() if name.startswith("gate")}) != 1:
        raise SystemExit("the engines do not find the same")


if __name__ == "__main__":
    main()
