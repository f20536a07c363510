"""What was current when: publishing, rolling back, the release that a server takes, and the dumps that are kept.

The log (`publication_log`) is written before the link ``current`` is swapped. Until the swap, ``.current-next`` names
the release of the last line; so a line whose swap never happened is told from a link that was moved by hand. No
line is ever lost: a number means the same publication for good, whatever becomes of the link.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gob_graph.errors import ReleaseError
from gob_graph.known_intact import open_intact_release
from gob_graph.publication_log import ID, UNREADABLE, append, faults, manifest_digests, read_log
from gob_graph.release import (
    CURRENT,
    MANIFEST,
    PREPARED,
    PRUNED,
    build_lock,
    kept_for_ever,
    open_release,
    sync,
    write_file,
)

if TYPE_CHECKING:
    from gob_graph.publication_log import Line
    from gob_graph.release import Release

TICK = timedelta(milliseconds=1)
"""Between publications in the same second; a millisecond is the least that JavaScript tells apart."""
NEXT = ".current-next"
"""The link that becomes ``current`` by a rename; it stands only while a publication is under way, or was cut."""
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


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is not as it should be in a folder of releases: in a word for everybody, in detail for the operator."""

    public: str
    detail: str


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
    """What became current, in the order in which it did; of a line that cannot be read, the release is ''.

    Moments are strictly increasing: of several publications in one second, which is as precise as the log is, each
    comes a millisecond after the one before it. A client of the feed takes the version with the latest moment.

    Raises:
        ReleaseError: the log cannot be opened.
    """
    found: list[Publication] = []
    for number, line in enumerate(_effective(release_dir), 1):
        at = max(line.at, found[-1].at + TICK) if found else line.at
        found.append(Publication(number, at, line.release, line.rollback))
    return found


def current_at(log: list[Publication], moment: datetime) -> Publication | None:
    """What was current at a moment; before the first publication nothing was."""
    return next((p for p in reversed(log) if p.at <= moment), None)


def number_of(release: Release) -> int:
    """The number of the last publication of a release in the log of its folder; 0 if it was not published there."""
    return max((p.number for p in publications(release.path.parent) if p.release == release.id), default=0)


def publish(release_dir: Path, identity: str, *, now: datetime | None = None, rollback: bool = False) -> bool:
    """Make a release the current one: log it, then swap the link. Says whether anything changed. Needs `build_lock`.

    Raises:
        ReleaseError: the link or the log cannot be written; what was current stays current.
    """
    link, fresh = release_dir / CURRENT, release_dir / NEXT
    effective = _effective(release_dir)
    moment = now or datetime.now(UTC)
    if effective:
        # A clock that was set back must not put a publication before the one that it follows.
        moment = max(moment, effective[-1].at)
    entry: dict[str, Any] = {"at": moment.isoformat(timespec="seconds"), "release": identity}
    entry["manifest"] = hashlib.sha256((release_dir / identity / MANIFEST).read_bytes()).hexdigest()
    if rollback:
        entry["rollback"] = True
    try:
        if _pending(release_dir, _written(release_dir)):
            append(release_dir, {"at": entry["at"], "void": True})
        _record_digests(release_dir, identity, entry)
        if current_id(release_dir) == identity and effective and effective[-1].release == identity:
            return False
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(identity)
        sync(release_dir)
        append(release_dir, entry)
        fresh.replace(link)
        sync(release_dir)
    except OSError as error:
        raise ReleaseError(f"{identity} cannot be made current: {error.strerror}") from error
    return True


def _record_digests(release_dir: Path, identity: str, entry: dict[str, Any]) -> None:
    """Write into the log the digests that it lacks: of releases from before it held any, and of a repaired manifest."""
    known = manifest_digests(release_dir)
    found = {identity: entry["manifest"]} if known.get(identity, entry["manifest"]) != entry["manifest"] else {}
    for older in {p.release for p in publications(release_dir)} - known.keys() - {UNREADABLE}:
        with suppress(ReleaseError):
            open_release(release_dir / older)
            found[older] = hashlib.sha256((release_dir / older / MANIFEST).read_bytes()).hexdigest()
    if found:
        append(release_dir, {"at": entry["at"], "manifests": dict(sorted(found.items()))})


def roll_back(release_dir: Path, name: str | None = None, back: int = 1) -> Release:
    """Make an older release current again: the one named, or the one `back` steps before the current one.

    Raises:
        ReleaseError: there is no such release, or it is damaged; nothing changed.
    """
    with build_lock(release_dir):
        identity = _steps_back(release_dir, back) if name is None else find_release(release_dir, name)
        release = open_release(release_dir / identity)
        order = list(dict.fromkeys(p.release for p in publications(release_dir) if p.release))
        now = publications(release_dir)[-1].release if order else ""
        older = identity in order and now in order and order.index(identity) < order.index(now)
        publish(release_dir, identity, rollback=older)
        return release


