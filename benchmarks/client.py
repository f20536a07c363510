"""A first DataFrame of 100 000 rows: `Graph` beside SPARQLWrapper with pandas.DataFrame, on one server in one run.

    python -m benchmarks.client [--rows 100000]

The server serves made-up bodies; neither client has anything in its cache. Each is timed three times, in turn; the
fastest time counts. Printed: seconds, and how many times faster.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pandas
from SPARQLWrapper import JSON, SPARQLWrapper

from gob_graph import Graph
from gob_graph.settings import Settings
from tests.conftest import environment, free_port, tiny_release

if TYPE_CHECKING:
    from collections.abc import Callable

QUERY = "SELECT ?body ?name ?number WHERE {{ ?body <urn:name> ?name ; <urn:number> ?number }} LIMIT {rows}"


def data(rows: int) -> str:
    """Bodies with a name in a language and a whole number, in Turtle."""
    return "".join(
        f'<https://data.example.org/id/body/{n}> <urn:name> "Dienst {n} van het Gewest"@nl ; <urn:number> {n * 7} .\n'
        for n in range(rows)
    )


def plain(url: str, query: str) -> pandas.DataFrame:
    """SPARQLWrapper and pandas, as their documentation has it."""
    client = SPARQLWrapper(f"{url}/sparql", returnFormat=JSON)
    client.setMethod("POST")
    client.setQuery(query)
    bindings = client.queryAndConvert()["results"]["bindings"]
    return pandas.DataFrame([{name: cell["value"] for name, cell in row.items()} for row in bindings])


def timed(call: Callable[[], pandas.DataFrame], rows: int) -> float:
    """Seconds of a call that gives so many rows."""
    start = time.perf_counter()
    assert len(call()) == rows
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        tiny_release(Path(folder), {"https://data.example.org/id/graph/source": data(rows)})
        settings = Settings(release_dir=Path(folder), port=port, service_url=url, log_requests=0, query_timeout=120.0)
        server = subprocess.Popen([sys.executable, "-m", "gob_graph", "serve"], env=environment(settings))
        try:
            ready(url)
            query = QUERY.format(rows=rows)
            graph = Graph(url, cache=None)
            # Another text each time: no answer comes out of the cache of the server.
            ours, theirs = [], []
            for n in range(3):
                ours.append(timed(lambda n=n: graph.select(f"{query} # {n}"), rows))
                theirs.append(timed(lambda n=n: plain(url, f"{query} # {n}"), rows))
            print(f"Graph.select                  {min(ours):6.2f} s")
            print(f"SPARQLWrapper, pandas         {min(theirs):6.2f} s   {min(theirs) / min(ours):.1f} times")
        finally:
            server.terminate()
            server.wait()


def ready(url: str) -> None:
    """Wait until the server answers."""
    while True:
        try:
            urllib.request.urlopen(f"{url}/health/ready", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)


if __name__ == "__main__":
    main()
