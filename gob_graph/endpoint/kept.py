"""What is asked of the graph once and kept as long as its release is served."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gob_graph.endpoint.engine import Engine

T = TypeVar("T")


def per_release(make: Callable[[Engine], T]) -> Callable[[Engine], T]:
    """Call a function of the engine once per release; the answer for the last release is kept.

    The engine itself is no key: a process has one at a time, and it holds sockets that must not outlive it.
    """
    kept: dict[Path, T] = {}

    @functools.wraps(make)
    def answer(engine: Engine) -> T:
        path = engine.release.path
        if path not in kept:
            made = make(engine)
            kept.clear()
            kept[path] = made
        return kept[path]

    return answer
