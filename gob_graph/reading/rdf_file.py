"""Reads an RDF file from elsewhere in any format, packed or not; an error names place and remedy.

Relative IRIs are resolved against the address of the file (RFC 3986 section 5.1.3). Blank nodes get labels by the order
in which the file uses them, behind a prefix, so that those of two files never meet. Nothing is fetched.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.errors import SourceError
from gob_graph.formats import FORMATS, by_name
from gob_graph.reading.jsonld_context import with_contexts
from gob_graph.reading.turtle_places import Feed
from gob_graph.reading.xml_check import check_xml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RDF_FORMATS = [f for f in FORMATS if isinstance(f.codec, ox.RdfFormat)]
OTHER_NAMES = {"owl": "rdfxml", "n3": "turtle", "json": "jsonld"}
"""File extensions in use for a format beside its own."""
LIMIT = 512 << 20
"""Bytes of a file, unpacked, unless the caller says otherwise."""
_BOM = b"\xef\xbb\xbf"
_BRACKETS = {ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG}
_LINES = {*_BRACKETS, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS, ox.RdfFormat.RDF_XML}
_MADE = re.compile("[0-9a-f]{26,32}")
_NO_CONTEXT = "No LoadDocumentCallback"


@dataclass(frozen=True, slots=True)
class RdfFile:
    """The quads and prefixes of a file; the line (from 1) of each node's description, none of JSON-LD."""

    path: Path
    quads: tuple[ox.Quad, ...]
    lines: Mapping[ox.NamedNode | ox.BlankNode, int] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)

    @property
    def triples(self) -> list[ox.Triple]:
        """The statements of all its graphs."""
        return [q.triple for q in self.quads]

    def places(self) -> dict[ox.NamedNode | ox.BlankNode, str]:
        """The place of each node that has a line, as ``file:line``."""
        return {node: f"{self.path}:{line}" for node, line in self.lines.items()}


def read_rdf(
    path: Path,
    *,
    blank_prefix: str | None = "b",
    contexts: Mapping[str, Path] | None = None,
    limit: int = LIMIT,
    iri_lines: bool = False,
) -> RdfFile:
    """The quads of a file in any RDF format, by its name, gzip (``.gz``) or not.

    Blank nodes get the prefix before their number; with None they keep the labels of the file. `contexts` are files for
    JSON-LD contexts that the file names by address; the key "" stands for any address. `iri_lines` asks for the
    lines of IRIs too: where the first statement about each ends.

    Raises:
        SourceError: at its line: the name tells no format, the file cannot be read or unpacked, is larger than `limit`
            bytes, is not UTF-8, breaks the grammar of its format, or names a JSON-LD context that is not at hand.
    """
    form = _format(path)
    body = _checked(path, form, read_bytes(path, limit))
    if form is ox.RdfFormat.JSON_LD:
        body = with_contexts(path, body, contexts or {})
    labels = _Labels(blank_prefix) if blank_prefix is not None else None
    quads: list[ox.Quad] = []
    feed = Feed(body, brackets=form in _BRACKETS)
    lines = _Lines(feed)
    try:
        parser = ox.parse(feed, format=form, base_iri=_base(path, form))  # type: ignore[arg-type]
        for quad in parser:
            renamed = labels.quad(quad) if labels else quad
            quads.append(renamed)
            if form in _LINES and (iri_lines or isinstance(quad.subject, ox.BlankNode)):
                lines.note(renamed, anonymous=_is_anonymous(quad.subject))
        prefixes = dict(parser.prefixes)
    except SyntaxError as error:
        raise SourceError(path, _reason(str(error.msg)), error.lineno, error.offset) from error
    except ValueError as error:
        raise SourceError(path, str(error)) from error
    return RdfFile(path, tuple(quads), lines.of, prefixes)


