"""A patch applied to a file of N-Quads, read where it lies: memory for the patch and one block of lines.

The file is read twice: to prove the result, and again while that is written, so that nothing is written that is not
proved. This holds for sorted canonical N-Quads, as those of a release, gzip or not, of any size. N-Quads in another
order or spelling, and those that come through a pipe, are parsed and held whole, up to `LIMIT` bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.changes import another_dataset, apply_patch, damaged, not_fitting, proof_of
from gob_graph.digests import UnsortedError, sorted_blocks, without
from gob_graph.errors import SourceError
from gob_graph.proof import read_lines
from gob_graph.reading.rdf_file import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gob_graph.changes import Proof
    from gob_graph.errors import GobGraphError
    from gob_graph.rdf_patch import Patch

Lines = list[bytes]
"""Lines with their ends."""
Fault = tuple[int, str]
"""The number of a row of a patch that changes nothing, and its ``A`` or ``D``."""


class _OtherwiseError(Exception):
    """The file does not hold canonical N-Quads; the text says so."""


@dataclass(frozen=True, slots=True)
class Patched:
    """The result of a patch in pieces, how many lines it has, its SHA-256, and whether the patch proves it."""

    body: Iterable[bytes]
    count: int
    sha256: str
    proved: bool


def patched(path: Path, patch: Patch, name: Path | str) -> Patched:
    """The result of a patch for a file of N-Quads, proved where the patch can prove it; `name` is that of the patch.

    Raises:
        SourceError: the file cannot be used, or, at its line, the patch does not fit it or lacks a header.
        ReleaseError: the file is not the release that the patch was made for, or the result is not what it promises.
    """
    if path.is_file():
        try:
            return _Merge(path, patch, name).patched()
        except (UnsortedError, _OtherwiseError) as error:
            if path.stat().st_size > LIMIT:
                raise SourceError(
                    path, f"is larger than {LIMIT >> 20} MiB and {error}; write canonical N-Quads, 'LC_ALL=C sort -u'"
                ) from error
    body = "".join(f"{line}\n" for line in apply_patch(read_lines(path), patch, name)).encode()
    return Patched([body], body.count(b"\n"), hashlib.sha256(body).hexdigest(), proof_of(patch, name) is not None)


class _Merge:
    """The lines of a sorted file, block by block, with what a patch makes of them."""

    def __init__(self, path: Path, patch: Patch, name: Path | str) -> None:
        self._path, self._name = path, name
        self._proof = proof_of(patch, name)
        self._rows: dict[bytes, list[Fault]] = {}
        for number, operation, line in patch.rows:
            self._rows.setdefault(f"{line}\n".encode(), []).append((number, operation))
        self._edits = sorted(self._rows)

    def patched(self) -> Patched:
        """Prove the result, and give it.

        Raises:
            UnsortedError, _OtherwiseError: the file must be parsed.
            SourceError, ReleaseError: as `patched`.
        """
        sums, faults = _Sums(self._proof), list[Fault]()
        for old, new in self._blocks(faults, exact=self._proof is None):
            sums.add(old, new)
        if self._proof and (refusal := self._refusal(self._proof, sums, faults)):
            for _ in _lines(self._path, exact=True):
                pass  # in another spelling they may be the release: the same triples are the same graph
            raise refusal
        return Patched(self._again(sums.whole.digest()), sums.count, sums.whole.hexdigest(), self._proof is not None)

    def _refusal(self, proof: Proof, sums: _Sums, faults: list[Fault]) -> GobGraphError | None:
        if sums.before.hexdigest() != proof.old:
            return another_dataset(proof, self._name)
        if faults:
            return not_fitting(*min(faults), self._name)
        if (sums.after.hexdigest(), sums.whole.hexdigest()) != (proof.new, proof.sha256):
            return damaged(proof, self._name)
        return None

    def _again(self, wanted: bytes) -> Iterator[bytes]:
        digest = hashlib.sha256()
        with suppress(UnsortedError):  # then it has another digest, too
            for _, new in self._blocks([], exact=False):
                body = b"".join(new)
                digest.update(body)
                yield body
        if digest.digest() != wanted:
            raise SourceError(self._path, "was changed while it was read; try again")

    def _blocks(self, faults: list[Fault], *, exact: bool) -> Iterator[tuple[Lines, Lines]]:
        """Each block of the file and what comes of it; an empty one at the end. Notes rows that change nothing."""
        place = 0
        for block in _lines(self._path, exact=exact):
            end = bisect_right(self._edits, block[-1], place)
            yield block, self._edited(block, self._edits[place:end], faults)
            place = end
        yield [], self._edited([], self._edits[place:], faults)

    def _edited(self, block: Lines, edits: Lines, faults: list[Fault]) -> Lines:
        if not edits:
            return block
        known = set(block)
        for line in edits:
            there = line in known
            for number, operation in self._rows[line]:
                if (operation == "D") != there:
                    faults.append((number, operation))
                there = operation == "A"
            (known.add if there else known.discard)(line)
        return sorted(known)


@dataclass(slots=True)
class _Sums:
    """The ids of the graphs before and after, the digest of all lines after, and how many they are."""

    proof: Proof | None
    before: hashlib._Hash = field(default_factory=hashlib.sha256)
    after: hashlib._Hash = field(default_factory=hashlib.sha256)
    whole: hashlib._Hash = field(default_factory=hashlib.sha256)
    count: int = 0

    def add(self, old: Lines, new: Lines) -> None:
        """One block before and after; the ids leave `meta` out."""
        body = b"".join(new)
        self.whole.update(body)
        self.count += len(new)
        if self.proof is None:
            return
        meta = f" <{self.proof.base}/id/graph/meta> .\n".encode()
        body = without(new, meta) if meta in body else body
        self.after.update(body)
        self.before.update(body if old is new else without(old, meta))


def _lines(path: Path, *, exact: bool) -> Iterator[Lines]:
    """The lines of a sorted file in blocks; with `exact`, each is compared with what our serializer writes.

    Raises:
        UnsortedError, _OtherwiseError: they are not sorted, or not canonical.
        SourceError: the file cannot be read.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for block in sorted_blocks(stream):
                if exact:
                    _check_canonical(b"".join(block))
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(path, f"cannot be read: no whole gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise SourceError(path, f"cannot be read: {error.strerror or error}") from error


def _check_canonical(body: bytes) -> None:
    try:
        written = ox.serialize(ox.parse(body, format=ox.RdfFormat.N_QUADS), format=ox.RdfFormat.N_QUADS)
    except (SyntaxError, ValueError) as error:
        raise _OtherwiseError("is no N-Quads") from error
    if written != body:
        raise _OtherwiseError("is not canonical")