def current_id(release_dir: Path) -> str:
    """The id that the link names; '' where there is no link."""
    try:
        return (release_dir / CURRENT).readlink().name
    except OSError:
        return ""


def _steps_back(release_dir: Path, back: int) -> str:
    """Steps go through releases, the newest last: after a rollback, one step back is the release before that one."""
    order = list(dict.fromkeys(p.release for p in publications(release_dir) if p.release))
    now = current_id(release_dir)
    place = order.index(now) - back if now in order else -1
    if back < 1 or place < 0:
        raise ReleaseError(f"{release_dir} has no release {back} step(s) before the current one; 'gob-graph releases'")
    return order[place]


def open_intact(release_dir: Path, *, always: bool = False) -> tuple[Release, list[Trouble]]:
    """The current release, or when it is damaged the newest before it that is intact, and what is wrong.

    With `always` the digests are compared even where nothing was touched since the last time (`known_intact`).

    Raises:
        ReleaseError: nothing was published, or no published release is intact.
    """
    log, now = publications(release_dir), current_id(release_dir)
    if not now and not log:
        raise ReleaseError(f"{release_dir} has no current release; build one with 'gob-graph build'")
    wrong: list[str] = []
    for name in dict.fromkeys([now, *(p.release for p in reversed(log))]):
        if not ID.fullmatch(name):
            continue
        try:
            release = open_intact_release(release_dir / name, always=always)
        except ReleaseError as error:
            wrong.append(str(error))
            continue
        told = "the current release is damaged, an earlier one is served"
        damaged = [Trouble(told, f"SERVING AN EARLIER RELEASE, {name[:12]}: {text}") for text in wrong]
        return release, damaged + troubles(release_dir)
    raise ReleaseError(f"{'; '.join(wrong) or f'{release_dir} holds no release'}; no earlier release is intact either")


def troubles(release_dir: Path) -> list[Trouble]:
    """What is wrong with the log and the link ``current``, with the remedy; what releases hold is not looked at."""
    found = [Trouble("a line of the publication log cannot be read", text) for text in faults(release_dir)]
    log, now = publications(release_dir), current_id(release_dir)
    if log and log[-1].release not in {now, UNREADABLE}:
        last, link = log[-1].release, release_dir / CURRENT
        there = f"'gob-graph rollback {now}' makes it so in the log too, " if ID.fullmatch(now) else ""
        found.append(
            Trouble(
                "the link to the current release was moved by hand",
                f"{link} names {now or 'nothing'}, the publication log says {last}: it was moved by hand; "
                f"{there}'gob-graph rollback {last}' puts it back",
            )
        )
    return found


def prune(release_dir: Path, keep: int = DUMPS_KEPT) -> list[str]:
    """Remove the dumps and stores of all but the last releases, and record which, so that what stays can be verified.

    The record is written first: a crash leaves files that are recorded as gone, and the next pruning removes them.
    A full disk puts it off, for nothing depends on it.
    """
    order = list(dict.fromkeys(p.release for p in reversed(publications(release_dir)) if p.release))
    pruned = []
    for identity in order[keep:]:
        with suppress(OSError, ReleaseError):
            if (release_dir / identity / MANIFEST).is_file() and _prune(release_dir / identity):
                pruned.append(identity)
    return pruned


def _prune(folder: Path) -> bool:
    release = open_release(folder, verify=False)
    names = [name for name in release.manifest["files"] if not kept_for_ever(name)]
    # A copy that was taken while its origin was pruned records a part of them.
    first = release.pruned != frozenset(names)
    if first:
        draft = folder / f".{PRUNED}"
        draft.unlink(missing_ok=True)
        write_file(draft, (json.dumps(sorted(names), indent=1) + "\n").encode())
        draft.replace(folder / PRUNED)
        sync(folder)
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for prepared in PREPARED:
        shutil.rmtree(folder / prepared, ignore_errors=True)
    return first


def _effective(release_dir: Path) -> list[Line]:
    """The publications whose swap happened."""
    kept = _written(release_dir)
    if _pending(release_dir, kept):
        kept.pop()
    if kept and kept[-1].release == UNREADABLE:
        # The link tells what the last line said.
        kept[-1] = replace(kept[-1], release=current_id(release_dir))
    return kept


def _written(release_dir: Path) -> list[Line]:
    """The publications of the log, without those that a later line takes back."""
    kept: list[Line] = []
    for line in read_log(release_dir):
        if line.void and kept:
            kept.pop()
        if line.publishes:
            kept.append(line)
    return kept


def _pending(release_dir: Path, lines: list[Line]) -> bool:
    """Whether the last line was written and the link not swapped: the link that was to take its place still stands."""
    try:
        waiting = (release_dir / NEXT).readlink().name
    except OSError:
        return False
    return bool(lines) and lines[-1].release == waiting != current_id(release_dir)
