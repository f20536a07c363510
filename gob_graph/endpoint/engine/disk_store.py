"""A store on disk beside the files of a release: made once, opened read-only in milliseconds by each server.

A worker can open no file, and the engine opens the files of a store when a look-up first needs them. So the store comes
with look-ups that together need each file: `opened` does them, and proves that every file is open.
"""

from __future__ import annotations

import logging
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.endpoint.engine.dataset import Dataset, fill
from gob_graph.endpoint.engine.prepared import RECORD, Prepared, PreparedError
from gob_graph.release import STORE, Release, file_of, open_release
from gob_graph.settings import AUTO, DISK, HERE, MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOG = logging.getLogger("gob_graph")
DATA: Final = "data"
"""In the folder: the files of the engine."""
LARGE: Final = 3_000_000
"""Triples from which on `auto` takes the disk: they take more than a GiB of memory, and half a minute to load."""
SAMPLES: Final = 20_000
"""Lines of the dataset that are tried as look-ups; some hundred times as many as a store has files."""
KIND: Final = "compacted"
"""What `make` does; a store of another kind is made again."""
TABLES: Final = ".sst"
_WRITTEN_AGAIN: Final = ("LOG", "LOCK")
"""Names that the engine writes anew whenever a store is opened begin so."""


def place(release: Release, setting: str, *, make: bool) -> str:
    """Where a release is held by the setting `store`: memory, disk, or the addresses of engines as they are.

    `auto` takes the disk from `LARGE` triples on. With `make` a missing store is made; where that fails, the log says
    why, and the graph is held in memory.
    """
    if setting not in HERE:
        return setting
    if setting == MEMORY or (setting == AUTO and release.manifest["distinct_triples"] < LARGE):
        return MEMORY
    try:
        if make:
            prepare(release)
    except PreparedError as error:
        LOG.warning("gob-graph: %s; the graph is held in memory", error)
    return DISK if ready(release) else MEMORY


def ready(release: Release) -> bool:
    """Whether a store stands beside the release that is whole and of this version of the engine."""
    return _beside(release).ready()


def prepare(release: Release) -> None:
    """Make the store of a release, unless it is ready; the release itself is proved on the way.

    Raises:
        PreparedError: it cannot be made; what was there is as it was, or gone if it was damaged.
    """
    _beside(release).by(__spec__.name)


def _beside(release: Release) -> Prepared:
    """Where the store is, and what it depends on: the dataset and the format of the engine."""
    made = [release.id, ox.__version__, KIND, str(release.manifest["files"]["dataset.nq"]["sha256"])]
    return Prepared(release.path, STORE, made, DATA, _WRITTEN_AGAIN)


def opened(release: Release) -> Dataset:
    """The dataset of a release in its store on disk, every file of which is open.

    Raises:
        PreparedError: it cannot be read; it is made anew when the server starts the next time.
    """
    data = release.path / STORE / DATA
    try:
        record = _beside(release).record()
        store = _opened(data)
        for _ in _touched(store, record["look_ups"]):
            pass
        closed = _tables(data) - _open_tables(data)
        if closed or len(record["look_ups"]) > SAMPLES:
            raise ValueError(f"{len(closed)} of its files could not be opened")
        return Dataset.of(store, union=record["union"])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        with suppress(OSError):
            (data.parent / RECORD).unlink()
        raise PreparedError(f"{data.parent} cannot be read: {error}") from error


def _opened(data: Path) -> ox.Store:
    """The store, with room for a descriptor for each of its files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return ox.Store.read_only(str(data))


def _touched(store: ox.Store, lines: Iterable[str]) -> Iterator[str]:
    """Look each quad up in every index, and its terms; give its line back."""
    list(store.named_graphs())
    for line in lines:
        (quad,) = ox.parse(line.encode(), format=ox.RdfFormat.N_QUADS)
        s, p, o, g = quad
        for pattern in ((s, None, None, None), (None, p, o, None), (None, None, o, None),
                        (s, None, None, g), (None, p, o, g), (None, None, o, g)):  # fmt: skip
            next(iter(store.quads_for_pattern(*pattern)), None)
        yield line


def _tables(data: Path) -> set[str]:
    return {p.name for p in data.iterdir() if p.suffix == TABLES}


def _open_tables(data: Path) -> set[str]:
    """The names of the files of this folder that this process has open."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            path = link.readlink()
            if path.suffix == TABLES and path.parent == data.resolve():
                found.add(path.name)
    return found


def make(release: Release) -> None:
    """Make the store, and put it in the place of the one that is there. Ends with this process.

    Raises:
        ReleaseError: the dataset is damaged.
        OSError: the disk is full or not writable; nothing of the draft remains.
    """
    with _beside(release).draft() as (draft, record):
        data = draft / DATA
        quads = file_of(release, release.dataset.name)
        store = ox.Store(str(data))
        record["union"] = fill(store, quads)
        # Each index in one level: look-ups take a third of the time, and paths two thirds.
        store.optimize()
        store.flush()
        del store
        record["look_ups"] = _look_ups(data, quads)


def _look_ups(data: Path, quads: bytes) -> list[str]:
    """Lines whose look-ups together open every file."""
    lines = quads.decode().splitlines()
    sample = lines[:: max(1, len(lines) // SAMPLES)]
    store, wanted = _opened(data), _tables(data)
    found: list[str] = []
    before: set[str] = set()
    for line in _touched(store, sample):
        if (now := _open_tables(data)) > before or not found:
            found.append(line)
        before = now
        if now >= wanted:
            return found
    if wanted <= before:
        return found
    raise OSError(0, f"{len(wanted - before)} of its files are not opened by any look-up")


def main() -> None:
    """Argument: the folder of a release."""
    try:
        make(open_release(Path(sys.argv[1]), verify=False))
    except Exception as error:  # noqa: BLE001 - told in one line
        sys.exit(str(error))


if __name__ == "__main__":
    main()
