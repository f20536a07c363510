"""Engines of older releases: loaded on demand, a few at a time, and ended when they have not been used for a while.

A query on an older release has the same limits as one on the current release; each engine has one process for public
queries and one for pages, so that the current release keeps its own.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.engine import Engine, start_engine
from gob_graph.errors import EngineError, ReleaseError, RequestError
from gob_graph.publication import find_release
from gob_graph.release import open_release
from gob_graph.settings import AUTO, HERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.settings import Settings

ROOM = 2
"""Engines beside the one of the current release; each holds its whole graph in memory."""
IDLE = 120.0
"""Seconds without a query after which an engine is ended."""


@dataclass(slots=True)
class _Loaded:
    engine: Engine
    users: int = 0
    used: float = 0.0


class Older:
    """The engines of one server process, the current one among them."""

    def __init__(self, current: Engine, settings: Settings, idle: float = IDLE) -> None:
        """`idle` is the time in seconds after which an unused engine is ended."""
        self._current, self._settings, self._idle = current, settings, idle
        self._loaded: dict[str, _Loaded] = {}
        self._changed = threading.Condition()
        self._sweeper: threading.Timer | None = None

    @contextmanager
    def use(self, name: str | None) -> Iterator[Engine]:
        """The engine of a release (id or its first digits; none means the current one), kept alive meanwhile.

        Raises:
            RequestError: the release is unknown or damaged, or there is no room for it now.
        """
        identity = name and self._identify(name)
        if not identity or identity == self._current.release.id:
            yield self._current
            return
        one = self._take(identity)
        try:
            yield one.engine
        finally:
            with self._changed:
                one.users -= 1
                one.used = time.monotonic()
                self._changed.notify_all()
                self._watch()

    def _identify(self, name: str) -> str:
        if name == self._current.release.id:
            return name
        try:
            return find_release(self._settings.release_dir, name)
        except ReleaseError as error:
            raise RequestError("release-unknown", f"there is no release {name[:80]!r} here") from error

    def _take(self, identity: str) -> _Loaded:
        deadline = time.monotonic() + self._settings.queue_wait
        with self._changed:
            while identity not in self._loaded and len(self._loaded) >= ROOM and not self._evict():
                if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                    raise RequestError("engine-busy", f"{ROOM} older releases are in use", {"Retry-After": "2"})
            one = self._loaded.get(identity)
            if one is None:
                # Loading holds the lock: requests for other older releases wait, those for the current one do not.
                one = self._loaded[identity] = _Loaded(self._load(identity))
            one.users += 1
            return one

    def _evict(self) -> bool:
        """End the engine that has been unused for longest; says whether there was one."""
        free = [(one.used, identity) for identity, one in self._loaded.items() if not one.users]
        if free:
            self._loaded.pop(min(free)[1]).engine.close()
        return bool(free)

    def _load(self, identity: str) -> Engine:
        small = replace(self._settings, query_workers=1, page_workers=1)
        try:
            release = open_release(self._settings.release_dir / identity)
            try:
                # A store is not made here: a request waits.
                return start_engine(release, small, self._current.budget, make_store=False)
            except EngineError:
                if small.store in HERE:
                    raise
                # No engine that others run holds it.
                return start_engine(release, replace(small, store=AUTO), self._current.budget, make_store=False)
        except ReleaseError as error:
            raise RequestError("release-damaged", f"release {identity} cannot be loaded") from error

    def _watch(self) -> None:
        if self._sweeper is None and self._loaded:
            self._sweeper = threading.Timer(self._idle, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        with self._changed:
            self._sweeper = None
            limit = time.monotonic() - self._idle
            for identity, one in list(self._loaded.items()):
                if not one.users and one.used <= limit:
                    self._loaded.pop(identity).engine.close()
            self._watch()