def read_bytes(path: Path, limit: int = LIMIT) -> bytes:
    """The bytes of a file, unpacked when its name ends in ``.gz``; little more than `limit` is ever held.

    Raises:
        SourceError: it cannot be read, its gzip is damaged, or it is larger.
    """
    try:
        with path.open("rb") as stream:
            body = _unpack(stream, limit) if path.suffix == ".gz" else stream.read(limit + 1)
    except OSError as error:
        raise SourceError(path, f"cannot be read: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise SourceError(path, f"cannot be read: no whole gzip file ({error}); fetch it again") from error
    if len(body) > limit:
        raise SourceError(path, f"is larger than {limit >> 20} MiB unpacked; split it, or raise GOB_GRAPH_FILE_LIMIT")
    return bytes(body)


def _unpack(stream: io.BufferedReader, limit: int) -> bytearray:
    """The content of all gzip members; stops once it is longer than the limit."""
    body, packed = bytearray(), stream.read(1 << 16)
    while packed and len(body) <= limit:
        member = zlib.decompressobj(wbits=31)
        while not member.eof and len(body) <= limit:
            part = member.decompress(packed, 1 << 20)
            body += part
            packed = member.unconsumed_tail or (b"" if member.eof else stream.read(1 << 16))
            if not packed and not part and not member.eof:
                raise EOFError("it is cut")
        packed = member.unused_data.lstrip(b"\0") or stream.read(1 << 16)
    return body


def _format(path: Path) -> ox.RdfFormat:
    extension = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    found = by_name(OTHER_NAMES.get(extension, extension), RDF_FORMATS)
    if found is None:
        known = " ".join(f".{f.extension}" for f in RDF_FORMATS)
        raise SourceError(path, f"the name must end in one of {known}, with or without .gz, to tell the RDF format")
    return found.rdf


def _checked(path: Path, form: ox.RdfFormat, body: bytes) -> bytes:
    """The body without a byte-order mark: UTF-8, or whole XML, which names its own encoding."""
    if form is ox.RdfFormat.RDF_XML:
        check_xml(path, body)
    else:
        _check_utf8(path, body)
    return body.removeprefix(_BOM)


def _check_utf8(path: Path, body: bytes) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SourceError(path, "is not UTF-8; save it as UTF-8", line) from error


def _is_anonymous(term: object) -> bool:
    """Whether the parser made the label of a blank node."""
    return isinstance(term, ox.BlankNode) and _MADE.fullmatch(term.value) is not None


def _base(path: Path, form: ox.RdfFormat) -> str | None:
    """The address of the file, for formats that have relative IRIs."""
    return None if form in {ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS} else path.resolve().as_uri()


class _Labels:
    """Gives each blank node of a file a label by the order of its first use; triple terms are gone through too."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._known: dict[ox.BlankNode, ox.BlankNode] = {}

    def quad(self, quad: ox.Quad) -> ox.Quad:
        """The quad with its blank nodes relabelled."""
        terms = (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if not any(isinstance(term, ox.BlankNode | ox.Triple) for term in terms):
            return quad
        return ox.Quad(*map(self._term, terms))

    def _term(self, term: Any) -> Any:  # noqa: ANN401 - any RDF term
        if isinstance(term, ox.BlankNode):
            return self._known.setdefault(term, ox.BlankNode(f"{self._prefix}{len(self._known) + 1}"))
        if isinstance(term, ox.Triple):
            return ox.Triple(*map(self._term, (term.subject, term.predicate, term.object)))
        return term


class _Lines:
    """Notes the line where each node is described: that of its bracket, where it has one."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._bracket: dict[ox.BlankNode, int | None] = {}
        self.of: dict[ox.NamedNode | ox.BlankNode, int] = {}

    def note(self, quad: ox.Quad, *, anonymous: bool) -> None:
        """Note the line of a node that is new; a nested one is given back before the one around it."""
        subject, feed = quad.subject, self._feed
        if isinstance(subject, ox.Triple) or subject in self.of:
            return
        if isinstance(subject, ox.NamedNode):
            self.of[subject] = feed.line
            return
        inner = self._bracket.get(quad.object) if isinstance(quad.object, ox.BlankNode) else None
        bracket = None
        if anonymous:
            bracket = feed.inside if inner is None else feed.around(inner)
        self._bracket[subject] = bracket
        self.of[subject] = feed.line if bracket is None else feed.line_of(bracket)


def _reason(message: str) -> str:
    if _NO_CONTEXT in message:
        return "names a JSON-LD context by its address, and nothing is fetched; save the context, give --context FILE"
    return re.sub(r"^Parser error .*?(?:line|columns?) \d+(?: and (?:line \d+ column )?\d+)?: ", "", message)
