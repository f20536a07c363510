"""Turtle and TriG as they are written here, read by parsers of other people: rdflib.js, N3.js, rdflib and Raptor."""

import json
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from gob_graph import catalogue
from gob_graph.copies import Selection, export
from gob_graph.documents import serialize
from gob_graph.endpoint.sparql.service_description import describe
from gob_graph.formats import Format, by_name
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG
from tests.node import NODE, WITH_NODE, installed
from tests.parts import needs

READERS = Path(__file__).parent.parent / "turtle"
NAMESPACE = "https://data.example.org/id/thing/"
LOCAL_NAMES = [
    "",
    "a",
    "1",
    "1a",
    "_a",
    "-a",
    "a-",
    "a.b",
    "a..b",
    ".a",
    "a.",
    "a:b",
    ":a",
    "a_:b",
    "a/b",
    "a/b/c",
    "a#b",
]
LOCAL_NAMES += [f"a{sign}b" for sign in "~!$&'()*+,;=/?#@"] + [
    "a%20b",
    "%41",
    "é",
    "日本",
    "é·",
    "·é",
    "a\u0301",
    "\U00010000",
]
PREFIXES = {"thing": NAMESPACE, "id": "https://data.example.org/id/", "xsd": "http://www.w3.org/2001/XMLSchema#"}
TEXTS = ['thing:a\\/b <x> "y" \\', 'a\nb\rc\t\'"""', "_:b thing:a:b .", "\u2028\u0085\U0001f600"]
Row = tuple[tuple[str, ...], ...]


def awkward() -> list[ox.Triple]:
    things = [ox.NamedNode(NAMESPACE + name) for name in LOCAL_NAMES]
    other = ox.NamedNode(NAMESPACE + "other")
    triples = [ox.Triple(thing, other, thing) for thing in things]
    triples += [ox.Triple(other, thing, ox.Literal("x", datatype=thing)) for thing in things]
    triples += [ox.Triple(other, other, ox.Literal(text, language="nl-BE")) for text in TEXTS]
    triples += [ox.Triple(other, things[-1], ox.Literal(text)) for text in TEXTS]
    return list(dict.fromkeys(triples))


def by_node(parser: str, path: Path, form: Format) -> list[Row]:
    installed(READERS)
    command = [NODE / "bin/node", READERS / "read.mjs", parser, path, form.media_type]
    run = subprocess.run(command, capture_output=True, text=True, env=WITH_NODE, timeout=LONG)
    assert run.returncode == 0, run.stderr[-2000:]
    # Not splitlines(): a literal may hold other ends of lines.
    return [tuple(map(tuple, json.loads(line)[:3])) for line in run.stdout.split("\n")[:-1]]


def by_rdflib_js(path: Path, form: Format) -> list[Row]:
    return by_node("rdflib", path, form)


def by_n3_js(path: Path, form: Format) -> list[Row]:
    return by_node("n3", path, form)


def by_raptor(path: Path, form: Format) -> list[Row]:
    rapper = needs(Path("/usr/bin/rapper"))
    command = [rapper, "-q", "-i", form.name, "-o", "ntriples", path, "http://base.example/"]
    run = subprocess.run(command, capture_output=True, timeout=LONG)
    assert run.returncode == 0, run.stderr[-2000:]
    return [row(quad.triple) for quad in ox.parse(run.stdout, format=ox.RdfFormat.N_TRIPLES)]


def by_rdflib(path: Path, form: Format) -> list[Row]:
    dataset = rdflib.Dataset()
    dataset.parse(path, format=form.name)
    quads = dataset.quads((None, None, None, None))
    return [(of_rdflib(s), of_rdflib(p), of_rdflib(o)) for s, p, o, _ in quads]


def of_rdflib(term: object) -> tuple[str, ...]:
    if isinstance(term, rdflib.Literal):
        default = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString" if term.language else f"{rdflib.XSD.string}"
        return ("Literal", str(term), term.language or "", str(term.datatype or default))
    return ("BlankNode" if isinstance(term, rdflib.BNode) else "NamedNode", str(term))


