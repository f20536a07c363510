"""The shipped HAProxy configuration with other ports, folders and replicas, and nothing else changed."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHIPPED = Path(__file__).parent.parent / "deploy/haproxy.cfg"
HAPROXY = Path("/usr/sbin/haproxy")
SOCKET = "admin.sock"


def configuration(folder: Path, port: int, peer: int, replicas: Sequence[int]) -> str:
    """The text of the file.

    Args:
        folder: where its socket lies.
        port: where it listens on the loopback interface.
        peer: the port of its own for handing the mark on.
        replicas: ports on the loopback interface.

    Raises:
        ValueError: the shipped file has not what would be replaced.
    """
    text = SHIPPED.read_text(encoding="utf-8")
    servers = "".join(f"    server r{number} 127.0.0.1:{number}\n" for number in replicas)
    for old, new in (
        (r"    (user|group) haproxy\n", ""),
        (r"    chroot .*\n", ""),
        (r"/run/haproxy/admin\.sock", str(folder / SOCKET)),
        (r"bind 127\.0\.0\.1:10000", f"bind 127.0.0.1:{peer}"),
        (r"bind :80\n", f"bind 127.0.0.1:{port}\n"),
        (r"(    server r\d+ .*\n)+", servers),
    ):
        text, found = re.subn(old, new, text)
        if not found:
            raise ValueError(f"{SHIPPED.name} has no {old}")
    return text


@contextmanager
def balancing(folder: Path, port: int, peer: int, replicas: Sequence[int]) -> Iterator[subprocess.Popen[bytes]]:
    """HAProxy in front of replicas, while the context lasts; `folder` takes its file, its log and its socket.

    Raises:
        OSError: it does not start; the text is what it said.
    """
    file, log = folder / "haproxy.cfg", folder / "haproxy.log"
    file.write_text(configuration(folder, port, peer, replicas), encoding="utf-8")
    with log.open("wb") as stream:
        process = subprocess.Popen([HAPROXY, "-W", "-f", file], stdout=stream, stderr=stream)
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise OSError(log.read_text())
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    """Whether somebody listens at a port of the loopback interface."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def command(folder: Path, text: str) -> str:
    """What HAProxy answers to a command of its socket (management guide, 9.3)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(folder / SOCKET))
        connection.sendall(f"{text}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
