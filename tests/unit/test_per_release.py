"""What is kept of a release: once read for all engines over it, for as many releases as may be loaded, and no engine."""

import gc
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gob_graph.endpoint.engine.per_release import KEPT, per_release


class FakeEngine:
    """An engine as the memory sees it: it has a release, which has a folder."""

    def __init__(self, path: str) -> None:
        self.release: Any = SimpleNamespace(path=Path(path))


def test_as_many_releases_as_may_be_loaded_are_kept() -> None:
    calls: list[Path] = []

    @per_release
    def read(engine: Any) -> int:
        calls.append(engine.release.path)
        return len(calls)

    engines = [FakeEngine(f"/r/{number}") for number in range(KEPT)]
    first = [read(engine) for engine in engines]
    for _ in range(3):
        assert [read(engine) for engine in engines] == first
    assert len(calls) == KEPT == 3
    assert read(FakeEngine("/r/0")) == first[0], "another engine over the same release"
    read(FakeEngine("/r/more"))
    assert len(calls) == KEPT + 1


def test_a_release_and_its_engine_are_one() -> None:
    @per_release
    def read(of: Any) -> object:
        return object()

    engine = FakeEngine("/r/0")
    assert read(engine) is read(engine.release)


def test_an_engine_does_not_outlive_its_use() -> None:
    @per_release
    def read(engine: Any) -> str:
        return str(engine.release.path)

    engine = FakeEngine("/r/0")
    gone = weakref.ref(engine)
    assert read(engine) == "/r/0"
    del engine
    gc.collect()
    assert gone() is None
