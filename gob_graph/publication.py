"""What was current when: the publication log, publishing, rolling back, and the dumps that are kept.

``log.jsonl`` is append-only, one JSON object a line: ``{"at": "2026-11-24T10:00:00+00:00", "release": "<id>"}``, with
``"rollback": true`` where an older release became current again. The log is written before the link is swapped; a line
whose swap never happened is told by the link (when it is the last) or by ``"void": true`` of the line after it.
"""

from __future__ import annotations

import errno
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gob_graph.errors import ReleaseError
from gob_graph.release import CURRENT, LOG, MANIFEST, PRUNED, build_lock, kept_for_ever, open_release, sync, write_file

if TYPE_CHECKING:
    from gob_graph.release import Release

ID = re.compile("[0-9a-f]{64}")
SHORTEST = 8
"""Digits of an id that name a release, as long as only one begins so."""
DUMPS_KEPT = 5
"""Releases whose dumps are kept; N-Quads, manifest and registry of the others stay."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One release became current; `number` counts from 1 and never changes its meaning."""

    number: int
    at: datetime
    release: str
    rollback: bool = False


def release_ids(release_dir: Path) -> list[str]:
    """The ids of all releases that stand here whole, sorted."""
    if not release_dir.is_dir():
        return []
    return sorted(p.name for p in release_dir.iterdir() if ID.fullmatch(p.name) and (p / MANIFEST).is_file())


def find_release(release_dir: Path, name: str) -> str:
    """The id of the release that is meant: an id, or its first digits.

    Raises:
        ReleaseError: there is none, or several begin so.
    """
    found = [i for i in release_ids(release_dir) if i.startswith(name)] if len(name) >= SHORTEST else []
    if len(found) != 1:
        reason = "several releases begin so" if found else f"no release of {release_dir} is called so"
        raise ReleaseError(f"{name!r}: {reason}; 'gob-graph releases' lists them (give at least {SHORTEST} digits)")
    return found[0]


def publications(release_dir: Path) -> list[Publication]:
    """What became current, in the order in which it did."""
    entries = _effective(release_dir)
    return [
        Publication(n, datetime.fromisoformat(e["at"]), e["release"], bool(e.get("rollback")))
        for n, e in enumerate(entries, 1)
    ]


def current_at(log: list[Publication], moment: datetime) -> Publication | None:
    """What was current at a moment; before the first publication nothing was."""
    return next((p for p in reversed(log) if p.at <= moment), None)


def publish(release_dir: Path, identity: str, *, now: datetime | None = None, rollback: bool = False) -> bool:
    """Make a release the current one: log it, then swap the link. Says whether anything changed. Needs `build_lock`.

    Raises:
        ReleaseError: the link or the log cannot be written; what was current stays current.
    """
    link = release_dir / CURRENT
    if link.is_symlink() and link.readlink() == Path(identity):
        return False
    written, effective = _lines(release_dir), _effective(release_dir)
    moment = now or datetime.now(UTC)
    if effective:
        # A clock that was set back must not put a publication before the one that it follows.
        moment = max(moment, datetime.fromisoformat(effective[-1]["at"]))
    entry: dict[str, Any] = {"at": moment.isoformat(timespec="seconds"), "release": identity}
    if rollback:
        entry["rollback"] = True
    if written and (not effective or written[-1] != effective[-1]):
        entry["void"] = True
    fresh = release_dir / ".current-next"
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(identity)
        _append(release_dir / LOG, json.dumps(entry))
        fresh.replace(link)
        sync(release_dir)
    except OSError as error:
        raise ReleaseError(f"{identity} cannot be made current: {error.strerror}") from error
    return True


