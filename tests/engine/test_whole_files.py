"""A proof is about the file, not about what of it survived parsing; and patches of other tools are read."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from gob_graph.cli import main
from gob_graph.copies import dataset_lines
from gob_graph.errors import SourceError
from gob_graph.rdf_patch import read_patch
from gob_graph.release import open_release
from tests.world import World, made

PUBLISHERS = Path(__file__).parent.parent / "publishers"

P = "https://data.example.org/p"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def whole(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of a copy in each format, each of which is proved."""
    folder, texts = tmp_path_factory.mktemp("whole"), {}
    for name in ("copy.jsonld", "copy.ttl", "copy.trig", "copy.rdf"):
        assert world.command("export", "-o", str(folder / name)).returncode == 0
        assert world.command("verify", str(folder / name)).returncode == 0
        texts[name] = (folder / name).read_text(encoding="utf-8")
    return texts


def node(**members: Any) -> dict[str, Any]:
    return {"@id": "https://data.example.org/x", P: [{"@value": "v"}]} | members


SHOWN: dict[str, Any] = {
    "a relative identifier": node(**{"@id": "x"}),
    "a relative object": node(**{P: [{"@id": "x"}]}),
    "a relative class": node(**{"@type": ["Thing"]}),
    "a relative datatype": node(**{P: [{"@value": "v", "@type": "thing"}]}),
    "a relative graph": {"@id": "g", "@graph": [node()]},
}
REFUSED: dict[str, Any] = {
    "a name that nothing defines": node(name="v"),
    "a relative property": node(**{"p/q": "v"}),
    "null": node(**{P: None}),
    "null in a list": node(**{P: [None, "v"]}),
    "a null value": node(**{P: [{"@value": None}]}),
    "a blank property": node(**{"_:p": "v"}),
    "a text for a node": "text",
    "a node of which nothing is said": {"@id": "https://data.example.org/x"},
    "an IRI with a space": node(**{"@id": "https://data.example.org/x y"}),
    "an object with a space": node(**{P: [{"@id": "https://data.example.org/x y"}]}),
    "a wrong language": node(**{P: [{"@value": "v", "@language": "en_US"}]}),
    "an unknown keyword": node(**{"@other": "v"}),
    "an identifier like a keyword": node(**{"@id": "@other"}),
    "a value with an index": node(**{P: [{"@value": "v", "@index": "1"}]}),
    "a container": node(**{"@context": {"n": {"@id": P, "@container": "@index"}}, "n": {"a": "v"}}),
    "a context elsewhere": node(**{"@context": "https://data.example.org/context"}),
}


@pytest.mark.parametrize("name", [*SHOWN, *REFUSED])
def test_what_was_added_to_a_copy_is_never_proved(
    name: str, world: World, whole: dict[str, str], tmp_path: Path
) -> None:
    path, nodes = tmp_path / "copy.jsonld", json.loads(whole["copy.jsonld"])
    assert isinstance(nodes, list)
    path.write_text(json.dumps([*nodes, SHOWN.get(name) or REFUSED[name]]))
    run = world.command("verify", str(path))
    assert run.returncode == (1 if name in SHOWN else 2), run.stdout + run.stderr
    if name in SHOWN:
        assert "are added" in run.stdout
        assert "file:" in run.stdout
    else:
        assert len(run.stderr.strip().splitlines()) == 1
        assert "part(s) make no triple" in run.stderr
    assert world.command("verify", str(path), "--id", world.ids[3]).returncode == (1 if name in SHOWN else 2)


def test_a_key_that_stands_twice_is_refused(world: World, tmp_path: Path) -> None:
    path = tmp_path / "copy.jsonld"
    path.write_text(f'{{"@id": "https://data.example.org/x", "{P}": "a", "{P}": "b"}}')
    run = world.command("verify", str(path))
    assert (run.returncode, "a key stands twice" in run.stderr) == (2, True)


@pytest.mark.parametrize("name", ["copy.ttl", "copy.trig", "copy.rdf"])
def test_a_relative_iri_in_another_format_is_shown(
    name: str, world: World, whole: dict[str, str], tmp_path: Path
) -> None:
    path, text, added = tmp_path / name, whole[name], f'<x> <{P}> "v" .\n'
    if name == "copy.rdf":
        added = '<rdf:Description rdf:about="x" xmlns:e="https://data.example.org/"><e:p>v</e:p></rdf:Description>'
        text = text.replace("</rdf:RDF>", f"{added}</rdf:RDF>")
    else:
        text += added
    path.write_text(text)
    run = world.command("verify", str(path))
    assert (run.returncode, "+ <file:" in run.stdout) == (1, True)


