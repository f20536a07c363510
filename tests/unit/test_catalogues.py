"""The texts of the interface: none is missing in a language, none left over, none the same in two languages by mistake.

And in them, and in the texts of our own in the data, stands no word that was weighed and rejected.
"""

import ast
import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from gob_graph.errors import REFUSALS
from tests.parts import ROOT

ENDPOINT = ROOT / "gob_graph/endpoint"
LOCALE = ENDPOINT / "web/locale"
TRANSLATED = ("nl", "fr", "de")
SAME = ROOT / "tests/same-in-several-languages.txt"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "message": None,
    "Entry": (2,),
}
"""What stands around a text of the interface, in templates and in Python."""
METHODS = [("**.py", "python"), ("web/templates/**", "jinja2")]
OPTIONS = {"web/templates/**": {"silent": "false", "extensions": "jinja2.ext.i18n"}}
REJECTED = ROOT / "tests/rejected-words.tsv"
TAGGED = re.compile(r'"((?:[^"\\]|\\.)*)"@(nl|fr|de)\b')
HEADER = re.compile(r"(?m)^# \w+@(nl|fr|de|en): (.*)$")
PLACEHOLDER = re.compile(r"%\(\w+\)\w")


def texts(identity: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (identity,) if isinstance(identity, str) else tuple(identity)


@pytest.fixture(scope="module")
def wanted() -> dict[tuple[str, ...], set[str]]:
    """Every text of the interface, and the files that use it."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for file, _, identity, _, _ in extract_from_dir(
        ENDPOINT, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
    ):
        found[texts(identity)].add(file)
    for refusal in REFUSALS.values():
        found[(refusal.title,)].add("errors.py")
        found[(refusal.remedy,)].add("errors.py")
    with (ROOT / "data/ids.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["reason"]:
                found[(row["reason"],)].add("ids.csv")
    assert len(found) >= 300
    return found


@pytest.fixture(scope="module")
def constants() -> set[str]:
    """Every text that stands in Python: tables of texts are looked up by what they hold."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in ENDPOINT.rglob("*.py"))
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def catalogues(language: str) -> Iterator[tuple[Path, Message]]:
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=language)
        assert not catalogue.obsolete, path
        for message in catalogue:
            if message.id:
                yield path, message


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_there_and_none_is_left_over(
    language: str, wanted: dict[tuple[str, ...], set[str]], constants: set[str]
) -> None:
    places: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = defaultdict(dict)
    for path, message in catalogues(language):
        places[texts(message.id)][path.stem] = texts(message.string)
    assert {text: files for text, files in wanted.items() if text not in places} == {}
    left = {text: areas for text, areas in places.items() if text not in wanted and not constants.issuperset(text)}
    assert left == {}
    # An area may hold a word that another has too, so that it can be read by itself; but not another one.
    assert {text: areas for text, areas in places.items() if len(set(areas.values())) > 1} == {}


@pytest.mark.parametrize("language", TRANSLATED)
def test_texts_are_whole(language: str) -> None:
    wrong = {}
    for path, message in catalogues(language):
        strings = texts(message.string)
        placeholders = set(PLACEHOLDER.findall(texts(message.id)[-1]))
        if message.fuzzy:
            wrong[message.id] = f"{path.stem}: fuzzy"
        elif not all(strings) or len(strings) != len(texts(message.id)):
            wrong[message.id] = f"{path.stem}: empty"
        elif any(set(PLACEHOLDER.findall(s)) != placeholders for s in strings):
            wrong[message.id] = f"{path.stem}: placeholders"
        elif any(s != s.strip() for s in strings):
            wrong[message.id] = f"{path.stem}: spaces around"
    assert wrong == {}


def test_no_text_is_the_same_in_two_languages_unless_listed() -> None:
    listed = {line for line in SAME.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}
    by_language = {code: {texts(m.id)[0]: texts(m.string)[0] for _, m in catalogues(code)} for code in TRANSLATED}
    by_language["en"] = {text: text for text in by_language["nl"]}
    same = set()
    for one, other in combinations(by_language, 2):
        for identity, text in by_language[one].items():
            if by_language[other].get(identity) == text:
                same.add(identity)
    assert sorted(same - listed) == []
    assert sorted(listed - same) == []


def test_a_forgotten_text_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('{{ _("Somebody forgot me") }}', encoding="utf-8")
    found = extract_from_dir(tmp_path, method_map=[("**.html", "jinja2")], keywords=KEYWORDS)
    assert [identity for _, _, identity, _, _ in found] == ["Somebody forgot me"]


def rejected(language: str, text: str) -> list[str]:
    """The patterns of rejected words that a text in a language has."""
    with REJECTED.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert all(row["instead"] and row["reason"] for row in rows)
    return [r["pattern"] for r in rows if r["language"] in {language, "*"} and re.search(r["pattern"], text)]


def own_texts() -> Iterator[tuple[str, str, Path]]:
    """Language, text and file of each text that is ours: the words of sources stand in layers of their own."""
    for language in TRANSLATED:
        for path, message in catalogues(language):
            yield from ((language, text, path) for text in texts(message.string))
    for path, message in catalogues(TRANSLATED[0]):  # their ids are the English texts
        yield from (("en", text, path) for text in texts(message.id))
    files = [
        *ROOT.glob("ontology/*/*"),
        *(path for path in ROOT.glob("data/vocab/*") if path.name != "stubs.ttl"),  # there: labels of other publishers
        *ROOT.glob("data/queries/*.rq"),
        *ROOT.glob("data/*.ttl"),
    ]
    for path in files:
        text = path.read_text(encoding="utf-8")
        yield from ((code, words, path) for words, code in TAGGED.findall(text))
        yield from ((code, words, path) for code, words in HEADER.findall(text))
    yield from tables_in_python()


def tables_in_python() -> Iterator[tuple[str, str, Path]]:
    """Language, text and file of each text in a table like ``{"nl": …, "fr": …}``."""
    for path in sorted((ROOT / "gob_graph").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                pairs = [
                    (getattr(k, "value", None), getattr(v, "value", None))
                    for k, v in zip(node.keys, node.values, strict=True)
                ]
                if {"nl", "fr", "de", "en"} == {key for key, _ in pairs}:
                    yield from ((str(key), text, path) for key, text in pairs if isinstance(text, str))


def test_no_text_of_ours_has_a_rejected_word() -> None:
    found = list(own_texts())
    assert len(found) > 4 * 1000
    assert [(path.name, text, hit) for code, text, path in found if (hit := rejected(code, text))] == []


def test_no_french_line_breaks_before_a_colon() -> None:
    spaces = re.compile(r" [:;?!»]|« ")
    read = [
        (text, path)
        for code, text, path in own_texts()
        if code == "fr"
        and (
            path.suffix == ".po" or path.parent.name == "queries" or path.name == "changelog.py"
        )  # RDF has no such space
    ]
    assert {path.suffix for _, path in read} == {".po", ".rq", ".py"}
    assert [(path.name, text) for text, path in read if spaces.search(text)] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("nl", "Uitgaven"),
        ("fr", "Source: ici"),
        ("de", "auf dem Organigramm"),
        ("fr", "(réglage GOB_GRAPH_CONTACT)"),
        ("en", "Ask the graph"),
    ],
)
def test_a_rejected_word_would_be_found(language: str, text: str) -> None:
    assert rejected(language, text)
