"""Killed or without room at any step of building, publishing, rolling back and following: old or new, never a mix."""

import random
import resource
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gob_graph import follow as following
from gob_graph.pipeline.build import build_release
from gob_graph.publication import publications, roll_back
from gob_graph.release import current, open_release
from gob_graph.settings import Settings
from tests.conftest import Starter
from tests.http import crashing
from tests.http.test_follow import quiet
from tests.world import World, edit, made, raise_version

KILLS = {"build": 40, "rollback": 15, "follow": 45}
"""At steps drawn at random, or at every step where there are fewer."""


@dataclass
class Scene:
    """An operation on a folder of releases that is somewhere between two whole states."""

    folder: Path
    before: list[str]
    after: list[str]
    work: Callable[..., object]
    given: tuple[object, ...]

    def fresh(self, place: Path) -> "Scene":
        """The same scene on a copy of the folder."""
        shutil.copytree(self.folder, place, symlinks=True)
        given = tuple(_moved(value, self.folder, place) for value in self.given)
        return Scene(place, self.before, self.after, self.work, given)

    def check(self) -> None:
        """One of the states on the way, and whole: link, log and every file agree."""
        told = [p.release for p in publications(self.folder)]
        assert told in [self.after[:n] for n in range(len(self.before), len(self.after) + 1)]
        if told:
            release = open_release(current(self.folder))
            assert release.id == told[-1]
            assert all(open_release(self.folder / i).id == i for i in set(told))

    def finish(self) -> None:
        """Do it again, undisturbed: it comes to the end, and leaves no litter."""
        self.work(*self.given)
        assert [p.release for p in publications(self.folder)] == self.after
        assert open_release(current(self.folder)).id == self.after[-1]
        left = [p.name for p in self.folder.iterdir() if p.name.startswith(".")]
        assert left == [".lock"]


def _moved(value: object, old: Path, new: Path) -> object:
    if isinstance(value, Settings):
        return Settings(source_dir=value.source_dir, release_dir=new)
    return new if value == old else value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def scenes(world: World, tmp_path_factory: pytest.TempPathFactory, start: Starter) -> dict[str, Scene]:
    place = tmp_path_factory.mktemp("scenes")
    url = start(world.settings).url
    shutil.copytree(world.settings.source_dir, place / "files")
    built = Settings(source_dir=place / "files", release_dir=place / "build")
    shutil.copytree(world.folder, built.release_dir, symlinks=True)
    for name in ("data/source/organisations.ttl", "data/evidence/source.tsv"):
        edit(built, name, '"Waters"@nl', '"Zee"@nl')
    raise_version(built)
    shutil.copytree(built.release_dir, place / "once", symlinks=True)
    new = build_release(Settings(source_dir=built.source_dir, release_dir=place / "once"))[0].id
    (place / "follow").mkdir()
    return {
        "build": Scene(built.release_dir, world.ids, [*world.ids, new], build_release, (built,)),
        "rollback": Scene(world.folder, world.ids, [*world.ids, world.ids[0]], roll_back, (world.folder, world.ids[0])),
        "follow": Scene(place / "follow", [], world.ids, following.follow, (url, place / "follow", quiet)),
    }


@pytest.mark.parametrize("name", KILLS)
def test_killed_at_any_step(name: str, scenes: dict[str, Scene], tmp_path: Path) -> None:
    scene = scenes[name]
    code, steps = _do(scene.fresh(tmp_path / "whole"))
    assert code == crashing.OUTCOMES["done"]
    chosen = random.Random(name).sample(range(1, steps + 1), min(KILLS[name], steps))
    if len(chosen) < KILLS[name]:
        chosen = list(range(1, steps + 1))
    assert len(chosen) >= 8
    for step in sorted(chosen):
        one = scene.fresh(tmp_path / f"{step}")
        code, _ = _do(one, step)
        assert code == -signal.SIGKILL
        one.check()
        if step % 3 == 0:
            one.finish()
        shutil.rmtree(one.folder)


@pytest.mark.parametrize("name", KILLS)
def test_killed_at_any_moment(name: str, scenes: dict[str, Scene], tmp_path: Path) -> None:
    """By the clock, as a power cut would: whatever the step, also in the middle of one."""
    scene, chance, killed = scenes[name], random.Random(name), 0
    made = crashing.context()
    began = time.monotonic()
    whole = made.Process(target=scene.work, args=scene.fresh(tmp_path / "whole").given)
    whole.start()
    whole.join()
    taken = time.monotonic() - began
    for turn in range(12):
        one = scene.fresh(tmp_path / f"{turn}")
        process = made.Process(target=scene.work, args=one.given)
        process.start()
        # The first at once, so that one at least is killed; the others in turn later.
        time.sleep(taken * chance.uniform(turn, turn + 1) / 12 if turn else 0.0)
        killed += process.is_alive()
        process.kill()
        process.join()
        one.check()
        one.finish()
    assert killed >= 1


@pytest.mark.parametrize("name", KILLS)
def test_a_disk_that_is_full_from_any_step_on(name: str, scenes: dict[str, Scene], tmp_path: Path) -> None:
    scene = scenes[name]
    _, steps = _do(scene.fresh(tmp_path / "whole"), 10**6, "full")
    chosen = range(1, steps + 1) if steps <= 30 else sorted(random.Random(name).sample(range(1, steps + 1), 30))
    outcomes = set()
    for step in chosen:
        one = scene.fresh(tmp_path / f"{step}")
        code, _ = _do(one, step, "full")
        assert code in crashing.OUTCOMES.values(), f"step {step}: an error that nobody can act on"
        outcomes.add(code)
        one.check()
        if step % 3 == 0:
            one.finish()
        shutil.rmtree(one.folder)
    assert crashing.OUTCOMES["refused"] in outcomes


def cramped(folder: Path, identity: str, room: int) -> None:
    """Roll back where files may grow by so many bytes only."""
    size = (folder / "log.jsonl").stat().st_size + room
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    roll_back(folder, identity)


@pytest.mark.parametrize("room", [0, 1, 40, 200, 400])
def test_half_a_line_of_the_log_is_taken_back(room: int, scenes: dict[str, Scene], tmp_path: Path) -> None:
    scene = scenes["rollback"].fresh(tmp_path / "one")
    before = (scene.folder / "log.jsonl").read_bytes()
    code, _ = crashing.run(cramped, scene.folder, scene.after[-1], room, folder=scene.folder)
    if room < 250:  # a line with the digest of the manifest and its own check is longer
        assert code == crashing.OUTCOMES["refused"]
        assert (scene.folder / "log.jsonl").read_bytes() == before
    else:
        assert code == crashing.OUTCOMES["done"]
    scene.check()
    scene.finish()


def _do(scene: Scene, step: int = 0, how: str = "kill") -> tuple[int, int]:
    return crashing.run(scene.work, *scene.given, folder=scene.folder, step=step, how=how)