def roll_back(release_dir: Path, name: str | None = None, back: int = 1) -> Release:
    """Make an older release current again: the one named, or the one `back` steps before the current one.

    Raises:
        ReleaseError: there is no such release, or it is damaged; nothing changed.
    """
    with build_lock(release_dir):
        identity = find_release(release_dir, name) if name else _steps_back(release_dir, back)
        release = open_release(release_dir / identity)
        order = list(dict.fromkeys(p.release for p in publications(release_dir)))
        now = _current(release_dir)
        older = identity in order and now in order and order.index(identity) < order.index(now)
        publish(release_dir, identity, rollback=older)
        return release


def _current(release_dir: Path) -> str:
    link = release_dir / CURRENT
    return link.readlink().name if link.is_symlink() else ""


def _steps_back(release_dir: Path, back: int) -> str:
    """Steps go through releases, the newest last: after a rollback, one step back is the release before that one."""
    order = list(dict.fromkeys(p.release for p in publications(release_dir)))
    now = _current(release_dir)
    place = order.index(now) - back if now in order else -1
    if back < 1 or place < 0:
        raise ReleaseError(f"{release_dir} has no release {back} step(s) before the current one; 'gob-graph releases'")
    return order[place]


def open_intact(release_dir: Path) -> tuple[Release, str]:
    """The current release, or when it is damaged the newest before it that is intact, and what is wrong ('' = nothing).

    Raises:
        ReleaseError: nothing was published, or no published release is intact.
    """
    link = release_dir / CURRENT
    if not link.is_symlink():
        raise ReleaseError(f"{release_dir} has no current release; build one with 'gob-graph build'")
    names = list(dict.fromkeys([link.readlink().name, *(p.release for p in reversed(publications(release_dir)))]))
    wrong = ""
    for name in names:
        try:
            return open_release(release_dir / name), wrong
        except ReleaseError as error:
            wrong = wrong or str(error)
    raise ReleaseError(f"{wrong}; no earlier release is intact either")


def prune(release_dir: Path, keep: int = DUMPS_KEPT) -> list[str]:
    """Remove the dumps of all but the last releases, and record which, so that what stays can be verified.

    The record is written first: a crash leaves files that are recorded as gone, and the next pruning removes them.
    A full disk puts it off, for nothing depends on it.
    """
    order = list(dict.fromkeys(p.release for p in reversed(publications(release_dir))))
    pruned = []
    for identity in order[keep:]:
        with suppress(OSError):
            if (release_dir / identity / MANIFEST).is_file() and _prune(release_dir / identity):
                pruned.append(identity)
    return pruned


def _prune(folder: Path) -> bool:
    names = [n for n in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"] if not kept_for_ever(n)]
    first = not (folder / PRUNED).exists()
    if first:
        draft = folder / f".{PRUNED}"
        draft.unlink(missing_ok=True)
        write_file(draft, (json.dumps(sorted(names), indent=1) + "\n").encode())
        draft.replace(folder / PRUNED)
        sync(folder)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    return first


def _effective(release_dir: Path) -> list[dict[str, Any]]:
    """The entries whose swap happened."""
    kept: list[dict[str, Any]] = []
    for entry in _lines(release_dir):
        if entry.get("void") and kept:
            kept.pop()
        kept.append(entry)
    if kept and kept[-1]["release"] != _current(release_dir):
        kept.pop()
    return kept


def _lines(release_dir: Path) -> list[dict[str, Any]]:
    try:
        text = (release_dir / LOG).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]  # a crash can leave a torn last line
    try:
        return [json.loads(line) for line in whole.splitlines()]
    except ValueError as error:
        raise ReleaseError(f"{release_dir / LOG} cannot be read: {error}; restore it from a backup") from error


def _append(path: Path, line: str) -> None:
    body = line.encode() + b"\n"
    with path.open("a+b", buffering=0) as log:
        log.seek(0)
        text = log.read()
        whole = text.rfind(b"\n") + 1
        if whole != len(text):
            log.truncate(whole)
        try:
            if log.write(body) != len(body):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(log.fileno())
        except OSError:
            # A full disk may have taken half of the line; nobody shall find it.
            log.truncate(whole)
            raise
