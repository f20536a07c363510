"""One file of named arrays: written once, then mapped into memory by each server that opens it, without a copy.

Layout: eight bytes that name the kind of file, the length of the header, the header's SHA-256, the header as JSON, and
the arrays, each at a multiple of 64 bytes. Of what is mapped, the kernel keeps in memory what is looked at, once for
all processes.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from gob_graph.release import sync

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

Arrays = Mapping[str, memoryview]
"""Arrays by name; those of a part of something have its name and a slash before their own."""
MAGIC: Final = b"gobarray"
TYPES: Final = ("B", "H", "I", "Q")
"""Whole numbers without a sign of one, two, four and eight bytes, as in `array`; texts are bytes."""
BLOCK: Final = 64
_LONGEST: Final = 1 << 20
"""Bytes of a header."""
_FRONT: Final = len(MAGIC) + 8 + 32


class ArrayFileError(Exception):
    """A file of arrays cannot be used; the text names place and reason."""


def joined(**parts: Arrays) -> dict[str, memoryview]:
    """The arrays of several parts, as arrays of the whole."""
    return {f"{part}/{name}": array for part, arrays in parts.items() for name, array in arrays.items()}


def part_of(arrays: Arrays, part: str) -> Arrays:
    """The arrays of one part, by the names that they have there."""
    start = f"{part}/"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def write_arrays(path: Path, layout: int, about: str, arrays: Arrays) -> None:
    """Write arrays into a draft beside a file, and let it take the file's place. One process at a time.

    Args:
        path: where the file is to stand.
        layout: the number of the arrangement of the arrays; another one is not opened.
        about: what the arrays were made from, such as the id of a release.
        arrays: of one of `TYPES`, by name.

    Raises:
        OSError: the disk is full or not writable; nothing of the draft remains.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as stream:
            _write(stream, layout, about, arrays)
        sync(draft)
        draft.replace(path)
        sync(path.parent)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def _write(stream: BinaryIO, layout: int, about: str, arrays: Arrays) -> None:
    places, offset = {}, 0
    for name, view in arrays.items():
        if view.format not in TYPES:
            raise TypeError(f"array {name} is of type {view.format}")
        places[name] = [view.format, offset, len(view), hashlib.sha256(view).hexdigest()]
        offset = _aligned(offset + view.nbytes)
    said = {"layout": layout, "about": about, "order": sys.byteorder, "arrays": places, "bytes": offset}
    header = json.dumps(said).encode()
    stream.write(MAGIC + len(header).to_bytes(8, "little") + hashlib.sha256(header).digest() + header)
    _pad(stream, _FRONT + len(header))
    for view in arrays.values():
        stream.write(view)
        _pad(stream, view.nbytes)


def _aligned(offset: int) -> int:
    return -(-offset // BLOCK) * BLOCK


def _pad(stream: BinaryIO, size: int) -> None:
    stream.write(bytes(_aligned(size) - size))


def open_arrays(path: Path, layout: int, about: str) -> Arrays:
    """The arrays of a file, mapped; header and size are checked, and not what the arrays hold (`proved`).

    Raises:
        ArrayFileError: it cannot be read, is damaged, of another layout, or made from something else.
    """
    whole = _mapped(path)
    said, start = _header(path, whole)
    if (said["layout"], said["order"]) != (layout, sys.byteorder):
        raise ArrayFileError(f"{path} has layout {said['layout']} ({said['order']}); make it again")
    if said["about"] != about:
        raise ArrayFileError(f"{path} was made from {said['about']} and not from {about}; make it again")
    if len(whole) != start + said["bytes"]:
        raise ArrayFileError(f"{path} is damaged: it has {len(whole)} bytes and not {start + said['bytes']}; remove it")
    return {name: _view(whole, start + place[1], place) for name, place in said["arrays"].items()}


def proved(path: Path) -> bool:
    """Whether a file holds what was written: all of it is read.

    Raises:
        ArrayFileError: it cannot be read, or its header is damaged.
    """
    whole = _mapped(path)
    said, start = _header(path, whole)
    return len(whole) == start + said["bytes"] and all(
        hashlib.sha256(_view(whole, start + place[1], place)).hexdigest() == place[3]
        for place in said["arrays"].values()
    )


def _mapped(path: Path) -> memoryview:
    try:
        with path.open("rb") as stream:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError as error:
        raise ArrayFileError(f"{path} is damaged: it is empty; remove it") from error
    except OSError as error:
        raise ArrayFileError(f"{path} cannot be read: {error.strerror}") from error


def _header(path: Path, whole: memoryview) -> tuple[dict[str, Any], int]:
    """What the header says, and where the arrays begin."""
    size = int.from_bytes(whole[len(MAGIC) : len(MAGIC) + 8], "little")
    header = bytes(whole[_FRONT : _FRONT + min(size, _LONGEST)])
    if bytes(whole[: len(MAGIC)]) != MAGIC:
        raise ArrayFileError(f"{path} is no file of arrays; remove it")
    if hashlib.sha256(header).digest() != bytes(whole[len(MAGIC) + 8 : _FRONT]):
        raise ArrayFileError(f"{path} is damaged: its header is not what was written; remove it")
    return json.loads(header), _aligned(_FRONT + size)


def _view(whole: memoryview, start: int, place: list[Any]) -> memoryview:
    kind, _, count, _ = place
    return whole[start : start + count * memoryview(bytes(8)).cast(kind).itemsize].cast(kind)
