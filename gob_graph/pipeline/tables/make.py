"""The files of the tables of a release."""

from __future__ import annotations

import gc
import hashlib
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.documents import serialize, with_stable_labels
from gob_graph.formats import FORMATS
from gob_graph.pipeline.sources import read_turtle, rebase
from gob_graph.pipeline.tables import descriptions, parquet_file, rows, shapes
from gob_graph.pipeline.tables.csv_file import exact, for_spreadsheets
from gob_graph.tables import CSVW, FOLDER, PACKAGE, SHAPES, SPREADSHEET
from gob_graph.vocab import DCT, Namespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gob_graph.pipeline.assembled import Assembled
    from gob_graph.settings import Settings

TURTLE = next(f for f in FORMATS if f.name == "turtle")


def read_table_shapes(settings: Settings) -> list[ox.Triple]:
    """The shapes in ontology/tables/; none where there is no such folder."""
    mapping = rebase(settings)
    paths = sorted((settings.ontology_dir / "tables").glob("*.ttl"))
    return [t for path in paths for t in read_turtle(path, mapping, blank_nodes=True)]


def table_files(assembled: Assembled, gate: Iterable[ox.Triple], settings: Settings) -> Iterator[tuple[str, bytes]]:
    """The files of the tables, each with its name in the release as it is made; none without shapes of tables.

    Raises:
        SourceError: a shape lacks something, or a value does not fit its column.
    """
    wanted = read_table_shapes(settings)
    if wanted:
        with _without_cycles():
            for name, body in _files(assembled, wanted, gate, settings):
                yield f"{FOLDER}{name}", body


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Keep the collector of cycles from looking through millions of values that form none; half of the time is its."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _files(
    assembled: Assembled, wanted: list[ox.Triple], gate: Iterable[ox.Triple], settings: Settings
) -> Iterator[tuple[str, bytes]]:
    about = _about(assembled, settings.base_iri)
    tables, digests = [], {}
    for table in filled(assembled, wanted, gate, settings):
        plain = exact(table)
        digests[table.name] = len(plain), hashlib.sha256(plain).hexdigest()
        yield f"{table.name}.csv", plain
        yield f"{table.name}{SPREADSHEET}", for_spreadsheets(table, plain)
        yield f"{table.name}.parquet", parquet_file.parquet(table, descriptions.inside(table, about))
        # Its descriptions stay, not its rows: those of all tables together may be more than the graph.
        table, plain = replace(table, columns={}), b""
        tables.append(table)
    yield PACKAGE, descriptions.data_package(tables, digests, about)
    yield CSVW, descriptions.csvw(tables, about)
    yield SHAPES, serialize(with_stable_labels(wanted), TURTLE, assembled.prefixes)


def filled(
    assembled: Assembled, wanted: Iterable[ox.Triple], gate: Iterable[ox.Triple], settings: Settings
) -> Iterator[rows.Filled]:
    """The tables that the shapes in `wanted` describe, one by one; `gate` are the shapes that the data pass.

    Raises:
        SourceError: a shape lacks something, or a value does not fit its column.
    """
    path = settings.ontology_dir / "tables"
    display_label = Namespace(f"{settings.ontology_base}/ns/display#").label
    terms = shapes.Graph.of(assembled.layers["vocab"])
    reader = shapes.Reader(shapes.Graph.of(wanted), shapes.Graph.of(gate), terms, display_label, path)
    return rows.fill(reader.read(), rows.Facts(assembled.layers, display_label), path)


def _about(assembled: Assembled, base_iri: str) -> descriptions.About:
    dataset = ox.NamedNode(assembled.facts.dataset)
    titles = {
        t.object.language: t.object.value
        for t in assembled.layers["meta"]
        if t.subject == dataset and t.predicate == DCT.term("title") and isinstance(t.object, ox.Literal)
    }
    facts = assembled.facts
    return descriptions.About(
        assembled.identity,
        facts.version,
        facts.issued,
        facts.license,
        base_iri,
        f"{facts.dataset}/{facts.version}",
        {code: text for code, text in sorted(titles.items()) if code},
    )
