"""Reads our shapes from the files of `ontology/shapes/` and from the expectations of this edition."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from gob_graph.pipeline import sources
from gob_graph.vocab import SH

if TYPE_CHECKING:
    from gob_graph.settings import Settings


class Shapes(NamedTuple):
    """Our shapes, in two parts."""

    general: list[ox.Triple]
    """Those that hold for any edition, and the namespaces of their queries."""
    edition: list[ox.Triple]
    """Those that hold for this edition only."""

    @property
    def all(self) -> list[ox.Triple]:
        """Both parts."""
        return self.general + self.edition


def read_shapes(settings: Settings) -> Shapes:
    """Our shapes, with the IRIs of this deployment.

    Raises:
        SourceError: a file is no Turtle, at its line.
    """
    mapping = sources.rebase(settings)
    general = [
        triple
        for path in sorted((settings.ontology_dir / "shapes").glob("*.ttl"))
        for triple in sources.read_turtle(path, mapping, blank_nodes=True)
    ]
    prefixes = sources.read_turtle(settings.ontology_dir / "prefixes.ttl", mapping)
    edition = sources.read_turtle(settings.data_dir / "expectations.ttl", mapping, blank_nodes=True)
    return Shapes([*general, *(_namespace(t, mapping) for t in prefixes)], list(edition))


def _namespace(triple: ox.Triple, mapping: sources.Rebase) -> ox.Triple:
    """A declaration of a namespace in this deployment: else a query on our IRIs would look at none of them."""
    if triple.predicate != SH.namespace or not isinstance(triple.object, ox.Literal):
        return triple
    iri = ox.Literal(mapping.iri(triple.object.value), datatype=triple.object.datatype)
    return ox.Triple(triple.subject, triple.predicate, iri)
