"""Tests without a process and without a port: a test that needs one belongs into another folder."""

import socket
import subprocess

import pytest


@pytest.fixture(autouse=True)
def _nothing_but_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to listen, and to start anything but git, which names the files of the project."""
    start = subprocess.Popen.__init__

    def started(self: object, args: object, *more: object, **named: object) -> None:
        assert isinstance(args, list), "a unit test starts no process"
        assert args[0] == "git", "a unit test starts no process"
        start(self, args, *more, **named)

    def bound(*_: object) -> None:
        raise AssertionError("a unit test opens no port")

    monkeypatch.setattr(subprocess.Popen, "__init__", started)
    monkeypatch.setattr(socket.socket, "bind", bound)
