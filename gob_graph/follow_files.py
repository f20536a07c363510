"""The files of a release that a follower takes: from the server to the disk, whatever their size."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gob_graph.digests import file_digest
from gob_graph.download import GoneError
from gob_graph.errors import ReleaseError
from gob_graph.manifest import DATASET
from gob_graph.release import PRUNED, kept_for_ever

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.download import Source
    from gob_graph.manifest import Manifest

DOWNLOAD_PREFIX = ".follow-"
"""A folder for the files of a step while they come; locked by the follower that takes them."""


@contextmanager
def download_folder(folder: Path) -> Iterator[Path]:
    """A folder for the files of a step, beside the releases; what followers that were killed left is removed.

    Raises:
        ReleaseError: it cannot be made.
    """
    for leftover in folder.glob(DOWNLOAD_PREFIX + "*"):
        with suppress(OSError), _locked(leftover):
            shutil.rmtree(leftover)
    try:
        place = Path(tempfile.mkdtemp(prefix=DOWNLOAD_PREFIX, dir=folder))
    except OSError as error:
        raise ReleaseError(f"{folder} cannot be written to: {error.strerror}") from error
    try:
        with _locked(place):
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a folder; an OSError where another process does."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def refuse_larger_than_the_disk(manifest: Manifest, place: Path) -> None:
    """Refuse a release that the disk has no room for.

    Raises:
        ReleaseError: with both sizes in bytes.
    """
    wanted, free = sum(entry["bytes"] for entry in manifest["files"].values()), shutil.disk_usage(place).free
    if wanted > free:
        raise ReleaseError(f"release {manifest['id']} takes {wanted} bytes, and the disk of {place.parent} has {free}")


def take_files(url: str, manifest: Manifest, source: Source, place: Path) -> dict[str, bytes | Path]:
    """Every file of the release that the server still keeps; those it does not are recorded as pruned.

    A file goes to the disk as it comes, so that one of any size takes no memory; it is proved by its digest.

    Raises:
        ReleaseError: one has another digest, or cannot be written.
        DownloadError: one does not come.
    """
    found: dict[str, bytes | Path] = {}
    pruned = []
    for name, entry in manifest["files"].items():
        path = place / name
        try:
            if name == DATASET:
                digest = file_digest(path)
            else:
                digest = source.save(f"{url}/releases/{manifest['id']}/{name}", path, entry["bytes"])
        except GoneError:
            if kept_for_ever(name):
                raise
            pruned.append(name)
            continue
        except OSError as error:
            raise ReleaseError(f"{name} of release {manifest['id']} cannot be written: {error.strerror}") from error
        if digest != entry["sha256"]:
            raise ReleaseError(f"{name} of release {manifest['id']} does not have the digest of the manifest")
        found[name] = path
    if pruned:
        found[PRUNED] = (json.dumps(sorted(pruned), indent=1) + "\n").encode()
    return found
