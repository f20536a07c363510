"""Deterministic serialisation: the same triples give the same bytes, in releases and in answers alike.

N-Quads lines are sorted by code point (`LC_ALL=C sort`); documents for people are grouped by subject in IRI order,
types and labels first, with the known prefixes and only those used. Lexical forms are kept: pyoxigraph writes what it
was given. Turtle and TriG keep to what every reader knows: an IRI whose local name would hold an escape or a second
colon, which rdflib.js cannot read, is written in full.
"""

from __future__ import annotations

import io
import re
from typing import IO, TYPE_CHECKING, Protocol, cast

import pyoxigraph as ox

from gob_graph.errors import RequestError
from gob_graph.vocab import LANGUAGE_IRIS, RDF, RDFS, SKOS, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.formats import Format

FIRST = {
    p: n for n, p in enumerate((RDF.type, SKOS.prefLabel, RDFS.label, SKOS.altLabel, SKOS.notation, SKOS.definition))
}
_UNWRITTEN = {term.value for term in (XSD.string, RDF.langString, RDF.dirLangString, RDF.type)}
"""Datatypes, and the one property, that no document writes out."""
_PLAIN_LOCAL = re.compile(r"(?:\w(?:[\w.-]*[\w-])?)?")
"""Local names that are written without an escape."""
_NAME = re.compile(
    rb"""
    "(?:[^"\\]|\\.)*+" | <[^>]*+> | _:\S*+
  | (?P<prefix>[^\s:<>"\\^]*+):(?P<local>(?:[^\s\\]|\\.)*+)
    """,
    re.VERBOSE | re.DOTALL,
)
"""A prefixed name in what pyoxigraph writes, and what may look like one: strings, IRIs, blank nodes."""
_SUSPECT = re.compile(rb"\\|:[^\s<>\"]*:")
"""What a line has in which a name may have an escape or a second colon; most lines have neither."""
_HEADS = {"turtle": b"@prefix ", "trig": b"@prefix ", "rdfxml": b"<?xml "}
"""How the lines begin that stand first in a document; the comment goes before the prefixes, but after `<?xml`."""
_COMMENTS = {"turtle": b"# %s\n", "trig": b"# %s\n", "rdfxml": b"<!-- %s -->\n"}
LANGUAGE_ORDER = {name: n for n, pair in enumerate(LANGUAGE_IRIS.items()) for name in pair}
"""Of languages, as tags and as the EU names them, the main one comes first: readers of catalogues take that."""


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold, not even as a character reference."""


def split_lines(text: str) -> list[str]:
    """The lines of N-Quads or of a patch, ended by LF (or CR LF) only.

    Not `str.splitlines`: that also splits at characters that stand in a literal as they are, as U+2028 does.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def nquads_lines(content: Iterable[ox.Quad | ox.Triple]) -> list[str]:
    """The canonical N-Quads lines, sorted."""
    quads = (
        item if isinstance(item, ox.Quad) else ox.Quad(item.subject, item.predicate, item.object) for item in content
    )
    body = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    return sorted(split_lines((body or b"").decode()))


def order(triple: ox.Triple) -> tuple[str, int, str, int, str]:
    """The place of a triple in a document for people."""
    thing = triple.object
    language = (thing.value if isinstance(thing, ox.NamedNode) else getattr(thing, "language", None)) or ""
    return (
        str(triple.subject),
        FIRST.get(triple.predicate, 99),
        triple.predicate.value,
        LANGUAGE_ORDER.get(language, 9),
        str(thing),
    )


def serialize(
    content: Iterable[ox.Triple] | Iterable[ox.Quad],
    target: Format,
    prefixes: Mapping[str, str],
    comment: Iterable[str] = (),
) -> bytes:
    """A document in one of the RDF formats, deterministic, with a comment in front where the format has comments.

    Raises:
        RequestError: ``unrepresentable``: a literal has a character that the format cannot hold.
    """
    if target.name in {"nquads", "ntriples"}:
        lines = [f"# {c}" for c in comment] + nquads_lines(content)
        return "".join(line + "\n" for line in lines).encode()
    items = sorted(content, key=_place)
    if target.name == "rdfxml":
        refuse_unwritable(items)
    sink = io.BytesIO()
    write_document(items, target, used_prefixes(items, prefixes), comment, sink)
    return sink.getvalue()


class Sink(Protocol):
    """Where a document is written to."""

    def write(self, piece: bytes, /) -> int:
        """Take a piece of the document."""


