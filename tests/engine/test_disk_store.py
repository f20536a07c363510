"""The store on disk: made whole or not at all, made again when damaged, and asked by workers that can open no file."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.engine import disk_store
from gob_graph.endpoint.engine.disk_store import DATA
from gob_graph.endpoint.engine.engine import Engine, start_engine
from gob_graph.endpoint.engine.job import Formats, Job, Manner
from gob_graph.endpoint.engine.prepared import RECORD, PreparedError
from gob_graph.errors import RequestError
from gob_graph.release import STORE, Release, open_release
from tests.conftest import patient, tiny_release
from tests.engine.generated import Generator
from tests.engine.test_generated import CHANCE, UNORDERED

MANNER = Manner(None, None, Formats("csv", "csv", "ntriples"))
QUERIES = 1000
SERVED = patient(query_workers=1, page_workers=1, page_timeout=5.0, fault_hook=1)


@pytest.fixture(scope="module")
def held(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The real graph, with its store beside it."""
    folder = tmp_path_factory.mktemp("held") / release.id
    shutil.copytree(release.path, folder)
    copied = open_release(folder)
    assert not disk_store.ready(copied)
    disk_store.prepare(copied)
    return copied


@pytest.fixture(scope="module")
def engines(held: Release) -> Iterator[tuple[Engine, Engine]]:
    both = start_engine(held, replace(SERVED, store="disk")), start_engine(held, replace(SERVED, store="memory"))
    assert [engine.store for engine in both] == ["disk", "memory"]
    yield both
    for engine in both:
        engine.close()


@pytest.fixture
def small(tmp_path: Path) -> Release:
    made = tiny_release(tmp_path, {"urn:one": "<urn:a> <urn:p> 1, 2 .", "urn:two": "<urn:a> <urn:p> 1 ."})
    disk_store.prepare(made)
    return made


def answer(engine: Engine, query: str) -> object:
    try:
        found = engine.ask_page(Job(query, MANNER))
    except RequestError as error:
        return error.code
    return sorted(found.body.splitlines())


def test_a_worker_gives_the_same_answers_from_disk(
    engines: tuple[Engine, Engine], release: Release, store: ox.Store
) -> None:
    disk, memory = engines
    generator = Generator(store, release.path / "queries", 7)
    listed = [text for text in generator.questions if not CHANCE.search(text)]
    assert len(listed) > 20
    generated = [q for q in generator.queries(QUERIES) if not (UNORDERED.search(q) or CHANCE.search(q))]
    compared = 0
    for query in listed + generated:
        found, expected = answer(disk, query), answer(memory, query)
        if "query-timeout" not in {str(found), str(expected)}:
            assert found == expected, query
            compared += isinstance(found, list)
    assert compared > QUERIES / 3


def test_a_worker_that_is_killed_is_replaced_by_one_that_reads(engines: tuple[Engine, Engine]) -> None:
    disk, _ = engines
    assert answer(disk, "ASK {} # fault: signal") == "engine-crashed"
    assert answer(disk, "SELECT ?g { GRAPH ?g {} } # again") == answer(engines[1], "SELECT ?g { GRAPH ?g {} }")


def test_look_ups_open_the_files_that_the_engine_leaves_closed(tmp_path: Path) -> None:
    """It opens sixteen by itself. A worker that needed another one could not open it."""
    lines = sorted(f'<urn:s{n}> <urn:p{n % 7}> "{n}" <urn:g{n % 3}> .\n'.encode() for n in range(3000))
    made = ox.Store(str(tmp_path))
    for part in range(2):
        made.bulk_load(input=b"".join(lines[part::2]), format=ox.RdfFormat.N_QUADS)
    made.flush()
    del made
    script = (
        "import sys; from pathlib import Path; from gob_graph.endpoint.engine import disk_store as d;"
        "data = Path(sys.argv[1]); store = d._opened(data); few = len(d._open_tables(data));"
        "list(d._touched(store, sys.argv[2:])); assert few < len(d._tables(data)) == len(d._open_tables(data)), few"
    )
    look_ups = disk_store._look_ups(tmp_path, b"".join(lines))
    subprocess.run([sys.executable, "-c", script, str(tmp_path), *look_ups], check=True)


