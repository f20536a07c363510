"""The statements of the source page, against the page itself, against copies of it that changed, and in a browser."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gob_graph.cli import main
from gob_graph.errors import EvidenceError, SourceError
from gob_graph.new_command import make
from gob_graph.pipeline.evidence import read_evidence
from gob_graph.pipeline.page import PageReport, check_page, statement_row
from gob_graph.settings import Settings
from tests.conftest import SHARED
from tests.parts import needs

PAGE = SHARED / "source/wie-zijn-we.txt"
STATEMENTS = SHARED / "domain/statements.json"


@pytest.fixture
def page() -> str:
    return needs(PAGE).read_bytes().decode()


def compare(settings: Settings, path: Path, text: str) -> PageReport:
    path.write_bytes(text.encode())
    return check_page(settings, path)


def states(report: PageReport) -> dict[str, str]:
    return {p.statement.id: p.state for p in report.places}


def test_every_record_stands_where_the_evidence_says(settings: Settings) -> None:
    report = check_page(settings, needs(PAGE))
    assert report.whole
    assert report.unchanged
    assert len(report.places) == 90
    assert report.summary().startswith("90/90 records stand where they stood, 0 moved, 0 gone; 0 uncovered spans; ")
    assert {p.statement.id for p in report.places if not report.facts.get(p.statement.id)} == {"S5a"}


def test_statements_are_those_of_the_source_analysis(settings: Settings, page: str) -> None:
    wanted = json.loads(needs(STATEMENTS).read_text(encoding="utf-8"))
    ours = read_evidence(settings).statements
    assert len(wanted) == 90
    assert {(s["id"], s["kind"], s["start"], s["end"]) for s in wanted} == {
        (s.id, s.kind, s.start, s.end) for s in ours.values()
    }
    assert all(page[s["start"] : s["end"]] == s["exact"] for s in wanted)


def test_the_command_says_yes_and_how_many(settings: Settings) -> None:
    run = CliRunner().invoke(main, ["evidence", "--source", str(needs(PAGE)), "--facts"])
    assert run.exit_code == 0
    assert "90/90 records" in run.output.splitlines()[-1]
    assert "    organization:directieraad gov:chairedBy post:secretaris-generaal" in run.output.splitlines()


def test_a_sentence_put_in_front_moves_every_statement(settings: Settings, page: str, tmp_path: Path) -> None:
    report = compare(settings, tmp_path / "page.txt", "Nieuws!\n\n" + page)
    assert set(states(report).values()) == {"moved"}
    assert all(p.start == p.statement.start + 9 for p in report.places)
    assert [s.text for s in report.uncovered] == ["Nieuws"]
    assert not report.whole
    assert not report.unchanged


def test_a_page_without_a_recorded_digest_is_not_called_another(tmp_path: Path) -> None:
    make(tmp_path)
    report = check_page(Settings(source_dir=tmp_path), tmp_path / "page.txt")
    assert report.whole
    assert report.unchanged is None
    assert report.summary().endswith("; no digest of the page is recorded (spdx:checksum, data/evidence/page.ttl)")


def test_words_that_occur_twice_move_with_their_neighbours(settings: Settings, page: str, tmp_path: Path) -> None:
    changed = page.replace("burgers, werknemers", "jonge burgers, werknemers", 1)
    moved = {p.statement.id: p for p in compare(settings, tmp_path / "page.txt", changed).places}
    assert moved["S31"].start == moved["S31"].statement.start + 6
    assert moved["S35"].start == moved["S35"].statement.start + 6
    assert changed[moved["S35"].start : moved["S35"].end] == "besturen"


def test_a_changed_number_is_gone_and_the_new_words_are_uncovered(
    settings: Settings, page: str, tmp_path: Path
) -> None:
    report = compare(settings, tmp_path / "page.txt", page.replace("negen ambtenaren", "tien ambtenaren"))
    gone = {name for name, state in states(report).items() if state == "gone"}
    assert gone == {"S58"}
    assert [s.text for s in report.uncovered] == ["De Directieraad bestaat thans uit de tien ambtenaren"]
    assert states(report)["S57"] == "same"
    assert states(report)["S59"] == "moved"
    assert "S58: gone (2518–2571): thans negen ambtenaren – 11 facts" in report.text().splitlines()


def test_a_dropped_administration_is_gone_and_the_command_says_no(
    settings: Settings, page: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(page.replace("Brussel Huisvesting\n", "").encode())
    run = CliRunner().invoke(main, ["evidence", "--source", str(path)])
    assert run.exit_code == 1
    assert "S53: gone (2370–2389): Brussel Huisvesting – 7 facts" in run.output.splitlines()
    assert "1 gone" in run.output.splitlines()[-1]


def test_another_page_has_none_of_the_statements(settings: Settings, tmp_path: Path) -> None:
    report = compare(settings, tmp_path / "page.txt", "Een andere bladzijde.")
    assert set(states(report).values()) == {"gone"}
    assert [s.text for s in report.uncovered] == ["Een andere bladzijde"]


def test_a_page_that_is_not_utf8_is_refused_with_its_line(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"Wie zijn we?\n\xe9\xe9n")
    with pytest.raises(SourceError, match=r"page\.txt:2: is not UTF-8"):
        check_page(settings, path)


def test_a_fact_without_evidence_is_named(copy: Settings, tmp_path: Path, page: str) -> None:
    lines = copy.data_dir / "evidence/source.tsv"
    text = lines.read_text(encoding="utf-8")
    fact = "S23\tkey-figure:regional-budget gov:figureOf organization:brussels-capital-region .\n"
    assert text.count(fact) == 1
    lines.write_text(text.replace(fact, ""), encoding="utf-8")
    report = compare(copy, tmp_path / "page.txt", page)
    assert not report.whole
    assert (
        "no evidence: key-figure:regional-budget gov:figureOf organization:brussels-capital-region"
        in report.text().splitlines()
    )


def test_a_broken_list_of_connectives_is_refused_with_its_line(copy: Settings, page: str, tmp_path: Path) -> None:
    with (copy.data_dir / "evidence/connectives.csv").open("a", encoding="utf-8") as stream:
        stream.write("en,the conjunction\n")
    with pytest.raises(EvidenceError, match=r"connectives\.csv:5: write: the SHA-256"):
        compare(copy, tmp_path / "page.txt", page)


def test_the_row_of_a_span_is_made(settings: Settings) -> None:
    s = read_evidence(settings).statements["S60"]
    run = CliRunner().invoke(main, ["evidence", "--source", str(needs(PAGE)), "--row", str(s.start), str(s.end)])
    assert run.exit_code == 0
    row = f'ID,explicit,2631,2680,{s.sha256},"Hij%20wordt,de%20secretaris%2Dgeneraal",LABEL'
    assert run.output.strip() == row


@pytest.mark.parametrize(("start", "end"), [(10, 10), (-1, 5), (0, 10**6), (3, 7)])
def test_no_row_is_made_of_what_is_no_span_of_words(start: int, end: int, page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(page.encode())
    with pytest.raises(EvidenceError, match=r"is no span of it|take whole words"):
        statement_row(path, start, end)
