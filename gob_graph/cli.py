"""The command line: `gob-graph COMMAND`. Exit codes: 0 done, 1 the answer is no, 2 it could not be done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pyoxigraph as ox

from gob_graph import __version__
from gob_graph.engine_commands import check_engine, load
from gob_graph.errors import GobGraphError
from gob_graph.formats import FORMATS, by_name
from gob_graph.mcp_command import mcp
from gob_graph.new_command import new
from gob_graph.outcome import outcome
from gob_graph.release_commands import COMMANDS
from gob_graph.sandbox import confined
from gob_graph.settings import from_env, without_password
from gob_graph.validate_command import validate
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from gob_graph.release import Release
    from gob_graph.settings import Settings


class _Group(click.Group):
    """Turns every error into a message on standard error and an exit code: 2, or 1 when the answer is 'no'."""

    def invoke(self, ctx: click.Context) -> object:
        given = super().invoke
        code = outcome(lambda: given(ctx))
        if code:
            sys.exit(code)
        return None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Build, check, serve and query the knowledge graph of an organisation.

    Settings are environment variables GOB_GRAPH_…; 'gob-graph settings' lists them.
    """
    ctx.obj = from_env(os.environ)


for _command in (*COMMANDS, check_engine, load, mcp, new, validate):
    main.add_command(_command)


def _progress() -> Callable[[str], None]:
    return lambda text: click.echo(f"… {text}", err=True)


@main.command()
@click.pass_obj
def build(settings: Settings) -> None:
    """Build a release from ontology/ and data/, and make it current.

    Two builds of the same files give the same release, byte for byte; nothing is published twice. When anything is
    wrong, the release that was current stays current.
    """
    from gob_graph.pipeline.build import build_release

    release, changed = build_release(settings, _progress())
    click.echo(
        f"release {release.id} (version {release.version}) {'is now current' if changed else 'was current already'}"
    )
    click.echo(f"in {release.path}")
    _prepare(release, settings)


