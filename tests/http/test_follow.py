"""Replicas: a second server that keeps in step by the feed, and can prove it."""

import filecmp
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gob_graph import follow as following
from gob_graph import release_commands
from gob_graph.errors import GobGraphError, ReleaseError
from gob_graph.known_intact import RECORD
from gob_graph.publication import prune, publications, roll_back
from gob_graph.release import PREPARED, current, open_release
from tests.conftest import Server, Starter, environment, free_port, patient, until
from tests.world import World, copied, made, rename_water

ASK = "/sparql?query=SELECT%20%3Fs%20%3Fp%20%3Fo%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20ORDER%20BY%20%3Fs%20%3Fp%20%3Fo"


def quiet(_: str) -> None:
    """Tell nobody."""


def same(one: Path, other: Path) -> bool:
    """Whether two folders of releases hold the same.

    Changes aside, which are made when asked for, verdicts on engines and the status of the follower, which are about
    themselves, what a server notes of the files on its own disk, and what it makes of them to be asked sooner.
    """

    def files(folder: Path) -> dict[str, Path]:
        return {
            str(p.relative_to(folder)): p
            for p in folder.rglob("*")
            if p.is_file()
            and p.name != RECORD
            and not set(PREPARED) & {*p.relative_to(folder).parts[1:2]}
            and not str(p.relative_to(folder)).startswith(("changes/", "engines/", "follow-status.json"))
        }

    ours, theirs = files(one), files(other)
    alike = ours.keys() == theirs.keys() and all(filecmp.cmp(ours[n], theirs[n], shallow=False) for n in ours)
    return alike and (one / "current").readlink() == (other / "current").readlink()


