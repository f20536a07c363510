"""The page index says what queries over the whole graph say, in an order that every page of a list keeps."""

import json
import shutil
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.engine import prepared_index
from gob_graph.endpoint.engine.prepared_index import PreparedIndex
from gob_graph.endpoint.web.page_index.make import sort_key, write
from gob_graph.endpoint.web.page_index.opened import PageIndex
from gob_graph.endpoint.web.page_index.prepare import PAGES
from gob_graph.errors import RequestError
from gob_graph.release import Release, open_release
from gob_graph.vocab import LANGUAGES, preference
from tests.conftest import tiny_release

PREFIXES = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "http://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
LABELS = """SELECT ?thing ?language ?rank ?text WHERE {
    VALUES (?property ?rank) {
        (display:label 0) (skos:prefLabel 1) (rdfs:label 2) (dct:title 3) (schema:text 4) (skos:notation 5)
        (dct:identifier 6)
    }
    ?thing ?property ?text . BIND(LANG(?text) AS ?language)
    FILTER(ISIRI(?thing) && ISLITERAL(?text))
}"""
YEARS = """SELECT DISTINCT ?thing (SUBSTR(STR(?date), 1, 4) AS ?value) WHERE {
    ?thing ?property ?date
    FILTER(DATATYPE(?date) IN (xsd:date, xsd:dateTime, xsd:gYear, xsd:gYearMonth) && ?property != rdf:object)
}"""


class Asked:
    """The graph of a release, asked with queries."""

    def __init__(self, release: Release) -> None:
        self._store = ox.Store()
        self._store.bulk_load(path=release.dataset, format=ox.RdfFormat.N_QUADS)
        base = release.manifest["ontology_base"]
        own = {"gov": f"{base}/ns/governance#", "display": f"{base}/ns/display#"}
        self._prefixes = PREFIXES | own

    def rows(self, query: str) -> Iterator[list[str]]:
        found = self._store.query(query, prefixes=self._prefixes, use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)
        for solution in found:
            yield [term.value for term in solution if isinstance(term, ox.NamedNode | ox.Literal)]


@pytest.fixture(scope="module")
def asked(release: Release) -> Asked:
    return Asked(release)


@pytest.fixture(scope="module")
def index(release: Release, tmp_path_factory: pytest.TempPathFactory) -> PageIndex:
    path = tmp_path_factory.mktemp("index") / "index.sqlite"
    write(release, path)
    return PageIndex(path)


def test_the_labels_are_those_that_a_query_finds(asked: Asked, index: PageIndex) -> None:
    found: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
    for thing, language, rank, text in asked.rows(LABELS):
        best = (int(rank), text)
        found[thing][language] = min(found[thing].get(language, best), best)
    assert len(found) > 500
    for thing, labels in found.items():
        entry = index.entry(thing)
        assert entry is not None, thing
        assert entry.labels == {language: text for language, (_, text) in labels.items()}, thing
    assert index.entry("http://example.org/nobody") is None


def test_glosses_definitions_and_own_names_are_those_of_the_graph(asked: Asked, index: PageIndex) -> None:
    glosses = list(asked.rows("SELECT ?thing (LANG(?text) AS ?language) ?text { ?thing gov:gloss ?text }"))
    assert glosses
    for thing, language, text in glosses:
        entry = index.entry(thing)
        assert entry
        assert entry.glosses[language] == text
    said = defaultdict(set)
    for thing, text in asked.rows("SELECT ?thing ?text { ?thing skos:definition|rdfs:comment ?text }"):
        said[thing].add(text)
    assert said
    assert all({text for text, _ in index.definitions(thing)} == texts for thing, texts in said.items())
    worded = {thing for (thing,) in asked.rows("SELECT DISTINCT ?thing { ?thing gov:wording ?wording }")}
    own = {thing for thing in worded if (entry := index.entry(thing)) and entry.own}
    assert own
    assert own < worded
    entry = index.entry(min(own))
    assert entry
    assert all(index.is_own(entry.labels[code], code) for code in entry.own)
    assert not index.is_own("no name of anything", "en")


