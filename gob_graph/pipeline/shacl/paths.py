"""Property paths (SHACL section 2.3.1): read from a graph, written as SPARQL for people and as SHACL for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import rdflib
from rdflib.namespace import RDF, SH

from gob_graph import vocab

if TYPE_CHECKING:
    from collections.abc import Callable

_SUFFIXES = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}
_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Path:
    """A path: an IRI alone (`kind` "iri"), or a kind of SHACL with its parts; "sequence" is a list."""

    kind: str
    iri: str = ""
    parts: tuple[Path, ...] = ()

    def text(self) -> str:
        """The path as SPARQL writes it (section 9); an IRI that is the whole path stands bare."""
        return self.iri if self.kind == "iri" else self._sparql()

    def _sparql(self) -> str:
        if self.kind == "iri":
            return f"<{self.iri}>"
        if self.kind == "inversePath":
            return f"^{self.parts[0]._grouped()}"
        if self.kind in _SUFFIXES:
            return f"{self.parts[0]._grouped()}{_SUFFIXES[self.kind]}"
        return ("|" if self.kind == "alternativePath" else "/").join(part._grouped() for part in self.parts)

    def _grouped(self) -> str:
        return self._sparql() if self.kind == "iri" else f"({self._sparql()})"

    def write(self, fresh: Callable[[], ox.BlankNode], out: list[ox.Triple]) -> ox.NamedNode | ox.BlankNode:
        """The node that stands for the path; the triples that describe it are added to `out`."""
        if self.kind == "iri":
            return ox.NamedNode(self.iri)
        nodes = [part.write(fresh, out) for part in self.parts]
        inner = nodes[0]
        if self.kind in {"sequence", "alternativePath"}:
            cells = [fresh() for _ in nodes]
            inner = cells[0]
            rests: list[ox.NamedNode | ox.BlankNode] = [*cells[1:], vocab.RDF.nil]
            for cell, node, rest in zip(cells, nodes, rests, strict=True):
                out.append(ox.Triple(cell, vocab.RDF.first, node))
                out.append(ox.Triple(cell, vocab.RDF.rest, rest))
        if self.kind == "sequence":
            return inner
        whole = fresh()
        out.append(ox.Triple(whole, vocab.SH.term(self.kind), inner))
        return whole


def read_path(graph: rdflib.Graph, node: Any, depth: int = 0) -> Path | None:  # noqa: ANN401 - a term of rdflib
    """The path that a node of a graph stands for; None when it is none, or is nested without end."""
    if isinstance(node, rdflib.URIRef):
        return Path("iri", str(node))
    if not isinstance(node, rdflib.BNode) or depth > _DEPTH:
        return None
    for kind in ("inversePath", "alternativePath", *_SUFFIXES):
        inner = graph.value(node, SH[kind])
        if inner is not None:
            members = list(graph.items(inner)) if kind == "alternativePath" else [inner]
            return _with_parts(kind, graph, members, depth)
    if (node, RDF.first, None) in graph:
        return _with_parts("sequence", graph, list(graph.items(node)), depth)
    return None


def _with_parts(kind: str, graph: rdflib.Graph, members: list[Any], depth: int) -> Path | None:
    parts = [read_path(graph, member, depth + 1) for member in members]
    if not parts or None in parts:
        return None
    return Path(kind, parts=tuple(part for part in parts if part is not None))
