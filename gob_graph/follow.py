"""A follower: keeps a folder of releases in step with another server's change feed, and proves each step.

The state of a follower is its own publication log, so an interrupted step is simply done again. A step reads the next
page of the feed, makes the next state of it, and compares its hash with the one on the page; the other files of the
release are fetched and compared with the manifest, whose digest stands on the page too. The folder that comes about can
be served: a replica, with the same releases, the same log and the same mementos.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import urllib.error
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import pyoxigraph as ox

from gob_graph.errors import GobGraphError, ReleaseError
from gob_graph.publication import ID, prune, publications, publish
from gob_graph.release import (
    DATASET,
    MANIFEST,
    PRUNED,
    build_lock,
    kept_for_ever,
    open_release,
    place_release,
    release_id,
)
from gob_graph.vocab import DCT, SPDX, TREE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gob_graph.publication import Publication

TRIES = 6
"""Attempts for one address; the waits between them double from half a second."""
TIMEOUT = 60.0
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)*")
_LINE = re.compile(r"<([^>]*)> <([^>]*)> (.*?)(?: <([^>]*)>)? \.")


class _Gone(GobGraphError):
    """The server says that it no longer keeps a file."""


@dataclass(frozen=True, slots=True)
class Step:
    """One publication of the feed: the address of its page and the state that it leads to."""

    number: int
    address: str
    at: datetime
    release: str
    rollback: bool


def follow(url: str, folder: Path, told: Callable[[str], None]) -> int:
    """Take all steps that the feed is ahead; says how many.

    Raises:
        ReleaseError: the copy is another one than the feed's, a step cannot be proved, or the disk is full.
        GobGraphError: the server cannot be reached.
    """
    with build_lock(folder):
        done = publications(folder)
        steps = read_root(url)
        _same_past(done, steps, folder)
        taken = len(steps) - len(done)
        for step in steps[len(done) :]:
            told(f"{step.number} of {len(steps)}: release {step.release[:12]}")
            _take(url, folder, done[-1] if done else None, step)
            done = publications(folder)
        prune(folder)
        return taken


def read_root(url: str) -> list[Step]:
    """The steps that a feed offers, in order."""
    graph: dict[ox.NamedNode, dict[ox.NamedNode, ox.NamedNode | ox.Literal]] = defaultdict(dict)
    for quad in ox.parse(fetch(f"{url}/feed", "application/n-triples"), format=ox.RdfFormat.N_TRIPLES):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
            graph[quad.subject][quad.predicate] = quad.object
    steps = []
    for said in list(graph.values()):
        page = said.get(TREE.node)
        if isinstance(page, ox.NamedNode):
            state = graph[ox.NamedNode(f"{page.value}#state")]
            number = int(page.value.rpartition("/")[2])
            moment = datetime.fromisoformat(state[DCT.created].value)
            release = state[SPDX.checksumValue].value
            steps.append(Step(number, page.value, moment, release, DCT.type in state))
    steps.sort(key=lambda s: s.number)
    if [s.number for s in steps] != list(range(1, len(steps) + 1)) or not all(ID.fullmatch(s.release) for s in steps):
        raise ReleaseError(f"{url}/feed is no feed of releases: its pages are not numbered from 1")
    return steps


def _same_past(done: list[Publication], steps: list[Step], folder: Path) -> None:
    for ours, theirs in zip(done, steps, strict=False):
        if ours.release != theirs.release:
            raise ReleaseError(f"publication {ours.number} in {folder} is not that of the feed; follow in a new folder")
    if len(done) > len(steps):
        raise ReleaseError(f"{folder} is ahead of the feed by {len(done) - len(steps)}; is it another server's?")


def _take(url: str, folder: Path, before: Publication | None, step: Step) -> None:
    if not (folder / step.release / MANIFEST).is_file():
        old = open_release(folder / before.release).dataset.read_text(encoding="utf-8") if before else ""
        page = fetch(_at(url, step.address), "application/n-quads").decode()
        lines, digest = apply_page(old.splitlines(), page, step)
        manifest = fetch(f"{url}/releases/{step.release}/{MANIFEST}")
        if hashlib.sha256(manifest).hexdigest() != digest:
            raise ReleaseError(f"the manifest of release {step.release} is not the one that the feed names")
        files = _files(url, step, json.loads(manifest), "".join(f"{line}\n" for line in lines).encode())
        place_release(folder, step.release, files, manifest)
    publish(folder, step.release, now=step.at, rollback=step.rollback)


def apply_page(lines: list[str], page: str, step: Step) -> tuple[list[str], str]:
    """The next state, proved by the hash of the step, and the digest of its manifest.

    Raises:
        ReleaseError: the page does not lead to the state that it names.
    """
    members: dict[str, str] = {}
    states: dict[str, list[str]] = defaultdict(list)
    digest = ""
    for line in page.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            raise ReleaseError(f"{step.address} is no N-Quads: {line[:80]!r}")
        subject, predicate, thing, graph = found.groups()
        if graph is not None:
            states[subject].append(line[len(subject) + 2 :])
        elif predicate == DCT.isVersionOf.value:
            members[subject] = thing.strip("<>")
        elif predicate == SPDX.checksumValue.value and subject.endswith(f"/{step.release}/{MANIFEST}"):
            digest = thing[1:65]
    replaced = {f"<{iri}>" for iri in members.values()}
    kept = {line for line in lines if line[: line.index("> ") + 1] not in replaced}
    kept |= {f"<{members[member]}>{rest}" for member, found in states.items() for rest in found if member in members}
    result = sorted(kept)
    base = _base(result)
    if base is None or release_id(result, base) != step.release:
        raise ReleaseError(f"{step.address} does not lead to release {step.release}: the copy is not proved")
    return result, digest


def _base(lines: list[str]) -> str | None:
    """The base of the identifiers, told by the graph that describes the dataset."""
    ending = "/id/graph/meta> ."
    return next((line[line.rindex("<") + 1 : -len(ending)] for line in lines if line.endswith(ending)), None)


def _files(url: str, step: Step, manifest: dict[str, dict[str, dict[str, str]]], dataset: bytes) -> dict[str, bytes]:
    """Every file of the release that the server still keeps; those it does not are recorded as pruned."""
    found: dict[str, bytes] = {}
    pruned = []
    for name, entry in manifest["files"].items():
        if not _NAME.fullmatch(name):
            raise ReleaseError(f"the manifest of release {step.release} names a file {name[:80]!r}")
        try:
            body = dataset if name == DATASET else fetch(f"{url}/releases/{step.release}/{name}")
        except _Gone:
            if kept_for_ever(name):
                raise
            pruned.append(name)
            continue
        if hashlib.sha256(body).hexdigest() != entry["sha256"]:
            raise ReleaseError(f"{name} of release {step.release} does not have the digest of the manifest")
        found[name] = body
    if pruned:
        found[PRUNED] = (json.dumps(sorted(pruned), indent=1) + "\n").encode()
    return found


def _at(url: str, address: str) -> str:
    """An address of the feed on the server that was named, whatever that server calls itself."""
    given, named = urlsplit(url), urlsplit(address)
    return urlunsplit((given.scheme, given.netloc, named.path, named.query, ""))


def fetch(address: str, accept: str = "*/*") -> bytes:
    """The body of an address; tried again while the server is away or busy.

    Raises:
        GobGraphError: it refuses, or cannot be reached after all tries.
    """
    request = urllib.request.Request(address, headers={"Accept": accept, "User-Agent": "gob-graph-follow"})  # noqa: S310
    for attempt in range(TRIES):
        wait = 0.5 * 2**attempt
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - the operator's own choice
                body: bytes = response.read()
                if len(body) == int(response.headers.get("Content-Length", len(body))):
                    return body
                reason = "the answer was cut"
        except urllib.error.HTTPError as error:
            reason = f"answered {error.code}"
            if error.code == 410:
                raise _Gone(f"{address} {reason}") from error
            if error.code not in {408, 425, 429, 500, 502, 503, 504}:
                raise GobGraphError(f"{address} {reason}: {error.read(500).decode(errors='replace')}") from error
            wait = max(wait, float(error.headers.get("Retry-After") or 0))
        except (OSError, ValueError) as error:
            reason = f"cannot be reached: {error}"
        if attempt < TRIES - 1:
            time.sleep(min(wait, 10.0))
    raise GobGraphError(f"{address} {reason}; tried {TRIES} times")
