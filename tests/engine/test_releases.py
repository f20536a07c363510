"""Releases that people can rely on: what was current when, what changed, and that nothing is forgotten."""

import itertools
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gob_graph.changelog import sentences
from gob_graph.changes import apply_patch, changes
from gob_graph.errors import ReleaseError, SourceError
from gob_graph.pipeline.build import build_release
from gob_graph.publication import (
    current_at,
    find_release,
    open_intact,
    prune,
    publications,
    publish,
    release_ids,
    roll_back,
)
from gob_graph.rdf_patch import read_patch
from gob_graph.release import PREPARED, PRUNED, kept_for_ever, open_release
from gob_graph.settings import Settings
from tests.world import World, copied, edit, made, rename_water


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("world"))


@pytest.fixture
def own(world: World, tmp_path: Path) -> World:
    """A copy to spoil."""
    shutil.copytree(world.settings.source_dir.parent, tmp_path / "own", symlinks=True)
    return World(Settings(source_dir=tmp_path / "own/files", release_dir=tmp_path / "own/releases"), world.ids)


def test_every_release_is_kept_and_the_log_tells_when_each_was_current(world: World) -> None:
    assert release_ids(world.folder) == sorted(world.ids)
    assert len(set(world.ids)) == 4
    assert [p.release for p in publications(world.folder)] == world.ids
    assert all(open_release(world.folder / i).id == i for i in world.ids)


def test_rolling_back_and_forward_is_told_by_the_log(own: World) -> None:
    assert roll_back(own.folder).id == own.ids[2]
    assert roll_back(own.folder, back=2).id == own.ids[0]
    assert roll_back(own.folder, own.ids[3][:8]).id == own.ids[3]
    log = publications(own.folder)
    assert [(p.number, p.release, p.rollback) for p in log[4:]] == [
        (5, own.ids[2], True),
        (6, own.ids[0], True),
        (7, own.ids[3], False),
    ]
    assert (own.folder / "current").resolve().name == own.ids[3]
    with pytest.raises(ReleaseError, match="no release 9 step"):
        roll_back(own.folder, back=9)


def test_the_release_of_a_moment(tmp_path: Path) -> None:
    settings = copied(tmp_path)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [build_release(settings)[0].id, rename_water(settings).id]
    (settings.release_dir / "log.jsonl").unlink()
    (settings.release_dir / "current").unlink()
    for days, identity in ((0, ids[0]), (10, ids[1]), (20, ids[0]), (5, ids[1])):
        publish(settings.release_dir, identity, now=start + timedelta(days=days))
    log = publications(settings.release_dir)
    found = [current_at(log, start + timedelta(days=d)) for d in (-1, 0, 9, 10, 15, 20, 99)]
    assert [p and p.release for p in found] == [None, ids[0], ids[0], ids[1], ids[1], ids[0], ids[1]]
    late = log[3].at - (start + timedelta(days=20))
    assert timedelta(0) < late < timedelta(seconds=1), "a clock that was set back puts nothing before what it follows"


def test_an_interrupted_publication_never_was(own: World) -> None:
    log = own.folder / "log.jsonl"
    line = json.dumps({"at": "2030-01-01T00:00:00+00:00", "release": own.ids[0]})
    (own.folder / ".current-next").symlink_to(own.ids[0])
    log.write_text(log.read_text() + line + "\n" + '{"at": "2030-01', encoding="utf-8")
    assert [p.release for p in publications(own.folder)] == own.ids
    roll_back(own.folder, own.ids[1])
    told = publications(own.folder)
    assert [p.release for p in told] == [*own.ids, own.ids[1]]
    assert told[-1].at.year < 2030
    assert log.read_text().endswith("\n")
    assert '"void": true' in log.read_text().splitlines()[-2]


def test_a_release_is_named_by_its_first_digits(world: World) -> None:
    assert find_release(world.folder, world.ids[1][:10]) == world.ids[1]
    for wrong in (world.ids[1][:7], "f" * 64, "../" + world.ids[1], ""):
        with pytest.raises(ReleaseError, match="lists them"):
            find_release(world.folder, wrong)


@pytest.mark.parametrize("pair", list(itertools.permutations(range(4), 2)), ids=str)
def test_a_patch_turns_any_release_exactly_into_any_other(world: World, pair: tuple[int, int]) -> None:
    old, new = (open_release(world.folder / world.ids[i]) for i in pair)
    body, summary = changes(world.folder, old.id, new.id)
    lines = old.dataset.read_text().splitlines()
    result = apply_patch(lines, read_patch(body.decode(), "patch"), "patch")
    assert "".join(f"{line}\n" for line in result) == new.dataset.read_text()
    rows = body.decode().splitlines()
    assert summary["quads"]["added"] == sum(row.startswith("A ") for row in rows) > 0
    assert summary["quads"]["removed"] == sum(row.startswith("D ") for row in rows) > 0
    assert sum(n["added"] for n in summary["layers"].values()) == summary["quads"]["added"]


