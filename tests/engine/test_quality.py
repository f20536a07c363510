"""The quality report of a release says what validation, a count by hand and SPARQL say."""

import json
from collections import Counter
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from gob_graph.cli import main
from gob_graph.pipeline import links
from gob_graph.pipeline.assembled import Assembled
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.vocab import DQV, LANGUAGES, LAYERS
from tests.conftest import environment

BASE = "https://data.example.org"
E = ox.NamedNode("https://data.example.org/id/organization/gob")
SEE = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#seeAlso")


@pytest.fixture(scope="module")
def document(release: Release) -> dict[str, Any]:
    found = json.loads((release.path / "quality.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_findings_are_those_of_the_validation_report(document: dict[str, Any], release: Release) -> None:
    text = (release.path / "report.txt").read_text(encoding="utf-8")
    assert document["conforms"]
    assert document["release"] == release.id
    counts = document["counts"]
    assert text.startswith(
        f"does not conform: {counts['Violation']} violation, {counts['Warning']} warning, {counts['Info']} info"
    )
    assert len(document["findings"]) == sum(counts.values()) >= 80
    assert all(set(f["messages"]) == set(LANGUAGES) and all(f["messages"].values()) for f in document["findings"])
    per_entity = Counter(f["focus"] for f in document["findings"])
    assert {row["entity"]: sum(row["counts"].values()) for row in document["entities"]} == per_entity
    assert sum(row["findings"] for row in document["shapes"]) == len(document["findings"])
    assert all(set(row["label"]) == set(LANGUAGES) for row in document["shapes"])
    assert len(document["shapes"]) >= 38


def test_language_matrix_equals_a_query(document: dict[str, Any], store: ox.Store) -> None:
    matrix = {row["class"]: row for row in document["languages"]}
    assert len(matrix) >= 30
    administration = matrix[f"{BASE}/ns/governance#Administration"]
    assert administration["total"] == 8
    for language in LANGUAGES:
        query = f"""SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE {{
            ?s a <{BASE}/ns/governance#Administration> ; <http://www.w3.org/2004/02/skos/core#prefLabel> ?l
            FILTER(LANG(?l) = "{language}") }}"""
        assert administration["labelled"][language] == int(next(iter(store.query(query)))["n"].value)


def test_every_fact_that_needs_evidence_has_it(document: dict[str, Any], release: Release) -> None:
    rows = {row["layer"]: row for row in document["evidence"]}
    assert set(rows) == {"source", "external", "history", "vocab", "inferred"}
    for layer, row in rows.items():
        assert row["facts"] == release.manifest["triples"][layer]
        assert row["evidenced"] == (row["facts"] if row["needed"] else 0)
    assert not rows["vocab"]["needed"]


def test_no_link_fails_and_many_are_checked(document: dict[str, Any]) -> None:
    rows = {row["check"]: row for row in document["links"]}
    assert [row["failed"] for row in rows.values()] == [[], [], []]
    assert rows["internal-described"]["checked"] >= 1000
    assert rows["foreign-typed"]["checked"] >= 15
    assert rows["authority-form"]["checked"] >= 15
    assert all(set(row["title"]) == set(LANGUAGES) for row in rows.values())


BAD = {
    "https://data.example.org/id/organization/nowhere": "internal-described",
    "https://elsewhere.example.org/thing": "foreign-typed",
    "https://publications.europa.eu/resource/authority/language/NLD": "authority-form",
    "http://publications.europa.eu/resource/authority/language/nld": "authority-form",
    "https://www.wikidata.org/entity/Q240": "authority-form",
    "http://www.wikidata.org/wiki/Q240": "authority-form",
    "https://org.belgif.be/id/CbeRegisteredEntity/316381039": "authority-form",
    "https://sws.geonames.org/2800867": "authority-form",
    "https://data.europa.eu/nuts/code/BE1": "authority-form",
}


@pytest.mark.parametrize("iri", BAD)
def test_a_bad_link_is_found_out(iri: str, assembled: Assembled) -> None:
    layers = {layer: set(assembled.layers[layer]) for layer in LAYERS}
    layers["source"].add(ox.Triple(E, SEE, ox.NamedNode(iri)))
    failed = {row["check"]: row["failed"] for row in links.check(layers, BASE)}
    assert iri in failed[BAD[iri]]


def test_the_same_numbers_in_the_data_quality_vocabulary(document: dict[str, Any], release: Release) -> None:
    graph = ox.Store()
    graph.load(path=str(release.path / "quality.ttl"), format=ox.RdfFormat.TURTLE)
    dataset = f"{BASE}/id/dataset/gob-kg"

    def value(metric: str, of: str) -> int:
        query = f"""SELECT ?n WHERE {{ ?m a <{DQV}QualityMeasurement> ; <{DQV}isMeasurementOf> <{dataset}/quality/{metric}> ;
            <{DQV}computedOn> <{of}> ; <{DQV}value> ?n }}"""
        rows = list(graph.query(query))
        assert len(rows) == 1
        return int(rows[0]["n"].value)

    assert value("info-findings", dataset) == document["counts"]["Info"]
    for row in document["evidence"]:
        assert value("facts-with-evidence", f"{BASE}/id/graph/{row['layer']}") == row["evidenced"]
    for row in document["entities"]:
        assert value("findings", row["entity"]) == sum(row["counts"].values())
    for row in document["languages"]:
        assert value("labelled-fr", row["class"]) == row["labelled"]["fr"]
    for row in document["shapes"]:
        assert value("findings-of-shape", row["shape"]) == row["findings"]


@pytest.mark.parametrize(
    ("language", "words"), [("nl", "Er is geen Duitse naam bekend"), ("en", "No German name is known")]
)
def test_the_command_prints_it(language: str, words: str, settings: Settings, release: Release) -> None:
    run = CliRunner().invoke(main, ["quality", "--language", language], env=environment(settings))
    assert run.exit_code == 0
    assert words in run.output
    assert release.id in run.output.splitlines()[0]
