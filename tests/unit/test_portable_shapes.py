"""The shapes use nothing that only one engine knows."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.pipeline.sources import read_turtle, rebase
from gob_graph.settings import Settings
from gob_graph.vocab import RDF, SH, XSD

SETTINGS = Settings()
FILES = [*sorted((SETTINGS.ontology_dir / "shapes").glob("*.ttl")), SETTINGS.data_dir / "expectations.ttl"]


def triples(path: Path) -> list[ox.Triple]:
    return read_turtle(path, rebase(SETTINGS), blank_nodes=True)


def test_the_files_are_there() -> None:
    assert len(FILES) >= 10


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_patterns_and_queries_are_portable(path: Path) -> None:
    for t in triples(path):
        if t.predicate == SH.pattern:
            assert not re.search(r"\(\?|\\[pP]\{", t.object.value), f"{t.subject}: not in XPath's expressions"
        if t.predicate == SH.select:
            query = t.object.value
            for projected in re.findall(r"\{\s*SELECT\s+(?:DISTINCT\s+)?(.*?)WHERE", query):
                assert "$this" in projected, f"{t.subject}: a sub-select does not project $this"
            assert "GROUP BY" not in query, f"{t.subject}: groups"
            assert not re.search(r"\b(VALUES|MINUS|SERVICE)\b", query), f"{t.subject}: not allowed in SHACL-SPARQL"


BOUNDS = {SH.term(f"{end}{kind}") for end in ("min", "max") for kind in ("Inclusive", "Exclusive")}
COMPARED = {XSD.term(name) for name in ("integer", "decimal", "double", "float", "dateTime", "string", "boolean")}
"""The datatypes that the operators of SPARQL 1.1 compare (section 17.3). A year has three outcomes in four engines."""


def test_a_bound_is_of_a_datatype_that_every_engine_compares() -> None:
    bounds = [t for path in FILES for t in triples(path) if t.predicate in BOUNDS]
    assert bounds
    for t in bounds:
        assert t.object.datatype in COMPARED, f"{t.subject}: {t.object}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_node_shape_has_no_message_of_its_own(path: Path) -> None:
    """Jena refuses several; a property shape or a SPARQL constraint carries one per language."""
    found = triples(path)
    nodes = {t.subject for t in found if t.predicate == RDF.type and t.object == SH.NodeShape}
    assert nodes
    assert [t for t in found if t.predicate == SH.message and t.subject in nodes] == []
