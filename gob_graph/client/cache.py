"""Answers on disk, by their ETag: an answer that the server confirms (304) is not sent again.

Each answer is one file: a line of JSON (status, headers, digest of the body), then the body. A file that was cut or
changed is not used. The oldest ones go when the folder grows beyond its limit.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LARGEST = 512 * 2**20
"""Bytes of the folder."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was kept."""

    headers: dict[str, str]
    body: bytes

    @property
    def fresh_for_ever(self) -> bool:
        """Whether the server promised never to give another answer at this address."""
        return "immutable" in self.headers.get("cache-control", "")


def default_folder() -> Path:
    """The folder for answers of the current user (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if named.startswith("/") else Path.home() / ".cache") / "gob-graph"


@dataclass(slots=True)
class Cache:
    """Kept answers in a folder; None keeps nothing."""

    folder: Path | None
    largest: int = LARGEST

    def find(self, key: str) -> Kept | None:
        """The answer that was kept for a request."""
        if self.folder is None:
            return None
        try:
            head, _, body = self._path(key).read_bytes().partition(b"\n")
            kept = json.loads(head)
        except (OSError, ValueError):
            return None
        if not isinstance(kept, dict) or kept.get("sha256") != hashlib.sha256(body).hexdigest():
            return None
        return Kept(dict(kept["headers"]), body)

    def keep(self, key: str, headers: dict[str, str], body: bytes) -> None:
        """Keep an answer that has an ETag; a folder that cannot be written to is no error."""
        control = headers.get("cache-control", "")
        if self.folder is None or "etag" not in headers or "no-store" in control:
            return
        head = json.dumps({"headers": headers, "sha256": hashlib.sha256(body).hexdigest()}).encode()
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".draft-")
            with os.fdopen(handle, "wb") as stream:
                stream.write(head + b"\n" + body)
            Path(name).replace(self._path(key))
            self._prune()

    def _path(self, key: str) -> Path:
        assert self.folder is not None  # noqa: S101 - asked before
        return self.folder / hashlib.sha256(key.encode()).hexdigest()

    def _prune(self) -> None:
        assert self.folder is not None  # noqa: S101 - asked before
        found = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in self.folder.iterdir())
        size = sum(bytes_ for _, bytes_, _ in found)
        for _, bytes_, path in found:
            if size <= self.largest:
                return
            path.unlink(missing_ok=True)
            size -= bytes_
