"""A release that was found intact before, and whose files were not touched since, is opened without its digests.

The digests of a release of a million triples take most of a start. So what was proved is recorded beside the manifest:
size, times and inode of every file. A file that was written, replaced, cut or copied since has others (the time of its
last change is set by the kernel alone), and then all digests are compared, as they are a week after the last time.
What the record does not tell of is a disk that gives back other bytes than were written, within that week.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

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
State = dict[str, list[int]]


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