def test_a_patch_that_cannot_be_proved_is_refused(world: World) -> None:
    old, new = (open_release(world.folder / i) for i in world.ids[:2])
    lines = old.dataset.read_text().splitlines()
    patch = changes(world.folder, old.id, new.id)[0].decode()
    rows = patch.splitlines(keepends=True)
    added = next(i for i, row in enumerate(rows) if row.startswith("A "))
    removed = next(i for i, row in enumerate(rows) if row.startswith("D "))
    cases = [
        ([n for n in lines if "/id/graph/source>" not in n], patch, ReleaseError, "another one"),
        (lines, "".join(rows[:added] + rows[added + 1 :]), ReleaseError, "damaged"),
        (lines, patch.replace('"Waters"', '"Wasser"'), ReleaseError, "damaged"),
        (lines, "".join(rows[:-1]), SourceError, "cut"),
        (lines, "".join(rows[1:]), SourceError, "header 'id'"),
        (lines, "".join([*rows[:removed], rows[removed], *rows[removed:]]), SourceError, "not there"),
        (lines, "".join([*rows[:added], rows[added], *rows[added:]]), SourceError, "adds what is there"),
        (lines, "hello\n" + patch, SourceError, "patch:1: no row"),
    ]
    assert len(cases) >= 8
    for given, text, error, reason in cases:
        with pytest.raises(error, match=reason):
            apply_patch(given, read_patch(text, "patch"), "patch")


def test_changes_are_made_once_and_again_when_they_are_damaged(own: World) -> None:
    body, summary = changes(own.folder, own.ids[0], own.ids[3])
    folder = own.folder / "changes" / f"{own.ids[0]}..{own.ids[3]}"
    before = (folder / "patch.rdfp").stat().st_ino
    assert changes(own.folder, own.ids[0], own.ids[3]) == (body, summary)
    assert (folder / "patch.rdfp").stat().st_ino == before
    (folder / "patch.rdfp").write_bytes(body[:-9])
    assert changes(own.folder, own.ids[0], own.ids[3]) == (body, summary)
    assert (folder / "patch.rdfp").read_bytes() == body
    (folder / "changes.json").write_text("{")
    assert changes(own.folder, own.ids[0], own.ids[3])[1] == summary


def test_counts_by_class(world: World) -> None:
    counts = changes(world.folder, world.ids[0], world.ids[3])[1]["classes"]
    administration = counts["https://data.example.org/ns/governance#Administration"]
    assert administration == {"created": 1, "changed": 1, "deleted": 1}


WORDS = {
    (0, "nl"): ["In de gegevens luidt de naam (Nederlands) nu “Waters”; voordien “Water”."],
    (0, "fr"): [
        "Dans les données, le nom (néerlandais) est maintenant «\u00a0Waters\u00a0»\u00a0; auparavant «\u00a0Water\u00a0»."
    ],
    (0, "de"): ["In den Daten lautet der Name (Niederländisch) jetzt „Waters“; vorher „Water“."],
    (0, "en"): ["In the data, the name (Dutch) is now “Waters”; before, it was “Water”."],
    (1, "nl"): ["ingetrokken op 3 februari 2026", "id/organization/vlam"],
    (1, "fr"): ["retiré le 3 février 2026", "id/organization/vlam"],
    (1, "de"): ["am 3. Februar 2026 zurückgezogen", "id/organization/vlam"],
    (1, "en"): ["withdrawn on 3 February 2026: minted with a typing error.", "id/organization/vlam"],
    (2, "nl"): ["Nieuw in de gegevens: “S2”", "Gewijzigd: “Waters” – altLabel (nl): “H2O” (nieuw)."],
    (2, "en"): ["New in the data: “S2”", "Changed: “Waters” – altLabel (nl): “H2O” (new)."],
}


@pytest.mark.parametrize(("step", "language"), WORDS)
def test_the_change_log_in_words(world: World, step: int, language: str) -> None:
    text = "\n".join(sentences(changes(world.folder, *world.ids[step : step + 2])[1], language))
    for words in WORDS[step, language]:
        assert words in text


def test_a_published_identifier_is_never_forgotten(own: World) -> None:
    before = publications(own.folder)
    row = "id/organization/vuur,1.0.0,withdrawn,2026-02-03,id/organization/vlam,minted with a typing error,organization: Vuur\n"
    edit(own.settings, "data/ids.csv", row, "")
    with pytest.raises(SourceError, match=r"id/organization/vuur was published in version 1\.0\.\d; keep its row"):
        build_release(own.settings)
    edit(
        own.settings,
        "data/ids.csv",
        "id/organization/water",
        "id/organization/vuur,1.0.0,current,,,,organization: Vuur\nid/organization/water",
    )
    for name in ("data/source/organisations.ttl", "data/evidence/source.tsv"):
        edit(own.settings, name, "organization:vlam", "organization:vuur")
    edit(
        own.settings,
        "data/ids.csv",
        "id/organization/vlam,1.1.0,current,,,,",
        "id/organization/vlam,1.1.0,withdrawn,2026-03-01,,no,",
    )
    with pytest.raises(SourceError, match="never used again"):
        build_release(own.settings)
    assert publications(own.folder) == before


