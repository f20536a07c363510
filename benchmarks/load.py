"""The load: wrk, the same for every endpoint, with the requests of a workload in a file.

Each connection sends the next request when it has the whole answer to the last one. A unique request carries a number
in a comment of its query, so that no two texts are equal.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import debian, libraries

SCRIPT = """
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init(args)
  paths, serial, unique = {}, 0, args[2] == "unique"
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  tail = " HTTP/1.1\\r\\nHost: " .. wrk.host .. ":" .. wrk.port .. "\\r\\nAccept: " .. args[3] .. "\\r\\n\\r\\n"
  start = args[4]
end
function request()
  serial = serial + 1
  local path = paths[(serial - 1) % #paths + 1]
  if unique then path = path .. "%0A%23" .. start .. "." .. id .. "." .. serial end
  return "GET " .. path .. tail
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\\nFIGURES {"requests":%d,"micros":%d,"refused":%d,"broken":%d,"timeouts":%d,"p50":%d,"p99":%d,"bytes":%d}\\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write, e.timeout,
    latency:percentile(50), latency:percentile(99), summary.bytes))
end
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gave: requests per second that were answered with 2xx, and milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int

    @classmethod
    def of_one(cls, seconds: float) -> Figures:
        """The figures of a single request."""
        return cls(1 / seconds, seconds * 1000, seconds * 1000, 0)


class Load:
    """The load generator, installed below a folder unless the system has it."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.environment = dict(os.environ)
        self.runs = 0
        program = shutil.which("wrk")
        if program is None:
            debian(work / "debian", "wrk", "libluajit-5.1-2", "libluajit-5.1-common")
            program = str(work / "debian/usr/bin/wrk")
            self.environment["LD_LIBRARY_PATH"] = libraries(work / "debian")
        self.program = program
        work.mkdir(parents=True, exist_ok=True)
        (work / "requests.lua").write_text(SCRIPT, encoding="ascii")

    def run(self, port: int, paths: list[str], *, accept: str, unique: bool, clients: int, seconds: float) -> Figures:
        """Ask for so long with so many connections, each with one request at a time."""
        self.runs += 1
        requests = self.work / "paths"
        requests.write_text("\n".join(paths) + "\n", encoding="ascii")
        command = [self.program, "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
        script = ["-s", str(self.work / "requests.lua"), f"http://127.0.0.1:{port}/"]
        options = ["--", str(requests), "unique" if unique else "same", accept, str(self.runs)]
        ended = subprocess.run(
            [*command, *script, *options],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        )
        line = next(line for line in ended.stdout.splitlines() if line.startswith("FIGURES "))
        said = json.loads(line.removeprefix("FIGURES "))
        answered = said["requests"] - said["refused"]
        failed = said["refused"] + said["broken"] + said["timeouts"]
        return Figures(answered / said["micros"] * 1e6, said["p50"] / 1000, said["p99"] / 1000, failed)
