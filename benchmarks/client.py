"""A first DataFrame of 100 000 rows: `Graph` beside SPARQLWrapper with pandas.DataFrame, on one server in one run.

    python -m benchmarks.client [--rows 100000]

The server serves made-up bodies, as a graph and as a table of the release; neither client has anything in its cache.
Each is timed five times, in turn; the fastest time counts. Printed: seconds, how many times faster, and how much of the
time the server takes to answer the query in each format.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pandas
import pyarrow
import pyarrow.parquet as pq
from SPARQLWrapper import JSON, SPARQLWrapper

from gob_graph import Graph
from gob_graph.client.graph import JSON_RESULTS
from gob_graph.client.terms import TSV
from gob_graph.settings import Settings
from tests.conftest import environment, free_port, tiny_release

if TYPE_CHECKING:
    from collections.abc import Callable, Sized

TIMES = 5
QUERY = "SELECT ?body ?name ?number WHERE {{ ?body <urn:name> ?name ; <urn:number> ?number }} LIMIT {rows}"


def data(rows: int) -> str:
    """Bodies with a name in a language and a whole number, in Turtle."""
    return "".join(
        f'<https://data.example.org/id/body/{n}> <urn:name> "Dienst {n} van het Gewest"@nl ; <urn:number> {n * 7} .\n'
        for n in range(rows)
    )


def table(rows: int) -> bytes:
    """The same as a table in Parquet, with the types and the compression of the tables of a release."""
    numbers = range(rows)
    columns = {
        "body": pyarrow.array([f"https://data.example.org/id/body/{n}" for n in numbers]),
        "name": pyarrow.array([f"Dienst {n} van het Gewest" for n in numbers]),
        "number": pyarrow.array([n * 7 for n in numbers], pyarrow.int64()),
    }
    stream = io.BytesIO()
    pq.write_table(pyarrow.table(columns), stream, compression="snappy")
    return stream.getvalue()


def plain(url: str, query: str) -> pandas.DataFrame:
    """SPARQLWrapper and pandas, as their documentation has it."""
    client = SPARQLWrapper(f"{url}/sparql", returnFormat=JSON)
    client.setMethod("POST")
    client.setQuery(query)
    bindings = client.queryAndConvert()["results"]["bindings"]
    return pandas.DataFrame([{name: cell["value"] for name, cell in row.items()} for row in bindings])


def answered(url: str, query: str, accept: str) -> bytes:
    """The answer of the server as it is, read by nobody."""
    address = f"{url}/sparql?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": accept})) as response:
        body: bytes = response.read()
    return body


def timed(call: Callable[[str], Sized]) -> float:
    """Seconds of a call that is given another text each time: no answer comes out of the cache of the server."""
    start = time.perf_counter()
    assert len(call(f"# {start}"))
    return time.perf_counter() - start


def measure(url: str, rows: int) -> None:
    """Measure in turns, and print."""
    query, graph = QUERY.format(rows=rows), Graph(url, cache=None)
    ways: dict[str, Callable[[str], Sized]] = {
        "SPARQLWrapper, pandas": lambda other: plain(url, f"{query} {other}"),
        "Graph.select": lambda other: graph.select(f"{query} {other}"),
        "Graph.table": lambda _: Graph(url, cache=None).table("bodies"),
        "the server alone, JSON": lambda other: answered(url, f"{query} {other}", JSON_RESULTS),
        "the server alone, TSV": lambda other: answered(url, f"{query} {other}", TSV),
    }
    assert all(len(ways[name]("# first")) == rows for name in list(ways)[:3])
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(TIMES):
        for name, call in ways.items():
            best[name] = min(best[name], timed(call))
    theirs = best["SPARQLWrapper, pandas"]
    for name, seconds in best.items():
        print(f"{name:24} {seconds:6.2f} s {theirs / seconds:6.1f} times")


def main() -> None:
    """Serve a release of bodies, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        graphs, files = {"https://data.example.org/id/graph/source": data(rows)}, {"tables/bodies.parquet": table(rows)}
        tiny_release(Path(folder), graphs, files)
        settings = Settings(release_dir=Path(folder), port=port, service_url=url, log_requests=0, query_timeout=120.0)
        server = subprocess.Popen([sys.executable, "-m", "gob_graph", "serve"], env=environment(settings))
        try:
            ready(url)
            measure(url, rows)
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
