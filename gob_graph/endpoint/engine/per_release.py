"""What is computed once per release, and kept for as long as the release is served."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gob_graph.endpoint.engine.engine import Engine

T = TypeVar("T")


KEPT = 3
"""Releases whose values are kept: the current one, and the older ones that may be loaded beside it."""


def per_release(make: Callable[[Engine], T]) -> Callable[[Engine], T]:
    """Call a function of the engine once per release, and keep its values for the last few releases.

    The engine itself is no key: it holds sockets, which must not outlive it.
    """
    kept: dict[Path, tuple[T]] = {}

    @functools.wraps(make)
    def answer(engine: Engine) -> T:
        path = engine.release.path
        found = kept.get(path)
        if found is None:
            found = kept[path] = (make(engine),)
            for old in list(kept)[:-KEPT]:
                kept.pop(old, None)
        return found[0]

    return answer
