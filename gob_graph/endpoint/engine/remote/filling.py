"""Fills an empty engine with a release, graph by graph, and proves that it holds that and nothing else.

The graphs go by the Graph Store Protocol, in parts of so many lines (no release has blank nodes); `meta`, which states
the id, goes last, so that an engine that was filled by half holds no release. Each graph is counted by a query and read
back whole.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from gob_graph.endpoint.engine.remote.graph_store import GraphStore
from gob_graph.endpoint.engine.remote.opening import engine_at, held_by
from gob_graph.endpoint.engine.remote.outgoing import Outgoing
from gob_graph.endpoint.engine.remote.tls import with_remedy
from gob_graph.errors import EngineError, RequestError
from gob_graph.settings import without_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gob_graph.endpoint.engine.remote.evaluation import Remote
    from gob_graph.release import Release

PART: Final = 20_000
"""Lines that are sent at once."""
SECONDS: Final = 600.0
"""Seconds that an engine may take over one request of a load."""
LOADED_TERMS: Final = "loaded-terms"
"""The difference of an engine that gives terms back in another form than they were loaded in."""
SHOWN: Final = 5
"""Triples of a difference that are shown."""
SYSTEM: Final = (
    "http://www.openlinksw.com/",
    "http://www.w3.org/ns/ldp#",
    "http://www.w3.org/2002/07/owl#",
    "http://localuriqaserver/",
    "http://localhost:8890/",
    "urn:activitystreams-owl:map",
    "urn:core:services:sparql",
)
"""How the names of graphs begin that Virtuoso brings; no query of ours names them."""
REMEDY: Final = "empty the engine (for most by the update DROP ALL) and load again"
GRAPHS: Final = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
"""Not DISTINCT, over which Virtuoso takes a hundred times as long."""
COUNT: Final = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"


@dataclass(slots=True)
class Sum:
    """A sum over the lines of a graph, in which their order has no part."""

    lines: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        """Add one line."""
        self.lines += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(line).digest())) % 2**256


@dataclass(slots=True)
class Filling:
    """A release on its way into an engine."""

    release: Release
    remote: Remote
    store: GraphStore
    tell: Callable[[str], object]
    accepted: frozenset[str] = frozenset()
    sums: dict[str, Sum] = field(default_factory=dict)

    def run(self) -> None:
        """Fill the engine.

        Raises:
            EngineError: it is not empty, or does not hold afterwards what it was given.
        """
        self._refuse_filled()
        graphs = self.release.manifest["graphs"]
        with tempfile.TemporaryDirectory() as folder:
            files = _split(self.release.dataset, Path(folder), graphs, self.sums)
            for layer in sorted(graphs, key=lambda layer: (layer == "meta", layer)):
                self._load(layer, graphs[layer], files[graphs[layer]])
        self._prove_whole(set(graphs.values()))

    def _load(self, layer: str, graph: str, file: Path) -> None:
        self.tell(f"{layer}: {self.sums[graph].lines} triples")
        with file.open("rb") as lines:
            for part in _parts(lines):
                self.store.add(graph, part)
        wanted = self.sums[graph]
        if not wanted.lines:
            return
        if (count := self._count(graph)) != wanted.lines:
            raise EngineError(f"the engine counts {count} triples in <{graph}>, not {wanted.lines}; {REMEDY}")
        found = Sum()
        for line in self.store.lines(graph):
            found.add(line)
        if found != wanted:
            self._differs(graph, file)

    def _differs(self, graph: str, file: Path) -> None:
        sent, given = set(file.read_bytes().splitlines()), set(self.store.lines(graph))
        example = "".join(f"\n  - {line.decode()}" for line in sorted(sent - given)[:SHOWN])
        example += "".join(f"\n  + {line.decode()}" for line in sorted(given - sent)[:SHOWN])
        text = f"the engine gives back {len(given - sent)} triples of <{graph}> that were not loaded:{example}"
        if LOADED_TERMS not in self.accepted or len(sent) != len(given):
            raise EngineError(f"{text}\n{REMEDY}, or accept it: GOB_GRAPH_ACCEPTED_DIFFERENCES={LOADED_TERMS}")
        self.tell(text)

    def _count(self, graph: str) -> int:
        return self._number(Outgoing(COUNT, (graph,), (graph,)))

    def _has_outside(self) -> bool:
        """Whether triples stand outside the named graphs: those are none, or all that are seen without a dataset."""
        return self._number(Outgoing(COUNT, (), ())) not in {0, sum(self._all_graphs().values())}

    def _refuse_filled(self) -> None:
        """Look whether it is empty.

        Raises:
            EngineError: it holds something.
        """
        found = self._graphs()
        if found:
            raise EngineError(f"the engine is not empty, it holds the graph <{found[0]}>; {REMEDY}")
        if self._has_outside():
            raise EngineError(f"the engine is not empty, it holds triples outside named graphs; {REMEDY}")

    def _prove_whole(self, graphs: set[str]) -> None:
        wanted = {graph for graph in graphs if self.sums[graph].lines}
        if set(self._graphs()) != wanted or self._has_outside():
            raise EngineError(f"the engine holds more than the release now, so another program writes to it. {REMEDY}")
        if held_by(self.remote, self.release) != self.release.id:
            raise EngineError(f"the engine does not state the id of the release; {REMEDY}")

    def _graphs(self) -> list[str]:
        return [name for name in self._all_graphs() if not name.startswith(SYSTEM)]

    def _all_graphs(self) -> dict[str, int]:
        """How many triples are in each graph; those of a whole that holds none have no name."""
        rows = self.remote.solutions(Outgoing(GRAPHS, (), ()), ["g", "n"], SECONDS)
        return {row[0].value: int(row[1].value) for row in rows if row[0] is not None}

    def _number(self, query: Outgoing) -> int:
        (row,) = self.remote.solutions(query, ["n"], SECONDS)
        return int(row[0].value)


def fill(
    release: Release, url: str, graph_store: str, tell: Callable[[str], object], accepted: frozenset[str] = frozenset()
) -> None:
    """Fill the engine at an address with a release; `graph_store` is the address of its Graph Store Protocol.

    Raises:
        EngineError: it is not reached, is not empty, or does not hold afterwards what it was given.
    """
    try:
        Filling(release, engine_at(url, release), GraphStore(graph_store, SECONDS), tell, accepted).run()
    except RequestError as error:
        asked = " or ".join(dict.fromkeys(map(without_password, (url, graph_store))))
        raise EngineError(f"{asked}: {with_remedy(error)}. If it holds a part of the release, {REMEDY}") from error


def _split(dataset: Path, folder: Path, graphs: dict[str, str], sums: dict[str, Sum]) -> dict[str, Path]:
    """A file of N-Triples for each graph.

    Raises:
        EngineError: a triple stands in two graphs; equal triples follow each other in the sorted file.
    """
    files = {graph: folder / f"{layer}.nt" for layer, graph in graphs.items()}
    sums.update({graph: Sum() for graph in files})
    with ExitStack() as stack:
        open_files: dict[bytes, tuple[IO[Any], Sum]] = {
            graph.encode(): (stack.enter_context(path.open("wb")), sums[graph]) for graph, path in files.items()
        }
        before = b""
        for line in stack.enter_context(dataset.open("rb")):
            triple, _, graph = line.rstrip(b" .\n").rpartition(b" <")
            if triple == before:
                raise EngineError(
                    f"{dataset}: a triple stands in two graphs, which engines count twice: {triple.decode()}"
                )
            before = triple
            file, total = open_files[graph[:-1]]
            file.write(triple + b" .\n")
            total.add(triple + b" .")
    return files


def _parts(lines: Iterable[bytes]) -> Iterator[bytes]:
    part: list[bytes] = []
    for line in lines:
        part.append(line)
        if len(part) == PART:
            yield b"".join(part)
            part = []
    if part:
        yield b"".join(part)
