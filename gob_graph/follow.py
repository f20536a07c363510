"""A follower: keeps a folder of releases in step with another server's change feed, and proves each step.

The state of a follower is its own publication log, so an interrupted step is simply done again. A step reads the next
page of the feed, makes the next state of it, and compares its hash with the one on the page; the other files of the
release are fetched and compared with the manifest, whose digest stands on the page too. The folder that comes about can
be served: a replica, with the same releases, the same log and the same mementos.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import pyoxigraph as ox

from gob_graph.digests import sorted_id
from gob_graph.download import LARGEST, Source
from gob_graph.errors import ReleaseError
from gob_graph.follow_files import download_folder, refuse_larger_than_the_disk, take_files
from gob_graph.follow_page import apply_page, base_of
from gob_graph.known_intact import open_file
from gob_graph.manifest import DATASET, read_manifest
from gob_graph.publication import prune, publications, publish, troubles
from gob_graph.publication_log import ID, UNREADABLE
from gob_graph.release import (
    MANIFEST,
    build_lock,
    open_release,
    place_release,
)
from gob_graph.vocab import DCT, SPDX, TREE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gob_graph.manifest import Manifest
    from gob_graph.publication import Publication

LARGEST_MANIFEST = 1 << 24
PAGE, BEFORE = "page.nq", "before.nq"
"""What comes beside the files of a release: the page of the feed, and the state before, where ours is damaged."""
PAGE_TIMES = 8
"""A page may be so many times as large as the dataset that it leads to: it names each thing, and the member for it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One publication of the feed: the address of its page and the state that it leads to."""

    number: int
    address: str
    at: datetime
    release: str
    rollback: bool


def follow(url: str, folder: Path, told: Callable[[str], None], source: Source = Source()) -> int:  # noqa: B008
    """Take all steps that the feed is ahead; says how many. The folder is held only while a step is written.

    Raises:
        ReleaseError: the copy is another one than the feed's, a step cannot be proved, or the disk is full.
        DownloadError: the server cannot be reached, or answers with something else.
    """
    with build_lock(folder):
        done = publications(folder)
    steps = read_root(url, source)
    _same_past(done, steps, folder)
    taken = 0
    for step in steps[len(done) :]:
        told(f"{step.number} of {len(steps)}: release {step.release[:12]}")
        with download_folder(folder) as place:
            found = _fetched(url, folder, done[-1] if done else None, step, source, place)
            with build_lock(folder):
                # Another follower may have been faster: a step is taken once.
                if len(publications(folder)) == step.number - 1:
                    if found:
                        place_release(folder, step.release, *found)
                    publish(folder, step.release, now=step.at, rollback=step.rollback)
                    taken += 1
        done = publications(folder)
    with build_lock(folder):
        prune(folder)
    for trouble in troubles(folder):
        told(trouble.detail)
    return taken


def read_root(url: str, source: Source = Source()) -> list[Step]:  # noqa: B008
    """The steps that a feed offers, in order; the release of one that the server itself cannot read is ''.

    Raises:
        ReleaseError: what came is no feed of releases.
        DownloadError: nothing came.
    """
    body = source.fetch(f"{url}/feed", "application/n-triples")
    graph: dict[ox.NamedNode, dict[ox.NamedNode, ox.NamedNode | ox.Literal]] = defaultdict(dict)
    try:
        for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
                graph[quad.subject][quad.predicate] = quad.object
        pages = [said[TREE.node] for said in list(graph.values()) if TREE.node in said]
        steps = sorted((_step(page.value, graph) for page in pages), key=lambda step: step.number)
    except (SyntaxError, ValueError, KeyError) as error:
        raise ReleaseError(f"{url}/feed is no feed of releases: {str(error)[:100]}") from error
    if not steps:
        raise ReleaseError(f"{url}/feed is no feed of releases: it names no page")
    if [s.number for s in steps] != list(range(1, len(steps) + 1)):
        raise ReleaseError(f"{url}/feed is no feed of releases: its pages are not numbered from 1")
    return steps


def _step(page: str, graph: Mapping[ox.NamedNode, Mapping[ox.NamedNode, ox.NamedNode | ox.Literal]]) -> Step:
    state = graph[ox.NamedNode(f"{page}#state")]
    moment = datetime.fromisoformat(state[DCT.created].value)
    release = state[SPDX.checksumValue].value if SPDX.checksumValue in state else UNREADABLE
    if moment.tzinfo is None or not (ID.fullmatch(release) or release == UNREADABLE):
        raise ValueError(f"what {page} leads to is no release of a moment")
    return Step(int(page.rpartition("/")[2]), page, moment, release, DCT.type in state)


def _same_past(done: list[Publication], steps: list[Step], folder: Path) -> None:
    for ours, theirs in zip(done, steps, strict=False):
        if ours.release != theirs.release and UNREADABLE not in {ours.release, theirs.release}:
            raise ReleaseError(f"publication {ours.number} in {folder} is not that of the feed; follow in a new folder")
    if len(done) > len(steps):
        raise ReleaseError(f"{folder} is ahead of the feed by {len(done) - len(steps)}; is it another server's?")


def _fetched(
    url: str, folder: Path, before: Publication | None, step: Step, source: Source, place: Path
) -> tuple[dict[str, bytes | Path], bytes] | None:
    """The files, taken into `place`, and the manifest of a step, proved; None where the release is there whole."""
    if step.release == UNREADABLE:
        raise ReleaseError(f"the log of {url} does not say what publication {step.number} was; it must be mended there")
    with suppress(ReleaseError):
        open_release(folder / step.release)
        return None
    body = source.fetch(f"{url}/releases/{step.release}/{MANIFEST}", largest=LARGEST_MANIFEST)
    manifest = read_manifest(body, f"{url}/releases/{step.release}/{MANIFEST}")
    refuse_larger_than_the_disk(manifest, place)
    try:
        base, digest = _next_state(url, folder, before, step, source, place, manifest["files"][DATASET]["bytes"])
    except OSError as error:
        raise ReleaseError(f"{DATASET} of release {step.release} cannot be written: {error.strerror}") from error
    if hashlib.sha256(body).hexdigest() != digest:
        raise ReleaseError(f"the manifest of release {step.release} is not the one that the feed names")
    if manifest["id"] != step.release or manifest["base_iri"] != base:
        raise ReleaseError(
            f"the manifest of release {step.release} is another one's: id {manifest['id']}, base {manifest['base_iri']}"
        )
    _check_prefixes(manifest, folder, before)
    return take_files(url, manifest, source, place), body


def _next_state(
    url: str, folder: Path, before: Publication | None, step: Step, source: Source, place: Path, size: int
) -> tuple[str, str]:
    """Write the dataset of a step, which has so many bytes; its base IRI, and the digest of its manifest."""
    old = _state(url, folder, before.release, source, place) if before else None
    page = place / PAGE
    source.save(_at(url, step.address), page, LARGEST + PAGE_TIMES * size, "application/n-quads")
    found = apply_page(old, page, step.address, step.release, place / DATASET)
    page.unlink()
    return found


def _state(url: str, folder: Path, identity: str, source: Source, place: Path) -> Path:
    """The dataset of a release of the folder; where it is damaged here, that of the server, proved by its hash."""
    size = LARGEST
    with suppress(ReleaseError):
        release = open_release(folder / identity, verify=False)
        size = release.manifest["files"][DATASET]["bytes"]
        return open_file(release, DATASET).path
    path = place / BEFORE
    source.save(f"{url}/releases/{identity}/{DATASET}", path, size)
    with path.open("rb") as lines:
        base = base_of(lines)
    if sorted_id(path, base or "") != identity:
        raise ReleaseError(f"release {identity} is damaged in {folder}, and {url} does not have it either")
    return path


def _check_prefixes(manifest: Manifest, folder: Path, before: Publication | None) -> None:
    """A prefix means what it meant in the release before: another meaning would change what queries ask for."""
    if before is None:
        return
    try:
        known = open_release(folder / before.release, verify=False).manifest["prefixes"]
    except ReleaseError:
        return
    for prefix, iri in manifest["prefixes"].items():
        if known.get(prefix, iri) != iri:
            raise ReleaseError(
                f"the manifest of release {manifest['id']} gives the prefix {prefix!r} to {iri}, not {known[prefix]}; "
                "if that is meant, follow in a new folder"
            )


def _at(url: str, address: str) -> str:
    """An address of the feed on the server that was named, whatever that server calls itself."""
    given, named = urlsplit(url), urlsplit(address)
    return urlunsplit((given.scheme, given.netloc, named.path, named.query, ""))


def fetch(address: str, accept: str = "*/*") -> bytes:
    """The body of an address, as `Source.fetch` with its bounds as shipped."""
    return Source().fetch(address, accept)
