"""The data that every endpoint is given: the real graph, alone or with a generated registry beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from benchmarks.registry import registry
from gob_graph.documents import nquads_lines
from gob_graph.pipeline.build import build_release
from gob_graph.publication import publish
from gob_graph.release import MANIFEST, build_lock, current, open_release, release_id, write_release
from gob_graph.settings import Settings
from gob_graph.statistics import FILE, statistics, to_json
from gob_graph.vocab import layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.release import Release

LAYER = "external"
"""Where the generated triples stand."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The same data in the three forms that the endpoints read."""

    name: str
    size: int
    releases: Path
    """A release, for ours."""
    quads: Path
    """Named graphs, and each triple in the default graph as well: what ours holds in memory."""
    triples: Path
    """The union of the graphs, for endpoints that are asked about one graph only."""


def real(work: Path) -> Dataset:
    """The graph of this repository."""
    settings = Settings(release_dir=work / "releases")
    return _dataset("real graph", build_release(settings)[0], work)


class _Union(Collection[ox.Triple]):
    """The triples of N-Quads, each of which stands in one graph; read each time: objects for 10 M take much memory."""

    def __init__(self, quads: bytes, count: int) -> None:
        self._quads, self._count = quads, count

    def __iter__(self) -> Iterator[ox.Triple]:
        return (quad.triple for quad in ox.parse(self._quads, format=ox.RdfFormat.N_QUADS))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, triple: object) -> bool:
        return any(triple == other for other in self)


@cache
def _built(folder: Path) -> Release:
    """The release of this repository, built once for all sizes."""
    return build_release(Settings(release_dir=folder))[0]


def grown(work: Path, name: str, size: int) -> Dataset:
    """The graph of this repository with so many generated triples."""
    settings = Settings(release_dir=work / "releases")
    whole = _built(work.parent / "real")
    if (kept := work / "made-from").exists() and kept.read_text(encoding="ascii") == whole.id:
        return _dataset(name, open_release(current(settings.release_dir)), work)
    made = registry(size, settings.base_iri, settings.ontology_base)
    graph = layer_graph(settings.base_iri, LAYER)
    old = whole.dataset.read_text(encoding="utf-8").splitlines()
    lines = sorted({*old, *nquads_lines(ox.Quad(t.subject, t.predicate, t.object, graph) for t in made)})
    identity = release_id(lines, settings.base_iri)
    manifest = json.loads((whole.path / MANIFEST).read_text(encoding="utf-8"))
    files = {n: (whole.path / n).read_bytes() for n in manifest.pop("files") if not n.startswith("dataset")}
    files["dataset.nq"] = "".join(line + "\n" for line in lines).encode()
    files[FILE] = to_json(statistics(_Union(files["dataset.nq"], len(lines))), identity)
    manifest["triples"][LAYER] += len(lines) - len(old)
    manifest["distinct_triples"] += len(lines) - len(old)
    del manifest["layout"], manifest["id"]
    with build_lock(settings.release_dir):
        release = write_release(settings.release_dir, identity, files, manifest)
    publish(settings.release_dir, identity)
    kept.write_text(whole.id, encoding="ascii")
    return _dataset(name, release, work)


def _dataset(name: str, release: Release, work: Path) -> Dataset:
    union, quads = work / "union.nt", work / "all.nq"
    if not quads.exists() or quads.stat().st_mtime < release.dataset.stat().st_mtime:
        # The last IRI of a line is its graph; a triple stands in one graph only.
        lines = release.dataset.read_bytes()
        triples = re.sub(rb" <[^<>\s]*> \.\n", b" .\n", lines)
        union.write_bytes(triples)
        quads.write_bytes(lines + triples)
    return Dataset(name, int(release.manifest["distinct_triples"]), release.path.parent, quads, union)
