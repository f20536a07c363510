"""Documents in Turtle as the server sends them, read by rdflib.js, N3.js, rdflib and Raptor."""

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from gob_graph.formats import by_name
from tests.conftest import Server
from tests.engine.test_turtle_readers import ALL, comparable, row

PATHS = (
    "/sparql",
    "/.well-known/void",
    "/doc/dataset/gob-kg",
    "/doc/organization/brussel-mobiliteit",
    "/ns/governance",
)
"""The service description, by both of its addresses; the catalogue; a document; the ontology."""


@pytest.fixture(scope="module")
def documents(server: Server) -> dict[str, bytes]:
    found = {}
    for path in PATHS:
        status, headers, body = server.get(path, Accept="text/turtle")
        assert (status, headers["content-type"]) == (200, "text/turtle; charset=utf-8"), path
        found[path] = body
    return found


@pytest.mark.parametrize("reader", ALL)
def test_each_reader_finds_the_same(
    reader: str, documents: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    turtle = by_name("turtle")
    assert turtle
    assert len(documents) == len(PATHS)
    by_value = reader == "rdflib.js"  # it writes true as 1 and 10.0 as 10
    for path, body in documents.items():
        file = tmp_path / "document.ttl"
        file.write_bytes(body)
        expected = [row(quad.triple) for quad in ox.parse(body, format=turtle.rdf)]
        assert len(expected) > 20, path
        found = ALL[reader](file, turtle)
        assert comparable(found, by_value=by_value) == comparable(expected, by_value=by_value), path
