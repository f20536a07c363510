"""Deterministic serialisations: the same triples give the same bytes, whoever builds.

N-Quads lines are sorted by code point (`LC_ALL=C sort`); Turtle groups by subject in IRI order, types and labels
first, with the known prefixes and only those used. Lexical forms are kept: pyoxigraph writes what it was given.
"""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.formats import by_name
from gob_graph.vocab import LAYERS, RDF, RDFS, SKOS, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.formats import Format
    from gob_graph.pipeline.sources import Layers

_FIRST = {p: n for n, p in enumerate((RDF.type, SKOS.prefLabel, RDFS.label, SKOS.altLabel, SKOS.notation, SKOS.definition))}
_LANGUAGE_ORDER = {"nl": 0, "fr": 1, "de": 2, "en": 3}


def quads(layers: Layers, base_iri: str) -> list[ox.Quad]:
    """Every triple in the named graph of its layer."""
    return [
        ox.Quad(t.subject, t.predicate, t.object, layer_graph(base_iri, layer)) for layer in LAYERS for t in layers[layer]
    ]


def nquads_lines(content: Iterable[ox.Quad | ox.Triple]) -> list[str]:
    """The canonical N-Quads lines, sorted."""
    body = ox.serialize(content, format=ox.RdfFormat.N_QUADS)
    return sorted((body or b"").decode().splitlines())


def order(triple: ox.Triple) -> tuple[str, int, str, int, str]:
    """The place of a triple in a document for people."""
    thing = triple.object
    language = getattr(thing, "language", None) or ""
    return (
        str(triple.subject),
        _FIRST.get(triple.predicate, 99),
        triple.predicate.value,
        _LANGUAGE_ORDER.get(language, 9),
        str(thing),
    )


def serialize(
    content: Iterable[ox.Triple] | Iterable[ox.Quad], target: Format, prefixes: Mapping[str, str], comment: Iterable[str] = ()
) -> bytes:
    """A document in one of the RDF formats, deterministic, with a comment in front where the format has comments."""
    if target.name in {"nquads", "ntriples"}:
        lines = [f"# {c}" for c in comment] + nquads_lines(content)
        return "".join(line + "\n" for line in lines).encode()
    items = sorted(content, key=_place)
    body = ox.serialize(items, format=target.rdf, prefixes=used_prefixes(items, prefixes)) or b""
    if target.name in {"turtle", "trig"}:
        return "".join(f"# {c}\n" for c in comment).encode() + body
    return body


def _place(item: ox.Triple | ox.Quad) -> tuple[object, ...]:
    if isinstance(item, ox.Quad):
        return (str(item.graph_name), *order(item.triple))
    return order(item)


def used_prefixes(content: Iterable[ox.Triple | ox.Quad], prefixes: Mapping[str, str]) -> dict[str, str]:
    """The prefixes that a document needs."""
    iris: set[str] = set()
    for item in content:
        for term in (item.subject, item.predicate, item.object, getattr(item, "graph_name", None)):
            if isinstance(term, ox.NamedNode):
                iris.add(re.sub(r"[^/#]*$", "", term.value))
            elif isinstance(term, ox.Literal):
                iris.add(re.sub(r"[^/#]*$", "", term.datatype.value))
    return {p: n for p, n in prefixes.items() if n in iris}


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
