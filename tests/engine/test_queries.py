"""The questions of data/queries, answered from a release and compared with what was read in the sources."""

import csv
import io
import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.engine.service_clause import reaches_out
from gob_graph.release import Release

ROOT = Path(__file__).parent.parent.parent
QUERIES = sorted((ROOT / "data/queries").glob("*.rq"))
EXPECTED = ROOT / "tests/queries"
SILENT = {"board-members", "facts-without-evidence", "mission-of-administration", "federated-area"}
LANGUAGE_LINE = '    BIND("nl" AS ?lang)'


def test_no_question_was_lost() -> None:
    assert len(QUERIES) >= 31
    answered = {m[1] for path in QUERIES for m in re.finditer(r"^# answers: (CQ\d+)$", path.read_text(), re.M)}
    assert answered == {f"CQ{n}" for n in range(1, 26)}


@pytest.mark.parametrize("path", QUERIES, ids=lambda p: p.stem)
def test_question_is_worded_in_four_languages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for part in ("title", "description"):
        found = dict(re.findall(rf"^# {part}@(\w\w): (.+)$", text, re.M))
        assert set(found) == {"nl", "fr", "de", "en"}
        assert len(set(found.values())) == 4
    explained = dict(re.findall(r"^# empty@(\w\w): (.+)$", text, re.M))
    assert set(explained) in (set(), {"nl", "fr", "de", "en"})
    sentences = dict(re.findall(r"^# sentence@(\w\w): (.+)$", text, re.M))
    # A question whose right answer is empty, or that is refused, has none.
    assert set(sentences) == {"nl", "fr", "de", "en"} or path.stem in SILENT
    places = {code: sorted(re.findall(r"\{[^}]*\}", one)) for code, one in sentences.items()}
    assert all(found == places["en"] for found in places.values())
    body = re.sub(r"(?m)^(PREFIX|#).*$", "", text)
    assert "data.example.org" not in body, "our IRIs only through prefixes"
    assert body.count(LANGUAGE_LINE) <= 1


def cases() -> list[tuple[str, str]]:
    return [(p.stem.partition(".")[0], p.stem.partition(".")[2] or "nl") for p in sorted(EXPECTED.glob("*.csv"))]


def answer(store: ox.Store, release: Release, name: str, language: str) -> str:
    text = (release.path / "queries" / f"{name}.rq").read_text(encoding="utf-8")
    if language != "nl":
        assert LANGUAGE_LINE in text
        text = text.replace(LANGUAGE_LINE, LANGUAGE_LINE.replace("nl", language))
    body = store.query(text).serialize(format=ox.QueryResultsFormat.CSV)
    assert body is not None
    return body.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(("name", "language"), cases())
def test_question_has_its_expected_answer(name: str, language: str, store: ox.Store, release: Release) -> None:
    suffix = "" if language == "nl" else f".{language}"
    expected = (EXPECTED / f"{name}{suffix}.csv").read_text(encoding="utf-8")
    found = answer(store, release, name, language)
    if name == "dataset-version":
        found = found.replace(release.id, "RELEASE")
    assert found == expected


def test_every_question_has_an_expected_answer() -> None:
    without = {p.stem for p in QUERIES} - {name for name, _ in cases()}
    assert without == {"federated-area", "organisations-as-rdf", "outside-facts", "resources-per-class"}
    spoken = {name for name, language in cases() if language in {"fr", "en"}}
    asked = {p.stem for p in QUERIES if LANGUAGE_LINE in p.read_text()}
    assert spoken == asked - without


def test_an_empty_answer_is_explained(store: ox.Store, release: Release) -> None:
    for path in QUERIES:
        if reaches_out(path.read_text(encoding="utf-8")):
            continue
        result = store.query((release.path / "queries" / path.name).read_text(encoding="utf-8"))
        empty = isinstance(result, ox.QuerySolutions) and not list(result)
        assert empty == ("# empty@en: " in path.read_text(encoding="utf-8")), path.name


def test_federation_is_refused_with_its_reason() -> None:
    assert reaches_out((ROOT / "data/queries/federated-area.rq").read_text(encoding="utf-8"))


