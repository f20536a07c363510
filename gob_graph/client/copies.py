"""Copies of a release on the analyst's disk, with the proof that they are what they should be."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gob_graph.client.failures import ClientError, Damaged, UnknownName
from gob_graph.client.source import MANIFEST, manifest_of

if TYPE_CHECKING:
    from gob_graph.client.source import Source

HASHED = ("nq", "trig", "jsonld")
"""Formats with named graphs: the id of the release can be computed from a copy."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved of a file.

    `sha256` is what the manifest says; `identity`, where the format has named graphs, is the id of the release,
    computed anew from the triples of the file.
    """

    path: Path
    release: str
    sha256: str
    identity: str | None

    def __str__(self) -> str:
        """The proof in words."""
        told = "and its triples have this very hash" if self.identity else "by the digest in the manifest"
        return f"{self.path} is of release {self.release}, {told}; sha256 {self.sha256}"


def dump(source: Source, release: str, path: Path) -> Proof:
    """Write the whole graph into a file; the end of its name tells the format (`.ttl`, `.nq`, `.nt.gz` …).

    Raises:
        UnknownName: there is no dump in this format.
        Damaged: the triples are not those of the release.
    """
    from gob_graph.proof import copy_id, read_copy

    suffixes = "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:])
    known = manifest_of(source, release)["files"]
    name = f"dataset{suffixes}"
    if name not in known:
        endings = ", ".join(sorted(n.removeprefix("dataset") for n in known if n.startswith("dataset.")))
        raise UnknownName(f"There is no dump {suffixes or 'without an ending'}", f"Choose one of {endings}.")
    body = source.file(release, name)
    draft = path.with_name(f".draft-{os.getpid()}{suffixes}")
    _write(draft, body)
    try:
        identity = copy_id(read_copy(draft)) if suffixes.split(".")[1] in HASHED else None
        if identity not in {None, release}:
            raise Damaged(f"The triples of {name} have the hash {identity}, not {release}", "Take it from elsewhere.")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return Proof(path, release, hashlib.sha256(body).hexdigest(), identity)


def download(source: Source, release: str, folder: Path) -> Path:
    """Write every kept file of a release below a folder: `Graph(folder / id)` answers from it without a server.

    Raises:
        Damaged: a file is not what the manifest says.
    """
    from gob_graph.errors import ReleaseError
    from gob_graph.release import PRUNED, kept_for_ever, open_release

    target, manifest = folder / release, manifest_of(source, release)
    gone = []
    for name in manifest["files"]:
        try:
            body = source.file(release, name)
        except ClientError as error:
            if error.code != "release-pruned" or kept_for_ever(name):
                raise
            gone.append(name)
            continue
        _write(target / name, body)
    if gone:
        _write(target / PRUNED, json.dumps(gone).encode())
    _write(target / MANIFEST, source.file(release, MANIFEST))
    try:
        open_release(target)
    except ReleaseError as error:
        raise Damaged(str(error), "Download it again.") from error
    return target


def _write(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    except OSError as error:
        raise ClientError(f"{path} cannot be written: {error.strerror}", "Choose another place.") from error