def test_classes_uses_and_years_are_counted_as_a_query_counts_them(asked: Asked, index: PageIndex) -> None:
    query = "SELECT ?class (COUNT(DISTINCT ?thing) AS ?count) { ?thing a ?class } GROUP BY ?class"
    assert {cls: int(count) for cls, count in asked.rows(query)} == dict(index.classes)
    query = "SELECT ?property (COUNT(*) AS ?count) { ?thing ?property ?value } GROUP BY ?property"
    assert {name: int(count) for name, count in asked.rows(query)} == dict(index.used())
    years: Counter[str] = Counter()
    for one in index.signatures.values():
        years.update(dict.fromkeys(one.years, one.things))
    typed = {thing for (thing,) in asked.rows("SELECT DISTINCT ?thing { ?thing a ?class }")}
    assert years == Counter(year for thing, year in asked.rows(YEARS) if thing in typed)
    for term in ("org:Post", "gov:KeyFigure"):
        iri = term.replace("org:", "http://www.w3.org/ns/org#").replace("gov:", asked._prefixes["gov"])
        members = sorted(thing for (thing,) in asked.rows(f"SELECT ?thing {{ ?thing a <{iri}> }}"))
        example = index.example(iri)
        assert example
        assert example[0].value == members[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_thing_stands_once_in_the_order_of_its_name(index: PageIndex, language: str) -> None:
    everything, some = set(index.signatures), {n for n, one in index.signatures.items() if "history" in str(one.types)}
    assert 0 < len(some) < len(everything)
    for signatures in (everything, some):
        total = sum(index.signatures[number].things for number in signatures)
        listed = [t for start in range(0, total, 50) for t in index.things(signatures, language, 50, start)]
        assert len(listed) == len(set(listed)) == total
        keys = [sort_key(name(index, thing, language)) for thing in listed if name(index, thing, language)]
        assert keys == sorted(keys)
        assert len(keys) > 10
        assert index.things(signatures, language, 50, total) == []


def name(index: PageIndex, thing: str, language: str) -> str:
    entry = index.entry(thing)
    return next((entry.labels[c] for c in (*preference(language), "") if c in entry.labels), "") if entry else ""


class Fake:
    """An index of one file, which fails as often as it is told."""

    name, module = "pages", "gob_graph.endpoint.web.page_index.prepare"

    def __init__(self, failures: int = 0, fault: Exception | None = None) -> None:
        self.failures, self.written = failures, 0
        self.fault = fault or OSError(28, "No space left on device")

    def made(self, release: Release) -> list[str]:
        return ["fake"]

    def write(self, release: Release, folder: Path) -> None:
        self.written += 1
        if self.failures:
            self.failures -= 1
            raise self.fault
        (folder / "file").write_text(release.id)

    def open(self, release: Release, folder: Path) -> list[str]:
        return Listed([str(folder.parent), (folder / "file").read_text()])


class Listed(list[str]):
    """A list that a reference can be kept of."""


@pytest.fixture
def small(tmp_path: Path) -> Release:
    return tiny_release(tmp_path, {"urn:g": "<urn:a> a <urn:C> ."})


def test_a_small_index_is_made_when_first_asked_and_read_after_that(small: Release) -> None:
    kind = Fake()
    for _ in range(2):
        assert PreparedIndex(kind).of(small) == [str(small.path), small.id]
    assert kind.written == 1
    (small.path / "pages" / "file").write_text("")
    assert PreparedIndex(kind).of(small) == [str(small.path), small.id]
    assert kind.written == 2


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), sqlite3.OperationalError("disk is full")])
def test_an_index_that_cannot_be_written_stands_in_a_temporary_folder(small: Release, fault: Exception) -> None:
    where, found = PreparedIndex(Fake(failures=1, fault=fault)).of(small)
    assert found == small.id
    assert where != str(small.path)
    assert sorted(p.name for p in small.path.iterdir() if "pages" in p.name) == []


def test_a_large_release_is_refused_until_its_index_is_made(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = open_release(shutil.copytree(release.path, tmp_path / release.id), verify=False)
    shutil.rmtree(copied.path / "pages", ignore_errors=True)
    monkeypatch.setattr(prepared_index, "LARGE", 1)
    with pytest.raises(RequestError, match="not-prepared") as refused:
        PAGES.of(copied)
    assert refused.value.headers["Retry-After"] == prepared_index.WAIT
    deadline = time.monotonic() + 120
    while not (copied.path / "pages" / "prepared.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    PAGES.prepare(copied)  # waits for the one that is at work
    assert PAGES.of(copied).classes
    record = json.loads((copied.path / "pages" / "prepared.json").read_text())
    assert record["made"][0] == release.id


def test_a_failure_is_told_and_not_repeated_at_once(
    small: Release, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(prepared_index, "LARGE", 1)
    kind = Fake()
    kind.module = "gob_graph.no_such_module"
    index = PreparedIndex(kind)
    index.start(small)
    for thread in list(index._making.values()):
        thread.join(120)
    assert "pages cannot be made" in caplog.text
    before = dict(index._making)
    with pytest.raises(RequestError, match="not-prepared"):
        index.of(small)
    assert index._making == before