def write_document(
    content: Iterable[ox.Triple] | Iterable[ox.Quad],
    target: Format,
    prefixes: Mapping[str, str],
    comment: Iterable[str],
    sink: Sink,
) -> None:
    """Write triples or quads, in the order in which they come, as one of the grouped formats (not N-Quads, N-Triples).

    `prefixes` are declared whether they are used or not.
    """
    finished = _Finished(sink, target.name, prefixes, comment) if target.name in _HEADS else sink
    # The library asks for a file, and takes what can be written to.
    ox.serialize(content, cast("IO[bytes]", finished), format=target.rdf, prefixes=dict(prefixes))
    if isinstance(finished, _Finished):
        finished.close()


class _Finished:
    """Takes what the library writes, and hands on whole lines: with the comment, prefixes by name, no escaped names."""

    def __init__(self, sink: Sink, form: str, prefixes: Mapping[str, str], comment: Iterable[str]) -> None:
        self._sink, self._form, self._prefixes = sink, form, prefixes
        self._comment = [_COMMENTS[form] % c.encode() for c in comment]
        self._head: list[bytes] | None = []
        self._rest: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Take a piece, which may end anywhere."""
        whole, newline, rest = piece.rpartition(b"\n")
        if newline:
            self._hand_on(b"".join((*self._rest, whole, newline)))
            self._rest = []
        self._rest.append(rest)
        return len(piece)

    def flush(self) -> None:
        """Do nothing, though the library asks for it: lines are handed on when they are whole."""

    def close(self) -> None:
        """Hand on the rest."""
        self._hand_on(b"".join(self._rest), last=True)

    def _hand_on(self, lines: bytes, *, last: bool = False) -> None:
        if self._head is not None:
            while lines.startswith(_HEADS[self._form]):
                line, newline, lines = lines.partition(b"\n")
                self._head.append(line + newline)
            if not (lines or last):
                return
            # The library orders prefixes by length; people look for them by name.
            head = sorted(self._head)
            self._head = None
            self._sink.write(b"".join([*head, *self._comment] if self._form == "rdfxml" else [*self._comment, *head]))
        self._sink.write(lines if self._form == "rdfxml" else _without_escapes(lines, self._prefixes))


def _without_escapes(body: bytes, prefixes: Mapping[str, str]) -> bytes:
    """Whole lines of Turtle or TriG in which each name with an escape or a second colon is written as an IRI."""

    def plain(found: re.Match[bytes]) -> bytes:
        local = found["local"]
        if not local or (b"\\" not in local and b":" not in local):
            return found[0]
        return b"<" + prefixes[found["prefix"].decode()].encode() + local.replace(b"\\", b"") + b">"

    if not _SUSPECT.search(body):
        return body
    lines = body.splitlines(keepends=True)
    return b"".join(_NAME.sub(plain, line) if _SUSPECT.search(line) else line for line in lines)


def refuse_unwritable(content: Iterable[ox.Triple | ox.Quad]) -> None:
    """Refuse what RDF/XML cannot hold.

    Raises:
        RequestError: ``unrepresentable``: a literal has such a character.
    """
    for item in content:
        found = _NOT_XML.search(item.object.value) if isinstance(item.object, ox.Literal) else None
        if found:
            raise RequestError(
                "unrepresentable",
                f"a value of {item.predicate} of {item.subject} has the character U+{ord(found[0]):04X}, which no XML "
                "document, and so no RDF/XML, can hold",
            )


def _place(item: ox.Triple | ox.Quad) -> tuple[object, ...]:
    if isinstance(item, ox.Quad):
        return (str(item.graph_name), *order(item.triple))
    return order(item)


def used_prefixes(content: Iterable[ox.Triple | ox.Quad], prefixes: Mapping[str, str]) -> dict[str, str]:
    """The prefixes that a document needs."""
    found = namespaces(content)
    return {p: n for p, n in prefixes.items() if n in found}


def namespaces(content: Iterable[ox.Triple | ox.Quad]) -> set[str]:
    """What the IRIs begin with that can be written as prefixed names; those of graphs too, if it is quads."""
    iris: set[str] = set()
    for item in content:
        for term in (item.subject, item.predicate, item.object, getattr(item, "graph_name", None)):
            if isinstance(term, ox.NamedNode):
                iris.add(term.value)
            elif isinstance(term, ox.Literal):
                iris.add(term.datatype.value)
    return short_enough(iris)


def short_enough(iris: set[str]) -> set[str]:
    """What those of some IRIs begin with whose rest can be the local part of a prefixed name."""
    # Each IRI once: a document has few namespaces and many terms.
    cut = ((iri, max(iri.rfind("/"), iri.rfind("#")) + 1) for iri in iris - _UNWRITTEN)
    return {iri[:end] for iri, end in cut if _PLAIN_LOCAL.fullmatch(iri, end)}


def with_stable_labels(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """The same graph with canonical blank node labels (RDFC-1.0), for documents that have blank nodes: shapes."""
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [quad.triple for quad in dataset]
