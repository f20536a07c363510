"""The command `query`, and SPARQLWrapper alone: of the release on disk and of a server."""

import json
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from SPARQLWrapper import CSV, JSON, JSONLD, N3, RDFXML, TURTLE, XML, SPARQLWrapper

from gob_graph import query_command
from gob_graph.cli import main
from gob_graph.errors import GobGraphError, RequestError
from gob_graph.query_command import ask, find_question
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


def results(*literals: str) -> bytes:
    """Results in SPARQL JSON, as another endpoint may send them: with each lexical form as it is."""
    prefix = "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
    terms = [
        next(iter(ox.parse(f"{prefix}<urn:s> <urn:p> {one} .", format=ox.RdfFormat.TURTLE))).object for one in literals
    ]
    rows = [{"x": {"type": "literal", "value": t.value, "datatype": t.datatype.value}} for t in terms]
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": rows}}).encode()


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/SPARQL-results+JSON ; charset=UTF-8", "text/json"]
)
def test_results_in_json_are_read_whatever_they_are_called(
    media_type: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_command, "_over_http", lambda *_: (results('"a"', '"b"'), media_type))
    assert ask(settings, "SELECT * {}", endpoint="http://127.0.0.1:9/") == "x\n-\na\nb\n(2 rows)\n"


def test_the_lexical_forms_of_another_endpoint_are_printed_as_they_are(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = {
        "boolean": ["1", "0", "TRUE"],
        "date": ["2020-02-29+02:00", "-0044-03-15", "12020-01-01"],
        "dateTime": ["2021-01-01T00:00:00.1234567Z"],
        "integer": ["007", "9" * 50, "x"],
    }
    literals = [f'"{lexical}"^^xsd:{name}' for name, several in forms.items() for lexical in several]
    monkeypatch.setattr(query_command, "_over_http", lambda *_: (results(*literals), "application/json"))
    printed = ask(settings, "SELECT * {}", endpoint="http://127.0.0.1:9/").splitlines()
    assert printed[2:-1] == [lexical for several in forms.values() for lexical in several]
    assert printed[-1] == "(10 rows)"


def test_what_cannot_be_asked_is_told(settings: Settings, release: Release) -> None:
    assert release
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
