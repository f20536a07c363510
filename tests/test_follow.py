"""Replicas: a second server that keeps in step by the feed, and can prove it."""

import filecmp
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gob_graph import follow as following
from gob_graph.errors import GobGraphError, ReleaseError
from gob_graph.publication import prune, publications, roll_back
from gob_graph.release import current, open_release
from gob_graph.settings import Settings
from tests.conftest import Server, Starter, environment, fetch, free_port
from tests.world import copied, made, rename_water

ASK = "/sparql?query=SELECT%20%3Fs%20%3Fp%20%3Fo%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20ORDER%20BY%20%3Fs%20%3Fp%20%3Fo"


def quiet(_: str) -> None:
    """Tell nobody."""


def same(one: Path, other: Path) -> bool:
    """Whether two folders of releases hold the same, changes aside (they are made when asked for)."""

    def files(folder: Path) -> dict[str, Path]:
        return {
            str(p.relative_to(folder)): p
            for p in folder.rglob("*")
            if p.is_file() and not str(p.relative_to(folder)).startswith("changes/")
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
    replica = start(Settings(source_dir=world.settings.source_dir, release_dir=copy))
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
    second = start(Settings(source_dir=world.settings.source_dir, release_dir=tmp_path / "second"))
    following.follow(second.url, tmp_path / "third", quiet)
    assert same(world.folder, tmp_path / "third")


def test_a_page_that_does_not_prove_is_refused(tmp_path: Path, start: Starter) -> None:
    world = made(tmp_path / "origin")
    url = start(world.settings).url
    steps = following.read_root(url)
    pages = [following.fetch(s.address, "application/n-quads").decode() for s in steps]
    state, _ = following.apply_page([], pages[0], steps[0])
    assert following.apply_page(state, pages[1], steps[1])[0]
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
            following.apply_page(state, page, steps[1])


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


def test_two_servers_killed_and_started_again_at_random(tmp_path: Path) -> None:
    """The origin publishes while it, the follower and the replica's server are killed; in the end both are the same."""
    chance = random.Random(7)
    world, copy = made(tmp_path / "origin"), tmp_path / "copy"
    replica = Settings(source_dir=world.settings.source_dir, release_dir=copy)
    ports = {"origin": free_port(), "replica": free_port()}
    url = f"http://127.0.0.1:{ports['origin']}"
    running: dict[str, subprocess.Popen[bytes]] = {}

    def begin(name: str) -> None:
        if name == "follow":
            command, settings = ["follow", url, str(copy), "--interval", "0.2"], replica
        else:
            command, settings = ["serve"], world.settings if name == "origin" else replica
        here = environment(settings)
        if name in ports:
            here |= {"GOB_GRAPH_PORT": str(ports[name]), "GOB_GRAPH_SERVICE_URL": f"http://127.0.0.1:{ports[name]}"}
        running[name] = subprocess.Popen(
            [sys.executable, "-m", "gob_graph", *command],
            env=here,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(name: str) -> None:
        running[name].send_signal(signal.SIGKILL)
        running[name].wait()

    try:
        begin("origin")
        following.fetch(f"{url}/health/ready")
        begin("follow")
        label = "Waters"
        for turn in range(8):
            name = chance.choice(["origin", "follow", *(["replica"] if "replica" in running else [])])
            time.sleep(chance.uniform(0.05, 0.6))
            kill(name)
            if (copy / "current").is_symlink():
                assert open_release(current(copy)).id == publications(copy)[-1].release
            rename_water(world.settings, f"Water {turn}", label)
            label = f"Water {turn}"
            if turn % 3 == 2:
                roll_back(world.folder)
                roll_back(world.folder, publications(world.folder)[-2].release)
            begin(name)
            if (copy / "current").is_symlink() and "replica" not in running:
                begin("replica")
        deadline = time.monotonic() + 60
        while len(publications(copy)) < len(publications(world.folder)) and time.monotonic() < deadline:
            time.sleep(0.2)
        kill("follow")
        following.follow(url, copy, quiet)
        prune(world.folder)
        assert same(world.folder, copy)
        if "replica" in running:
            kill("replica")
        begin("replica")
        answer = following.fetch(f"http://127.0.0.1:{ports['replica']}{ASK}")
        assert answer == fetch(url + ASK)[2] or _restarted(running["origin"], url) == answer
    finally:
        for process in running.values():
            process.kill()
            process.wait()


def _restarted(process: subprocess.Popen[bytes], url: str) -> bytes:
    """The origin's answer after it was told to take the newest release."""
    os.kill(process.pid, signal.SIGHUP)
    deadline, newest = time.monotonic() + 30, following.read_root(url)[-1].release
    while time.monotonic() < deadline:
        status, headers, body = fetch(url + ASK)
        if status == 200 and headers["gob-graph-release"] == newest:
            return body
        time.sleep(0.2)
    raise AssertionError("the origin did not take the newest release")


def test_the_server_of_the_replica_is_told(tmp_path: Path, start: Starter) -> None:
    world, copy = made(tmp_path / "origin"), tmp_path / "copy"
    origin: Server = start(world.settings)
    following.follow(origin.url, copy, quiet)
    replica = start(Settings(source_dir=world.settings.source_dir, release_dir=copy))
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
    deadline = time.monotonic() + 30
    while not (taken := fresh.id in replica.get("/health/ready")[2].decode()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert taken
