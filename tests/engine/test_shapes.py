"""Each shape is proved on example files: the prefix of the name is the verdict, the file beside it the exact report."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.pipeline.sources import read_turtle, rebase
from gob_graph.pipeline.validation import Report, validate
from gob_graph.settings import Settings
from gob_graph.vocab import SH
from tests.shacl_engines import ENGINES, ntriples, results

FOLDER = Path(__file__).parent.parent / "shapes"
EXAMPLES = sorted(FOLDER.rglob("*.ttl"))
SETTINGS = Settings()
EDITION = "expectations"
FLOOR = 55


@pytest.fixture(scope="module")
def general() -> list[ox.Triple]:
    return read_shapes(SETTINGS).general


@pytest.fixture(scope="module")
def edition() -> list[ox.Triple]:
    return read_turtle(SETTINGS.data_dir / "expectations.ttl", rebase(SETTINGS), blank_nodes=True)


def examined(path: Path, general: list[ox.Triple], edition: list[ox.Triple], engine: str) -> Report:
    shapes = edition if path.parent.name == EDITION else general
    return validate(read_turtle(path, rebase(SETTINGS), blank_nodes=True), shapes, engine=engine)


@pytest.fixture(scope="module")
def reports(general: list[ox.Triple], edition: list[ox.Triple]) -> dict[Path, Report]:
    return {path: examined(path, general, edition, "pyshacl") for path in EXAMPLES}


def test_no_example_was_lost() -> None:
    assert len(EXAMPLES) >= FLOOR
    assert {p.parent.name for p in EXAMPLES} == {p.stem for p in (SETTINGS.ontology_dir / "shapes").glob("*.ttl")} | {
        EDITION
    }
    for folder in {p.parent for p in EXAMPLES} - {FOLDER / EDITION}:
        assert list(folder.glob("valid.*.ttl")), f"{folder.name} has no example that conforms"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_example_gives_the_approved_report(path: Path, reports: dict[Path, Report]) -> None:
    report = reports[path]
    verdict = path.name.split(".")[0]
    worst = next((s for s in ("Violation", "Warning", "Info") if report.of_severity(s)), None)
    expected = {"invalid": ("Violation",), "warning": ("Warning",), "info": ("Info",), "valid": ("Info", None)}
    assert worst in expected[verdict]
    approved = path.with_suffix(".approved.txt")
    assert report.text() == approved.read_text(encoding="utf-8"), (
        f"look at the report; if it is right, write it to {approved}"
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_fast_engine_gives_the_same_report(
    path: Path, reports: dict[Path, Report], general: list[ox.Triple], edition: list[ox.Triple]
) -> None:
    assert examined(path, general, edition, "turbo").findings == reports[path].findings


@pytest.fixture(scope="module")
def whole(assembled: Assembled) -> Report:
    """What the judge says of the graph."""
    return validate(sorted(assembled.triples, key=str), read_shapes(SETTINGS).all)


def test_both_engines_give_the_same_report_of_the_graph_and_it_conforms(assembled: Assembled, whole: Report) -> None:
    assert whole.of_severity("Violation") == []
    assert whole.findings
    again = validate(sorted(assembled.triples, key=str), read_shapes(SETTINGS).all, engine="turbo")
    assert again.findings == whole.findings


@pytest.mark.parametrize("engine", ENGINES)
def test_other_engines_find_the_same_in_the_graph(
    engine: str, assembled: Assembled, whole: Report, tmp_path: Path
) -> None:
    found = ENGINES[engine](ntriples(assembled.triples), ntriples(read_shapes(SETTINGS).all), tmp_path)
    assert results(found.encode()) == results(whole.turtle({}))


@pytest.mark.parametrize("engine", ENGINES)
def test_other_engines_find_the_same_in_each_example(
    engine: str, reports: dict[Path, Report], general: list[ox.Triple], edition: list[ox.Triple], tmp_path: Path
) -> None:
    differ = {}
    for path, report in reports.items():
        data = ntriples(read_turtle(path, rebase(SETTINGS), blank_nodes=True))
        shapes = ntriples(edition if path.parent.name == EDITION else general)
        found, wanted = results(ENGINES[engine](data, shapes, tmp_path).encode()), results(report.turtle({}))
        if found != wanted:
            differ[path.name] = (wanted - found, found - wanted)
    assert differ == {}


def test_every_constraint_is_tripped_by_an_example(
    reports: dict[Path, Report], general: list[ox.Triple], edition: list[ox.Triple]
) -> None:
    """A shape that nothing trips checks nothing, as far as anybody knows."""
    tripped = {finding.shape for report in reports.values() for finding in report.findings}
    wanted = {
        t.object.value
        for t in [*general, *edition]
        if t.predicate in {SH.property, SH.term("sparql")} and isinstance(t.object, ox.NamedNode)
    }
    assert len(wanted) >= 90
    assert sorted(wanted - tripped) == []


def test_every_message_speaks_four_languages(general: list[ox.Triple], edition: list[ox.Triple]) -> None:
    by_shape: dict[str, set[str | None]] = {}
    for t in [*general, *edition]:
        if t.predicate == SH.message:
            by_shape.setdefault(str(t.subject), set()).add(t.object.language)
    assert len(by_shape) >= 90
    assert all(languages == {"nl", "fr", "de", "en"} for languages in by_shape.values())