PUBLISHED = sorted(path for path in PUBLISHERS.glob("*/*") if path.suffix in {".ttl", ".rdf", ".jsonld"})


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_of_another_publisher_is_told_from_the_release(path: Path, world: World) -> None:
    where = {"GOB_GRAPH_RELEASE_DIR": str(world.folder)}
    run = CliRunner().invoke(main, ["verify", str(path)], env=where, catch_exceptions=False)
    if path.suffix == ".jsonld":
        assert (run.exit_code, run.stdout) == (2, "")
        assert "part(s) make no triple, so that the file cannot be proved" in run.stderr
        assert "@context" in run.stderr
        return
    form = ox.RdfFormat.from_extension(path.suffix[1:])
    triples = {q.triple for q in ox.parse(path.read_bytes(), format=form, base_iri=path.as_uri())}
    assert (run.exit_code, run.stderr) == (1, "")
    assert f"is not the whole graph of release {world.ids[3]}: " in run.stdout
    assert f"triples are missing, {len(triples)} are added" in run.stdout
    assert len(PUBLISHED) >= 8


FOREIGN = """\ufeff# made by another tool\r
H id <uuid:0686c69d-8f89-4496-acb5-744f0157a8db> .
H\tprev\t<uuid:3ee0eca0-6d5f-4b4d-85db-f69ab1167eb1>\t.   # the one before

TX .
PA "rdf" "http://www.w3.org/1999/02/22-rdf-syntax-ns#" .
PA "" <https://data.example.org/> <https://data.example.org/g> .
PD "owl" .
  A\t<https://e.org/s>   <https://e.org/p>\t"caf\\u00E9 # no comment" .  # a comment
A <https://e.org/s> <https://e.org/p> "x"@EN <https://e.org/g> .
A <_:b1> <https://e.org/p> _:b2 .
TC .
TX.
A <https://e.org/s> <https://e.org/p> "taken back" .
TA .
D <https://e.org/s> <https://e.org/p> "never there" .
"""


def test_a_patch_of_another_tool_is_read() -> None:
    patch = read_patch(FOREIGN, "patch")
    assert patch.head["id"] == "uuid:0686c69d-8f89-4496-acb5-744f0157a8db"
    assert [row[1] for row in patch.rows] == ["A", "A", "A", "D"]
    assert patch.rows[0] == (9, "A", '<https://e.org/s> <https://e.org/p> "café # no comment" .')
    assert patch.rows[2][2] == "_:b1 <https://e.org/p> _:b2 ."


def test_a_patch_of_another_tool_is_applied_and_said_to_be_not_proved(world: World, tmp_path: Path) -> None:
    patch, data = tmp_path / "patch.rdfp.gz", tmp_path / "data.nq.gz"
    patch.write_bytes(gzip.compress(FOREIGN.encode()))
    data.write_bytes(gzip.compress(b'<https://e.org/s>  <https://e.org/p> "\\u0061" .\r\n'))
    run = world.command("patch", str(patch), "--apply-to", str(data), "--output", str(tmp_path / "new.nq"))
    assert run.returncode == 0, run.stderr
    assert "not proved" in run.stderr
    assert len((tmp_path / "new.nq").read_text(encoding="utf-8").split("\n")[:-1]) == 4


WRONG: dict[str, tuple[str, str]] = {
    "an unknown row": ("TX .\nX <a> .\nTC .\n", "patch:2: no row of an RDF Patch"),
    "no terms": ("A .\n", "patch:1: no triple or quad"),
    "a row without a dot": ('A <https://e.org/s> <https://e.org/p> "a"\n', "patch:1: no triple or quad"),
    "two triples": ("A <e:a> <e:b> <e:c> . <e:a> <e:b> <e:d> .\n", "patch:1: no triple or quad.*single"),
    "no end": ("# x\nTX .\nA <e:a> <e:b> <e:c> .\n", "patch:2: is cut"),
    "an end without a beginning": ("TC .\n", "patch:1: ends none"),
    "a transaction within one": ("TX .\nTX .\n", "patch:2: begins a transaction within one"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_patch_is_told_with_its_line(name: str) -> None:
    text, reason = WRONG[name]
    with pytest.raises(SourceError, match=reason):
        read_patch(text, "patch")


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "a dataset that is no gzip": lambda _: b"no gzip",
    "a dataset that is cut": lambda body: gzip.compress(body)[:-9],
    "a dataset that is no N-Quads": lambda _: gzip.compress(b"<html>"),
    "a dataset that is no text": lambda _: gzip.compress(b"\xff\xfe"),
}


def test_our_patch_is_proved_over_gzip_and_what_cannot_be_read_is_told(world: World, tmp_path: Path) -> None:
    body = world.command("diff", world.ids[0], world.ids[1], "--format", "patch").stdout
    (tmp_path / "patch.rdfp").write_text(body)
    old, new = (open_release(world.folder / i) for i in world.ids[:2])
    arguments = ["patch", str(tmp_path / "patch.rdfp"), "--apply-to", str(tmp_path / "old.nq.gz")]
    (tmp_path / "old.nq.gz").write_bytes(gzip.compress(old.dataset.read_bytes()))
    run = world.command(*arguments)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split("\n")[:-1] == dataset_lines(new)
    for spoil in SPOILED.values():
        (tmp_path / "old.nq.gz").write_bytes(spoil(old.dataset.read_bytes()))
        run = world.command(*arguments)
        assert (run.returncode, len(run.stderr.strip().splitlines())) == (2, 1), run.stderr
        assert "old.nq.gz" in run.stderr
    (tmp_path / "patch.rdfp").write_bytes(b"\xff")
    assert world.command(*arguments).returncode == 2
