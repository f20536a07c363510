"""Folders that are prepared beside the files of a release: made once, opened read-only by each server.

They are no part of the release: they stand in no manifest, are never copied, and are made again when they are missing,
damaged or made by another version. A draft becomes such a folder by one rename.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gob_graph.release import sync, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD: Final = "prepared.json"
"""In the folder: what it was made from, and its files with size, time and digest."""


class PreparedError(Exception):
    """A folder cannot be made or read; the text names place and reason."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The folder `name` beside a release; its files stand in the folder `data` below it, or in itself."""

    release: Path
    name: str
    made: list[str]
    """What it depends on."""
    data: str = ""
    written_again: tuple[str, ...] = ()
    """How the names of files begin that change although the folder is only read."""

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.release / self.name

    def record(self) -> dict[str, Any]:
        """What is known of it.

        Raises:
            OSError: it is missing.
            ValueError: it is no JSON.
        """
        return dict(json.loads((self.folder / RECORD).read_text(encoding="utf-8")))

    def ready(self) -> bool:
        """Whether it is whole and made from the same.

        Sizes and times are compared; where only the times differ, as in a copy, the digests are.
        """
        try:
            record = self.record()
            data = self.folder / self.data
            if record["made"] != self.made or self.names(data) != record["files"].keys():
                return False
            return all(_same(data / name, *known) for name, known in record["files"].items())
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def by(self, module: str) -> None:
        """Let a module make it in a process of its own, whose argument is the release, unless it is ready.

        Raises:
            PreparedError: it cannot be made; what was there is as it was, or gone if it was damaged.
        """
        command = [sys.executable, "-m", module, str(self.release)]
        try:
            with self.locked():
                if not self.ready():
                    subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this package
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or [f"the process ended with {error.returncode}"])[-1]
            raise PreparedError(f"{self.folder} cannot be made: {last}") from error
        except OSError as error:
            raise PreparedError(f"{self.folder} cannot be made: {error.strerror}") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time makes what is beside a release; the others wait for it."""
        handle = os.open(self.release, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def draft(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """A draft to be filled, and its record to be added to; at the end it takes the place of what is there.

        Raises:
            OSError: the disk is full or not writable; nothing of the draft remains.
        """
        start = f".{self.name}-"
        for leftover in self.release.glob(start + "*"):
            shutil.rmtree(leftover, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix=start, dir=self.release))
        try:
            record: dict[str, Any] = {"made": self.made}
            yield draft, record
            data = draft / self.data
            record["files"] = {name: _known(data / name) for name in sorted(self.names(data))}
            write_file(draft / RECORD, json.dumps(record).encode())
            sync(draft)
            self._publish(draft)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def names(self, data: Path) -> set[str]:
        """The files of the folder that do not change."""
        return {p.name for p in data.iterdir() if not p.name.startswith((RECORD, *self.written_again))}

    def _publish(self, draft: Path) -> None:
        draft.chmod(0o755)
        old = draft.with_name(draft.name + ".old")
        if self.folder.exists():
            self.folder.rename(old)
        draft.rename(self.folder)
        sync(self.release)
        shutil.rmtree(old, ignore_errors=True)


def _same(path: Path, size: int, moment: int, digest: str) -> bool:
    found = path.stat()
    return found.st_size == size and (found.st_mtime_ns == moment or _digest(path) == digest)


def _known(path: Path) -> tuple[int, int, str]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
