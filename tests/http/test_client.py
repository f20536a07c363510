"""The way from Python and from the command line: of the release on disk and of a server, in words and as tables."""

import json
import math
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from SPARQLWrapper import CSV, JSON, JSONLD, N3, RDFXML, TURTLE, XML, SPARQLWrapper

from gob_graph import client
from gob_graph.cli import main
from gob_graph.client import LexicalFormWarning, ask, find_question, frame
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


VALUES = [
    # literal, value in a frame (text where Python's type cannot hold it), whether that is told
    ('"1"^^xsd:boolean', True, False),
    ('"0"^^xsd:boolean', False, False),
    ('"TRUE"^^xsd:boolean', "TRUE", True),
    ('"2020-02-29"^^xsd:date', date(2020, 2, 29), False),
    ('"2020-02-29Z"^^xsd:date', "2020-02-29Z", True),
    ('"2020-02-29+02:00"^^xsd:date', "2020-02-29+02:00", True),
    ('"-0044-03-15"^^xsd:date', "-0044-03-15", True),
    ('"12020-01-01"^^xsd:date', "12020-01-01", True),
    ('"2021-02-29"^^xsd:date', "2021-02-29", True),
    ('"2021"^^xsd:gYear', "2021", False),
    ('"2021-01-01T00:00:00Z"^^xsd:dateTime', "2021-01-01T00:00:00Z", False),
    ('"1.5"^^xsd:float', "1.5", False),
    ('"INF"^^xsd:double', math.inf, False),
    ('"-INF"^^xsd:double', -math.inf, False),
    ('"1e3"^^xsd:double', 1000.0, False),
    ('"1e999"^^xsd:double', "1e999", True),
    ('"inf"^^xsd:double', "inf", True),
    ('"1_000"^^xsd:integer', "1_000", True),
    ('"x"^^xsd:integer', "x", True),
    ('" 7 "^^xsd:int', 7, False),
    ('"123456789012345678901234567890"^^xsd:integer', 123456789012345678901234567890, False),
    (f'"{"9" * 5000}"^^xsd:integer', "9" * 5000, True),
    (
        '"0.1234567890123456789012345678901234567890"^^xsd:decimal',
        Decimal("0.1234567890123456789012345678901234567890"),
        False,
    ),
    ('"1.50"^^xsd:decimal', Decimal("1.50"), False),
    ('"Infinity"^^xsd:decimal', "Infinity", True),
    ('""', "", False),
]


def results(*literals: str) -> bytes:
    """Results in SPARQL JSON, as another endpoint may send them: with each lexical form as it is."""
    prefix = "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
    terms = [
        next(iter(ox.parse(f"{prefix}<urn:s> <urn:p> {one} .", format=ox.RdfFormat.TURTLE))).object for one in literals
    ]
    rows = [{"x": {"type": "literal", "value": t.value, "datatype": t.datatype.value}} for t in terms]
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": rows}}).encode()


@pytest.mark.parametrize(("literal", "expected", "told"), VALUES, ids=lambda value: str(value)[:40])
def test_a_frame_changes_no_value(
    literal: str, expected: object, told: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = results(literal)
    monkeypatch.setattr(client, "_over_http", lambda *_: (body, "application/json; charset=utf-8"))
    if told:
        with pytest.warns(LexicalFormWarning, match=r"x \(1\)"):
            table = frame(settings, "SELECT * {}", endpoint="http://127.0.0.1:9/")
    else:
        table = frame(settings, "SELECT * {}", endpoint="http://127.0.0.1:9/")
    (found,) = table["x"].tolist()
    assert type(found) is type(expected)
    assert found == expected
    assert table.attrs["lexical"] == ({"x": 1} if told else {})


def test_a_number_that_is_none_and_a_gap_stay_apart(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(results('"NaN"^^xsd:double', '"9007199254740993"^^xsd:integer'))
    document["results"]["bindings"].append({})
    body = json.dumps(document).encode()
    monkeypatch.setattr(client, "_over_http", lambda *_: (body, "application/json"))
    nan, large, gap = frame(settings, "SELECT * {}", endpoint="http://127.0.0.1:9/")["x"].tolist()
    assert math.isnan(nan)
    assert large == 2**53 + 1
    assert gap is None


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/SPARQL-results+JSON ; charset=UTF-8", "text/json"]
)
def test_results_in_json_are_read_whatever_they_are_called(
    media_type: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_over_http", lambda *_: (results('"a"', '"b"'), media_type))
    assert ask(settings, "SELECT * {}", endpoint="http://127.0.0.1:9/") == "x\n-\na\nb\n(2 rows)\n"


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
