"""The catalogue of a release in a file of its own: it answers as the one in memory does, and is made again if damaged."""

import csv
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gob_graph.endpoint.reconciliation.array_file import ArrayFileError
from gob_graph.endpoint.reconciliation.catalogue import Catalogue, open_catalogue, read_catalogue, write_catalogue
from gob_graph.endpoint.reconciliation.matching import Asked, Matcher
from gob_graph.endpoint.reconciliation.prepare import FILE
from gob_graph.endpoint.reconciliation.said import said_table
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.vocab import ORG, RDF, SKOS, layer_graph
from tests.conftest import tiny_release
from tests.parts import ROOT


@pytest.fixture(scope="module")
def in_memory(release: Release) -> Catalogue:
    return read_catalogue(release)


@pytest.fixture(scope="module")
def opened(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    path = tmp_path_factory.mktemp("prepared") / FILE
    write_catalogue(release, path)
    assert [p.name for p in path.parent.iterdir()] == [FILE]
    return open_catalogue(release, path)


def told(known: Catalogue) -> Iterator[Any]:
    """All that a catalogue tells of each thing, and of all of them."""
    for n, path in enumerate(known.paths):
        yield path, known.number(known.iri(n)), known.names(n), known.label(n, "fr")
        yield known.classes.get(n), known.ended.get(n), n in known.ended, known.wholes.get(n)
        yield known.identifiers.of(path)
    yield dict(known.classes), dict(known.ended), dict(known.wholes), dict(known.notes)
    yield list(known.class_counts.items()), known.body_classes, list(known.identifiers.all()), len(known.identifiers)


def test_a_catalogue_tells_the_same_from_a_file(in_memory: Catalogue, opened: Catalogue) -> None:
    assert list(told(opened)) == list(told(in_memory))
    assert len(opened.paths) > 100
    assert opened.ended
    assert opened.notes
    assert any(opened.wholes.values())
    assert opened.body_classes[0] in opened.class_counts
    with pytest.raises(KeyError):
        opened.classes[len(opened.paths)]


def test_candidates_and_identifiers_are_the_same_from_a_file(in_memory: Catalogue, opened: Catalogue) -> None:
    rnd = random.Random(5)
    with (ROOT / "tests/registries/messy.csv").open(encoding="utf-8") as stream:
        asked = [cell for row in csv.reader(stream) for cell in row if cell][:60]
    for name in rnd.sample(list(in_memory.index.texts), 40):
        place = rnd.randrange(len(name))
        asked += [name, name[:place] + name[place + 1 :]]
    one, other = Matcher(in_memory), Matcher(opened)
    for text in asked:
        found = one.candidates(Asked(text))
        assert other.candidates(Asked(text)) == found, text
    assert found
    numbers = [known.written for known in in_memory.identifiers.all()]
    for text in [*numbers, *(f"{number}0" for number in numbers), "0316.381.038", *asked[:20]]:
        assert opened.identifiers.look_up(text) == in_memory.identifiers.look_up(text), text


def test_a_file_of_another_release_is_not_opened(release: Release, tmp_path: Path) -> None:
    write_catalogue(named(tmp_path), tmp_path / FILE)
    with pytest.raises(ArrayFileError, match="made from"):
        open_catalogue(release, tmp_path / FILE)


def test_a_release_without_names_has_a_catalogue(tmp_path: Path) -> None:
    release = tiny_release(tmp_path, {f"{Settings().base_iri}/id/graph/source": "<a:a> <a:b> <a:c> ."})
    write_catalogue(release, tmp_path / FILE)
    known = open_catalogue(release, tmp_path / FILE)
    assert (len(known.paths), len(known.index), dict(known.classes), dict(known.notes)) == (0, 0, {}, {})
    assert Matcher(known).candidates(Asked("Water")) == []
    assert known.identifiers.look_up("0316.381.039").reason == "unknown-number"


def named(folder: Path) -> Release:
    base = Settings().base_iri
    return tiny_release(folder, {f"{base}/id/graph/source": f'<{base}/id/x/1> <{SKOS.prefLabel.value}> "Water"@nl .'})


def test_what_cannot_be_read_leaves_no_table(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr("gob_graph.endpoint.reconciliation.said.SaidTable", failing)
    with pytest.raises(sqlite3.OperationalError):
        write_catalogue(release, tmp_path / FILE)
    assert list(tmp_path.iterdir()) == []


BASE = "https://data.example.org"
GRAPH, OTHER = layer_graph(BASE, "source"), layer_graph(BASE, "meta")
SUBJECTS = [ox.NamedNode(f"{BASE}/id/{name}") for name in ("a", "a-b", "a/b", "é", "z")]
TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(['"', "\\", "a\nb\r", "x <y> .", "\x00é🙂"])
VALUES = (
    st.sampled_from(SUBJECTS)
    | TEXT.map(ox.Literal)
    | st.builds(lambda text, tag: ox.Literal(text, language=tag), TEXT, st.sampled_from(["nl", "nl-BE", "fr"]))
    | st.sampled_from(
        [ox.Literal(7), ox.Literal("2024", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#gYear"))]
    )
)
QUADS = st.lists(
    st.builds(
        ox.Quad,
        st.sampled_from(SUBJECTS),
        st.sampled_from([RDF.type, SKOS.prefLabel, ORG.unitOf, SKOS.editorialNote]),
        VALUES,
        st.sampled_from([GRAPH, GRAPH, OTHER]),
    ),
    max_size=20,
)


@given(QUADS, st.booleans())
@settings(max_examples=80, deadline=None)
def test_what_is_said_is_read_as_it_is_written(quads: list[ox.Quad], on_disk: bool) -> None:
    """Lines are taken apart without a parser where they hold no escape: the values are those of the parser."""
    wanted = (RDF.type, SKOS.prefLabel, ORG.unitOf)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = folder / "dataset.nq"
        lines = sorted({ox.serialize([q], format=ox.RdfFormat.N_QUADS) or b"" for q in quads})
        dataset.write_bytes(b"".join(lines))
        scratch = folder / "table" if on_disk else None
        with said_table(dataset, [p.value for p in wanted], [GRAPH.value], scratch) as table:
            found = dict(table.below(f"{BASE}/id/"))
            assert list(found) == sorted(found)
            assert all(table.of(iri) == said for iri, said in found.items())
            assert table.of("https://nowhere.example/").values == {}
        assert not (folder / "table").exists()
    expected: dict[str, dict[str, list[Any]]] = {}
    for quad in ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS):
        if quad.predicate in wanted and quad.graph_name == GRAPH:
            value, iri = quad.object, cast("ox.NamedNode", quad.subject).value
            pair = (value.value, None) if isinstance(value, ox.NamedNode) else (value.value, value.language or "")
            expected.setdefault(iri, {}).setdefault(quad.predicate.value, []).append(pair)
    expected = {iri: said for iri, said in expected.items() if said.keys() != {RDF.type.value}}
    assert {iri: said.values for iri, said in found.items()} == expected
