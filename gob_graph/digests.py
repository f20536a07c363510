"""Digests of files of any size, read piece by piece."""

from __future__ import annotations

import hashlib
from itertools import islice
from operator import lt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedIOBase
    from pathlib import Path

BLOCK = 1 << 20
"""Bytes of the lines that are held at a time."""
LINES = 5_000
"""Lines that are digested or written at a time, where they come one by one."""


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, read piece by piece.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def lines_digest(lines: Iterable[bytes]) -> str:
    """The SHA-256 of lines one after the other."""
    digest, rest = hashlib.sha256(), iter(lines)
    while part := b"".join(islice(rest, LINES)):
        digest.update(part)
    return digest.hexdigest()


class UnsortedError(ValueError):
    """The lines of a file are not sorted by code point, each once and with its end."""


def sorted_blocks(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """The lines of a sorted file, with their ends, as many at a time as `BLOCK` bytes have.

    Raises:
        UnsortedError: they are not sorted.
    """
    before = b""
    while block := stream.readlines(BLOCK):
        if not (before < block[0] and all(map(lt, block, block[1:])) and block[-1].endswith(b"\n")):
            raise UnsortedError("is not sorted, each line once")
        yield block
        before = block[-1]


def sorted_id(path: Path, base_iri: str) -> str:
    """The id of the release whose N-Quads a file holds, as `release.release_id`; no id where they are not sorted."""
    meta = f" <{base_iri}/id/graph/meta> .\n".encode()
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            for block in sorted_blocks(stream):
                digest.update(without(block, meta))
    except UnsortedError:
        return "(not sorted)"
    return digest.hexdigest()


def without(lines: list[bytes], ending: bytes) -> bytes:
    """Lines as one text, but for those that end so."""
    body = b"".join(lines)
    if ending in body:
        body = b"".join(line for line in lines if not line.endswith(ending))
    return body
