"""The command `validate`: SHACL for any files, or for the graph of this repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pyoxigraph as ox

from gob_graph.errors import GobGraphError
from gob_graph.outcome import NO, say
from gob_graph.sandbox import confined
from gob_graph.vocab import LANGUAGES, RDF, SH, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.pipeline.shacl.report import Report
    from gob_graph.reading.rdf_file import RdfFile
    from gob_graph.settings import Settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
COMMON = {"sh": str(SH), "rdf": str(RDF), "xsd": str(XSD)}
THRESHOLDS = ("violation", "warning", "info")


@click.command()
@click.argument("data", type=FILE, nargs=-1)
@click.option("--shapes", multiple=True, type=FILE, help="SHACL file to check against, instead of our own; repeatable.")
@click.option(
    "--context",
    "contexts",
    multiple=True,
    metavar="[ADDRESS=]FILE",
    help="File for a JSON-LD context that DATA names by ADDRESS; without ADDRESS, for any. Nothing is fetched.",
)
@click.option("--language", default="en", type=click.Choice(LANGUAGES), help="Language of the messages.")
@click.option("--format", "form", default="text", type=click.Choice(["text", "turtle"]), help="Kind of report.")
@click.option(
    "--fail-on",
    type=click.Choice(THRESHOLDS),
    help="Exit 1 from this severity on. Default: info, as SHACL says; without DATA violation, as the build does.",
)
@click.pass_obj
@confined
def validate(
    settings: Settings,
    *,
    data: tuple[Path, ...],
    shapes: tuple[Path, ...],
    contexts: tuple[str, ...],
    language: str,
    form: str,
    fail_on: str | None,
) -> None:
    """Check DATA (RDF files, .gz or not) or, without DATA, this repository's graph; exit 1 when it does not conform.

    DATA is checked against our general shapes unless --shapes names others. What holds for this edition only
    (data/expectations.ttl) is asked of the repository's own graph. Several files are one graph, with blank nodes of
    their own. Relative IRIs are resolved against the file's address.
    """
    from gob_graph.pipeline.validation import validate as run

    files = _read(data, shapes, _contexts(contexts), settings.file_limit << 20)
    given = [files[path.resolve()] for path in dict.fromkeys(data)]
    wanted = [files[path.resolve()] for path in dict.fromkeys(shapes)]
    graph = [t for file in given for t in file.triples] if data else _own_graph(settings)
    ours = [] if shapes else _own_shapes(settings, edition=not data)
    if data and not shapes:
        graph += _own_vocabulary(settings)
    places = {node: place for file in files.values() for node, place in file.places().items()}
    try:
        report = run(graph, [*ours, *(t for file in wanted for t in file.triples)], places)
    except GobGraphError as error:
        located = any(f"{path}:" in str(error) for path in shapes)
        named = "" if located or not shapes else f"{', '.join(map(str, shapes))}: "
        raise GobGraphError(f"{named}{error}") from error
    _tell(report, language, form, _prefixes(files.values()) if data or shapes else _own_prefixes(settings))
    sys.exit(NO if fails(report, fail_on or ("info" if data else "violation")) else 0)


def fails(report: Report, threshold: str) -> bool:
    """Whether the report has a finding of that severity or above; one of another vocabulary is above all."""
    below = {name.capitalize() for name in THRESHOLDS[THRESHOLDS.index(threshold) + 1 :]}
    return any(f.severity not in below for f in report.findings)


def _tell(report: Report, language: str, form: str, prefixes: Mapping[str, str]) -> None:
    for note in report.notes:
        say(f"note: {note}")
    if not report.focus_nodes:
        say(f"warning: nothing was checked; {report.checked_text()}")
    if form == "turtle":
        click.echo(report.turtle(prefixes), nl=False)
        return
    click.echo(report.text(language), nl=False)
    click.echo(report.gate_text() + report.checked_text())
    click.echo(f"\nFocus nodes per shape\n{report.target_text()}", nl=False)


def _read(
    data: Iterable[Path], shapes: Iterable[Path], contexts: Mapping[str, Path], limit: int
) -> dict[Path, RdfFile]:
    """Each file once, by its real path: a file that is data and shapes is one graph, with the same blank nodes."""
    from gob_graph.reading.rdf_file import read_rdf

    found: dict[Path, RdfFile] = {}
    for path, of_shapes in [*((p, True) for p in shapes), *((p, False) for p in data)]:
        if path.resolve() not in found:
            prefix = f"f{len(found) + 1}n"
            found[path.resolve()] = read_rdf(
                path, blank_prefix=prefix, contexts=contexts, limit=limit, iri_lines=of_shapes
            )
    return found


def _contexts(given: Iterable[str]) -> dict[str, Path]:
    found = {}
    for text in given:
        address, _, name = text.partition("=") if ":" in text.partition("=")[0] else ("", "", text)
        found[address] = Path(name)
    return found


def _prefixes(files: Iterable[RdfFile]) -> dict[str, str]:
    """Those that the files declare, the first meaning of each; ours where they declare none for it."""
    found: dict[str, str] = {}
    for file in files:
        for prefix, namespace in file.prefixes.items():
            found.setdefault(prefix, namespace)
    return found | {p: n for p, n in COMMON.items() if n not in found.values()}


def _own_graph(settings: Settings) -> list[ox.Triple]:
    from gob_graph.pipeline.build import assemble

    return list(assemble(settings, lambda text: click.echo(f"… {text}", err=True)).triples)


def _own_shapes(settings: Settings, *, edition: bool) -> list[ox.Triple]:
    from gob_graph.pipeline.shape_files import read_shapes

    if not settings.ontology_dir.is_dir():
        raise GobGraphError(
            f"{settings.source_dir.resolve()} holds no shapes of ours; give --shapes FILE, or set GOB_GRAPH_SOURCE_DIR"
        )
    shapes = read_shapes(settings)
    return shapes.all if edition else shapes.general


def _own_vocabulary(settings: Settings) -> list[ox.Triple]:
    from gob_graph.pipeline import sources

    files = [s for s in sources.find_sources(settings) if s.layer == "vocab"]
    return [t for s in files for t in sources.read_turtle(s.path, sources.rebase(settings))]


def _own_prefixes(settings: Settings) -> dict[str, str]:
    from gob_graph.pipeline.sources import read_prefixes

    return read_prefixes(settings)
