"""A value that differs is told as one change: what it was and what it is, side by side, in four languages."""

from pathlib import Path
from typing import Any

import pytest

from gob_graph.changelog import sentences
from gob_graph.changes import changes
from gob_graph.settings import Settings
from gob_graph.vocab import layer_graph
from tests.conftest import tiny_release

BASE = Settings().base_iri
TEXT = """@prefix e: <http://example.org/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e:staff skos:prefLabel "personeel"@nl , "personnel"@fr ; e:value {value} ; e:of {of} ; rdfs:comment "a"@nl , "{french}"@fr .
e:value rdfs:label "aantal"@nl , "nombre"@fr , "Anzahl"@de , "number"@en .
e:one skos:prefLabel "Een"@nl . e:two skos:prefLabel "Twee"@nl .
"""


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("releases")
    graph = layer_graph(BASE, "source").value
    texts = [
        TEXT.format(value=value, of=of, french=french)
        for value, of, french in ((1466, "e:one", "b"), (1470, "e:two", "c"))
    ]
    old, new = (tiny_release(folder, {graph: text}) for text in texts)
    return changes(folder, old.id, new.id)[1]


def test_a_number_that_differs_is_one_changed_value(summary: Any) -> None:
    (entry,) = summary["entries"]
    assert (entry["kind"], entry["added"], entry["removed"]) == ("changed", 3, 3)
    told = {
        (v["property"]["iri"].rpartition("/")[2].rpartition("#")[2], v["language"]): (v["old"], v["new"])
        for v in entry["values"]
    }
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    assert told["value", ""] == ([{"text": "1466", "datatype": integer}], [{"text": "1470", "datatype": integer}])
    assert told["comment", "fr"] == ([{"text": "b"}], [{"text": "c"}])
    assert told["of", ""][1] == [{"iri": "http://example.org/two", "label": {"nl": "Twee"}}]
    assert len(told) == 3


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", "aantal: 1466 → 1470"), ("fr", "nombre\u00a0: 1466 → 1470"), ("de", "Anzahl: 1466 → 1470"),
     ("en", "number: 1466 → 1470"), ("nl", "of: “Een” → “Twee”"), ("fr", "comment (fr)\u00a0: «\u00a0b\u00a0» → «\u00a0c\u00a0»")],
)  # fmt: skip
def test_it_is_told_in_words(summary: Any, language: str, words: str) -> None:
    (told,) = sentences(summary, language)
    assert words in told


def test_a_property_is_named_as_today_where_it_is_no_longer_used(tmp_path: Path) -> None:
    graph = layer_graph(BASE, "source").value
    display = f"<{BASE}/ns/display#label>"
    before = 'e:it e:was "a"@nl ; e:gone "b"@nl . e:gone rdfs:label "weg"@nl .'
    after = f'e:it e:new "c"@nl . e:was {display} "was vroeger"@nl .'
    prefixes = TEXT[: TEXT.index("e:staff")]
    old, new = (tiny_release(tmp_path, {graph: prefixes + text}) for text in (before, after))
    told = [text for text in sentences(changes(tmp_path, old.id, new.id)[1], "nl") if "/it" in text or "“it”" in text]
    assert "was vroeger (nl): “a” (verwijderd)" in told[0]
    assert "weg (nl): “b” (verwijderd)" in told[0]
