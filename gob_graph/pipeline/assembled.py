"""The graph of a release before it is checked and written: what the build makes and the quality report reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.vocab import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyoxigraph as ox

    from gob_graph.pipeline.identifiers import Identifier
    from gob_graph.pipeline.line_sort import SortedOnce
    from gob_graph.pipeline.metadata import ReleaseFacts
    from gob_graph.pipeline.sources import Layers


class Triples(Collection["ox.Triple"]):
    """The triples of some layers, each once, as a triple stands in one layer only; nothing is copied."""

    def __init__(self, layers: Layers, names: Collection[str] = LAYERS) -> None:
        self._layers = [layers[name] for name in names]

    def __iter__(self) -> Iterator[ox.Triple]:
        """Layer by layer."""
        for layer in self._layers:
            yield from layer

    def __len__(self) -> int:
        """How many there are."""
        return sum(map(len, self._layers))

    def __contains__(self, triple: object) -> bool:
        """Whether one of the layers states it."""
        return any(triple in layer for layer in self._layers)


@dataclass(frozen=True, slots=True)
class Assembled:
    """All layers of a release-to-be, its identity, and the prefixes that its documents are written with."""

    layers: Layers
    identity: str
    facts: ReleaseFacts
    prefixes: dict[str, str]
    registry: dict[str, Identifier]
    """Every identifier ever minted, by path."""
    lines: SortedOnce
    """The N-Quads of all layers but `meta`: what the identity is the digest of."""

    @property
    def triples(self) -> Triples:
        """Every triple, once."""
        return Triples(self.layers)
