"""Every fault of a release, its manifest, its log or its link gives way to the release before, and is told."""

import json
import random
import shutil
from pathlib import Path

import pytest

from gob_graph.errors import ReleaseError, SourceError
from gob_graph.pipeline.build import build_release
from gob_graph.publication import current_id, open_intact, publications, publish, roll_back, troubles
from gob_graph.publication_log import manifest_digests
from gob_graph.release import open_release
from gob_graph.settings import Settings
from tests.world import World, edit, made, rename_water


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("world"))


@pytest.fixture
def own(world: World, tmp_path: Path) -> World:
    """A copy to spoil."""
    shutil.copytree(world.settings.source_dir.parent, tmp_path / "own", symlinks=True)
    return World(Settings(source_dir=tmp_path / "own/files", release_dir=tmp_path / "own/releases"), world.ids)


def without_digests(folder: Path) -> None:
    """The log as software wrote it that recorded no digests."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    old = [{k: v for k, v in line.items() if k not in {"manifest", "check"}} for line in lines]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in old))


def test_one_flipped_bit_anywhere_in_the_manifest_is_found(own: World) -> None:
    path = own.folder / own.ids[3] / "manifest.json"
    body, chance = path.read_bytes(), random.Random(3)
    bits = [8 * byte + chance.randrange(8) for byte in range(len(body))]
    for bit in bits:
        spoiled = bytearray(body)
        spoiled[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoiled)
        with pytest.raises(ReleaseError, match="is damaged: sha256"):
            open_release(path.parent, verify=False)
    for spoiled in (b"", body[:100], body + b"\n", b"[]", b"{}", b"null", b"[" * 100_000):
        path.write_bytes(spoiled)
        found, wrong = open_intact(own.folder)
        assert found.id == own.ids[2]
        assert wrong[0].public == "the current release is damaged, an earlier one is served"
        assert "manifest.json is damaged" in wrong[0].detail
    run = own.command("releases", "--verify")
    assert run.returncode == 1
    assert "manifest.json is damaged" in run.stderr
    path.write_bytes(body)
    assert open_intact(own.folder)[1] == []
    assert own.command("releases", "--verify").returncode == 0


def test_a_manifest_is_read_strictly_where_the_log_holds_no_digest(own: World) -> None:
    """Each key missing or of another kind, the identity, the base: no KeyError, and the release before is taken."""
    without_digests(own.folder)
    path = own.folder / own.ids[3] / "manifest.json"
    whole = json.loads(path.read_text())
    entry = whole["files"]["source.ttl"]
    # A manifest of an earlier version says nothing of the dataset.
    spoiled = [{k: v for k, v in whole.items() if k != key} for key in whole if key != "dataset"]
    spoiled += [whole | {key: value} for key in whole for value in (None, [], {}, -1, True, {"a": 1}, [[]])]
    spoiled.remove(whole | {"prefixes": {}})
    spoiled += [whole | {"id": own.ids[2]}, whole | {"base_iri": "https://data.example.com"}, whole | {"layout": 2}]
    spoiled += [whole | {"files": whole["files"] | {name: entry}} for name in ("../x", "/etc/x", "", "a//b", ".x")]
    spoiled += [whole | {"files": whole["files"] | {"source.ttl": e}} for e in (None, {}, entry | {"sha256": 1})]
    assert len(spoiled) > 80
    for manifest in spoiled:
        path.write_text(json.dumps(manifest))
        found, wrong = open_intact(own.folder)
        assert found.id == own.ids[2], manifest
        assert str(path.parent) in wrong[0].detail


@pytest.mark.parametrize("name", ["dataset.nq", "ids.csv", "report.txt", "quality.json"])
def test_a_file_that_is_spoiled_missing_or_no_file_gives_way(own: World, name: str) -> None:
    path = own.folder / own.ids[3] / name
    body, chance = path.read_bytes(), random.Random(name)
    for bit in chance.sample(range(len(body) * 8), 40):
        spoiled = bytearray(body)
        spoiled[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoiled)
        assert open_intact(own.folder)[0].id == own.ids[2]
    path.unlink()
    assert open_intact(own.folder)[0].id == own.ids[2]
    path.mkdir()
    assert open_intact(own.folder)[0].id == own.ids[2]


def test_a_folder_of_another_name_is_not_that_release(own: World) -> None:
    shutil.rmtree(own.folder / own.ids[3])
    shutil.copytree(own.folder / own.ids[2], own.folder / own.ids[3])
    found, wrong = open_intact(own.folder)
    assert found.id == own.ids[2]
    assert "damaged" in wrong[0].detail


def test_an_old_log_is_read_and_completed_by_the_next_publication(own: World) -> None:
    without_digests(own.folder)
    assert open_intact(own.folder)[1] == []
    assert manifest_digests(own.folder) == {}
    run = own.command("releases", "--verify")
    assert run.returncode == 0
    assert run.stdout.count("note: the log holds no digest of the manifest of") == 4
    (own.folder / own.ids[0] / "ids.csv").write_bytes(b"spoiled")
    fifth = rename_water(own.settings, "Zee", "Waters")
    assert manifest_digests(own.folder).keys() == {*own.ids[1:], fifth.id}, "of what is damaged no digest is recorded"
    assert [p.release for p in publications(own.folder)] == [*own.ids, fifth.id]


def test_a_repair_with_another_manifest_is_recorded(own: World) -> None:
    """Other questions, the same graph: a damaged folder that is built again has another manifest than before."""
    path = own.folder / own.ids[3] / "manifest.json"
    before = path.read_bytes()
    path.write_bytes(b"spoiled")
    (own.settings.data_dir / "queries").mkdir(exist_ok=True)
    (own.settings.data_dir / "queries/new.rq").write_text("ASK {}\n")
    build_release(own.settings)
    assert path.read_bytes() != before
    assert open_intact(own.folder)[1] == []
    assert [p.release for p in publications(own.folder)] == own.ids


def test_one_bad_line_of_the_log_blocks_nothing_and_is_told(own: World) -> None:
    log = own.folder / "log.jsonl"
    lines, chance = log.read_bytes().split(b"\n")[:-1], random.Random(5)
    numbers = [(p.number, p.release) for p in publications(own.folder)]
    for place in range(4):
        for bit in chance.sample(range(len(lines[place]) * 8), 60):
            spoiled = bytearray(lines[place])
            spoiled[bit // 8] ^= 1 << bit % 8
            if b"\n" in spoiled:
                continue
            log.write_bytes(b"\n".join([*lines[:place], bytes(spoiled), *lines[place + 1 :], b""]))
            found, wrong = open_intact(own.folder)
            assert found.id == own.ids[3]
            assert [t.public for t in wrong] == ["a line of the publication log cannot be read"]
            assert f"log.jsonl:{place + 1} cannot be read" in wrong[0].detail
            told = [(p.number, p.release) for p in publications(own.folder)]
            assert [t for t in told if t[1]] == [n for n in numbers if n[0] != place + 1 or place == 3]
    log.write_bytes(b"\n".join([b"\xff\xfe", b"[]", *lines[2:], b""]))
    assert len(open_intact(own.folder)[1]) == 2
    run = own.command("releases", "--verify")
    assert (run.returncode, run.stderr.count("cannot be read")) == (1, 2)
    assert len(run.stdout.splitlines()) >= 5


def test_a_link_that_was_moved_by_hand_is_told_and_no_entry_is_lost(own: World) -> None:
    link = own.folder / "current"
    before = publications(own.folder)
    link.unlink()
    link.symlink_to(own.ids[0])
    assert publications(own.folder) == before
    found, (wrong,) = open_intact(own.folder)
    assert found.id == own.ids[0]
    assert f"'gob-graph rollback {own.ids[0]}'" in wrong.detail
    assert f"'gob-graph rollback {own.ids[3]}'" in wrong.detail
    assert "moved by hand" in own.command("releases").stderr
    fifth = rename_water(own.settings, "Zee", "Waters")
    after = publications(own.folder)
    assert after[:4] == before
    assert [(p.number, p.release) for p in after[4:]] == [(5, fifth.id)]
    link.unlink()
    link.symlink_to(own.ids[1])
    assert own.command("rollback", own.ids[1]).returncode == 0
    assert troubles(own.folder) == []
    assert publications(own.folder)[5].rollback
    assert publications(own.folder)[:5] == after


def test_a_link_that_is_gone_is_told_and_the_last_release_is_served(own: World) -> None:
    (own.folder / "current").unlink()
    found, (wrong,) = open_intact(own.folder)
    assert found.id == own.ids[3]
    assert "names nothing" in wrong.detail
    roll_back(own.folder, own.ids[3])
    assert open_intact(own.folder)[1] == []
    assert current_id(own.folder) == own.ids[3]


def test_a_publication_that_was_cut_twice_was_never_one(own: World) -> None:
    for identity in own.ids[:2]:
        with (own.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps({"at": "2030-01-01T00:00:00+00:00", "release": identity}) + "\n")
        (own.folder / ".current-next").unlink(missing_ok=True)
        (own.folder / ".current-next").symlink_to(identity)
        assert [p.release for p in publications(own.folder)] == own.ids
        assert troubles(own.folder) == []
        assert publish(own.folder, own.ids[2])
        assert [p.release for p in publications(own.folder)] == [*own.ids, own.ids[2]]
        roll_back(own.folder, own.ids[3])
        (own.folder / "log.jsonl").write_text("".join((own.folder / "log.jsonl").read_text().splitlines(True)[:4]))


def test_rolling_back_to_nothing_is_an_error(own: World) -> None:
    run = own.command("rollback", "")
    assert run.returncode == 2
    assert run.stderr.startswith("gob-graph: ''")
    assert current_id(own.folder) == own.ids[3]


def test_a_version_is_that_of_one_release(own: World) -> None:
    before = publications(own.folder)
    for name in ("data/source/organisations.ttl", "data/evidence/source.tsv"):
        edit(own.settings, name, '"Waters"@nl', '"Zee"@nl')
    with pytest.raises(SourceError, match=r"release\.ttl:\d+: version 1\.0\.3 was published .* raise dcat:version"):
        build_release(own.settings)
    run = own.command("build")
    assert (run.returncode, run.stderr.count("raise dcat:version")) == (2, 1)
    assert publications(own.folder) == before
    for name in ("data/source/organisations.ttl", "data/evidence/source.tsv"):
        edit(own.settings, name, '"Zee"@nl', '"Waters"@nl')
    assert build_release(own.settings)[1] is False, "the same data are the same release"
