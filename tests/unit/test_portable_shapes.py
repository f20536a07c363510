"""The shapes use nothing that only one engine knows, and a second engine finds the same."""

import re
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pyshacl_turbo
import pytest
import rdflib
from rdflib.namespace import SH as RDFLIB_SH

from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.shacl.terms import Terms
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.pipeline.sources import read_turtle, rebase
from gob_graph.pipeline.validation import validate
from gob_graph.settings import Settings
from gob_graph.vocab import RDF, SH

SETTINGS = Settings()
FILES = [*sorted((SETTINGS.ontology_dir / "shapes").glob("*.ttl")), SETTINGS.data_dir / "expectations.ttl"]
EXAMPLES = sorted((Path(__file__).parents[1] / "shapes").rglob("*.ttl"))


def triples(path: Path) -> list[ox.Triple]:
    return read_turtle(path, rebase(SETTINGS), blank_nodes=True)


@pytest.fixture(scope="module")
def general() -> list[ox.Triple]:
    return read_shapes(SETTINGS).general


@pytest.fixture(scope="module")
def edition() -> list[ox.Triple]:
    return triples(FILES[-1])


def test_the_files_are_there() -> None:
    assert len(FILES) >= 10
    assert len(EXAMPLES) >= 70


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


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_node_shape_has_no_message_of_its_own(path: Path) -> None:
    """Jena refuses several; a property shape or a SPARQL constraint carries one per language."""
    found = triples(path)
    nodes = {t.subject for t in found if t.predicate == RDF.type and t.object == SH.NodeShape}
    assert nodes
    assert [t for t in found if t.predicate == SH.message and t.subject in nodes] == []


def findings(results: rdflib.Graph) -> Counter[tuple[str, str, str]]:
    """Focus, source shape and severity of each result; a blank node counts as one."""
    rows = Counter()
    for node in results.subjects(rdflib.RDF.type, RDFLIB_SH.ValidationResult):
        terms = [results.value(node, p) for p in (RDFLIB_SH.focusNode, RDFLIB_SH.sourceConstraintComponent)]
        names = [
            "" if isinstance(t, rdflib.BNode) else t.n3() if isinstance(t, rdflib.Literal) else str(t) for t in terms
        ]
        rows[names[0], names[1].rpartition("#")[2], str(results.value(node, RDFLIB_SH.resultSeverity))] += 1
    return rows


def both(data: list[ox.Triple], shapes: list[ox.Triple]) -> None:
    ours = validate(data, shapes)
    _, other, _ = pyshacl_turbo.validate(
        Terms().graph(data), shacl_graph=Terms().graph(shapes), inference="none", advanced=False, meta_shacl=False
    )
    blank = "(blank node)"
    expected = Counter(("" if f.focus == blank else f.focus, f.component, str(SH) + f.severity) for f in ours.findings)
    assert findings(other) == expected


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_second_engine_says_the_same_of_each_example(
    path: Path, general: list[ox.Triple], edition: list[ox.Triple]
) -> None:
    both(triples(path), edition if path.parent.name == "expectations" else general)


def test_a_second_engine_says_the_same_of_the_graph(assembled: Assembled) -> None:
    both(sorted(assembled.triples, key=str), read_shapes(SETTINGS).all)
