"""What the tables add to a build: `python -m benchmarks.tables [--triples 1000000]`.

The graph is assembled before anything is measured. Each size runs in a process of its own, so that its memory is its
own: seconds of the processor and of the wall for making all files, and how much the largest memory of the process grew
meanwhile. Aims: the real graph 1 s; a registry of a million triples 30 s and 1 GiB.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import resource
import time
from dataclasses import replace

from benchmarks.registry import registry
from gob_graph.pipeline.build import assemble
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.pipeline.tables.make import table_files
from gob_graph.settings import Settings

Measured = tuple[int, float, float, float, int, str]


def measure(extra: int) -> Measured:
    """Triples, wall seconds, processor seconds, MiB more, bytes of the files, digest of them all."""
    settings = Settings()
    assembled = assemble(settings)
    if extra:
        layers = {name: set(triples) for name, triples in assembled.layers.items()}
        layers["source"] |= set(registry(extra, settings.base_iri, settings.ontology_base))
        assembled = replace(assembled, layers=layers)
    shapes = read_shapes(settings).all
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, processor = time.perf_counter(), time.process_time()
    size, digest = 0, hashlib.sha256()
    for name, body in table_files(assembled, shapes, settings):
        size += len(body)
        digest.update(name.encode() + body)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return len(assembled.triples), wall, processor, more, size, digest.hexdigest()


def main() -> None:
    """Measure the real graph, and a registry beside it; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, default=1_000_000, help="Size of the registry.")
    size = parser.parse_args().triples
    print("| data | triples | wall s | processor s | MiB more | MB of files |")
    print("| --- | --- | --- | --- | --- | --- |")
    context = multiprocessing.get_context("spawn")
    for name, extra in (("real graph", 0), (f"registry of {size:,} triples", size)):
        with context.Pool(1) as pool:
            triples, wall, processor, more, total, _ = pool.apply(measure, (extra,))
        print(f"| {name} | {triples:,} | {wall:.1f} | {processor:.1f} | {more:,.0f} | {total / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