def _prepare(release: Release, settings: Settings) -> None:
    """Make what the server would make otherwise: the store on disk, where it takes one, and its indexes."""
    from gob_graph.endpoint.engine.disk_store import place
    from gob_graph.endpoint.engine.prepared import PreparedError
    from gob_graph.endpoint.prepare import prepare
    from gob_graph.release import STORE
    from gob_graph.settings import DISK

    if place(release, settings.store, make=True) == DISK:
        click.echo(f"with a store on disk in {release.path / STORE}")
    try:
        prepare(release)
    except PreparedError as error:
        click.echo(f"gob-graph: {error}; the server will try again", err=True)


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve the current release (Linux only). SIGHUP takes a newer one without losing a request.

    Where nothing was published yet, the data that came with the package are built first.
    """
    from gob_graph.endpoint.server.supervisor import serve as run
    from gob_graph.release import CURRENT

    if settings.bundled and not (settings.release_dir / CURRENT).is_symlink():
        click.echo(f"… {settings.release_dir} has no release: building one from the data of the package", err=True)
        # In a process of its own, whose memory is free again before the server starts.
        built = subprocess.run([sys.executable, "-m", "gob_graph", "build"], stdout=sys.stderr, check=False)
        if built.returncode:
            sys.exit(built.returncode)

    run(settings)


@main.command()
@click.argument("query")
@click.option("--format", "form", default=None, help="Result format: table, json, xml, csv, tsv, turtle, ntriples …")
@click.option("--endpoint", default=None, help="Address of an endpoint; default: the current release, in this process.")
@click.option("--language", default="nl", type=click.Choice(LANGUAGES), help="Language of words in the answer.")
@click.pass_obj
@confined
def query(settings: Settings, query: str, form: str | None, endpoint: str | None, language: str) -> None:
    """Answer QUERY: SPARQL text, a file.rq, or the name of a question of the release (data/queries)."""
    from gob_graph.query_command import ask

    click.echo(ask(settings, query, language=language, form=form, endpoint=endpoint), nl=False)


@main.command("settings")
@click.pass_obj
def show_settings(settings: Settings) -> None:
    """List every setting with its value and meaning."""
    from dataclasses import fields

    for f in fields(settings):
        value = without_password(str(getattr(settings, f.name)))
        click.echo(f"GOB_GRAPH_{f.name.upper()}={value}\n    {f.metadata['help']}")


@main.command()
@click.option(
    "--source",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The text of the source page, UTF-8.",
)
@click.option("--facts", is_flag=True, help="Print the facts of each statement, not only their number.")
@click.option("--row", type=int, nargs=2, default=None, help="Print the statements.csv row of code points START END.")
@click.pass_obj
def evidence(settings: Settings, source: Path, *, facts: bool, row: tuple[int, int] | None) -> None:
    """Compare the source page with data/evidence, statement by statement; exit 1 when they differ.

    Each statement is the same, moved (to where) or gone. Words that no statement covers, and facts of the page that no
    statement supports, are listed; the last line sums up.
    """
    from gob_graph.pipeline.page import check_page, record_row, statement_row

    if row:
        click.echo(statement_row(source, *row))
        return
    report = check_page(settings, source)
    if report.whole:
        click.echo(f"row for data/evidence/page.csv: {record_row(report, source)}", err=True)
    click.echo(report.text(facts=facts), nl=False)
    sys.exit(0 if report.whole else 1)


RDF_FORMATS = [f.name for f in FORMATS if isinstance(f.codec, ox.RdfFormat)]


@main.command()
@click.option("--layer", default=None, help="One layer: source, external, history, vocab, evidence, inferred, meta.")
@click.option("--class", "cls", default=None, help="What is said of the instances of a class: an IRI or a CURIE.")
@click.option("--subtree", default=None, help="A resource and what is below it (units, board …): IRI or CURIE.")
@click.option("--format", "form", default=None, type=click.Choice(RDF_FORMATS), help="Default: by the name of FILE.")
@click.option("--gzip", "compressed", is_flag=True, help="Compress; also when the name of FILE ends in .gz.")
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="FILE to write.")
@click.pass_obj
def export(
    settings: Settings,
    *,
    layer: str | None,
    cls: str | None,
    subtree: str | None,
    form: str | None,
    compressed: bool,
    target: Path | None,
) -> None:
    """Write a copy of the current release, or of a part of it: the same bytes every time.

    Without -o the copy goes to standard output. 'gob-graph verify FILE' proves it.
    """
    from gob_graph import copies
    from gob_graph.release import current, open_release

    if sum(part is not None for part in (layer, cls, subtree)) > 1:
        raise click.UsageError("give one of --layer, --class and --subtree")
    name = target.name.removesuffix(".gz") if target else ""
    wanted = by_name(form or name.rpartition(".")[2] or "turtle", [f for f in FORMATS if f.name in RDF_FORMATS])
    if wanted is None:
        raise click.UsageError(f"the name {target} does not tell the format; give --format")
    release = open_release(current(settings.release_dir))
    compressed = compressed or (target is not None and target.suffix == ".gz")
    body = copies.export(release, copies.Selection(layer, cls, subtree), wanted, compressed=compressed)
    if target is None:
        click.echo(body, nl=False)
    else:
        target.write_bytes(body)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "identity", default=None, help="The id that FILE should have; then no release is needed here.")
@click.pass_obj
@confined
def verify(settings: Settings, file: Path, identity: str | None) -> None:
    """Say whether FILE, a copy in any RDF format, is the current release or a layer of it; exit 1 when it is not.

    Copies with named graphs (.nq .trig .jsonld) have a hash, which is printed: two people with the same hash have the
    same graph. Otherwise, and when the hash differs, the triples that differ are listed.
    """
    from gob_graph import proof
    from gob_graph.publication import release_ids
    from gob_graph.release import current, open_release

    quads = proof.read_copy(file)
    if identity is None:
        verdict = proof.verify(open_release(current(settings.release_dir)), quads)
        click.echo(verdict.text(str(file)), nl=False)
        if not verdict.same and verdict.identity in release_ids(settings.release_dir):
            click.echo(f"note: it is another release that is kept here, {verdict.identity}")
        sys.exit(0 if verdict.same else 1)
    found = proof.copy_id(quads)
    if found is None:
        raise GobGraphError(f"{file} has no named graphs, so it has no hash; verify it beside a release, without --id")
    click.echo(f"{file}: hash {found}, {'as' if found == identity else 'not as'} asked")
    sys.exit(0 if found == identity else 1)


@main.command()
@click.option("--language", default="en", type=click.Choice(LANGUAGES), help="Language of the messages.")
@click.pass_obj
def quality(settings: Settings, language: str) -> None:
    """Print the quality report of the current release: SHACL findings, labels per language, evidence, links."""
    import json

    from gob_graph.pipeline.quality import text
    from gob_graph.release import current, open_release

    path = open_release(current(settings.release_dir)).path / "quality.json"
    if not path.is_file():
        raise GobGraphError(f"{path} is missing: this release was built by an older version; build again")
    click.echo(text(json.loads(path.read_text(encoding="utf-8")), language), nl=False)