def test_a_replica_is_the_same_to_the_byte_and_serves_the_same(tmp_path: Path, start: Starter) -> None:
    world = made(tmp_path / "origin")
    prune(world.folder, keep=2)
    origin, copy = start(world.settings), tmp_path / "copy"
    run = subprocess.run(
        [sys.executable, "-m", "gob_graph", "follow", origin.url, str(copy), "--once"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "4 publication(s) taken" in run.stdout
    assert same(world.folder, copy)
    assert all(open_release(copy / i).id == i for i in world.ids)
    replica = start(patient(source_dir=world.settings.source_dir, release_dir=copy))
    for path in (
        ASK,
        ASK + f"&release={world.ids[0]}",
        "/uris/status?iri=https://data.example.org/id/organization/vuur",
    ):
        first, second = (server.get(path, Accept="application/json")[2] for server in (origin, replica))
        assert first == second
    roll_back(world.folder, back=2)
    fifth = rename_water(world.settings, "Zee", "Waters")
    assert following.follow(origin.url, copy, quiet) == 2
    assert current(copy).name == fifth.id
    assert same(world.folder, copy)
    assert [p.rollback for p in publications(copy)] == [False] * 4 + [True, False]
    assert following.follow(origin.url, copy, quiet) == 0


def test_a_replica_of_a_replica(tmp_path: Path, start: Starter) -> None:
    world = made(tmp_path / "origin")
    following.follow(start(world.settings).url, tmp_path / "second", quiet)
    second = start(patient(source_dir=world.settings.source_dir, release_dir=tmp_path / "second"))
    following.follow(second.url, tmp_path / "third", quiet)
    assert same(world.folder, tmp_path / "third")


def test_a_page_that_does_not_prove_is_refused(tmp_path: Path, start: Starter) -> None:
    world = made(tmp_path / "origin")
    url = start(world.settings).url
    steps = following.read_root(url)
    pages = [following.fetch(s.address, "application/n-quads").decode() for s in steps]

    def applied(old: str | None, text: str, step: following.Step) -> str:
        (tmp_path / "page").write_text(text, encoding="utf-8")
        into = tmp_path / f"state-{step.number}"
        following.apply_page(old and tmp_path / old, tmp_path / "page", step.address, step.release, into)  # type: ignore[arg-type]
        assert into.read_bytes() == (world.folder / step.release / "dataset.nq").read_bytes()
        return into.name

    first = applied(None, pages[0], steps[0])
    assert applied(first, pages[1], steps[1])
    member = next(line for line in pages[1].splitlines() if '"Waters"' in line)
    wrong = [
        pages[1].replace("Waters", "Wasser"),
        pages[1].replace(member + "\n", ""),
        pages[2],
        "",
        pages[1] + "no quad\n",
    ]
    assert len(wrong) >= 5
    for page in wrong:
        with pytest.raises(ReleaseError):
            applied(first, page, steps[1])


def test_another_history_and_another_server_are_refused(tmp_path: Path, start: Starter) -> None:
    world, other = made(tmp_path / "origin"), copied(tmp_path / "other")
    rename_water(other, "Anders")
    url = start(world.settings).url
    with pytest.raises(ReleaseError, match="not that of the feed"):
        following.follow(url, other.release_dir, quiet)
    assert len(publications(other.release_dir)) == 1
    ahead = made(tmp_path / "ahead")
    roll_back(ahead.folder)
    with pytest.raises(ReleaseError, match="ahead of the feed"):
        following.follow(url, ahead.folder, quiet)
    with pytest.raises(GobGraphError, match="404"):
        following.follow(url + "/nl", tmp_path / "nowhere", quiet)


@dataclass
class Processes:
    """The origin, the follower and the replica's server, by name; each can be killed and begun again."""

    world: World
    copy: Path
    ports: dict[str, int] = field(default_factory=lambda: {"origin": free_port(), "replica": free_port()})
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def begin(self, name: str) -> None:
        settings = patient(source_dir=self.world.settings.source_dir, release_dir=self.copy)
        command = ["follow", self.url("origin"), str(self.copy), "--interval", "0.2"]
        if name != "follow":
            command = ["serve"]
            folder = self.world.folder if name == "origin" else self.copy
            settings = replace(settings, release_dir=folder, port=self.ports[name], service_url=self.url(name))
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", "gob_graph", *command],
            env=environment(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name: str) -> None:
        if name in self.running:
            self.running[name].kill()
            self.running.pop(name).wait()

    def check(self) -> bool:
        """Whether the replica has a release; if so, the log, the link and every file agree."""
        begun = (self.copy / "current").is_symlink()
        if begun:
            while True:
                log, release = publications(self.copy), open_release(current(self.copy))
                if log == publications(self.copy):  # the follower may publish meanwhile
                    break
            assert release.id == log[-1].release
            assert [p.release for p in log] == [p.release for p in publications(self.world.folder)][: len(log)]
        return begun

    def caught_up(self) -> bool:
        return len(publications(self.copy)) == len(publications(self.world.folder))


def test_two_servers_killed_and_started_again_at_random(tmp_path: Path) -> None:
    """The origin publishes while it, the follower and the replica's server are killed; in the end both are the same."""
    chance = random.Random(7)
    processes = Processes(made(tmp_path / "origin"), tmp_path / "copy")
    world = processes.world
    try:
        processes.begin("origin")
        following.fetch(f"{processes.url('origin')}/health/ready")
        processes.begin("follow")
        for turn in range(8):
            name = chance.choice(["origin", "follow", "replica"])
            time.sleep(chance.uniform(0.05, 0.6))
            processes.kill(name)
            begun = processes.check()
            rename_water(world.settings, f"Water {turn}", f"Water {turn - 1}" if turn else "Waters")
            if turn % 3 == 2:
                roll_back(world.folder)
            if name != "replica" or begun:
                processes.begin(name)
        until(processes.caught_up)
        processes.kill("follow")
        prune(world.folder)
        prune(processes.copy)
        assert same(world.folder, processes.copy)
        for name in ("origin", "replica"):
            processes.kill(name)
            processes.begin(name)
        first, second = (following.fetch(processes.url(name) + ASK) for name in ("origin", "replica"))
        assert first == second
        assert processes.check()
    finally:
        for name in list(processes.running):
            processes.kill(name)


def test_the_server_of_the_replica_is_told(tmp_path: Path, start: Starter) -> None:
    world, copy = made(tmp_path / "origin"), tmp_path / "copy"
    origin: Server = start(world.settings)
    following.follow(origin.url, copy, quiet)
    replica = start(patient(source_dir=world.settings.source_dir, release_dir=copy))
    fresh = rename_water(world.settings, "Zee", "Waters")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "gob_graph",
            "follow",
            origin.url,
            str(copy),
            "--once",
            "--hangup",
            str(replica.process.pid),
        ],
        check=True,
        capture_output=True,
    )
    # For a moment the process of the old release and that of the new one answer both.
    until(lambda: fresh.id in replica.get("/health/ready")[2].decode())


def test_the_process_of_the_server_stands_in_a_file_that_is_read_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _: told.append(number))
    file = tmp_path / "pid"
    try:
        release_commands.tell(str(file))
        assert "cannot be told of the new release: No such file" in capsys.readouterr().err
        file.write_text(f"{os.getpid()}\n")
        release_commands.tell(str(file))
        release_commands.tell(str(os.getpid()))
        assert told == [signal.SIGHUP] * 2
        # What would be a group, everybody, or the first process of the machine is no server.
        for text in ("", "0", "-1", "1", "some text", "9" * 30):
            file.write_text(text)
            release_commands.tell(str(file))
            assert "cannot be told" in capsys.readouterr().err, text
        assert len(told) == 2
    finally:
        signal.signal(signal.SIGHUP, before)
