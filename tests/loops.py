"""Coroutines in tests: Playwright keeps a loop running in the main thread, so that none can be started there."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def go(what: Coroutine[Any, Any, T], run: Callable[[Coroutine[Any, Any, T]], T] = asyncio.run) -> T:
    """Run to the end, in a loop and a thread of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run, what).result()
