"""The files of a release go from a server to the disk; none is held in memory, whatever its size."""

import hashlib
import io
import json
from email.message import Message
from pathlib import Path
from typing import cast

import pytest

from gob_graph import download
from gob_graph.download import DownloadError, GoneError, Source
from gob_graph.errors import ReleaseError
from gob_graph.follow_files import DOWNLOAD_PREFIX, download_folder, refuse_larger_than_the_disk, take_files
from gob_graph.manifest import DATASET
from gob_graph.release import PRUNED, build_lock, place_release, release_id
from gob_graph.vocab import LAYERS

BASE = "https://data.example.org"
LINES = b"<urn:a> <urn:b> <urn:c> <https://data.example.org/id/graph/source> .\n"
ID = release_id(LINES.decode().splitlines(), BASE)


class Answer:
    """A response of so many bytes that the test would not end well if they were all held."""

    def __init__(self, size: int) -> None:
        self.left, self.headers = size, Message()
        self.headers["Content-Length"] = str(size)

    def read1(self, most: int) -> bytes:
        piece = b"x" * min(most, self.left)
        self.left -= len(piece)
        return piece


class Sink(io.RawIOBase):
    """Takes what is written and keeps only how much it was."""

    total = largest = 0

    def write(self, piece: object) -> int:
        size = len(cast("bytes", piece))
        self.total, self.largest = self.total + size, max(self.largest, size)
        return size


def test_an_answer_is_written_piece_by_piece() -> None:
    size, sink = 1 << 26, Sink()
    download._copy(cast("object", Answer(size)), "http://x/", "*/*", size, sink)  # type: ignore[arg-type]
    assert (sink.total, sink.largest) == (size, download.PIECE)
    with pytest.raises(DownloadError, match="more than the"):
        download._copy(cast("object", Answer(size)), "http://x/", "*/*", size - 1, Sink())  # type: ignore[arg-type]


class Disk(Source):
    """A server whose files are given; nothing but saving them is allowed."""

    bodies: dict[str, bytes]

    def fetch(self, address: str, accept: str = "*/*", largest: int = 0) -> bytes:
        raise AssertionError(f"{address} is taken into memory")

    def save(self, address: str, path: Path, size: int) -> str:
        name = address.partition(f"/releases/{ID}/")[2]
        if name not in self.bodies:
            raise GoneError("no longer kept")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.bodies[name])
        return hashlib.sha256(self.bodies[name]).hexdigest()


def server(**bodies: bytes) -> Disk:
    made = object.__new__(Disk)
    object.__setattr__(made, "bodies", bodies)
    return made


def manifest(**bodies: bytes) -> dict[str, object]:
    entries = {n: {"bytes": len(b), "sha256": hashlib.sha256(b).hexdigest()} for n, b in bodies.items()}
    return {"id": ID, "files": entries}


def test_files_are_moved_into_the_release_and_those_that_are_gone_recorded(tmp_path: Path) -> None:
    bodies = {DATASET: LINES, "tables/a.csv": b"a\r\n", "dataset.ttl": b"# t\n"}
    with download_folder(tmp_path) as place:
        (place / DATASET).write_bytes(LINES)
        kept = {k: v for k, v in bodies.items() if k != "dataset.ttl"}
        found = take_files("http://x", manifest(**bodies), server(**kept), place)
        assert {name: type(body) for name, body in found.items() if name != PRUNED} == dict.fromkeys(kept, type(place))
        assert json.loads(cast("bytes", found[PRUNED])) == ["dataset.ttl"]
        inodes = {name: (place / name).stat().st_ino for name in kept}
        whole = {
            "layout": 1, "version": "1", "issued": "2026", "license": "urn:l", "base_iri": BASE, "ontology_base": BASE,
            "triples": dict.fromkeys(LAYERS, 0), "graphs": dict.fromkeys(LAYERS, "urn:g"), "distinct_triples": 1,
            "prefixes": {}, **manifest(**bodies),
        }  # fmt: skip
        with build_lock(tmp_path):
            release = place_release(tmp_path, ID, found, json.dumps(whole).encode())
        assert {name: (release.path / name).stat().st_ino for name in kept} == inodes
    assert not list(tmp_path.glob(DOWNLOAD_PREFIX + "*"))
    with download_folder(tmp_path) as place, pytest.raises(ReleaseError, match="does not have the digest"):
        take_files("http://x", manifest(a=b"1"), server(a=b"2"), place)


def test_what_a_killed_follower_left_is_removed_and_what_another_one_holds_is_not(tmp_path: Path) -> None:
    left = tmp_path / f"{DOWNLOAD_PREFIX}left"
    left.mkdir()
    (left / "part").write_bytes(b"x")
    with download_folder(tmp_path) as first, download_folder(tmp_path) as second:
        assert not left.exists()
        assert first.is_dir()
        assert second.is_dir()


def test_a_release_that_the_disk_has_no_room_for_is_refused_before_it_is_taken(tmp_path: Path) -> None:
    large = {"id": ID, "files": {"a": {"bytes": 2**62, "sha256": ""}, "b": {"bytes": 1, "sha256": ""}}}
    with pytest.raises(ReleaseError, match=rf"takes {2**62 + 1} bytes, and the disk"):
        refuse_larger_than_the_disk(large, tmp_path)
