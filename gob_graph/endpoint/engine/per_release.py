"""What is read or asked of a release once and kept as long as the release is served: the one memory of this kind."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.release import Release

T = TypeVar("T")
Of = TypeVar("Of", "Engine", "Release")

KEPT = 3
"""Releases that answers are kept of: the current one, and the older ones that may be loaded beside it."""


def per_release(make: Callable[[Of], T]) -> Callable[[Of], T]:
    """Call a function of an engine or of a release once per release, and keep the results for the last few releases.

    The key is the folder of the release. An engine is none: it holds sockets, which must not outlive it.
    """
    kept: dict[Path, tuple[T]] = {}

    @functools.wraps(make)
    def answer(of: Of) -> T:
        path = cast("Release", getattr(of, "release", of)).path
        found = kept.get(path)
        if found is None:
            found = kept[path] = (make(of),)
            for old in list(kept)[:-KEPT]:
                kept.pop(old, None)
        return found[0]

    return answer
