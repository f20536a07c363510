"""The state that a page of a change feed leads to: a file of sorted N-Quads, written line by line and proved.

In memory are the things that changed; of the first page, where everything is new, not even these. This holds for pages
in the order in which our servers write them: each member before its lines, and the things in the order of their lines
in a release. A page in another order leads to the same state, but its lines are held.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from heapq import merge
from typing import TYPE_CHECKING

from gob_graph.digests import sorted_id
from gob_graph.errors import ReleaseError
from gob_graph.release import MANIFEST
from gob_graph.vocab import DCT, SPDX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LINE = re.compile(r"<([^>]*)> <([^>]*)> (.*?)(?: <([^>]*)>)? \.")
_META = b"/id/graph/meta> .\n"
FRESH = "page.lines"
"""Beside the state: the lines that a page brings."""


class _DisorderError(Exception):
    """A line of a member does not follow its member."""


@dataclass(slots=True)
class _Page:
    """What a page says beside its lines: the things whose lines it replaces, and the digest of the manifest."""

    address: str
    release: str
    things: set[bytes] = field(default_factory=set)
    digest: str = ""
    is_sorted: bool = True


def apply_page(old: Path | None, page: Path, address: str, release: str, into: Path) -> tuple[str, str]:
    """Write the next state, proved by the id of the release; Returns its base IRI and the digest of its manifest.

    `old` is the state before, where there is one; `address` is that of the page.

    Raises:
        ReleaseError: the page does not lead to the state that it names.
        OSError: the state cannot be written.
    """
    found, fresh = _Page(address, release), into.with_name(FRESH)
    try:
        try:
            _write(fresh, _in_order(page, found, keep=old is not None), found)
        except _DisorderError:
            found = _Page(address, release)
            _write(fresh, iter(_in_any_order(page, found)), found)
        if not found.is_sorted:
            with fresh.open("rb") as stream:
                lines = sorted(stream)
            _write(fresh, iter(lines), found)
        base = _merged(old, fresh, found.things, into)
    finally:
        fresh.unlink(missing_ok=True)
    if base is None or sorted_id(into, base) != release:
        raise ReleaseError(f"{address} does not lead to release {release}: the copy is not proved")
    return base, found.digest


def base_of(lines: Iterable[bytes]) -> str | None:
    """The base of the identifiers, told by the graph that describes the dataset."""
    return next((_base(line) for line in lines if line.endswith(_META)), None)


def _base(line: bytes) -> str:
    return line[line.rindex(b"<") + 1 : -len(_META)].decode()


def _statements(page: Path, address: str) -> Iterator[tuple[str, str, str, str | None, str]]:
    """Subject, predicate, object, graph, and what follows the subject, of each line."""
    try:
        with page.open(encoding="utf-8", newline="\n") as stream:
            for ended in stream:
                line = ended.removesuffix("\n").removesuffix("\r")
                found = _LINE.fullmatch(line)
                if found is None:
                    raise ReleaseError(f"{address} is no N-Quads: {line[:80]!r}")
                yield found[1], found[2], found[3], found[4], line[len(found[1]) + 2 :]
    except UnicodeDecodeError as error:
        raise ReleaseError(f"{address} is not UTF-8") from error


def _in_order(page: Path, found: _Page, *, keep: bool) -> Iterator[bytes]:
    """The lines that a page brings, one by one; its things are kept where there are older lines of them."""
    member = thing = ""
    for subject, predicate, value, graph, rest in _statements(page, found.address):
        if graph is not None:
            if subject != member:
                raise _DisorderError
            yield f"<{thing}>{rest}\n".encode()
        elif predicate == DCT.isVersionOf.value:
            member, thing = subject, value.strip("<>")
            if keep:
                found.things.add(thing.encode())
        else:
            _note(found, subject, predicate, value)


def _in_any_order(page: Path, found: _Page) -> list[bytes]:
    """The lines that a page brings; a line of what is no member is none."""
    members: dict[str, str] = {}
    states: list[tuple[str, str]] = []
    for subject, predicate, value, graph, rest in _statements(page, found.address):
        if graph is not None:
            states.append((subject, rest))
        elif predicate == DCT.isVersionOf.value:
            members[subject] = value.strip("<>")
        else:
            _note(found, subject, predicate, value)
    found.things = {thing.encode() for thing in members.values()}
    return sorted(f"<{members[member]}>{rest}\n".encode() for member, rest in states if member in members)


def _note(found: _Page, subject: str, predicate: str, value: str) -> None:
    if predicate == SPDX.checksumValue.value and subject.endswith(f"/{found.release}/{MANIFEST}"):
        found.digest = value[1:65]


def _write(path: Path, lines: Iterator[bytes], found: _Page) -> None:
    """Write lines as they come, and note whether they are sorted."""
    before, found.is_sorted = b"", True
    with path.open("wb") as stream:
        for line in lines:
            if line < before:
                found.is_sorted = False
            before = line
            stream.write(line)


def _merged(old: Path | None, fresh: Path, things: set[bytes], into: Path) -> str | None:
    """Write the lines of the state before, but those of some things, and the fresh ones, sorted; Returns the base."""
    base, before = None, b""
    with fresh.open("rb") as news, into.open("wb") as stream:
        for line in merge(_kept(old, things), news) if old else news:
            if line == before:
                continue
            if base is None and line.endswith(_META):
                base = _base(line)
            before = line
            stream.write(line)
    return base


def _kept(old: Path, things: set[bytes]) -> Iterator[bytes]:
    with old.open("rb") as stream:
        for line in stream:
            if line[1 : line.index(b"> ")] not in things:
                yield line
