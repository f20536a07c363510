"""The pages of the site over a release of any size: `python -m benchmarks.site .benchmarks/data-1M/releases`.

Each page is asked twice of a server that just started: first of an empty memory, and then as everybody after that. The
indexes of the release are made before, and what that takes is told. Every limit is as shipped, but for a query of a
page, which may take as long as it likes, so that its time is known.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import urllib.error
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.data import Dataset
from benchmarks.peers import OPENER, Ours
from gob_graph.endpoint.prepare import INDEXES
from gob_graph.manifest import DATASET
from gob_graph.release import current, open_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gob_graph.release import Release

PAGES: Final = (
    "nl/", "fr/about", "de/chart", "en/history", "nl/browse", "fr/browse?class=org:Organization",
    "de/browse?class=org:Organization&page=100", "en/browse/org:Organization", "nl/browse/gov:KeyFigure?page=50",
    "fr/search?q=direction", "de/search?q=mobiliteit", "en/search/suggestions?q=unit", "nl/registries", "fr/sparql",
    "completions.json?lang=de", "en/model", "nl/questions", "{thing}",
)  # fmt: skip


class Server(Ours):
    """Gob-graph whose page queries are not ended."""

    def environment(self, data: Dataset) -> Mapping[str, str]:
        """As shipped, but for the time of a page query."""
        return {**super().environment(data), "GOB_GRAPH_PAGE_TIMEOUT": "60", "GOB_GRAPH_STORE": "auto"}


def prepared(release: Release) -> Iterator[str]:
    """Make the indexes; the lines of a table with seconds of the processor, and megabytes on disk."""
    yield "| index | s of the processor | s of the wall | MB |\n| --- | --- | --- | --- |"
    for index in INDEXES:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        index.prepare(release)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        folder = release.path / index.name
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6 if folder.is_dir() else 0.0
        yield f"| {index.name} | {used:.1f} | {time.perf_counter() - began:.1f} | {size:.0f} |"


def pages(server: Server, thing: str) -> Iterator[str]:
    """The lines of a table with milliseconds."""
    yield "\n| page | status | first, ms | again, ms | kB |\n| --- | --- | --- | --- | --- |"
    for page in PAGES:
        path = page.format(thing=thing)
        taken = []
        for turn in (1, 2):
            mark = "&" if "?" in path else "?"
            url = f"http://127.0.0.1:{server.port}/{path}{mark}turn={turn}"  # the response cache knows neither
            began = time.perf_counter()
            try:
                with OPENER.open(urllib.parse.quote(url, safe=":/?&=."), timeout=120) as answer:
                    status, size = answer.status, len(answer.read())
            except urllib.error.HTTPError as error:
                status, size = error.code, len(error.read())
            taken.append((time.perf_counter() - began) * 1000)
        yield f"| `/{path}` | {status} | {taken[0]:,.0f} | {taken[1]:,.0f} | {size / 1e3:.0f} |"


def main() -> None:
    """Print both tables, and the memory of the server after all pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", type=Path, help="A folder of releases; the current one is served.")
    parser.add_argument("--thing", default="nl/doc/organization/brussel-mobiliteit", help="The path of one thing.")
    chosen = parser.parse_args()
    release = open_release(current(chosen.releases), verify=False)
    print(f"{release.manifest['distinct_triples']:,} triples\n")
    for line in prepared(release):
        print(line, flush=True)
    file = release.path / DATASET
    with tempfile.TemporaryDirectory() as work:
        server = Server(Path(work))
        try:
            server.start(Dataset("", 0, chosen.releases.resolve(), file, file))
            for line in pages(server, chosen.thing):
                print(line, flush=True)
            print(f"\n{server.memory()[1]:,.0f} MiB; first answer after {server.start_seconds:.1f} s", flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