def row(triple: ox.Triple) -> Row:
    return tuple(of_pyoxigraph(term) for term in (triple.subject, triple.predicate, triple.object))


def of_pyoxigraph(term: object) -> tuple[str, ...]:
    if isinstance(term, ox.Literal):
        return ("Literal", term.value, term.language or "", term.datatype.value)
    assert isinstance(term, ox.NamedNode | ox.BlankNode)
    return (type(term).__name__, term.value)


def comparable(rows: list[Row], *, by_value: bool) -> list[Row]:
    """Language tags in lower case, blank nodes without their labels, perhaps numbers and truth values in one form."""
    return sorted(tuple(plain(term, by_value=by_value) for term in found) for found in rows)


def plain(term: tuple[str, ...], *, by_value: bool) -> tuple[str, ...]:
    kind, value, *more = term
    if kind == "BlankNode":
        return (kind, "")
    if not more:
        return term
    language, datatype = more
    if by_value and datatype == str(rdflib.XSD.boolean):
        value = {"1": "true", "0": "false"}.get(value, value)
    elif by_value and datatype == str(rdflib.XSD.decimal):
        value = str(Decimal(value).normalize())
    return (kind, value, language.lower(), datatype)


ALL: dict[str, Callable[[Path, Format], list[Row]]] = {
    "rdflib.js": by_rdflib_js,
    "N3.js": by_n3_js,
    "rdflib": by_rdflib,
    "Raptor": by_raptor,
}


@pytest.fixture(scope="module")
def documents(release: Release, settings: Settings) -> dict[str, tuple[bytes, Format]]:
    turtle, trig = by_name("turtle"), by_name("trig")
    assert turtle
    assert trig
    prefixes = release.manifest["prefixes"]
    return {
        "awkward names": (serialize(awkward(), turtle, PREFIXES), turtle),
        "awkward names in TriG": (
            serialize([ox.Quad(*t, ox.NamedNode(NAMESPACE + "g/h")) for t in awkward()], trig, PREFIXES),
            trig,
        ),
        "whole release": (export(release, Selection(), turtle), turtle),
        "whole release in TriG": (export(release, Selection(), trig), trig),
        "catalogue": (serialize(catalogue.document(release, settings), turtle, prefixes), turtle),
        "service description": (serialize(describe(release, settings), turtle, prefixes), turtle),
        "shapes": ((release.path / "shapes.ttl").read_bytes(), turtle),
    }


@pytest.mark.parametrize("reader", ALL)
def test_each_reader_finds_the_same(
    reader: str,
    documents: dict[str, tuple[bytes, Format]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    assert len(documents) >= 7
    for name, (body, form) in documents.items():
        if reader == "rdflib.js" and form.name == "trig":
            continue  # it knows no TriG
        path = tmp_path / f"document.{form.extension}"
        path.write_bytes(body)
        expected = [row(quad.triple) for quad in ox.parse(body, format=form.rdf)]
        assert len(expected) > 20
        by_value = reader == "rdflib.js"  # it writes true as 1 and 10.0 as 10
        found = ALL[reader](path, form)
        if reader == "rdflib.js" and name == "shapes":
            assert len(found) > 1000  # it keeps each list as one term: that it reads them is all that can be told
            continue
        assert comparable(found, by_value=by_value) == comparable(expected, by_value=by_value), name


def test_awkward_names_keep_their_prefix_where_they_can() -> None:
    turtle = by_name("turtle")
    assert turtle
    body = serialize(awkward(), turtle, PREFIXES).decode()
    assert "\nthing:1a thing:other thing:1a" in body
    assert "\nthing:a..b thing:other" in body
    assert f"\n<{NAMESPACE}a/b> thing:other <{NAMESPACE}a/b>" in body
    assert f'"x"^^<{NAMESPACE}a:b>' in body
    assert "@prefix id:" not in body, "no name uses it"
    assert "@prefix xsd:" not in body
