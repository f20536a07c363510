"""The files of the tables of a release."""

from __future__ import annotations

import gc
from contextlib import contextmanager
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


def table_files(assembled: Assembled, gate: Iterable[ox.Triple], settings: Settings) -> dict[str, bytes]:
    """The files of the tables by their name in the release; none without shapes of tables.

    Raises:
        SourceError: a shape lacks something, or a value does not fit its column.
    """
    wanted = read_table_shapes(settings)
    if not wanted:
        return {}
    with _without_cycles():
        return _files(assembled, wanted, gate, settings)


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
) -> dict[str, bytes]:
    tables = filled(assembled, wanted, gate, settings)
    about = _about(assembled, settings.base_iri)
    made: dict[str, bytes] = {}
    for table in tables:
        made[f"{table.name}.csv"] = exact(table)
        made[f"{table.name}{SPREADSHEET}"] = for_spreadsheets(table, made[f"{table.name}.csv"])
        made[f"{table.name}.parquet"] = parquet_file.parquet(table, descriptions.inside(table, about))
    made[PACKAGE] = descriptions.data_package(tables, made, about)
    made[CSVW] = descriptions.csvw(tables, about)
    made[SHAPES] = serialize(with_stable_labels(wanted), TURTLE, assembled.prefixes)
    return {f"{FOLDER}{name}": body for name, body in made.items()}


def filled(
    assembled: Assembled, wanted: Iterable[ox.Triple], gate: Iterable[ox.Triple], settings: Settings
) -> list[rows.Filled]:
    """The tables that the shapes in `wanted` describe, with their rows; `gate` are the shapes that the data pass.

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
