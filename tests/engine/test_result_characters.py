"""Every character that a literal may hold, in every format of results, read back by parsers of other people."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from rdflib import Graph, URIRef

from gob_graph.endpoint.engine.dataset import Dataset
from gob_graph.endpoint.engine.evaluation import _Unrepresentable, evaluate
from gob_graph.endpoint.engine.job import Formats, Job, Manner

CHUNK = 6_144
"""Code points of one query: it stays below the limit of 64 kB."""
GROUP = 96
"""Code points of one literal."""
NOT_IN_XML = [n for n in range(0x20) if n not in {9, 10, 13}] + [0xFFFE, 0xFFFF]
"""What XML 1.0 has no way to write; surrogates are no characters of RDF."""
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\0": "\\u0000"}
EMPTY = Dataset.of(ox.Store())


def characters(start: int, *, xml: bool) -> list[str]:
    numbers = (n for n in range(start, min(start + CHUNK, 0x110000)) if not 0xD800 <= n < 0xE000)
    return [chr(n) for n in numbers if not (xml and n in NOT_IN_XML)]


def literals(start: int, *, xml: bool = False) -> list[str]:
    """Groups of neighbours; each stands between letters, as some formats trim what stands at an end, and once bare."""
    found = characters(start, xml=xml)
    groups = ["".join(found[n : n + GROUP]) for n in range(0, len(found), GROUP)]
    return [f"x{group}y" for group in groups] + groups


def query(values: list[str]) -> str:
    written = ("".join(ESCAPES.get(c, c) for c in value) for value in values)
    return "SELECT ?x { VALUES ?x { " + " ".join(f'"{value}"' for value in written) + " } }"


def answer(values: list[str], name: str) -> bytes:
    meta, body = evaluate(EMPTY, Job(query(values), Manner(None, None, Formats(name, name, None))), {}, 2**24)
    assert meta == {"kind": "bindings", "format": name}
    return body


def from_json(body: bytes) -> list[str]:
    return [row["x"]["value"] for row in json.loads(body)["results"]["bindings"]]


def from_xml(body: bytes) -> list[str]:
    space = "{http://www.w3.org/2005/sparql-results#}"
    return [literal.text or "" for literal in ElementTree.fromstring(body).iter(f"{space}literal")]


def from_csv(body: bytes) -> list[str]:
    header, *rows = csv.reader(io.StringIO(body.decode(), newline=""))
    assert header == ["x"]
    return [value for (value,) in rows]


def from_tsv(body: bytes) -> list[str]:
    """Lines of terms in Turtle's syntax, read as Turtle; the reader of TSV in rdflib also ends lines at U+0085 and others."""
    header, *lines, last = body.decode().split("\n")
    assert (header, last) == ("?x", "")
    document = "".join(f"<urn:{number}> <urn:p> {line} .\n" for number, line in enumerate(lines))
    graph = Graph().parse(data=document.encode(), format="turtle")
    return [str(graph.value(URIRef(f"urn:{number}"), URIRef("urn:p"))) for number in range(len(lines))]


READERS = {"json": from_json, "xml": from_xml, "csv": from_csv, "tsv": from_tsv}


def chunks() -> Iterator[int]:
    yield from range(0, 0x110000, CHUNK)


@pytest.mark.parametrize("name", READERS)
def test_every_character_comes_through(name: str) -> None:
    csv.field_size_limit(2**20)
    seen = 0
    for start in chunks():
        values = literals(start, xml=name == "xml")
        if values:
            assert READERS[name](answer(values, name)) == values, hex(start)
            seen += sum(map(len, values))
    assert seen > 2 * (0x110000 - 0x800 - len(NOT_IN_XML))


@pytest.mark.parametrize("number", NOT_IN_XML, ids=hex)
def test_what_xml_cannot_hold_is_refused(number: int) -> None:
    with pytest.raises(_Unrepresentable):
        answer([f"a{chr(number)}b"], "xml")
