"""Digests of files of any size, read piece by piece."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, read piece by piece.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def lines_digest(lines: Iterable[bytes]) -> str:
    """The SHA-256 of lines one after the other."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()


def sorted_id(path: Path, base_iri: str) -> str:
    """The id of the release whose N-Quads a file holds, as `release.release_id`; no id where they are not sorted."""
    meta = f" <{base_iri}/id/graph/meta> .\n".encode()
    digest = hashlib.sha256()
    before = b""
    with path.open("rb") as stream:
        for line in stream:
            if line <= before or not line.endswith(b"\n"):
                return "(not sorted)"
            if not line.endswith(meta):
                digest.update(line)
            before = line
    return digest.hexdigest()
