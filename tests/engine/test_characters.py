"""Every character that RDF allows goes unchanged through build, export, proof, diff, patch, feed and server."""

import json
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from gob_graph.changes import apply_patch, changes
from gob_graph.copies import Selection, dataset_lines, export, read_quads
from gob_graph.documents import nquads_lines, serialize, split_lines
from gob_graph.errors import RequestError
from gob_graph.formats import FORMATS
from gob_graph.rdf_patch import read_patch
from gob_graph.release import open_release
from tests.conftest import environment
from tests.world import World, copied, edit, rebuilt

RDF = [f for f in FORMATS if isinstance(f.codec, ox.RdfFormat)]
BREAKS = "\u2028\u2029\u0085\v\f\x1c\x1d\x1e\r\n\t\"\\'"
BUILT = "".join(c for c in BREAKS if c not in "\v\f\x1c\x1d\x1e")
"""The build takes no control characters, which RDF/XML cannot hold."""
SUBJECT, PREDICATE = ox.NamedNode("https://data.example.org/s"), ox.NamedNode("https://data.example.org/p")


def in_xml(text: str) -> bool:
    """Whether XML 1.0 (section 2.2) has a place for every character."""
    return all(c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000" for c in text)


def through(text: str, target: object) -> str:
    """What a literal is after it was written in a format, and read again as `verify` reads a file."""
    body = serialize([ox.Triple(SUBJECT, PREDICATE, ox.Literal(text))], target, {})  # type: ignore[arg-type]
    (quad,) = ox.parse(body, format=target.rdf, base_iri="https://data.example.org/here")  # type: ignore[attr-defined]
    assert isinstance(quad.object, ox.Literal)
    return quad.object.value


@pytest.mark.parametrize("target", RDF, ids=lambda f: f.name)
def test_every_character_goes_through_every_format_or_is_refused(target: object) -> None:
    characters = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    if target.name == "rdfxml":  # type: ignore[attr-defined]
        refused = [c for c in characters if not in_xml(c)]
        assert len(refused) > 25
        for character in refused:
            with pytest.raises(RequestError, match=f"U\\+{ord(character):04X}"):
                through(character, target)
        characters = [c for c in characters if in_xml(c)]
    for start in range(0, len(characters), 1 << 16):
        text = "".join(characters[start : start + (1 << 16)])
        assert through(text, target) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
@bounds(max_examples=150, deadline=None)
def test_any_text_is_one_line_of_a_patch_and_of_a_dataset(text: str) -> None:
    lines = nquads_lines([ox.Quad(SUBJECT, PREDICATE, ox.Literal(text + BREAKS), PREDICATE)])
    assert split_lines(lines[0] + "\n") == lines
    for target in RDF:
        if target.name != "rdfxml":
            assert through(text, target) == text


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two releases; the second has a name with every character that ends a line somewhere."""
    settings = copied(tmp_path_factory.mktemp("characters"))
    first = rebuilt(settings)
    written = json.dumps("Wa" + BUILT + "ter")
    for name in ("data/source/organisations.ttl", "data/evidence/source.tsv"):
        edit(settings, name, '"Water"@nl', f"{written}@nl")
    return World(settings, [first.id, rebuilt(settings).id])


def test_the_release_holds_the_text_as_it_is(world: World) -> None:
    release = open_release(world.folder / world.ids[1])
    assert any(isinstance(q.object, ox.Literal) and q.object.value == f"Wa{BUILT}ter" for q in read_quads(release))
    assert len(dataset_lines(release)) == len(read_quads(release))


@pytest.mark.parametrize("target", RDF, ids=lambda f: f.name)
def test_export_and_verify(world: World, target: object, tmp_path: Path) -> None:
    release = open_release(world.folder / world.ids[1])
    path = tmp_path / f"copy.{target.extension}"  # type: ignore[attr-defined]
    run = world.command("export", "-o", str(path))
    assert run.returncode == 0, run.stderr
    assert path.read_bytes() == export(release, Selection(), target)  # type: ignore[arg-type]
    run = world.command("verify", str(path))
    assert (run.returncode, "and no other" in run.stdout) == (0, True), run.stdout + run.stderr


def test_diff_and_patch(world: World, tmp_path: Path) -> None:
    for old, new in (world.ids, world.ids[::-1]):
        body, _ = changes(world.folder, old, new)
        before, after = (open_release(world.folder / i) for i in (old, new))
        assert apply_patch(dataset_lines(before), read_patch(body.decode(), "patch"), "patch") == dataset_lines(after)
        (tmp_path / "patch.rdfp").write_bytes(body)
        run = subprocess.run(
            [sys.executable, "-m", "gob_graph", "patch", str(tmp_path / "patch.rdfp"), "--apply-to", str(before.path)],
            env=environment(world.settings),
            capture_output=True,
            check=True,
        )
        assert run.stdout == after.dataset.read_bytes()


def test_words_of_the_changes(world: World) -> None:
    run = world.command("diff", world.ids[0], world.ids[1], "--format", "json")
    assert f"Wa{BUILT}ter" in _texts(json.loads(run.stdout))


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [t for v in value.values() for t in _texts(v)]
    if isinstance(value, list):
        return [t for v in value for t in _texts(v)]
    return [str(value)]