def test_every_outside_fact_leads_to_its_address(store: ox.Store, release: Release) -> None:
    rows = list(csv.DictReader(io.StringIO(answer(store, release, "outside-facts", "nl"))))
    counts = release.manifest["triples"]
    # A literal's language is not in the CSV, so two facts may look alike; the number of rows cannot be lower.
    assert len(rows) >= counts["external"] + counts["history"]
    assert all(r["address"].startswith("https://") for r in rows)
    assert all(r["date"] or r["currency"] for r in rows)


def test_organisations_as_rdf_holds_every_organisation(store: ox.Store, release: Release) -> None:
    graph = set(store.query((release.path / "queries/organisations-as-rdf.rq").read_text(encoding="utf-8")))
    subjects = {t.subject for t in graph}
    assert len(subjects) == 15


DAYS = {
    ("brussel-connectit", "2019-01-01"): "no",
    ("brussel-connectit", "2019-10-01"): "not known",
    ("brussel-connectit", "2020-01-01"): "yes",
    ("brussel-synergie", "2019-10-31"): "not known",
    ("brussel-synergie", "2019-11-15"): "not known",
    ("brussel-synergie", "2019-12-01"): "yes",
    ("brussel-gewestelijke-coordinatie", "2018-12-31"): "yes",
    ("brussel-gewestelijke-coordinatie", "2019-11-10"): "not known",
    ("brussel-gewestelijke-coordinatie", "2019-12-01"): "not known",
    ("brussel-mobiliteit", "1990-01-01"): "not known",
    ("brussel-mobiliteit", "2019-01-01"): "yes",
    ("brussel-financien-en-begroting", "2019-01-01"): "not known",
    ("brussel-ict-en-easy", "2019-01-01"): "not known",
    ("brussel-ict-en-easy", "2024-01-01"): "not known",
    ("brussel-gewestelijke-coordinatie", "2017-01-01"): "not known",
    ("brussel-gewestelijke-coordinatie", "2019-10-31"): "yes",
    ("brussel-hr-en-facilities", "2019-10-31"): "not known",
    ("brussel-financien-en-begroting", "2026-11-28"): "yes",
    # No source says that these began or ended with the reorganisation: a result may have been there before.
    ("brussel-international", "2018-06-01"): "not known",
    ("brussel-international", "2019-12-01"): "yes",
    # A renaming neither begins nor ends it; its report of 2012 bears the former name.
    ("gob", "2011-06-30"): "not known",
    ("gob", "2013-06-30"): "yes",
    ("gob", "2014-10-23"): "yes",
    ("gob", "2015-01-01"): "yes",
    ("gob", "2015-07-02"): "yes",
    ("gob", "2020-06-30"): "yes",
    ("gob", "2099-01-01"): "not known",
    ("directieraad", "2017-06-30"): "not known",
    ("directieraad", "2018-12-31"): "yes",
    ("brussels-capital-region", "2000-01-01"): "not known",
    ("brussels-government", "2026-11-28"): "yes",
}


@pytest.mark.parametrize(("unit", "day"), DAYS)
def test_existence_on_a_day_is_yes_no_or_not_known(unit: str, day: str, store: ox.Store, release: Release) -> None:
    text = (release.path / "queries/existed-on-date.rq").read_text(encoding="utf-8")
    text = text.replace("organization:brussel-connectit", f"organization:{unit}").replace("2019-01-01", day)
    rows = list(store.query(text))
    assert [row["existed"].value for row in rows] == [DAYS[unit, day]]


def test_every_organisation_has_an_answer_for_a_day(store: ox.Store, release: Release) -> None:
    text = (release.path / "queries/existed-on-date.rq").read_text(encoding="utf-8")
    text = text.replace("organization:brussel-connectit", "UNDEF").replace("2019-01-01", "2019-12-01")
    found = {row["organisation"].value.rpartition("/")[2]: row["existed"].value for row in store.query(text)}
    assert len(found) == 15
    assert {name for name, answer in found.items() if answer == "no"} == set()
    assert {name for name, answer in found.items() if answer == "yes"} == {
        "gob", "directieraad", "brussel-economie-en-werkgelegenheid", "brussel-huisvesting", "brussel-international",
        "brussel-mobiliteit", "brussel-plaatselijke-besturen", "brussel-synergie",
    }  # fmt: skip
