"""Engines that others run, the real ones: started empty on free ports of the loopback interface, and ended."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from gob_graph.cli import main
from gob_graph.settings import Settings
from tests.conftest import LONG, environment, fetch, free_port
from tests.parts import needs

VIRTUOSO = Path("/usr/bin/virtuoso-t")
OXIGRAPH = Path(sys.executable).with_name("oxigraph")
SETTINGS = """[Database]
DatabaseFile=virtuoso.db
ErrorLogFile=virtuoso.log
LockFile=virtuoso.lck
TransactionFile=virtuoso.trx
xa_persistent_file=virtuoso.pxa
[TempDatabase]
DatabaseFile=virtuoso-temp.db
TransactionFile=virtuoso-temp.trx
[Parameters]
ServerPort=127.0.0.1:{sql}
NumberOfBuffers=20000
MaxDirtyBuffers=15000
MaxQueryMem=500M
[HTTPServer]
ServerPort=127.0.0.1:{http}
ServerThreads=8
[SPARQL]
ResultSetMaxRows=10000
MaxQueryExecutionTime=10
MaxQueryCostEstimationTime=0
"""


@dataclass
class Other:
    """An engine: where it is asked and filled, and its process."""

    url: str
    graph_store: str
    process: "subprocess.Popen[bytes]"

    def answers(self) -> bool:
        try:
            return fetch(f"{self.url}?query=ASK%7B%7D", timeout=30)[0] == 200
        except OSError:
            return False


def command(settings: Settings, *arguments: str) -> Result:
    """Run a command of ours in this process."""
    return CliRunner().invoke(main, list(arguments), env=environment(settings), catch_exceptions=False)


def load(settings: Settings, other: Other) -> Result:
    return command(settings, "load", "--engine", other.url, "--graph-store", other.graph_store)


@contextmanager
def _running(arguments: list[str], folder: Path, url: str, graph_store: str) -> Iterator[Other]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    other = Other(url, graph_store, process)
    try:
        deadline = time.monotonic() + LONG
        while not other.answers():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.1)
        yield other
    finally:
        process.kill()
        process.wait()


@contextmanager
def oxigraph(folder: Path) -> Iterator[Other]:
    """The native server of the engine that is embedded here."""
    url = f"http://127.0.0.1:{free_port()}"
    arguments = [str(needs(OXIGRAPH)), "serve", "--bind", url.removeprefix("http://"), "--timeout-s", "10"]
    with _running(arguments, folder, f"{url}/query", f"{url}/store") as other:
        yield other


@contextmanager
def virtuoso(folder: Path) -> Iterator[Other]:
    """Debian's Virtuoso 7 with a database of its own, in which anybody may write."""
    http, sql = free_port(), free_port()
    (folder / "own.ini").write_text(SETTINGS.format(http=http, sql=sql))
    arguments = [str(needs(VIRTUOSO)), "+foreground", "+configfile", "own.ini"]
    url = f"http://127.0.0.1:{http}"
    with _running(arguments, folder, f"{url}/sparql", f"{url}/sparql-graph-crud") as other:
        rights = "GRANT SPARQL_UPDATE TO \"SPARQL\"; DB.DBA.RDF_DEFAULT_USER_PERMS_SET ('nobody', 7);"
        isql = [str(VIRTUOSO.with_name("isql-vt")), f"127.0.0.1:{sql}", "dba", "dba", f"exec={rights}"]
        subprocess.run(isql, check=True, capture_output=True, timeout=LONG)
        yield other


def verdict(settings: Settings) -> dict[str, object]:
    """What was written down of the engine that was checked last."""
    files = sorted((settings.release_dir / "engines").glob("*.json"), key=lambda file: file.stat().st_mtime)
    found: dict[str, object] = json.loads(files[-1].read_text())
    return found
