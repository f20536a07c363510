"""Shapes and data as real publishers write them, made up here: the report of each is approved beside it.

DCAT-AP.de: several shape files that import each other, messages in one language, catalogues in RDF/XML. CPSV-AP: one property
shape per constraint, data in JSON-LD with a remote context. ICEG: shapes in JSON-LD with anonymous property shapes.
"""

from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from gob_graph.cli import main
from gob_graph.vocab import SH

FOLDER = Path(__file__).parent.parent / "publishers"
RUNS = {
    "dcat-ap-de": ["catalogue.rdf", "--shapes", "shapes.ttl", "--shapes", "vocabularies.ttl", "--language", "de"],
    "cpsv-ap": ["services.jsonld", "--shapes", "shapes.ttl", "--context", "context.jsonld"],
    "iceg": ["organisations.ttl", "--shapes", "shapes.jsonld", "--language", "fr"],
}
RESULTS = {"dcat-ap-de": 5, "cpsv-ap": 3, "iceg": 5}


@pytest.mark.parametrize("name", RUNS)
def test_the_report_is_the_approved_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER / name)
    found = CliRunner().invoke(main, ["validate", *RUNS[name]], catch_exceptions=False)
    assert found.exit_code == 1
    said = (found.stderr + found.stdout).replace((FOLDER / name).as_uri(), "file:")
    approved = FOLDER / name / "approved.txt"
    assert said == approved.read_text(encoding="utf-8"), f"look at the report; if it is right, write it to {approved}"


@pytest.mark.parametrize("name", RUNS)
def test_the_report_in_turtle_has_the_same_results(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER / name)
    found = CliRunner().invoke(main, ["validate", *RUNS[name], "--format", "turtle"], catch_exceptions=False)
    triples = [q.triple for q in ox.parse(found.stdout, format=ox.RdfFormat.TURTLE)]
    assert sum(t.predicate == SH.result for t in triples) == RESULTS[name]


def test_without_the_context_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER / "cpsv-ap")
    found = CliRunner().invoke(main, ["validate", *RUNS["cpsv-ap"][:3]])
    assert found.exit_code == 2
    assert found.stderr == (
        "gob-graph: services.jsonld: names a JSON-LD context by its address, and nothing is fetched; "
        "save the context, give --context FILE\n"
    )
