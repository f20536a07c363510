"""Coroutines in tests: Playwright keeps a loop running in the main thread, so that none can be started there."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def go(what: Coroutine[Any, Any, T], run: Callable[[Coroutine[Any, Any, T]], T] = asyncio.run) -> T:
    """Run to the end, in a loop and a thread of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run, what).result()


class _NoWait(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Advances a clock where another selector would wait."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "the test would wait for ever"
        self.now += timeout
        return super().select(0)


class _TimelessLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock advances only when nothing is left to do, and then at once to the next timer."""

    def __init__(self) -> None:
        self._clock = _NoWait()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def go_timeless(what: Coroutine[Any, Any, T]) -> T:
    """`go` with a clock of its own: `asyncio.sleep` takes no time, and what is measured is exact."""

    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=_TimelessLoop) as runner:
            return runner.run(coroutine)

    return go(what, run)
