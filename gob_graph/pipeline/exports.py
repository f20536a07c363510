"""The files of a release that hold the graph, written by streams: the memory they take does not depend on its size.

The order of documents is made once. In sorted N-Quads all that is said of a subject stands together, in every graph:
the quads of one subject at a time are put into the order that people read, and kept in files from which every format
is written as it is read.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from gob_graph.copies import Selection, heading
from gob_graph.digests import LINES
from gob_graph.documents import namespaces, write_document
from gob_graph.errors import ReleaseError
from gob_graph.formats import FORMATS
from gob_graph.manifest import DATASET
from gob_graph.parent_death import die_with_parent
from gob_graph.pipeline.document_order import in_order
from gob_graph.pipeline.document_order import namespaces as namespaces_of
from gob_graph.vocab import LAYERS, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from gob_graph.draft import Draft, Hashed
    from gob_graph.formats import Format
    from gob_graph.pipeline.sources import Layers

BATCH: Final = 20_000
"""Quads that are held at a time."""
LARGE: Final = 250_000
"""Triples from which on another process writes the dumps: for fewer, its start costs more."""


def quad_lines(layers: Layers, base_iri: str, names: Iterable[str] = LAYERS) -> Iterator[bytes]:
    """The N-Quads lines of the named layers, each with its LF, every triple in the graph of its layer; unsorted."""
    for layer in names:
        # As N-Triples with the graph put in: half of the time that quads take.
        ending = f" {layer_graph(base_iri, layer)} .\n".encode()
        rest = iter(layers[layer])
        while batch := list(islice(rest, BATCH)):
            body = ox.serialize(batch, format=ox.RdfFormat.N_TRIPLES) or b""
            yield from (line.removesuffix(b" .") + ending for line in body.split(b"\n")[:-1])


@contextmanager
def dumps(draft: Draft, lines: Iterable[bytes], manifest: Mapping[str, Any]) -> Iterator[None]:
    """Write the whole in every format, also as gzip, and each layer in Turtle; they are there when the context ends.

    `lines` are the sorted N-Quads. `dataset.nq` alone has no heading: the id is the digest of its lines. The dumps of a
    large graph are written by another process meanwhile, which is ended when the context ends with an exception.

    Raises:
        ReleaseError: that process was ended from outside.
        OSError: the disk is full or not writable.
    """
    with draft.file(DATASET) as stream:
        rest = iter(lines)
        while part := b"".join(islice(rest, LINES)):
            stream.write(part)
    if manifest["distinct_triples"] < LARGE:
        yield
        draft.entries |= _written(draft, manifest)
        return
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send_written, args=(draft, manifest, sender, os.getpid()), daemon=True)
    process.start()
    sender.close()
    try:
        yield
        found = receiver.recv()
    except EOFError as error:
        raise ReleaseError(
            "the process that wrote the dumps was ended from outside; is there enough memory?"
        ) from error
    finally:
        process.kill()
        process.join()
        receiver.close()
    if isinstance(found, Exception):
        raise found
    draft.entries |= found


def _send_written(draft: Draft, manifest: Mapping[str, Any], sender: Connection, parent: int) -> None:
    die_with_parent(parent)
    try:
        sender.send(_written(draft, manifest))
    except Exception as error:  # noqa: BLE001 - raised where it is received
        sender.send(error)


def _written(draft: Draft, manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Write all dumps of the lines that the draft holds; what the manifest says of them."""
    # zlib lets other threads run: each file is compressed while the next is written.
    with ThreadPoolExecutor(max_workers=1) as thread:
        packed = [thread.submit(draft.compress, DATASET)]
        for dump in _wanted(draft, manifest):
            with draft.file(dump.name) as stream:
                _write(draft.folder / DATASET, dump, stream)
            if dump.name.startswith("dataset."):
                packed.append(thread.submit(draft.compress, dump.name))
        for future in packed:
            future.result()
    return draft.entries