def test_only_dumps_are_pruned_and_what_stays_is_verified(own: World) -> None:
    """What a server made beside a release goes with its dumps."""
    made = [own.folder / identity / name / "x" for identity in own.ids for name in PREPARED]
    for path in made:
        path.parent.mkdir()
        path.touch()
    assert prune(own.folder, keep=2) == [own.ids[1], own.ids[0]]
    assert prune(own.folder, keep=2) == []
    assert [path.exists() for path in made] == [path.parent.parent.name not in own.ids[:2] for path in made]
    for path in made:
        shutil.rmtree(path.parent, ignore_errors=True)
    for identity in own.ids:
        release = open_release(own.folder / identity)
        pruned = identity in own.ids[:2]
        assert bool(release.pruned) == pruned
        assert (release.path / "dataset.ttl").exists() != pruned
        assert {"dataset.nq", "manifest.json", "ids.csv"} <= {p.name for p in release.path.iterdir()}
    assert changes(own.folder, own.ids[0], own.ids[1])[1]["quads"]["added"] > 0
    # Only dumps may be missing: the list of what was pruned excuses nothing else.
    excused = [*open_release(own.folder / own.ids[0]).pruned, "dataset.nq"]
    (own.folder / own.ids[0] / "pruned.json").write_text(json.dumps(excused))
    (own.folder / own.ids[0] / "dataset.nq").unlink()
    with pytest.raises(ReleaseError, match=r"dataset\.nq cannot be read"):
        open_release(own.folder / own.ids[0])


def test_a_sixth_release_takes_the_dumps_of_the_first(own: World) -> None:
    for number in (5, 6):
        rename_water(own.settings, f"Water {number}", "Waters" if number == 5 else "Water 5")
    assert bool(open_release(own.folder / own.ids[0]).pruned)
    assert not open_release(own.folder / own.ids[1]).pruned


def test_a_part_of_a_pruned_release_is_pruned_whole(own: World) -> None:
    """A replica may have fetched some dumps before its origin pruned the others."""
    folder = own.folder / own.ids[0]
    gone = next(name for name in open_release(folder).manifest["files"] if not kept_for_ever(name))
    (folder / gone).unlink()
    (folder / PRUNED).write_text(json.dumps([gone]))
    assert open_release(folder).pruned == {gone}
    assert prune(own.folder, keep=len(own.ids) - 1) == [own.ids[0]]
    assert len(open_release(folder).pruned) > 1
    assert prune(own.folder, keep=len(own.ids) - 1) == [], "once"


def test_a_damaged_release_gives_way_to_the_one_before(own: World) -> None:
    assert open_intact(own.folder)[1] == []
    for identity, fallback in ((own.ids[3], own.ids[2]), (own.ids[2], own.ids[1])):
        with (own.folder / identity / "source.ttl").open("ab") as stream:
            stream.write(b"#")
        release, wrong = open_intact(own.folder)
        assert release.id == fallback
        assert f"{own.ids[3]}/source.ttl is damaged" in wrong[0].detail
    run = own.command("releases", "--verify")
    assert run.returncode == 1
    assert run.stderr.count("is damaged") == 2
    again, changed = build_release(own.settings)
    assert (again.id, changed) == (own.ids[3], False)
    assert open_intact(own.folder)[0].id == own.ids[3], "building again puts a damaged release right"


def test_commands(own: World, tmp_path: Path) -> None:
    listed = json.loads(own.command("releases", "--format", "json").stdout)
    assert [row["release"] for row in listed] == own.ids[::-1]
    assert listed[0]["remark"] == "current"
    patch = own.command("diff", own.ids[0], own.ids[1][:9], "--format", "patch").stdout
    (tmp_path / "patch").write_text(patch)
    run = own.command("patch", str(tmp_path / "patch"), "--apply-to", str(own.folder / own.ids[0]))
    assert run.stdout == (own.folder / own.ids[1] / "dataset.nq").read_text()
    text = own.command("diff", "previous", "--language", "fr").stdout
    assert "Nouveau dans les données\u00a0: «\u00a0S2\u00a0»" in text
    assert json.loads(own.command("diff", "previous", "--format", "json").stdout)["to"]["id"] == own.ids[3]
    assert own.command("rollback").returncode == 0
    assert own.command("rollback", own.ids[3]).stdout.startswith(f"release {own.ids[3]}")
    for wrong in (
        ["rollback", "0123456789"],
        ["diff", "nothing!!"],
        ["patch", str(tmp_path / "patch"), "--apply-to", str(own.folder / own.ids[2])],
    ):
        run = own.command(*wrong)
        assert run.returncode == 2
        assert run.stderr.startswith("gob-graph: ")
