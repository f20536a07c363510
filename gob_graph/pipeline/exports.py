"""The files of a release that hold the graph."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.documents import nquads_lines, serialize
from gob_graph.formats import by_name
from gob_graph.vocab import LAYERS, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.formats import Format
    from gob_graph.pipeline.sources import Layers


def quads(layers: Layers, base_iri: str) -> list[ox.Quad]:
    """Every triple in the named graph of its layer."""
    return [
        ox.Quad(t.subject, t.predicate, t.object, layer_graph(base_iri, layer))
        for layer in LAYERS
        for t in layers[layer]
    ]


def compress(body: bytes) -> bytes:
    """The gzip form, without the clock and the name that gzip would put in."""
    return gzip.compress(body, mtime=0)


def dumps(layers: Layers, base_iri: str, prefixes: Mapping[str, str], comment: Iterable[str]) -> dict[str, bytes]:
    """The files of a release that hold the graph: the whole, and each layer in Turtle."""
    everything = quads(layers, base_iri)
    files = {"dataset.nq": "".join(line + "\n" for line in nquads_lines(everything)).encode()}
    files["dataset.trig"] = serialize(everything, _format("trig"), prefixes, comment)
    for layer in LAYERS:
        files[f"{layer}.ttl"] = serialize(layers[layer], _format("turtle"), prefixes, comment)
    merged = {t for layer in LAYERS for t in layers[layer]}
    files["dataset.ttl"] = serialize(merged, _format("turtle"), prefixes, comment)
    return files


def _format(name: str) -> Format:
    found = by_name(name)
    if found is None:
        raise KeyError(name)
    return found
