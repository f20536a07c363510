"""An index of all things of a release, prepared beside it: made by the commands that publish, else when first needed.

That of a small release is made at once, which takes a moment. That of a large one is made by a process of its own, and
until then requests that need it are refused for now, while everything else is served.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.engine.prepared import Prepared, PreparedError
from gob_graph.errors import RequestError
from gob_graph.release import open_release

if TYPE_CHECKING:
    from gob_graph.release import Release

LOG = logging.getLogger("gob_graph")
LARGE: Final = 300_000
"""Triples from which on an index is made by a process of its own: it takes more than some seconds."""
AGAIN: Final = 60.0
"""Seconds after a failure in which it is not tried again."""
WAIT: Final = "10"
"""Seconds after which a refused client may ask again."""
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Kind(Protocol[T_co]):
    """What an index is made of, and how."""

    name: str
    """Of its folder."""
    module: str
    """What runs `main` of the index."""

    def made(self, release: Release) -> list[str]:
        """What the index depends on, besides the release."""
        ...

    def write(self, release: Release, folder: Path) -> None:
        """Write its files into a folder. Raises OSError or sqlite3.Error where the disk is full or not writable."""
        ...

    def open(self, release: Release, folder: Path) -> T_co:
        """The index that stands in a folder."""
        ...


class PreparedIndex(Generic[T]):
    """The indexes of one kind, by release; any thread may ask."""

    def __init__(self, kind: Kind[T]) -> None:
        self._kind = kind
        self._lock = threading.Lock()
        self._making: dict[Path, threading.Thread] = {}
        self._failed: dict[Path, float] = {}
        self._open = per_release(self._opened)

    @property
    def name(self) -> str:
        """Of its folder beside a release."""
        return self._kind.name

    def of(self, release: Release) -> T:
        """The index of a release.

        Raises:
            RequestError: ``not-prepared``: it is being made.
        """
        with self._lock:
            return self._open(release)

    def prepare(self, release: Release) -> None:
        """Make the index of a large release, unless it is ready, before a server needs it.

        Raises:
            PreparedError: it cannot be made.
        """
        if _is_large(release):
            self._beside(release).by(self._kind.module)

    def start(self, release: Release) -> None:
        """Let the index of a large release be made, unless it is being made, or could not be a moment ago."""
        running = self._making.get(release.path)
        recent = time.monotonic() - self._failed.get(release.path, -AGAIN) < AGAIN
        if not _is_large(release) or recent or (running and running.is_alive()):
            return
        thread = threading.Thread(target=self._prepare, args=(release,), daemon=True, name=self._kind.name)
        self._making[release.path] = thread
        thread.start()

    def main(self) -> None:
        """Make the index in this process; the argument is the folder of the release. The caller has the lock."""
        try:
            release = open_release(Path(sys.argv[1]), verify=False)
            with self._beside(release).draft() as (draft, _):
                self._write(release, draft)
        except Exception as error:  # noqa: BLE001 - told in one line
            sys.exit(str(error))

    def _beside(self, release: Release) -> Prepared:
        digest = str(release.manifest["files"][release.dataset.name]["sha256"])
        return Prepared(release.path, self._kind.name, [release.id, digest, *self._kind.made(release)])

    def _opened(self, release: Release) -> T:
        beside = self._beside(release)
        if beside.ready():
            return self._kind.open(release, beside.folder)
        if _is_large(release):
            self.start(release)
            raise RequestError("not-prepared", f"{self._kind.name} of this release", {"Retry-After": WAIT})
        try:
            self._make(release)
            return self._kind.open(release, beside.folder)
        except OSError as error:
            return self._elsewhere(release, error)

    def _elsewhere(self, release: Release, error: OSError) -> T:
        """The index in a folder that goes with this process, where that of the release is not writable."""
        place = self._beside(release).folder
        LOG.warning("gob-graph: %s is not written (%s): a temporary folder is taken", place, error.strerror)
        folder = Path(tempfile.mkdtemp(prefix="gob-graph-"))
        self._write(release, folder)
        opened = self._kind.open(release, folder)
        weakref.finalize(opened, shutil.rmtree, folder, ignore_errors=True)
        return opened

    def _write(self, release: Release, folder: Path) -> None:
        try:
            self._kind.write(release, folder)
        except sqlite3.Error as error:
            raise OSError(0, f"SQLite: {error}", str(folder)) from error

    def _make(self, release: Release) -> None:
        beside = self._beside(release)
        with beside.locked():
            if not beside.ready():
                with beside.draft() as (draft, _):
                    self._write(release, draft)

    def _prepare(self, release: Release) -> None:
        try:
            self.prepare(release)
        except PreparedError as error:
            self._failed[release.path] = time.monotonic()
            LOG.error("gob-graph: %s; requests that need it are refused", error)


def _is_large(release: Release) -> bool:
    return bool(release.manifest["distinct_triples"] >= LARGE)
