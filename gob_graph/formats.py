"""The one table of formats, and content negotiation over it.

The rows feed the endpoint, the dumps, the service description and the documentation alike, so that none can
promise what another does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import pyoxigraph as ox

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["bindings", "boolean", "graph", "dataset", "page", "document", "changes", "news", "timemap"]


@dataclass(frozen=True, slots=True)
class Format:
    """A representation: its names, and the kinds of content that it can carry."""

    name: str
    media_type: str
    extension: str
    label: str
    kinds: frozenset[Kind]
    codec: ox.RdfFormat | ox.QueryResultsFormat | None = None
    aliases: tuple[str, ...] = ()
    sd_iri: str | None = None

    @property
    def content_type(self) -> str:
        """The Content-Type header: everything that we send is UTF-8 (a charset is defined for text/* only)."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type

    @property
    def subtypes(self) -> set[str]:
        """The second halves of its media types."""
        return {media_type.partition("/")[2] for media_type in (self.media_type, *self.aliases)}

    @property
    def rdf(self) -> ox.RdfFormat:
        """The codec, for formats that carry RDF."""
        if not isinstance(self.codec, ox.RdfFormat):
            raise TypeError(self.name)
        return self.codec


def _row(
    name: str, media: str, ext: str, label: str, kinds: str, codec: object, *aliases: str, sd: str | None = None
) -> Format:
    kind_set = frozenset(kinds.split())
    sd_iri = f"http://www.w3.org/ns/formats/{sd}" if sd else None
    return Format(name, media, ext, label, kind_set, codec, aliases, sd_iri)  # type: ignore[arg-type]


# fmt: off
FORMATS: Final[tuple[Format, ...]] = (
    _row("json", "application/sparql-results+json", "srj", "SPARQL JSON", "bindings boolean", ox.QueryResultsFormat.JSON,
         "application/json", "text/json", sd="SPARQL_Results_JSON"),
    _row("xml", "application/sparql-results+xml", "srx", "SPARQL XML", "bindings boolean", ox.QueryResultsFormat.XML,
         "application/xml", "text/xml", sd="SPARQL_Results_XML"),
    _row("csv", "text/csv", "csv", "CSV", "bindings boolean", ox.QueryResultsFormat.CSV, sd="SPARQL_Results_CSV"),
    _row("tsv", "text/tab-separated-values", "tsv", "TSV", "bindings boolean", ox.QueryResultsFormat.TSV,
         sd="SPARQL_Results_TSV"),
    _row("turtle", "text/turtle", "ttl", "Turtle", "graph", ox.RdfFormat.TURTLE, "application/x-turtle", "application/turtle", "text/n3", "text/rdf+n3",
         sd="Turtle"),
    _row("ntriples", "application/n-triples", "nt", "N-Triples", "graph", ox.RdfFormat.N_TRIPLES, "text/plain",
         sd="N-Triples"),
    _row("rdfxml", "application/rdf+xml", "rdf", "RDF/XML", "graph", ox.RdfFormat.RDF_XML, "application/xml", "text/xml",
         sd="RDF_XML"),
    _row("jsonld", "application/ld+json", "jsonld", "JSON-LD", "graph dataset", ox.RdfFormat.JSON_LD, "application/json",
         sd="JSON-LD"),
    _row("trig", "application/trig", "trig", "TriG", "graph dataset", ox.RdfFormat.TRIG, "application/x-trig", sd="TriG"),
    _row("nquads", "application/n-quads", "nq", "N-Quads", "graph dataset", ox.RdfFormat.N_QUADS, "text/x-nquads",
         sd="N-Quads"),
    _row("document", "application/json", "document.json", "JSON", "document changes", None),
    _row("rdfpatch", "application/rdf-patch", "rdfp", "RDF Patch", "changes", None),
    _row("text", "text/plain", "txt", "Text", "changes", None),
    _row("atom", "application/atom+xml", "atom", "Atom", "news", None),
    _row("links", "application/link-format", "link", "Links (RFC 6690)", "timemap", None),
    _row("html", "text/html", "html", "HTML", "page bindings boolean graph document changes", None,
         "application/xhtml+xml"),
)
# fmt: on
"""Order matters: within a kind the first row is what a client gets that does not care."""


def offers(kind: Kind, *, page: bool = False) -> tuple[Format, ...]:
    """The formats that carry this kind of content; HTML, which is for people, only where a page exists."""
    return tuple(f for f in FORMATS if kind in f.kinds and (page or "page" not in f.kinds))


def by_name(name: str, among: Sequence[Format] = FORMATS) -> Format | None:
    """The format of a short name, a file extension or a media type, as the parameter ``format=`` gives it.

    Other spellings that clients use are known by the subtypes of the media types: ``json`` of a graph is JSON-LD, ``xml``
    is RDF/XML, ``rdf+xml`` and ``json-ld`` are what they seem.
    """
    wanted = name.strip().lower()
    plain = wanted.replace("+", "").replace("-", "")
    exact = (f for f in among if wanted in {f.name, f.extension, f.media_type})
    spelled = (f for f in among if plain == f.name or wanted in f.subtypes)
    return next(exact, None) or next(spelled, None)


def negotiate(accept: Iterable[str], among: Sequence[Format]) -> Format:
    """Choose the representation for the Accept header lines (RFC 9110 section 12.5.1).

    The most specific range that matches an offer decides its weight; ``q=0`` forbids; no header means the first offer.
    Parameters other than ``q`` are ignored: no offer of ours differs in one.

    Raises:
        RequestError: ``not-acceptable``, listing the offers.
    """
    # Here, for the query processes need the table of formats only, and must start soon.
    from werkzeug.http import parse_accept_header

    text = ",".join(accept)
    ranges = (
        [(value.split(";")[0].strip().lower(), q) for value, q in parse_accept_header(text)] if text.strip() else []
    )
    if not ranges:
        return among[0]
    weighed = [(_weight(f, ranges), -index) for index, f in enumerate(among)]
    quality, index = max(weighed)
    if quality <= 0:
        listed = [f.media_type for f in among]
        raise RequestError(
            "not-acceptable",
            f"none of the media types asked for is offered here; offered: {', '.join(listed)}",
            members={"offers": listed},
        )
    return among[-index]


def _weight(offer: Format, ranges: list[tuple[str, float]]) -> float:
    for names in ((offer.media_type,), offer.aliases, (offer.media_type.split("/")[0] + "/*",), ("*/*",)):
        matching = [q for value, q in ranges if value in names]
        if matching:
            return max(matching) if 0 not in matching else 0
    return 0
