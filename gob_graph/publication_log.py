"""The publication log: what became current when, and the digest of each manifest; read line by line, never rewritten.

``log.jsonl`` is append-only, one JSON object a line, split at LF:

- a publication is ``{"at": "2026-11-24T10:00:00+00:00", "release": "<id>", "manifest": "<sha256>"}``, with
  ``"rollback": true`` where an older release became current again;
- ``{"at": …, "void": true}`` takes back the publication before it, which was never carried out (older software wrote
  ``"void"`` into the publication that follows, which is read, too);
- ``{"at": …, "manifests": {"<id>": "<sha256>"}}`` records digests that the log lacked, or that a repair changed.

``"check"``, the last member, is the start of the SHA-256 of the line without it. Lines from before digests were
recorded have neither. A line that cannot be read keeps its number, so that no other number changes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gob_graph.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOG = "log.jsonl"
ID = re.compile("[0-9a-f]{64}")
UNREADABLE = ""
"""In place of the release of a line that cannot be read."""
KEYS = {"at", "release", "manifest", "rollback", "void", "manifests", "check"}
FIRST = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log; `fault` says what is wrong with it ('' = nothing)."""

    number: int
    at: datetime
    release: str = UNREADABLE
    manifest: str | None = None
    rollback: bool = False
    void: bool = False
    manifests: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def publishes(self) -> bool:
        """Whether it is a publication, and not a record of digests or a withdrawal of the line before."""
        return not self.manifests and not (self.void and self.release == UNREADABLE)


def read_log(release_dir: Path) -> list[Line]:
    """Every whole line of the log, numbered from 1; a torn last line, which a crash can leave, is left out.

    Raises:
        ReleaseError: the file is there and cannot be opened.
    """
    try:
        body = (release_dir / LOG).read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReleaseError(f"{release_dir / LOG} cannot be read: {error.strerror}; mend its permissions") from error
    lines: list[Line] = []
    for number, text in enumerate(body.split(b"\n")[:-1], 1):
        before = lines[-1].at if lines else FIRST
        try:
            lines.append(_line(number, json.loads(text.decode())))
        except (ValueError, RecursionError) as error:
            lines.append(Line(number, before, fault=str(error).partition("\n")[0][:100]))
    return lines


def _line(number: int, entry: object) -> Line:
    """A line of the right kinds; ValueError says what is wrong."""
    if not isinstance(entry, dict):
        raise ValueError("no JSON object")
    if entry.keys() - KEYS:
        raise ValueError(f"unknown member {min(entry.keys() - KEYS)!r}")
    check = entry.pop("check", None)
    if check is not None and check != _check(entry):
        raise ValueError("it is not the line that was written")
    at = datetime.fromisoformat(_text(entry, "at"))
    if at.tzinfo is None:
        raise ValueError("'at' has no time zone")
    if "manifests" in entry:
        found = entry["manifests"]
        if not isinstance(found, dict) or not found or not all(map(_is_id, (*found, *found.values()))):
            raise ValueError("'manifests' are no digests")
        return Line(number, at, manifests=found)
    if entry.get("void") is True and "release" not in entry:
        return Line(number, at, void=True)
    release, manifest = _text(entry, "release"), entry.get("manifest")
    if not _is_id(release) or not (manifest is None or _is_id(manifest)):
        raise ValueError("'release' or 'manifest' is no SHA-256")
    flags = [entry.get(name, False) for name in ("rollback", "void")]
    if not all(isinstance(flag, bool) for flag in flags):
        raise ValueError("'rollback' or 'void' is not true or false")
    return Line(number, at, release, manifest, *flags)


def _check(entry: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(entry).encode()).hexdigest()[:16]


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is missing or no text")
    return value


def _is_id(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def faults(release_dir: Path) -> list[str]:
    """What is wrong in the log, line by line, with its remedy."""
    return [
        f"{release_dir / LOG}:{line.number} cannot be read ({line.fault}); "
        "restore this line from a backup or from a replica's log"
        for line in read_log(release_dir)
        if line.fault
    ]


def manifest_digests(release_dir: Path) -> dict[str, str]:
    """The SHA-256 of the manifest of each release for which the log holds one; the last record counts.

    Raises:
        ReleaseError: the log cannot be opened.
    """
    found: dict[str, str] = {}
    for line in read_log(release_dir):
        found |= line.manifests
        if line.manifest:
            found[line.release] = line.manifest
    return found


def append(release_dir: Path, entry: Mapping[str, object]) -> None:
    """Write one more line, whole or not at all, and wait until the disk has it.

    Raises:
        OSError: the disk is full or not writable; the log is as it was.
    """
    body = json.dumps({**entry, "check": _check(entry)}).encode() + b"\n"
    with (release_dir / LOG).open("a+b", buffering=0) as log:
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
            # A full disk may have taken half of the line, which is removed.
            log.truncate(whole)
            raise
