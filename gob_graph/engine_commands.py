"""The commands over engines that others run: `load` and `check-engine`. Part of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gob_graph.release import current, open_release
from gob_graph.settings import without_password

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
    from gob_graph.publication import find_release

    folder = settings.release_dir
    path = folder / find_release(folder, identity) if identity else current(folder)
    release = open_release(path)
    accepted = frozenset(settings.accepted_differences.replace(",", " ").split())
    fill(release, url, graph_store or url, lambda text: click.echo(f"… {text}", err=True), accepted)
    click.echo(f"{without_password(url)} holds release {release.id} (version {release.version}) and nothing else")
