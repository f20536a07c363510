"""The way from Python and from the command line: of the release on disk and of a server, in words and as tables."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from SPARQLWrapper import CSV, JSON, JSONLD, N3, RDFXML, TURTLE, XML, SPARQLWrapper

from gob_graph.cli import main
from gob_graph.client import ask, find_question, frame
from gob_graph.errors import GobGraphError, RequestError
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server

ROOT = Path(__file__).parent.parent.parent
EIGHT = ["ConnectIT", "Economie", "Financiën", "International", "Huisvesting", "Mobiliteit", "Plaatselijke", "Synergie"]


def test_sparqlwrapper_gets_the_eight_in_order(server: Server) -> None:
    client = SPARQLWrapper(server.url + "/sparql", returnFormat=JSON)
    client.setQuery((ROOT / "data/queries/administrations.rq").read_text(encoding="utf-8"))
    rows = client.queryAndConvert()["results"]["bindings"]
    assert [int(row["position"]["value"]) for row in rows] == list(range(1, 9))
    assert [row["label"]["value"].split()[1] for row in rows] == EIGHT


def test_sparqlwrapper_gets_csv_by_post(server: Server) -> None:
    client = SPARQLWrapper(server.url + "/sparql", returnFormat=CSV)
    client.setMethod("POST")
    client.setQuery("ASK { ?s ?p ?o }")
    assert b"true" in client.queryAndConvert()


@pytest.mark.filterwarnings("ignore:Sending Accept header:RuntimeWarning")
@pytest.mark.parametrize("form", [XML, JSON, N3, TURTLE, RDFXML, JSONLD])
def test_sparqlwrapper_gets_a_graph_in_each_format(form: str, server: Server) -> None:
    client = SPARQLWrapper(server.url + "/sparql", returnFormat=form)
    client.setQuery("CONSTRUCT WHERE { ?s a <http://www.w3.org/ns/org#Post> }")
    assert b"adjunct-secretaris-generaal" in client.query().response.read()


def test_disk_and_server_give_the_same_table(settings: Settings, release: Release, server: Server) -> None:
    assert release
    for name in ("administrations", "board-chair", "staff-figures"):
        for language in ("nl", "fr"):
            local = ask(settings, name, language=language)
            assert local == ask(settings, name, language=language, endpoint=server.url + "/sparql")
            assert "rows)" in local or "(1 row)" in local


def test_words_come_in_the_language_asked(settings: Settings, release: Release) -> None:
    assert release
    assert "Bruxelles Mobilité" in ask(settings, "administrations", language="fr")
    assert "Brussel Mobiliteit" in ask(settings, "administrations")


def test_an_empty_answer_is_explained(settings: Settings, release: Release) -> None:
    assert release
    question = find_question("board-members", settings)
    for language in ("nl", "fr", "de", "en"):
        assert question.empty[language] in ask(settings, "board-members", language=language)


def test_a_frame_has_the_types_of_its_values(settings: Settings, release: Release, server: Server) -> None:
    assert release
    query = """SELECT ?i ?d ?t ?b ?y ?u WHERE {
        VALUES (?i ?d ?t ?b ?y) { (1 1.50 "2020-02-29"^^xsd:date true "2021"^^xsd:gYear) (2 UNDEF UNDEF false UNDEF) } }"""
    query = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> " + query
    for endpoint in (None, server.url + "/sparql"):
        table = frame(settings, query, endpoint=endpoint)
        assert list(table.columns) == ["i", "d", "t", "b", "y", "u"]
        assert table["i"].tolist() == [1, 2]
        assert table["d"][0] == Decimal("1.5")
        assert table["t"][0] == date(2020, 2, 29)
        assert table["b"].tolist() == [True, False]
        assert table["y"][0] == "2021"
        assert table["u"].isna().all()


def test_what_is_no_table_is_told(settings: Settings, release: Release) -> None:
    assert release
    with pytest.raises(GobGraphError, match="SELECT"):
        frame(settings, "ASK { ?s ?p ?o }")
    with pytest.raises(GobGraphError, match="neither SPARQL"):
        ask(settings, "administrationz")
    with pytest.raises(RequestError, match="line 1"):
        ask(settings, "SELECT * {")


def test_the_command_line_answers_and_fails_with_its_codes(
    settings: Settings, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert release
    monkeypatch.setenv("GOB_GRAPH_RELEASE_DIR", str(settings.release_dir))
    monkeypatch.setenv("GOB_GRAPH_SOURCE_DIR", str(settings.source_dir))
    runner = CliRunner()
    good = runner.invoke(main, ["query", "board-chair", "--format", "csv"])
    assert (good.exit_code, good.output.count("\n")) == (0, 2)
    assert runner.invoke(main, ["query", "SELECT * {"]).exit_code == 2
    assert runner.invoke(main, ["query", "ASK {}", "--format", "nonsense"]).exit_code == 2
    monkeypatch.setenv("GOB_GRAPH_RELEASE_DIR", str(tmp_path))
    without = runner.invoke(main, ["query", "ASK {}"])
    assert without.exit_code == 2
    assert "gob-graph build" in without.output
    assert replace(settings, release_dir=tmp_path)
