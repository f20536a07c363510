"""A start compares digests where a file was touched since the last time, and nowhere else."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gob_graph import known_intact, release
from gob_graph.publication import open_intact
from tests.world import World, made


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("world"))


@pytest.fixture
def compared(own: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files whose digests were compared; the folder is as after a start that compared all, long after the build."""
    found: list[str] = []
    digest_of = release._digest_of
    monkeypatch.setattr(release, "_digest_of", lambda *asked: found.append(asked[1]) or digest_of(*asked))
    # As if every file had been written long before.
    monkeypatch.setattr(known_intact, "TICK", -60)
    kept = own.folder / "kept"
    shutil.copytree(own.folder / own.ids[3], kept)
    (own.folder / own.ids[3] / known_intact.RECORD).unlink(missing_ok=True)
    open_intact(own.folder)
    assert "dataset.nq" in found
    found.clear()
    yield found
    shutil.rmtree(own.folder / own.ids[3])
    kept.rename(own.folder / own.ids[3])


def served(own: World, *, always: bool = False) -> str:
    return open_intact(own.folder, always=always)[0].id


def test_what_nobody_touched_is_not_read_again(own: World, compared: list[str]) -> None:
    assert served(own) == own.ids[3]
    assert compared == []
    assert served(own, always=True) == own.ids[3]
    assert "dataset.nq" in compared


def changed(path: Path) -> None:
    """One byte is another, and the time of the change is set back."""
    times = path.stat()
    with path.open("r+b") as stream:
        first = stream.read(1)
        stream.seek(0)
        stream.write(bytes([first[0] ^ 1]))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def replaced(path: Path) -> None:
    """Another file of the same size and times in its place."""
    other = path.with_name("other")
    other.write_bytes(b"#" * path.stat().st_size)
    shutil.copystat(path, other)
    other.replace(path)


@pytest.mark.parametrize("spoil", [changed, replaced, lambda path: os.truncate(path, 10), os.unlink])
@pytest.mark.parametrize("name", ["dataset.nq", "ids.csv"])
def test_a_file_that_was_changed_replaced_cut_or_removed_gives_way(
    own: World, compared: list[str], name: str, spoil: object
) -> None:
    assert callable(spoil)
    spoil(own.folder / own.ids[3] / name)
    assert served(own) == own.ids[2]
    assert compared


@pytest.mark.parametrize("touch", [os.utime, lambda path: path.chmod(0o600), lambda path: shutil.copy2(path, path.with_name("x")) and path.with_name("x").replace(path)])  # fmt: skip
def test_a_file_that_was_only_touched_is_compared_once(own: World, compared: list[str], touch: object) -> None:
    assert callable(touch)
    touch(own.folder / own.ids[3] / "dataset.nq")
    for times in (1, 0):
        assert served(own) == own.ids[3]
        assert compared.count("dataset.nq") == times
        compared.clear()


def test_the_manifest_is_compared_with_the_log_each_time(own: World, compared: list[str]) -> None:
    changed(own.folder / own.ids[3] / "manifest.json")
    assert served(own) == own.ids[2]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"at": 1, "files": {}}', '{"at": "x"}', "[" * 100_000])
def test_a_record_that_is_damaged_says_nothing(own: World, compared: list[str], text: str) -> None:
    (own.folder / own.ids[3] / known_intact.RECORD).write_text(text)
    assert served(own) == own.ids[3]
    assert "dataset.nq" in compared
    compared.clear()
    assert served(own) == own.ids[3]
    assert compared == []


@pytest.mark.parametrize("moved", [-known_intact.AGE - 60, 3600])
def test_a_record_has_an_age(own: World, compared: list[str], moved: float) -> None:
    path = own.folder / own.ids[3] / known_intact.RECORD
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"at": record["at"] + moved}))
    assert served(own) == own.ids[3]
    assert "dataset.nq" in compared


def test_files_younger_than_a_clock_tells_apart_are_not_recorded(
    own: World, compared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_intact, "TICK", 3600)
    path = own.folder / own.ids[3]
    (path / known_intact.RECORD).unlink()
    for _ in range(2):
        assert served(own) == own.ids[3]
        assert "dataset.nq" in compared
        compared.clear()
    assert not (path / known_intact.RECORD).exists()


def test_a_folder_that_is_not_writable_is_compared_each_time(own: World, compared: list[str]) -> None:
    path = own.folder / own.ids[3] / known_intact.RECORD
    path.unlink()
    path.mkdir()
    for _ in range(2):
        assert served(own) == own.ids[3]
        assert "dataset.nq" in compared
        compared.clear()
    assert [p.name for p in path.parent.glob(known_intact.RECORD + "*")] == [known_intact.RECORD]


@pytest.mark.parametrize("spoil", [changed, replaced, lambda path: os.truncate(path, 10), os.unlink])
def test_a_file_that_is_opened_to_be_sent_is_read_again_once_it_was_touched(
    own: World, compared: list[str], spoil: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compared == []
    read: list[Path] = []
    digest = known_intact.Opened.digest
    monkeypatch.setattr(known_intact.Opened, "digest", lambda self: read.append(self.path) or digest(self))
    monkeypatch.setattr(known_intact, "_PROVED", type(known_intact._PROVED)())
    found = release.open_release(own.folder / own.ids[3], verify=False)
    first, second = (known_intact.open_file(found, "ids.csv") for _ in "ab")
    assert len(read) == 1
    assert os.pread(second.number, second.size, 0) == (found.path / "ids.csv").read_bytes()
    monkeypatch.setattr(known_intact, "TICK", 3600)
    known_intact._PROVED.clear()
    for _ in "ab":
        known_intact.open_file(found, "ids.csv")
    assert len(read) == 3, "what is that young is read each time"
    monkeypatch.setattr(known_intact, "TICK", -60)
    known_intact.open_file(found, "ids.csv")
    assert not first.touched()
    spoil(found.path / "ids.csv")
    with pytest.raises(release.ReleaseError, match=r"is damaged|cannot be read"):
        known_intact.open_file(found, "ids.csv")
