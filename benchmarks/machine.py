"""Packages of others, installed below a folder without privileges; ports; the processes of a server."""

from __future__ import annotations

import contextlib
import random
import socket
import subprocess
import sys
from pathlib import Path

PORTS = range(10_000, 30_000)
"""None that the system gives to outgoing connections (`ip_local_port_range`, from 32768 on)."""


def virtual_environment(folder: Path, *packages: str) -> None:
    """A Python environment with these packages; one that is there is kept."""
    if (folder / "ready").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages], check=True, stderr=subprocess.DEVNULL, timeout=300)
    (folder / "ready").touch()


def debian(folder: Path, *packages: str) -> None:
    """Debian packages, unpacked below a folder; one that is there is kept."""
    if (folder / "ready").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    fetch = ["apt-get", "download", *packages]
    subprocess.run(fetch, cwd=folder, check=True, capture_output=True, timeout=120)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
    (folder / "ready").touch()


def libraries(folder: Path) -> str:
    """The folders in which unpacked Debian packages have their libraries."""
    found = {str(p.parent) for p in folder.glob("**/*.so*")}
    return ":".join(sorted(found))


def free_port() -> int:
    """A port that nobody listens on, drawn by chance.

    Until it is bound, no connection takes it, and another process that draws one hardly finds the same.
    """
    chance = random.SystemRandom()
    while True:
        port = chance.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def children(pid: int) -> list[int]:
    """The processes that one has started and that have not been waited for.

    When one of its threads ends, the kernel gives the children of this thread to another one:
    so the threads are asked again if one was gone.

    Raises:
        OSError: there is no such process.
    """
    tasks = Path(f"/proc/{pid}/task")
    while True:
        threads = sorted(tasks.iterdir())
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
            if sorted(tasks.iterdir()) == threads:
                return found


def tree(pid: int) -> list[int]:
    """A process and all below it; one that ended meanwhile has none below it."""
    found = [pid]
    with contextlib.suppress(OSError):
        for child in children(pid):
            found += tree(child)
    return found
