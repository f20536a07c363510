"""The real OpenRefine, headless, driven by the HTTP commands that its own pages send."""

import json
import os
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.conftest import free_port
from tests.parts import needs

PROGRAM = Path("/usr/bin/openrefine")
START, WORK = 180, 120
"""Seconds that the program may take to start, and for one job."""
EVERY_ROW = json.dumps({"facets": [], "mode": "row-based"})


def start(folder: Path) -> "OpenRefine":
    """Start the program on a free port, with a folder of its own for projects."""
    port = free_port()
    options = ["-i", "127.0.0.1", "-p", str(port), "-d", str(folder / "projects"), "-m", "512M"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [needs(PROGRAM), *options, "-x", "refine.headless=true"], stdout=log, stderr=log, start_new_session=True
        )
    refine = OpenRefine(f"http://127.0.0.1:{port}", process)
    deadline = time.monotonic() + START
    while True:
        try:
            refine.get("get-version")
            return refine
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                refine.stop()
                raise AssertionError((folder / "log").read_text()) from None
            time.sleep(0.2)


@dataclass
class OpenRefine:
    url: str
    process: subprocess.Popen[bytes]
    project: str = ""
    services: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies, urllib.request.ProxyHandler({}))

    def stop(self) -> None:
        """End the program: a script that waits for a Java machine, so the whole group of processes."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def get(self, command: str, /, **given: str) -> Any:
        address = f"{self.url}/command/core/{command}?{urllib.parse.urlencode(given)}"
        with self.opener.open(address, timeout=WORK) as response:
            return json.loads(response.read())

    def post(
        self,
        command: str,
        /,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        inside: bool = True,
        **given: str,
    ) -> bytes:
        """Send a command; `inside` the project."""
        token = self.get("get-csrf-token")["token"]
        query = {"csrf_token": token} | ({"project": self.project} if self.project and inside else {})
        address = f"{self.url}/command/core/{command}?{urllib.parse.urlencode(query)}"
        body = data if data is not None else urllib.parse.urlencode(given).encode()
        request = urllib.request.Request(address, body, headers or {})
        with self.opener.open(request, timeout=WORK) as response:
            self.last = response.url
            return bytes(response.read())

    def command(self, name: str, /, **given: str) -> Any:
        """Do something in the project, and wait until it is done."""
        answer = json.loads(self.post(name, **given))
        assert answer.get("code") in {"ok", "pending"}, answer
        deadline = time.monotonic() + WORK
        while self.get("get-processes", project=self.project)["processes"]:
            assert time.monotonic() < deadline, "OpenRefine takes too long"
            time.sleep(0.1)
        return answer

    def upload(self, name: str, table: bytes) -> None:
        """Make a project of a CSV file."""
        mark = "----boundary----"
        head = f'--{mark}\r\nContent-Disposition: form-data; name="project-file"; filename="{name}.csv"\r\n'
        rest = f'--{mark}\r\nContent-Disposition: form-data; name="project-name"\r\n\r\n{name}\r\n--{mark}--\r\n'
        body = head.encode() + b"Content-Type: text/csv\r\n\r\n" + table + b"\r\n" + rest.encode()
        self.post("create-project-from-upload", body, {"Content-Type": f"multipart/form-data; boundary={mark}"})
        self.project = urllib.parse.parse_qs(urllib.parse.urlsplit(self.last).query)["project"][0]

    def add_service(self, address: str) -> dict[str, Any]:
        """What the dialogue does: fetch the manifest, and keep it among the services."""
        request = urllib.request.Request(
            address, headers={"Origin": self.url, "Accept": "application/json, */*; q=0.01"}
        )
        with self.opener.open(request, timeout=WORK) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            manifest: dict[str, Any] = json.loads(response.read())
        kept = [{**manifest, "url": address, "ui": {"handler": "ReconStandardServicePanel"}}]
        self.post("set-preference", inside=False, name="reconciliation.standardServices", value=json.dumps(kept))
        known = self.get("get-preference", name="reconciliation.standardServices")["value"]
        assert (json.loads(known) if isinstance(known, str) else known) == kept
        self.services.append(address)
        return manifest

    def judged(self, column: int) -> list[dict[str, Any]]:
        """What is known of each cell of a column: its judgement (`j`), the match (`m`), the candidates (`c`)."""
        found = json.loads(self.post("get-rows", engine=EVERY_ROW, start="0", limit="1000"))
        pool = found["pool"]["recons"]
        return [pool[row["cells"][column]["r"]] for row in found["rows"]]

    def export(self, format_: str) -> str:
        """The table in a format."""
        token = self.get("get-csrf-token")["token"]
        given = {"project": self.project, "format": format_, "engine": EVERY_ROW, "csrf_token": token}
        address = f"{self.url}/command/core/export-rows/table.{format_}"
        with self.opener.open(address, urllib.parse.urlencode(given).encode(), timeout=WORK) as response:
            return str(response.read().decode())