@dataclass(frozen=True, slots=True)
class _Dump:
    """One file to write: in which format, from which parts, with which prefixes and comment."""

    name: str
    format: Format
    files: tuple[Path, ...]
    prefixes: Mapping[str, str]
    comment: tuple[str, ...]


@dataclass(slots=True)
class _Part:
    """A file of N-Triples or N-Quads in the order of documents, and the namespaces of the terms of its triples."""

    path: Path
    namespaces: set[str] = field(default_factory=set)


def _wanted(draft: Draft, manifest: Mapping[str, Any]) -> list[_Dump]:
    """Every dump of the lines that the draft holds."""
    merged, layers = _in_order(draft, manifest["graphs"])
    graphs = [ox.NamedNode(manifest["graphs"][layer]) for layer in layers]
    names = namespaces(ox.Quad(graph, graph, graph) for graph in graphs)
    terms = merged.namespaces

    def dump(name: str, form: Format, parts: Iterable[_Part], used: set[str], selection: Selection) -> _Dump:
        prefixes = {p: n for p, n in manifest["prefixes"].items() if n in used}
        comment = heading(manifest, draft.identity, selection)
        return _Dump(name, form, tuple(part.path for part in parts), prefixes, comment)

    wanted = []
    for form in (f for f in FORMATS if isinstance(f.codec, ox.RdfFormat) and f.name != "nquads"):
        parts, used = (layers.values(), terms | names) if "dataset" in form.kinds else ([merged], terms)
        wanted.append(dump(f"dataset.{form.extension}", form, parts, used, Selection()))
    turtle = next(f for f in FORMATS if f.name == "turtle")
    for layer in LAYERS:
        part = layers.get(layer, _Part(merged.path.with_suffix(".none")))
        wanted.append(
            dump(f"{layer}.ttl", turtle, [part] if layer in layers else [], part.namespaces, Selection(layer))
        )
    return wanted


def _in_order(draft: Draft, graphs: Mapping[str, str]) -> tuple[_Part, dict[str, _Part]]:
    """The triples of all graphs in one part, and the quads of each layer that has any, the graphs by their names."""
    merged = _Part(draft.folder / ".merged")
    layers = {layer: _Part(draft.folder / f".{layer}") for layer in sorted(graphs, key=lambda layer: graphs[layer])}
    part_of = {f"<{iri}>".encode(): layers[layer] for layer, iri in graphs.items()}
    with ExitStack() as open_files:
        streams = {part.path: open_files.enter_context(part.path.open("wb")) for part in (merged, *layers.values())}
        rest = in_order(draft.folder / DATASET)
        while batch := list(islice(rest, BATCH)):
            streams[merged.path].write(b"".join(b"%b %b %b .\n" % statement[:3] for statement in batch))
            for graph, part in part_of.items():
                statements = [statement for statement in batch if statement[3] == graph]
                streams[part.path].write(b"".join(b"%b %b %b %b .\n" % statement for statement in statements))
                part.namespaces |= namespaces_of(statements)
    # A triple stands in one layer, so that each was looked at once.
    merged.namespaces = set().union(*(part.namespaces for part in layers.values()))
    return merged, {layer: part for layer, part in layers.items() if part.path.stat().st_size}


def _write(dataset: Path, dump: _Dump, stream: Hashed) -> None:
    if dump.format.name == "ntriples":
        stream.write(b"".join(f"# {c}\n".encode() for c in dump.comment))
        with dataset.open("rb") as lines:
            # The last IRI of a line is its graph; without it the lines are in order as well, for a space follows.
            for line, _ in groupby(line[: line.rindex(b" <")] + b" .\n" for line in lines):
                stream.write(line)
        return
    content = chain.from_iterable(ox.parse(path=str(file), format=ox.RdfFormat.N_QUADS) for file in dump.files)
    named = content if "dataset" in dump.format.kinds else (q.triple for q in content)
    write_document(named, dump.format, dump.prefixes, dump.comment, stream)
