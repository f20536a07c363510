"""The commands over engines that others run: `load` and `check-engine`. Part of the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gob_graph.release import current, open_release
from gob_graph.settings import AUTO, DISK, without_password

if TYPE_CHECKING:
    from gob_graph.settings import Settings


@click.command()
@click.option("--engine", "url", required=True, help="Address of the SPARQL service of an empty engine.")
@click.option("--graph-store", default=None, help="Address of its Graph Store Protocol, when it is another one.")
@click.option("--release", "identity", default=None, help="The id of the release; default: the current one.")
@click.pass_obj
def load(settings: Settings, url: str, graph_store: str | None, identity: str | None) -> None:
    """Fill an empty engine with a release, and prove that it holds that and nothing else.

    The server asks it then with GOB_GRAPH_STORE=URL. A name and a password stand in the address (http://name:word@…).
    """
    from gob_graph.endpoint.engine.remote.filling import fill
    from gob_graph.endpoint.engine.remote.probes import names
    from gob_graph.publication import find_release

    folder = settings.release_dir
    path = folder / find_release(folder, identity) if identity else current(folder)
    release = open_release(path)
    accepted = names(settings.accepted_differences)
    fill(release, url, graph_store or url, lambda text: click.echo(f"… {text}", err=True), accepted)
    click.echo(f"{without_password(url)} holds release {release.id} (version {release.version}) and nothing else")


@click.command("check-engine")
@click.argument("url")
@click.option("--seconds", default=15.0, help="Limit of time of the query that cannot be answered in time.")
@click.pass_obj
def check_engine(settings: Settings, url: str, seconds: float) -> None:
    """Compare the engine at URL, which holds the current release, with the embedded one; exit 1 when it differs.

    It is asked every question of the release and about a hundred probes. What is found is written down beside the
    releases: a server asks only an engine that was checked, and that differs in nothing but what
    GOB_GRAPH_ACCEPTED_DIFFERENCES names.
    """
    from gob_graph.endpoint.engine.dataset import load as load_dataset
    from gob_graph.endpoint.engine.disk_store import opened, place
    from gob_graph.endpoint.engine.remote import verdict
    from gob_graph.endpoint.engine.remote.checking import check
    from gob_graph.endpoint.engine.remote.opening import open_remote
    from gob_graph.endpoint.engine.remote.probes import meaning, names
    from gob_graph.endpoint.sparql.stored_query import read_questions

    release = open_release(current(settings.release_dir))
    remote = open_remote(url, release, {})
    here = place(release, AUTO, make=True)
    dataset = opened(release) if here == DISK else load_dataset(release.dataset.read_bytes())
    questions = [(q.name, q.in_language(language)) for q in read_questions(release) for language in ("nl", "fr")]
    results = list(check(release, dataset, remote, questions, seconds))
    findings = [finding for finding in results if finding]
    verdict.keep(settings.release_dir, remote, release.id, [finding.probe.difference for finding in findings])
    accepted = names(settings.accepted_differences)
    for name in sorted({finding.probe.difference for finding in findings}):
        click.echo(f"{name}{' (accepted)' if name in accepted else ''}: {meaning(name)}")
        for finding in (finding for finding in findings if finding.probe.difference == name):
            query = " ".join(line for line in finding.probe.query.splitlines() if not line.startswith("#"))
            click.echo(f"  {query[:110]}\n    embedded  {finding.embedded}\n    engine    {finding.engine}")
    click.echo(f"({len(results)} queries, {len(findings)} answered otherwise)")
    sys.exit(0 if accepted.issuperset(finding.probe.difference for finding in findings) else 1)
