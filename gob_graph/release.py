r"""A release on disk: written whole or not at all, opened with its digests checked. The hinge of the two halves.

Layout of the release folder::

    releases/<id>/dataset.nq      every quad, sorted by code point: `LC_ALL=C sort -c` holds
    releases/<id>/…               dumps, reports; all listed with sha256 in
    releases/<id>/store/ …        a store of the engine and indexes (`PREPARED`), made by a server: no part of it
    releases/<id>/.intact.json    size, times and inode of the files when their digests were compared (`known_intact`)
    releases/<id>/manifest.json   written last: a folder without it is not a release; its digest stands in the log
    releases/current              link to the release that is served
    releases/log.jsonl            append-only: what was current from when on (`publication`)
    releases/changes/<a>..<b>     what turns one release into another (`changes`), made once

The id is the SHA-256 of the sorted N-Quads of all graphs except `meta` (which states id, version and counts). As no
release holds a blank node, these sorted lines are the RDFC-1.0 canonical form, and anyone can prove a copy::

    grep -v '/id/graph/meta> \\.$' dataset.nq | sha256sum
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gob_graph.digests import file_digest, sorted_id
from gob_graph.errors import ReleaseError
from gob_graph.manifest import DATASET, LAYOUT, dataset_iri, read_manifest
from gob_graph.publication_log import manifest_digests
from gob_graph.vocab import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MANIFEST = "manifest.json"
CURRENT = "current"
PRUNED = "pruned.json"
"""Beside the manifest of an older release: the names of the dumps that are no longer kept."""
STORE = "store"
PREPARED = (STORE, "pages", "search", "names", "minted")
"""Beside the manifest: what a server makes from the dataset, to be asked sooner; no part of the release."""
DRAFT_PREFIX = ".draft-"


@dataclass(frozen=True, slots=True)
class Release:
    """An immutable release that was found complete."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        """SHA-256, in hexadecimal, of all graphs but `meta`."""
        return str(self.manifest["id"])

    @property
    def version(self) -> str:
        """The version that a person wrote in data/release.ttl."""
        return str(self.manifest["version"])

    @property
    def issued(self) -> str:
        """The issue date (ISO 8601) that a person wrote in data/release.ttl."""
        return str(self.manifest["issued"])

    @property
    def base_iri(self) -> str:
        """The base of the identifiers in this release."""
        return str(self.manifest["base_iri"])

    @property
    def dataset_iri(self) -> str:
        """The dataset that this release is an edition of."""
        return dataset_iri(self.manifest)

    @property
    def dataset(self) -> Path:
        """The sorted N-Quads of every graph."""
        return self.path / DATASET

    @property
    def pruned(self) -> frozenset[str]:
        """The files of the manifest that are no longer kept; never one that the others could not be made from."""
        path = self.path / PRUNED
        try:
            names = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError, RecursionError) as error:
            raise ReleaseError(f"{path} cannot be read: {error}; restore it") from error
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ReleaseError(f"{path} is damaged: it is no list of names; restore it")
        return frozenset(n for n in names if not kept_for_ever(n))


def release_id(lines: Iterable[str], base_iri: str) -> str:
    """The id of the dataset whose N-Quads lines these are (in any order, `meta` among them or not)."""
    meta = f" <{base_iri}/id/graph/meta> ."
    digest = hashlib.sha256()
    for line in sorted({line for line in lines if not line.endswith(meta)}):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def open_release(path: Path, *, verify: bool = True) -> Release:
    """Open a release: its manifest is checked always; with `verify`, the digest of each file and the id besides.

    The manifest is compared with the digest in the publication log beside the folder, where the log holds one.

    Raises:
        ReleaseError: the folder is incomplete, of another layout, or damaged; the text names the file.
    """
    path = path.resolve()
    release = Release(path, _manifest(path))
    if verify:
        gone = release.pruned
        for name in release.manifest["files"]:
            if name not in gone:
                _prove(release, name, _digest_of(release, name))
        if sorted_id(release.dataset, release.base_iri) != release.id:
            raise ReleaseError(
                f"{path / MANIFEST} is damaged: {DATASET} under base_iri {release.base_iri} is not the dataset "
                f"with id {release.id}; restore it or build again"
            )
    return release


def _manifest(path: Path) -> Mapping[str, Any]:
    """The manifest in a folder, compared with the name of the folder and with the log."""
    place = path / MANIFEST
    try:
        body = place.read_bytes()
    except FileNotFoundError as error:
        raise ReleaseError(
            f"{path} holds no release ({MANIFEST} is missing); build one with 'gob-graph build'"
        ) from error
    except OSError as error:
        raise ReleaseError(f"{place} cannot be read: {error.strerror}; restore it or build again") from error
    found = hashlib.sha256(body).hexdigest()
    expected = manifest_digests(path.parent).get(path.name, found)
    if found != expected:
        raise ReleaseError(
            f"{place} is damaged: sha256 {found}, the publication log says {expected}; restore it or build again"
        )
    manifest = read_manifest(body, place)
    if manifest["id"] != path.name:
        raise ReleaseError(f"{place} is damaged: it is that of release {manifest['id']}, in a folder of another name")
    return manifest


def file_of(release: Release, name: str) -> bytes:
    """A file that the manifest of a release lists, proved by its digest.

    Raises:
        ReleaseError: it cannot be read, or has another digest.
    """
    path = release.path / name
    try:
        body = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    _prove(release, name, hashlib.sha256(body).hexdigest())
    return body


def _digest_of(release: Release, name: str) -> str:
    path = release.path / name
    try:
        return file_digest(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _prove(release: Release, name: str, found: str) -> None:
    path, expected = release.path / name, release.manifest["files"][name]["sha256"]
    if found != expected:
        raise ReleaseError(f"{path} is damaged: sha256 {found}, expected {expected}; restore the file or build again")


def _unreadable(path: Path, error: OSError) -> ReleaseError:
    return ReleaseError(f"{path} cannot be read: {error.strerror}; restore the file or build again")


def kept_for_ever(name: str) -> bool:
    """Whether a file of a release stays when its dumps go: all but the whole graph and its layers in other formats."""
    return name == DATASET or name.partition(".")[0] not in {"dataset", *LAYERS}


def current(release_dir: Path) -> Path:
    """The folder of the release that is served.

    Raises:
        ReleaseError: nothing was published yet.
    """
    link = release_dir / CURRENT
    if not link.is_symlink():
        raise ReleaseError(f"{release_dir} has no current release; build one with 'gob-graph build'")
    return link.resolve()


@contextmanager
def build_lock(release_dir: Path) -> Iterator[None]:
    """Hold the release folder: two builds lock each other out, servers are not concerned.

    Raises:
        ReleaseError: another build holds it.
    """
    try:
        release_dir.mkdir(parents=True, exist_ok=True)
        handle = (release_dir / ".lock").open("w")
    except OSError as error:
        raise ReleaseError(f"{release_dir} cannot be written to: {error.strerror}; nothing changed") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReleaseError(f"another build is at work in {release_dir}; wait for it") from error
        for leftover in release_dir.glob(DRAFT_PREFIX + "*"):
            shutil.rmtree(leftover)
        yield


def write_release(release_dir: Path, identity: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Release:
    """Write a release into a draft folder, the manifest last, and rename it into place. Needs `build_lock`.

    Raises:
        ReleaseError: the disk is full or not writable; nothing of the draft remains.
    """
    entries = {name: {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()} for name, body in files.items()}
    return place_release(release_dir, identity, files, manifest_body(identity, manifest, entries))


def manifest_body(identity: str, manifest: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The bytes of a manifest; `entries` says of each file how many ``bytes`` it has and its ``sha256``."""
    whole = {"layout": LAYOUT, "id": identity, **manifest, "files": dict(sorted(entries.items()))}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()


