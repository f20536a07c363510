"""`gob-graph mcp --http` as a process, for the tests that ask its tools."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import LONG, environment, fetch, free_port


@contextmanager
def tools_over_http(release: Release, settings: Settings, folder: Path) -> Iterator[str]:
    """The address (host and port) of the tools over a release; its log stands in the folder."""
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-m", "gob_graph", "mcp", "--http", "--port", str(port), "--source", str(release.path)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment(settings), stdout=stream, stderr=stream)
    try:
        deadline = time.monotonic() + LONG
        while True:
            try:
                fetch(f"http://127.0.0.1:{port}/mcp", timeout=30)
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(LONG)
