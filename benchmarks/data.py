"""The data that every endpoint is given: the real graph, alone or with a generated registry beside it."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from benchmarks.registry import registry
from gob_graph.documents import nquads_lines
from gob_graph.pipeline.build import build_release
from gob_graph.publication import publish
from gob_graph.release import MANIFEST, build_lock, release_id, write_release
from gob_graph.settings import Settings
from gob_graph.vocab import layer_graph

if TYPE_CHECKING:
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


def grown(work: Path, name: str, size: int) -> Dataset:
    """The graph of this repository with so many generated triples."""
    settings = Settings(release_dir=work / "releases")
    whole = build_release(Settings(release_dir=work / "real"))[0]
    made = set(registry(size, settings.base_iri, settings.ontology_base))
    graph = layer_graph(settings.base_iri, LAYER)
    old = whole.dataset.read_text(encoding="utf-8").splitlines()
    lines = sorted({*old, *nquads_lines(ox.Quad(t.subject, t.predicate, t.object, graph) for t in made)})
    identity = release_id(lines, settings.base_iri)
    manifest = json.loads((whole.path / MANIFEST).read_text(encoding="utf-8"))
    files = {n: (whole.path / n).read_bytes() for n in manifest.pop("files") if not n.startswith("dataset")}
    files["dataset.nq"] = "".join(line + "\n" for line in lines).encode()
    manifest["triples"][LAYER] += len(lines) - len(old)
    manifest["distinct_triples"] += len(lines) - len(old)
    del manifest["layout"], manifest["id"]
    with build_lock(settings.release_dir):
        release = write_release(settings.release_dir, identity, files, manifest)
    publish(settings.release_dir, identity)
    return _dataset(name, release, work)


def _dataset(name: str, release: Release, work: Path) -> Dataset:
    union, quads = work / "union.nt", work / "all.nq"
    store = ox.Store()
    store.bulk_load(path=str(release.dataset), format=ox.RdfFormat.N_QUADS)
    triples = {quad.triple for quad in store}
    ox.serialize(triples, output=str(union), format=ox.RdfFormat.N_TRIPLES)
    with quads.open("wb") as out:
        for path in (release.dataset, union):
            with path.open("rb") as stream:
                for part in itertools.takewhile(bool, iter(lambda s=stream: s.read(2**20), None)):
                    out.write(part)
    return Dataset(name, len(triples), release.path.parent, quads, union)