def place_release(release_dir: Path, identity: str, files: Mapping[str, bytes | Path], manifest: bytes) -> Release:
    """Put a release whose manifest is made into the folder, whole or not at all. Needs `build_lock`.

    A file that stands on the same disk already, given by its path, is moved.

    Raises:
        ReleaseError: the disk is full or not writable; nothing of the draft remains.
    """
    final = release_dir / identity
    if final.exists():
        # A damaged folder is put right below: the same id means the same files.
        with suppress(ReleaseError):
            return open_release(final)
    draft = release_dir / f"{DRAFT_PREFIX}{identity[:16]}"
    try:
        draft.mkdir()
        for name, body in sorted(files.items()):
            if isinstance(body, Path):
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                sync(body)
                body.rename(draft / name)
            else:
                write_file(draft / name, body)
        write_file(draft / MANIFEST, manifest)
        sync(draft)
        if final.exists():
            final.rename(draft.with_suffix(".damaged"))
        draft.rename(final)
        sync(release_dir)
        shutil.rmtree(draft.with_suffix(".damaged"), ignore_errors=True)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise ReleaseError(
            f"the release cannot be written to {release_dir}: {error.strerror}; nothing changed"
        ) from error
    # Not opened again: where a repair changed the manifest, the log learns its digest with the publication.
    return Release(final.resolve(), read_manifest(manifest, final / MANIFEST))


def write_file(path: Path, body: bytes) -> None:
    """Write a new file, and wait until the disk has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
