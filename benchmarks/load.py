"""The load: wrk, the same for every endpoint, with the requests of a workload in a file.

Each connection sends the next request when it has the whole answer to the last one, and compares the body of each
answer with the one that this endpoint gave to that question before: a load test that counts responses only would praise
an endpoint that mixes them up. A unique request carries a number in a comment of its query, so that no two texts are
equal.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import debian, libraries

SCRIPT = """
local threads = {}
function setup(thread) thread:set("id", #threads); threads[#threads + 1] = thread end
function init(args)
  paths, bodies, serial, unique, asked, wrong = {}, {}, 0, args[2] == "unique", 0, 0
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  for number = 1, #paths do
    local file = io.open(args[1] .. "." .. number, "rb")
    if file then bodies[number] = file:read("*a"); file:close() end
  end
  tail = " HTTP/1.1\\r\\nHost: " .. wrk.host .. ":" .. wrk.port .. "\\r\\nAccept: " .. args[3] .. "\\r\\n\\r\\n"
  start = args[4]
end
function request()
  serial = serial + 1
  asked = (serial - 1) % #paths + 1
  local path = paths[asked]
  if unique then path = path .. "%0A%23" .. start .. "." .. id .. "." .. serial end
  return "GET " .. path .. tail
end
function response(status, headers, body)
  if status == 200 and bodies[asked] and bodies[asked] ~= body then wrong = wrong + 1 end
end
function done(summary, latency)
  local e, mixed = summary.errors, 0
  for _, thread in ipairs(threads) do mixed = mixed + thread:get("wrong") end
  io.write(string.format(
    '\\nFIGURES {"requests":%d,"micros":%d,"refused":%d,"broken":%d,"timeouts":%d,"p50":%d,"p99":%d,"wrong":%d}\\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write, e.timeout,
    latency:percentile(50), latency:percentile(99), mixed))
end
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gave: requests per second that were answered with 2xx, and milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int
    wrong: int = 0
    """Answers with another body than the right one."""

    @classmethod
    def of_one(cls, seconds: float) -> Figures:
        """The figures of a single request."""
        return cls(1 / seconds, seconds * 1000, seconds * 1000, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests of a run: paths, each with the right body where it is known (None: it is not compared)."""

    paths: list[str]
    bodies: list[bytes | None]
    accept: str
    unique: bool

    def write(self, folder: Path) -> Path:
        """The file of paths, with a file beside it for each body."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        requests = folder / "paths"
        requests.write_text("\n".join(self.paths) + "\n", encoding="ascii")
        for number, body in enumerate(self.bodies, 1):
            if body is not None:
                (folder / f"paths.{number}").write_bytes(body)
        return requests


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

    def run(self, port: int, asked: Asked, *, clients: int, seconds: float) -> Figures:
        """Ask for so long with so many connections, each with one request at a time in a thread of its own."""
        self.runs += 1
        requests = asked.write(self.work / "requests")
        command = [self.program, f"-t{clients}", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
        script = ["-s", str(self.work / "requests.lua"), f"http://127.0.0.1:{port}/"]
        options = ["--", str(requests), "unique" if asked.unique else "same", asked.accept, str(self.runs)]
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
        return Figures(answered / said["micros"] * 1e6, said["p50"] / 1000, said["p99"] / 1000, failed, said["wrong"])
