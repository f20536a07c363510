"""A release that was found intact before, and whose files were not touched since, is opened without its digests.

The digests of a release of a million triples take most of a start. So what was proved is recorded beside the manifest:
size, times and inode of every file. A file that was written, replaced, cut or copied since has others (the time of its
last change is set by the kernel alone), and then all digests are compared, as they are a week after the last time.
What the record does not tell of is a disk that gives back other bytes than were written, within that week.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import weakref
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gob_graph.errors import ReleaseError
from gob_graph.release import MANIFEST, open_release

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.release import Release

RECORD: Final = ".intact.json"
"""Beside the manifest: no part of the release, never copied."""
AGE: Final = 7 * 24 * 3600.0
"""Seconds after which the digests are compared again."""
TICK: Final = 2.0
"""Seconds within which a clock of a file system may not tell two changes apart: younger files are not recorded."""
REMEMBERED: Final = 1000
"""Files whose digests were compared by this process."""
State = dict[str, list[int]]
_PROVED: OrderedDict[tuple[str, str], tuple[int, int, int, int]] = OrderedDict()
"""The state of a file when it was found to have its digest, by both: `open_file`."""


def open_intact_release(path: Path, *, always: bool = False) -> Release:
    """Open a release whose files have their digests, or had them when they were last touched; `always`: have them.

    Raises:
        ReleaseError: the folder is incomplete, of another layout, or damaged; the text names the file.
    """
    release = open_release(path, verify=False)
    before = _state(release)
    if not always and before and _recorded(release) == before:
        return release
    began = time.time()
    release = open_release(path)
    if before and before == _state(release) and max(ctime for _, _, ctime, _ in before.values()) < (began - TICK) * 1e9:
        # In a folder that this process may not write to, the digests are compared at each start.
        with suppress(OSError):
            _record(release, before, began)
    return release


class Opened:
    """An open file with its state then; it is closed when nothing refers to it any more."""

    def __init__(self, path: Path, number: int) -> None:
        """Take a descriptor over."""
        self.path, self.number = path, number
        weakref.finalize(self, os.close, number)
        self.state = self._state()

    @property
    def size(self) -> int:
        """Bytes."""
        return self.state[0]

    @property
    def modified(self) -> float:
        """Seconds since 1970."""
        return self.state[1] / 1e9

    def touched(self) -> bool:
        """Whether the file was written to or cut since; a link to it more or less, as of its name, is no change."""
        return self._state()[:2] != self.state[:2]

    def digest(self) -> str:
        """The SHA-256 of its content."""
        with io.FileIO(self.number, closefd=False) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def _state(self) -> tuple[int, int, int, int]:
        found = os.fstat(self.number)
        return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def open_file(release: Release, name: str) -> Opened:
    """A file that the manifest lists, open; its digest is compared the first time, and when it was touched since.

    Raises:
        ReleaseError: it cannot be read, or has another digest.
    """
    path, digest = release.path / name, str(release.manifest["files"][name]["sha256"])
    key, began = (digest, str(path)), time.time()
    try:
        file = Opened(path, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        if _PROVED.get(key) == file.state:
            return file
        found = file.digest()
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read: {error.strerror}; restore the file or build again") from error
    if found != digest or file.touched():
        raise ReleaseError(f"{path} is damaged: sha256 {found}, expected {digest}; restore the file or build again")
    if file.state[2] < (began - TICK) * 1e9:
        _PROVED[key] = file.state
        while len(_PROVED) > REMEMBERED:
            _PROVED.popitem(last=False)
    return file


def _state(release: Release) -> State:
    """Size, times and inode of the files of a release; nothing where one is missing."""
    names = [MANIFEST, *(name for name in release.manifest["files"] if name not in release.pruned)]
    try:
        found = {name: (release.path / name).lstat() for name in names}
    except OSError:
        return {}
    return {name: [s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino] for name, s in found.items()}


def _recorded(release: Release) -> State | None:
    try:
        found = json.loads((release.path / RECORD).read_text(encoding="utf-8"))
        return dict(found["files"]) if 0 <= time.time() - found["at"] < AGE else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _record(release: Release, state: State, at: float) -> None:
    draft = release.path / f"{RECORD}-{os.getpid()}"
    try:
        draft.write_text(json.dumps({"at": at, "files": state}), encoding="utf-8")
        draft.replace(release.path / RECORD)
    finally:
        draft.unlink(missing_ok=True)
