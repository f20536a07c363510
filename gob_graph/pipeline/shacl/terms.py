"""Terms between pyoxigraph, which parses, and rdflib, which pySHACL works on: each comes back as it went."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

import pyoxigraph as ox
import rdflib

from gob_graph import vocab

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Places: TypeAlias = Mapping[ox.NamedNode | ox.BlankNode, str]
"""Where nodes are described, as ``file:line``; not every node has to have a place."""


_DIRECTION = "-x-dir-"
"""Private use of a language tag (BCP 47 section 2.2.7): rdflib has no base direction, which RDF 1.2 has."""
_directions = {"ltr": ox.BaseDirection.LTR, "rtl": ox.BaseDirection.RTL}


_NEW = (b"<<(", b"--ltr", b"--rtl")
"""How the text of what RDF 1.1 does not know looks; a literal that holds such text is looked at for nothing."""
_ESCAPED = "gob_graph.ntriples"
_BASIC = 0xFFFF
_PART = 20_000


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Characters that are not ASCII as N-Triples escapes them (RDF 1.1 N-Triples, section 7, UCHAR)."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    points = map(ord, error.object[error.start : error.end])
    return "".join(f"\\u{p:04X}" if p <= _BASIC else f"\\U{p:08X}" for p in points), error.end


codecs.register_error(_ESCAPED, _escaped)


def _parts(triples: Iterable[ox.Triple | ox.Quad]) -> Iterator[list[ox.Triple]]:
    """The triples in lists of equal length, the last one shorter."""
    rest = (t if isinstance(t, ox.Triple) else t.triple for t in triples)
    while part := list(islice(rest, _PART)):
        yield part


def _serialized(triples: Iterable[ox.Triple]) -> bytes:
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


def _with_direction(term: ox.Literal) -> str:
    return f"{term.language}{_DIRECTION}{term.direction}" if term.direction else str(term.language)


class Terms:
    """The correspondence of terms; triple terms of RDF 1.2 stand as blank nodes, as SHACL speaks of RDF 1.1."""

    def __init__(self) -> None:
        self._stood_for: dict[rdflib.BNode, ox.Triple] = {}
        self._nodes: dict[ox.Triple, rdflib.BNode] = {}

    @property
    def triple_terms(self) -> int:
        """How many triple terms stand as blank nodes."""
        return len(self._nodes)

    def graph(self, triples: Iterable[ox.Triple | ox.Quad]) -> rdflib.Graph:
        """The triples as a graph of rdflib."""
        graph = rdflib.Graph(bind_namespaces="none")
        for t in triples:
            graph.add((self.given(t.subject), self.given(t.predicate), self.given(t.object)))
        return graph

    def ntriples(self, triples: Iterable[ox.Triple | ox.Quad]) -> Iterator[str]:
        """The triples as N-Triples in ASCII, part by part, with the same stand-ins for RDF 1.2 as in `graph`."""
        for part in _parts(triples):
            text = _serialized(part)
            if any(mark in text for mark in _NEW):
                text = _serialized(map(self._plain, part))
            yield (text if text.isascii() else text.decode().encode("ascii", _ESCAPED)).decode("ascii")

    def text(self, term: Any) -> str:  # noqa: ANN401
        """A term of rdflib as `ntriples` writes it."""
        thing = self.back(term)
        subject = thing if isinstance(thing, (ox.NamedNode, ox.BlankNode)) else vocab.RDF.nil
        line = next(self.ntriples([ox.Triple(subject, vocab.RDF.value, thing or vocab.RDF.nil)]))
        return line.rstrip("\n").split(" ", 2)[2][:-2]

    def _plain(self, triple: ox.Triple) -> ox.Triple:
        thing = triple.object
        if isinstance(thing, ox.Triple):
            thing = ox.BlankNode(str(self.given(thing)))
        elif isinstance(thing, ox.Literal) and thing.direction:
            thing = ox.Literal(thing.value, language=_with_direction(thing))
        return ox.Triple(triple.subject, triple.predicate, thing)

    def given(self, term: Any) -> Any:  # noqa: ANN401 - the union of all term classes of two libraries
        """The term of rdflib for one of pyoxigraph."""
        if isinstance(term, ox.NamedNode):
            return rdflib.URIRef(term.value)
        if isinstance(term, ox.BlankNode):
            return rdflib.BNode(term.value)
        if isinstance(term, ox.Triple):
            node = self._nodes.setdefault(term, rdflib.BNode(f"tripleterm{len(self._nodes) + 1}"))
            self._stood_for[node] = term
            return node
        if term.language:
            return rdflib.Literal(term.value, lang=_with_direction(term))
        if term.datatype == vocab.XSD.string:
            # rdflib tells "x" from "x"^^xsd:string, RDF 1.1 does not, and its SPARQL parser makes the former.
            return rdflib.Literal(term.value)
        return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)

    def back(self, term: Any) -> Term | None:  # noqa: ANN401
        """The term of pyoxigraph for one of rdflib; None for None."""
        if term is None:
            return None
        if isinstance(term, rdflib.BNode):
            return self._stood_for.get(term) or ox.BlankNode(str(term))
        if isinstance(term, rdflib.Literal):
            if term.language:
                language, _, direction = term.language.partition(_DIRECTION)
                return ox.Literal(str(term), language=language, direction=_directions.get(direction))
            return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype)) if term.datatype else None)
        return ox.NamedNode(str(term))
