"""The files of a release that is being made: written piece by piece, with their digests taken on the way."""

from __future__ import annotations

import hashlib
import shutil
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from gob_graph.copies import GZIP_LEVEL
from gob_graph.errors import ReleaseError
from gob_graph.release import DRAFT_PREFIX, manifest_body, place_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gob_graph.release import Release

BLOCK: Final = 1 << 20
LIKE_GZIP: Final = 31
"""The window of zlib that gives the header and the trailer of gzip, without a clock or a name."""


class Hashed:
    """A stream of bytes to a file, with what the manifest says of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._digest, self._size = stream, hashlib.sha256(), 0

    def write(self, piece: bytes) -> int:
        """Write a piece."""
        self._digest.update(piece)
        self._size += len(piece)
        return self._stream.write(piece)

    def flush(self) -> None:
        """Hand on what is buffered."""
        self._stream.flush()

    @property
    def entry(self) -> dict[str, Any]:
        """The number of bytes and the digest."""
        return {"bytes": self._size, "sha256": self._digest.hexdigest()}


class Draft:
    """The files of one release, in a folder beside the releases."""

    def __init__(self, release_dir: Path, identity: str) -> None:
        self.release_dir, self.identity = release_dir, identity
        self.folder = release_dir / f"{DRAFT_PREFIX}files-{identity[:16]}"
        self.entries: dict[str, dict[str, Any]] = {}

    @contextmanager
    def file(self, name: str) -> Iterator[Hashed]:
        """A new file of the release, to write to."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            hashed = Hashed(stream)
            yield hashed
        self.entries[name] = hashed.entry

    def write(self, name: str, body: bytes) -> None:
        """A new file of the release, whose bytes are known."""
        with self.file(name) as stream:
            stream.write(body)

    def compress(self, name: str) -> None:
        """A file of the release once more as gzip, named so."""
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, LIKE_GZIP)
        with (self.folder / name).open("rb") as body, self.file(f"{name}.gz") as stream:
            while block := body.read(BLOCK):
                stream.write(packer.compress(block))
            stream.write(packer.flush())

    def place(self, manifest: Mapping[str, Any]) -> Release:
        """Make a release of the files, with this manifest.

        Raises:
            ReleaseError: the disk is full or not writable; nothing changed.
        """
        body = manifest_body(self.identity, manifest, self.entries)
        files = {name: self.folder / name for name in self.entries}
        return place_release(self.release_dir, self.identity, files, body)


@contextmanager
def draft(release_dir: Path, identity: str) -> Iterator[Draft]:
    """The draft of a release; its folder goes with the context. Needs `release.build_lock`.

    Raises:
        ReleaseError: the disk is full or not writable; nothing changed.
    """
    made = Draft(release_dir, identity)
    try:
        made.folder.mkdir()
        yield made
    except OSError as error:
        raise ReleaseError(
            f"the release cannot be written to {release_dir}: {error.strerror}; nothing changed"
        ) from error
    finally:
        shutil.rmtree(made.folder, ignore_errors=True)
