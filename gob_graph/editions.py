"""Which release a version of the dataset names: ``…/id/dataset/<name>/<version>`` is described by its own release.

A release says nothing of the versions before it, so what is said of a version, and of its files, comes from the release
that bears it, however many were published since.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gob_graph.errors import ReleaseError
from gob_graph.publication_log import UNREADABLE
from gob_graph.release import open_release

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gob_graph.publication import Publication

_EDITION = re.compile(r"id/dataset/[^/]+/(?P<version>[^/]+)")


def editions(folder: Path, log: Iterable[Publication]) -> dict[str, Publication]:
    """The first publication of each version, by version.

    Where a folder from before versions were unique holds two releases of one version, the one published last counts.
    """
    first: dict[str, Publication] = {}
    for p in log:
        if p.release != UNREADABLE:
            first.setdefault(p.release, p)
    named = ((_version(folder / identity), p) for identity, p in first.items())
    return {version: p for version, p in named if version}


def edition_of(path: str, folder: Path, log: Iterable[Publication]) -> Publication | None:
    """The first publication of the version that a path below the base is about, or a part of; None for other paths."""
    found = _EDITION.match(path)
    return editions(folder, log).get(found["version"]) if found else None


def _version(path: Path) -> str | None:
    try:
        return _read(path)
    except ReleaseError:
        return None


@lru_cache(maxsize=1024)
def _read(path: Path) -> str:
    return open_release(path, verify=False).version
