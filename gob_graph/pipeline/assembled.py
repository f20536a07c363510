"""The graph of a release before it is checked and written: what the build makes and the quality report reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.vocab import LAYERS

if TYPE_CHECKING:
    import pyoxigraph as ox

    from gob_graph.pipeline.identifiers import Identifier
    from gob_graph.pipeline.metadata import ReleaseFacts
    from gob_graph.pipeline.sources import Layers


@dataclass(frozen=True, slots=True)
class Assembled:
    """All layers of a release-to-be, its identity, and the prefixes that its documents are written with."""

    layers: Layers
    identity: str
    facts: ReleaseFacts
    prefixes: dict[str, str]
    registry: dict[str, Identifier]
    """Every identifier ever minted, by path."""

    @property
    def triples(self) -> set[ox.Triple]:
        """Every triple, once."""
        return {t for layer in LAYERS for t in self.layers[layer]}
