"""The dumps of a release by streams: the same bytes by parts, by processes, and as one document in memory."""

import os
from pathlib import Path

import pytest

from gob_graph.copies import Selection, compress, heading, read_quads, write
from gob_graph.draft import Draft, draft
from gob_graph.errors import ReleaseError
from gob_graph.formats import FORMATS
from gob_graph.pipeline import exports
from gob_graph.pipeline.line_sort import SortedOnce
from gob_graph.release import DRAFT_PREFIX, Release, build_lock, write_release


def lines(release: Release) -> list[bytes]:
    return release.dataset.read_bytes().splitlines(keepends=True)


def written(release: Release, folder: Path) -> Draft:
    with build_lock(folder), draft(folder, release.id) as made:
        with exports.dumps(made, lines(release), release.manifest):
            pass
        return made


def dies(*given: object) -> None:
    os._exit(len(given))


def test_another_process_writes_the_same(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "LARGE", 0)
    monkeypatch.setattr(exports, "BATCH", 997)
    entries = written(release, tmp_path).entries
    assert len(entries) == 19
    assert entries == {name: release.manifest["files"][name] for name in entries}
    assert [path.name for path in tmp_path.glob(f"{DRAFT_PREFIX}*")] == []


def test_the_dumps_are_those_of_one_document_in_memory(release: Release) -> None:
    quads, head = read_quads(release), heading(release.manifest, release.id, Selection())
    for form in (f for f in FORMATS if f.name in {"turtle", "ntriples", "rdfxml", "jsonld", "trig"}):
        body = write(quads, form, release.manifest["prefixes"], head)
        assert (release.path / f"dataset.{form.extension}").read_bytes() == body
        assert (release.path / f"dataset.{form.extension}.gz").read_bytes() == compress(body)


def test_a_process_that_is_ended_is_told(release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "LARGE", 0)
    monkeypatch.setattr(exports, "_send_written", dies)
    with pytest.raises(ReleaseError, match="was ended from outside"):
        written(release, tmp_path)
    assert list(tmp_path.glob(f"{DRAFT_PREFIX}*")) == []


def test_parts_are_merged_as_one_sort(release: Release, tmp_path: Path) -> None:
    once = lines(release)
    mixed = once[1::2] + once[::2]
    for part in (len(once) // 5, len(once) - 1, len(once), len(once) + 1):
        made = SortedOnce(mixed, tmp_path, part)
        assert list(made) == once
        assert list(made) == once, "a second reading"
        made.close()
    assert list(SortedOnce([])) == []
    assert list(tmp_path.iterdir()) == []


def test_a_draft_says_of_its_files_what_a_small_release_says(release: Release, tmp_path: Path) -> None:
    files = {"dataset.nq": release.dataset.read_bytes(), "tables/a.csv": b"a\r\n1\r\n"}
    manifest = {k: v for k, v in release.manifest.items() if k not in {"layout", "id", "files"}}
    with build_lock(tmp_path), draft(tmp_path, release.id) as made:
        for name, body in files.items():
            made.write(name, body)
        placed = made.place(manifest)
    with build_lock(tmp_path / "other"):
        other = write_release(tmp_path / "other", release.id, files, manifest)
    assert (placed.path / "manifest.json").read_bytes() == (other.path / "manifest.json").read_bytes()
    assert {name: (placed.path / name).read_bytes() for name in files} == files
