"""What a release says, subject by subject: what the changes, the feed and the life of identifiers are told from.

A release holds no blank node, so each line of its N-Quads belongs to the IRI that it begins with. Lines stay in the
file until a subject is asked for, and text until its terms are.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.release import open_release
from gob_graph.sorted_lines import SortedLines
from gob_graph.vocab import ASSERTED, DCT, RDF, RDFS, SKOS, layer_graph

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gob_graph.release import Release

REMEMBERED = 6
"""States that are kept: an open file and a registry of identifiers each."""
NAMES = (SKOS.prefLabel, RDFS.label, DCT.term("title"), DCT.identifier)
"""Where a thing's name is looked for, best first."""
Labels = dict[str, str]
"""A name by language; ``""`` for one without."""


@dataclass(frozen=True, slots=True)
class State:
    """The lines of a release by their subject, and its registry of identifiers by path."""

    release: Release
    lines: SortedLines
    registry: Mapping[str, Mapping[str, str]]
    asserted_graphs: tuple[str, ...]

    def quads(self, iri: str) -> list[ox.Quad]:
        """All that is said of a thing."""
        return list(ox.parse("".join(self.lines.get(iri, ())).encode(), format=ox.RdfFormat.N_QUADS))

    def asserted(self, iri: str) -> frozenset[str]:
        """The lines about a thing that people wrote: no inference, no evidence, no statistics."""
        return frozenset(line for line in self.lines.get(iri, ()) if line.endswith(self.asserted_graphs))

    def values(self, iri: str, predicate: ox.NamedNode) -> list[ox.NamedNode | ox.Literal]:
        """The values of a property, sorted."""
        found = {q.object for q in self.quads(iri) if q.predicate == predicate}
        return sorted((v for v in found if isinstance(v, ox.NamedNode | ox.Literal)), key=str)

    def iris(self, iri: str, predicate: ox.NamedNode) -> list[str]:
        """The values of a property that are IRIs."""
        return [v.value for v in self.values(iri, predicate) if isinstance(v, ox.NamedNode)]

    def classes(self, iri: str) -> list[str]:
        """The classes of a thing."""
        return self.iris(iri, RDF.type)

    def labels(self, iri: str) -> Labels:
        """The name of a thing in each language that it has one in; never empty."""
        found: Labels = {}
        for predicate in NAMES:
            for value in self.values(iri, predicate):
                if isinstance(value, ox.Literal):
                    found.setdefault(value.language or "", value.value)
            if found:
                return found
        return {"": iri.rpartition("/")[2].rpartition("#")[2] or iri}


@lru_cache(maxsize=REMEMBERED)
def read_state(path: Path) -> State:
    """The state of the release in a folder. Its digests are checked when it is opened, not here."""
    release = open_release(path, verify=False)
    graphs = tuple(f" {layer_graph(release.base_iri, layer)} .\n" for layer in ASSERTED)
    return State(release, SortedLines(release.dataset), _registry(release), graphs)


def _registry(release: Release) -> dict[str, dict[str, str]]:
    path = release.path / "ids.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["path"]: row for row in csv.DictReader(stream)}
