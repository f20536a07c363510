"""Is this file the release? Two people with two copies compare one number, or see which triples differ.

A copy with named graphs has a hash of its own, recomputed here as the release's id is (`release.release_id`). A copy in
a format without graphs is compared triple by triple: as a triple stands in one layer only, the same triples are the
same graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.copies import dataset_lines, read_quads
from gob_graph.documents import nquads_lines
from gob_graph.errors import SourceError
from gob_graph.jsonld_parts import refuse_left_out
from gob_graph.reading.rdf_file import OTHER_NAMES, read_bytes, read_rdf
from gob_graph.release import release_id
from gob_graph.vocab import LAYERS, layer_graph

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.release import Release

WHOLE = "the whole graph"
META_SUFFIX = "/id/graph/meta"
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a copy was found to be.

    `part` is "the whole graph" or "layer …": what the copy was compared with. `missing` and `added` are canonical lines
    (N-Quads, or N-Triples of a copy without graphs). `noted` counts differences in `meta`, which are outside the id.
    """

    identity: str | None
    release: str
    part: str
    count: int
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    noted: int = 0

    @property
    def same(self) -> bool:
        """The copy is the release, or that layer of it."""
        return not self.missing and not self.added

    def text(self, name: str) -> str:
        """The verdict for people: the answer first, then the differences."""
        lines = [f"{name}: hash {self.identity}"] if self.identity else []
        if self.same:
            lines.append(f"{name} is {self.part} of release {self.release}: all {self.count} triples and no other")
        else:
            lines.append(
                f"{name} is not {self.part} of release {self.release}: {len(self.missing)} triples are missing, "
                f"{len(self.added)} are added" + ("; every triple of it is in the release" if not self.added else "")
            )
            differences = [*(f"- {line}" for line in self.missing), *(f"+ {line}" for line in self.added)]
            lines += differences[:SHOWN]
            if len(differences) > SHOWN:
                lines.append(f"… and {len(differences) - SHOWN} more")
        if self.noted:
            lines.append(f"note: {self.noted} triples of the layer meta differ, which the hash leaves out")
        return "\n".join(lines) + "\n"


def read_copy(path: Path) -> list[ox.Quad]:
    """The quads of a file, whatever its RDF format, gzip or not; relative IRIs are those of the file's address.

    So a relative IRI is shown, as one that no release has. What makes no triple is refused: others may read one in it.

    Raises:
        SourceError: as `read_rdf`; a part of a file in JSON-LD makes no triple.
    """
    extension = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if OTHER_NAMES.get(extension, extension) == "jsonld":
        refuse_left_out(read_bytes(path), path)
    return list(read_rdf(path, blank_prefix=None).quads)


def read_lines(path: Path) -> list[str]:
    """The canonical N-Quads lines of a file in N-Quads, gzip or not.

    Raises:
        SourceError: at its line: it is no N-Quads in UTF-8.
        GobGraphError: it cannot be read.
    """
    try:
        return nquads_lines(ox.parse(bytes(read_bytes(path)), format=ox.RdfFormat.N_QUADS))
    except SyntaxError as error:
        raise SourceError(path, f"is no N-Quads: {error.msg}", error.lineno, error.offset) from error


def copy_id(quads: list[ox.Quad]) -> str | None:
    """The hash of a copy with named graphs, to be compared with a release's id; None for a copy without."""
    names = {q.graph_name.value for q in quads if isinstance(q.graph_name, ox.NamedNode)}
    if not names:
        return None
    base = next((n.removesuffix(META_SUFFIX) for n in names if n.endswith(META_SUFFIX)), "")
    return release_id(nquads_lines(quads), base)


def verify(release: Release, quads: list[ox.Quad]) -> Verdict:
    """Compare a copy with a release: with its quads, or, when it has no graphs, with its triples."""
    if any(isinstance(q.graph_name, ox.NamedNode) for q in quads):
        return _verify_quads(release, quads)
    return _verify_triples(release, set(nquads_lines(q.triple for q in quads)))


def _verify_quads(release: Release, quads: list[ox.Quad]) -> Verdict:
    found, wanted = set(nquads_lines(quads)), set(dataset_lines(release))
    part = WHOLE
    graphs = {q.graph_name for q in quads}
    for layer in LAYERS:
        graph = layer_graph(release.base_iri, layer)
        if graphs == {graph}:
            part = f"layer {layer}"
            wanted = {line for line in wanted if line.endswith(f" {graph} .")}
    meta = f" {layer_graph(release.base_iri, 'meta')} ."
    whole = part == WHOLE
    missing, added = wanted - found, found - wanted
    noted = {line for line in missing | added if whole and line.endswith(meta)}
    identity = copy_id(quads) if whole else None
    return Verdict(
        identity, release.id, part, len(wanted), _sorted(missing - noted), _sorted(added - noted), len(noted)
    )


def _verify_triples(release: Release, found: set[str]) -> Verdict:
    quads = read_quads(release)
    parts = {
        f"layer {layer}": set(nquads_lines(q.triple for q in quads if q.graph_name == graph))
        for layer in LAYERS
        for graph in [layer_graph(release.base_iri, layer)]
    }
    parts = {WHOLE: set().union(*parts.values()), **parts}
    part = max(parts, key=lambda name: len(parts[name] & found) / max(1, len(parts[name] | found)))
    if found < parts[WHOLE] and found != parts[part]:
        part = WHOLE  # a piece of the release: nothing is added, and what is missing is all the rest
    wanted = parts[part]
    return Verdict(None, release.id, part, len(wanted), _sorted(wanted - found), _sorted(found - wanted))


def _sorted(lines: set[str]) -> tuple[str, ...]:
    return tuple(sorted(lines))