def cut(data: Path) -> None:
    os.truncate(largest(data), 100)


def overwritten(data: Path) -> None:
    with largest(data).open("r+b") as stream:
        stream.seek(50)
        stream.write(b"other")


def removed(data: Path) -> None:
    largest(data).unlink()


def of_another_version(data: Path) -> None:
    record = json.loads((data.parent / RECORD).read_text())
    record["made"][1] = "0.0.0"
    (data.parent / RECORD).write_text(json.dumps(record))


def without_record(data: Path) -> None:
    (data.parent / RECORD).unlink()


def with_a_cut_record(data: Path) -> None:
    os.truncate(data.parent / RECORD, 20)


def largest(data: Path) -> Path:
    return max(data.glob("*.sst"), key=lambda p: p.stat().st_size)


@pytest.mark.parametrize("damage", [cut, overwritten, removed, of_another_version, without_record, with_a_cut_record])
def test_a_damaged_store_is_made_again(damage: Callable[[Path], None], small: Release) -> None:
    damage(small.path / STORE / DATA)
    (small.path / ".store-leftover").mkdir()
    assert not disk_store.ready(small)
    disk_store.prepare(small)
    assert disk_store.ready(small)
    assert {p.name for p in small.path.iterdir()} == {"dataset.nq", "manifest.json", STORE}
    dataset = disk_store.opened(small)
    assert (len(dataset.store), dataset.union) == (5, False)


def test_a_copy_with_other_times_is_ready(small: Release) -> None:
    for path in (small.path / STORE / DATA).iterdir():
        os.utime(path, (1, 1))
    before = (small.path / STORE / RECORD).stat().st_mtime_ns
    disk_store.prepare(small)
    assert disk_store.ready(small)
    assert (small.path / STORE / RECORD).stat().st_mtime_ns == before
    open_release(small.path)


def test_what_cannot_be_opened_is_told_and_made_at_the_next_start(small: Release) -> None:
    (small.path / STORE / DATA / "CURRENT").write_text("nothing\n")
    with pytest.raises(PreparedError, match="store cannot be read: "):
        disk_store.opened(small)
    assert not disk_store.ready(small)


def without_override() -> None:
    """For root: the permissions of files count for this process and what it executes, as they do for others."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def test_a_folder_that_cannot_be_written_is_told_and_the_graph_is_held_in_memory(small: Release) -> None:
    shutil.rmtree(small.path / STORE)
    small.path.chmod(0o555)
    script = (
        "import logging, sys; from pathlib import Path; from gob_graph.release import open_release;"
        "from gob_graph.endpoint.engine.disk_store import place; logging.basicConfig();"
        "assert place(open_release(Path(sys.argv[1])), 'disk', make=True) == 'memory'"
    )
    command = [sys.executable, "-c", script, str(small.path)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=without_override)
    small.path.chmod(0o755)
    assert f"{small.path / STORE} cannot be made: " in run.stderr
    assert "Permission denied" in run.stderr
    assert "the graph is held in memory" in run.stderr


def test_the_size_decides_where_the_setting_does_not(small: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def place(setting: str) -> str:
        return disk_store.place(small, setting, make=False)

    assert [place(setting) for setting in ("auto", "memory", "disk")] == ["memory", "memory", "disk"]
    assert place("https://sparql.example/ask") == "https://sparql.example/ask"
    monkeypatch.setattr(disk_store, "LARGE", small.manifest["distinct_triples"])
    assert place("auto") == "disk"
    shutil.rmtree(small.path / STORE)
    assert [place(setting) for setting in ("auto", "disk")] == ["memory", "memory"]
