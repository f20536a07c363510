"""The files of a release that hold the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.copies import Selection, compress, heading, write
from gob_graph.documents import nquads_lines
from gob_graph.formats import FORMATS, by_name
from gob_graph.manifest import DATASET
from gob_graph.vocab import LAYERS, layer_graph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.formats import Format
    from gob_graph.pipeline.sources import Layers


def quads(layers: Layers, base_iri: str) -> list[ox.Quad]:
    """Every triple in the named graph of its layer."""
    return [
        ox.Quad(t.subject, t.predicate, t.object, layer_graph(base_iri, layer))
        for layer in LAYERS
        for t in layers[layer]
    ]


def dumps(layers: Layers, manifest: Mapping[str, object], identity: str) -> dict[str, bytes]:
    """The files of a release that hold the graph: the whole in every format, also as gzip, and each layer in Turtle.

    `dataset.nq` alone has no heading: its sorted lines are what the id is the digest of.
    """
    base_iri, prefixes = str(manifest["base_iri"]), manifest["prefixes"]
    assert isinstance(prefixes, dict)  # noqa: S101 - for the type checker
    everything = quads(layers, base_iri)
    head = heading(manifest, identity, Selection())
    files = {DATASET: "".join(line + "\n" for line in nquads_lines(everything)).encode()}
    for target in FORMATS:
        if isinstance(target.codec, ox.RdfFormat) and target.name != "nquads":
            files[f"dataset.{target.extension}"] = write(everything, target, prefixes, head)
    files |= {f"{name}.gz": compress(body) for name, body in files.items()}
    turtle = _format("turtle")
    for layer in LAYERS:
        chosen = quads({name: layers[name] if name == layer else set() for name in LAYERS}, base_iri)
        files[f"{layer}.ttl"] = write(chosen, turtle, prefixes, heading(manifest, identity, Selection(layer=layer)))
    return files


def _format(name: str) -> Format:
    found = by_name(name)
    if found is None:
        raise KeyError(name)
    return found
