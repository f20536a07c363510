"""The comparison of engines: what counts as the same answer, what its tables and its drawing show."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import engines, kept, stores
from benchmarks.agreement import agree, bag
from benchmarks.curves import drawn
from benchmarks.engines import Asked, Outcome
from benchmarks.questions import QUESTIONS
from gob_graph.endpoint.engine.normaliser.parser import parse


def answer(*rows: dict[str, dict[str, str]]) -> bytes:
    return json.dumps({"head": {"vars": []}, "results": {"bindings": list(rows)}}).encode()


def literal(value: str, **more: str) -> dict[str, str]:
    return {"type": "literal", "value": value, **more}


def test_answers_agree_as_bags_whatever_the_spelling_of_a_number() -> None:
    one = answer(
        {"a": literal("1.0"), "b": {"type": "uri", "value": "urn:x"}}, {"a": literal("x", **{"xml:lang": "NL"})}
    )
    other = answer(
        {"a": literal("x", **{"xml:lang": "nl"})}, {"b": {"type": "uri", "value": "urn:x"}, "a": literal("1")}
    )
    assert agree(bag(one), bag(other), any_rows=False)
    twice = answer({"a": literal("1")}, {"a": literal("1")})
    assert not agree(bag(twice), bag(answer({"a": literal("1")})), any_rows=False)
    assert not agree(bag(twice), bag(answer({"a": literal("1")}, {"a": literal("2")})), any_rows=False)
    assert agree(bag(twice), bag(answer({"a": literal("1")}, {"a": literal("2")})), any_rows=True)
    assert bag(b'{"boolean": true}') != bag(b'{"boolean": false}')
    with pytest.raises(ValueError, match="error"):
        bag(b'{"error": "no"}')


def test_each_listed_question_has_a_number_of_its_own_and_is_a_query() -> None:
    assert len({question.number for question in QUESTIONS}) == len(QUESTIONS) >= 45
    for question in QUESTIONS:
        assert parse(question.text), question.name


def outcomes() -> list[Outcome]:
    asked = {question.number: Asked(2.0) for question in QUESTIONS}
    wrong = {**asked, "08": Asked(3.0, right=False), "09": Asked()}
    return [
        Outcome("oxigraph serve", "10k", 27_000, 1.0, 30.0, asked),
        Outcome("virtuoso", "10k", 27_000, 1.0, 300.0, wrong),
        Outcome("maplib", "10k", 27_000, missing="not installed"),
    ]


def test_tables_mark_other_answers_and_name_what_is_missing() -> None:
    shown = engines.table("10k", outcomes())
    assert "| 08 | is a unit under the root? | 2.00 | 3.00 **other** |" in shown
    assert "| 2.00 | – |" in shown
    assert "| 0 | 2 |" in shown
    assert "Not measured: maplib (not installed)." in shown
    assert "| 27,000 | maplib | not installed | – | – | – |" in engines.growth(outcomes())


def test_figures_are_kept_for_the_same_data(tmp_path: Path) -> None:
    file = tmp_path / "engines.json"
    assert kept.known(file, "one") == []
    kept.keep(file, "one", outcomes())
    assert [engines._outcome(**one) for one in kept.known(file, "one")] == outcomes()
    assert kept.known(file, "two") == []
    figures = stores.Figures("disk", 1.0, 0.5, 20.0, 21.0, {"scan": 2.0}, {"scan": 3})
    kept.keep(file, "one", [figures])
    assert [stores.Figures(**one) for one in kept.known(file, "one")] == [figures]
    file.write_text("{", encoding="utf-8")
    assert kept.known(file, "one") == []


def test_the_drawing_has_a_line_for_each_engine_in_both_charts() -> None:
    points = {(name, n): (n / 1e4 * k, n / 1e3) for k, name in enumerate(("a", "b & c"), 1) for n in (10_000, 10**6)}
    root = ET.fromstring(drawn(points))
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["a", "b & c"] * 2
    assert all(float(x) <= 1060 for x in re.findall(r'cx="([\d.]+)"', drawn(points)))
