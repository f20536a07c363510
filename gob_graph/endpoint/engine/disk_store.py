"""A store on disk beside the files of a release: made once, opened read-only in milliseconds by each server.

It is no part of the release: its folder `store` stands in no manifest, is never copied, and is made again when it is
missing, damaged or of another version of the engine. A draft becomes it by one rename.

A worker can open no file, and the engine opens the files of a store when a look-up first needs them. So the store comes
with look-ups that together need each file: `opened` does them, and proves that every file is open.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from gob_graph.endpoint.engine.dataset import Dataset, fill
from gob_graph.release import STORE, Release, file_of, open_release, sync, write_file
from gob_graph.settings import AUTO, DISK, HERE, MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOG = logging.getLogger("gob_graph")
DRAFT: Final = ".store-"
DATA, RECORD = "data", "prepared.json"
"""In the folder: the files of the engine, and what is known of them."""
LARGE: Final = 3_000_000
"""Triples from which on `auto` takes the disk: they take more than a GiB of memory, and half a minute to load."""
SAMPLES: Final = 20_000
"""Lines of the dataset that are tried as look-ups; some hundred times as many as a store has files."""
KIND: Final = "compacted"
"""What `make` does; a store of another kind is made again."""
TABLES: Final = ".sst"
_WRITTEN_AGAIN: Final = ("LOG", "LOCK")
"""Names that the engine writes anew whenever a store is opened begin so."""


class DiskStoreError(Exception):
    """There is no usable store on disk; the text names place and reason."""


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
    except DiskStoreError as error:
        LOG.warning("gob-graph: %s; the graph is held in memory", error)
    return DISK if ready(release) else MEMORY


def ready(release: Release) -> bool:
    """Whether a store stands beside the release that is whole and of this version of the engine.

    Sizes and times are compared; where only the times differ, as in a copy, the digests are.
    """
    try:
        record = _record(release)
        data = release.path / STORE / DATA
        if record["made"] != _made_by(release) or _names(data) != record["files"].keys():
            return False
        return all(_same(data / name, *known) for name, known in record["files"].items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def prepare(release: Release) -> None:
    """Make the store of a release, unless it is ready; the release itself is proved on the way.

    Raises:
        DiskStoreError: it cannot be made; what was there is as it was, or gone if it was damaged.
    """
    command = [sys.executable, "-m", __spec__.name, str(release.path)]
    try:
        with _locked(release.path):
            if not ready(release):
                subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this module
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or [f"the process ended with {error.returncode}"])[-1]
        raise DiskStoreError(f"{release.path / STORE} cannot be made: {last}") from error
    except OSError as error:
        raise DiskStoreError(f"{release.path / STORE} cannot be made: {error.strerror}") from error


def opened(release: Release) -> Dataset:
    """The dataset of a release in its store on disk, every file of which is open.

    Raises:
        DiskStoreError: it cannot be read; it is made anew when the server starts the next time.
    """
    data = release.path / STORE / DATA
    try:
        record = _record(release)
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
        raise DiskStoreError(f"{data.parent} cannot be read: {error}") from error


def _record(release: Release) -> dict[str, Any]:
    return dict(json.loads((release.path / STORE / RECORD).read_text(encoding="utf-8")))


def _made_by(release: Release) -> list[str]:
    """What a store depends on: the dataset and the format of the engine."""
    return [release.id, ox.__version__, KIND, str(release.manifest["files"]["dataset.nq"]["sha256"])]


def _names(data: Path) -> set[str]:
    return {p.name for p in data.iterdir() if not p.name.startswith(_WRITTEN_AGAIN)}


def _same(path: Path, size: int, moment: int, digest: str) -> bool:
    found = path.stat()
    return found.st_size == size and (found.st_mtime_ns == moment or _digest(path) == digest)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time makes a store; the others wait for it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


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
    """Make the store in a draft folder, and put it in the place of the one that is there. Ends with this process.

    Raises:
        ReleaseError: the dataset is damaged.
        OSError: the disk is full or not writable; nothing of the draft remains.
    """
    for leftover in release.path.glob(DRAFT + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=release.path))
    try:
        data = draft / DATA
        quads = file_of(release, release.dataset.name)
        store = ox.Store(str(data))
        union = fill(store, quads)
        # Each index in one level: look-ups take a third of the time, and paths two thirds.
        store.optimize()
        store.flush()
        del store
        record = {"made": _made_by(release), "union": union, "look_ups": _look_ups(data, quads)}
        record["files"] = {name: _known(data / name) for name in sorted(_names(data))}
        write_file(draft / RECORD, json.dumps(record).encode())
        sync(draft)
        _publish(draft, release.path / STORE)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _publish(draft: Path, final: Path) -> None:
    draft.chmod(0o755)
    old = draft.with_name(draft.name + ".old")
    if final.exists():
        final.rename(old)
    draft.rename(final)
    sync(final.parent)
    shutil.rmtree(old, ignore_errors=True)


def _known(path: Path) -> tuple[int, int, str]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, _digest(path)


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
