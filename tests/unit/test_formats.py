"""Content negotiation, against a table of headers; hypothesis for what the table does not hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gob_graph.errors import RequestError
from gob_graph.formats import FORMATS, by_name, negotiate, offers

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ACCEPT = [
    # kind, page offered, header lines, format or None for 406
    ("bindings", False, [], "json"),
    ("bindings", False, ["*/*"], "json"),
    ("bindings", False, ["application/sparql-results+xml"], "xml"),
    ("bindings", False, ["text/csv;q=0.5, application/sparql-results+json;q=0.4"], "csv"),
    ("bindings", False, ["text/csv; charset=utf-8"], "csv"),
    ("bindings", False, ["text/*"], "csv"),
    ("bindings", False, ["text/*;q=0.9, text/csv;q=0"], "tsv"),
    ("bindings", False, ["application/json"], "json"),
    ("bindings", False, ["application/*;q=0.5", "text/tab-separated-values"], "tsv"),
    ("bindings", False, ["text/turtle"], None),
    ("bindings", False, ["*/*;q=0"], None),
    ("bindings", False, ["application/sparql-results+json;q=0, */*"], "xml"),
    ("bindings", False, ["TEXT/CSV"], "csv"),
    ("bindings", True, [BROWSER], "html"),
    ("bindings", False, [BROWSER], "xml"),
    ("graph", False, [], "turtle"),
    ("graph", False, ["*/*"], "turtle"),
    ("graph", False, ["application/ld+json"], "jsonld"),
    ("graph", False, ['application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted"'], "jsonld"),
    ("graph", False, ["application/rdf+xml;q=0.3, text/turtle;q=0.2"], "rdfxml"),
    ("graph", False, ["application/n-triples"], "ntriples"),
    ("graph", False, ["text/plain"], "ntriples"),
    ("graph", False, ["application/x-turtle"], "turtle"),
    ("graph", False, ["text/csv"], None),
    ("graph", True, [BROWSER], "html"),
    ("boolean", False, ["text/csv"], "csv"),
    ("dataset", False, ["application/trig"], "trig"),
    ("dataset", False, ["application/n-quads, */*;q=0.1"], "nquads"),
]


def test_no_header_was_lost() -> None:
    assert len(ACCEPT) >= 28


@pytest.mark.parametrize(("kind", "page", "lines", "expected"), ACCEPT)
def test_header_gives_format(kind, page, lines, expected) -> None:
    among = sorted(offers(kind, page=page), key=lambda f: f.codec is None)
    if expected is None:
        with pytest.raises(RequestError) as refused:
            negotiate(lines, among)
        assert refused.value.code == "not-acceptable"
        assert refused.value.members["offers"] == [f.media_type for f in among]
    else:
        assert negotiate(lines, among).name == expected


@given(st.text(max_size=200))
def test_any_header_gives_an_offer_or_a_refusal(header: str) -> None:
    among = offers("graph")
    try:
        assert negotiate([header], among) in among
    except RequestError as refused:
        assert refused.status == 406


def test_names_extensions_and_media_types_are_unique() -> None:
    for attribute in ("name", "extension", "media_type"):
        values = [getattr(f, attribute) for f in FORMATS]
        assert len(set(values)) == len(values)
        assert all(by_name(getattr(f, attribute)) is f for f in FORMATS)
