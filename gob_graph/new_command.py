"""`gob-graph new`: a folder with a small example, from which a graph of another organisation is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from gob_graph.errors import GobGraphError
from gob_graph.settings import BUNDLED

STARTER = Path(__file__).parent / "starter"
"""The example: data/ and the text of its page. It travels in the wheel."""
NEXT = """{folder} holds an example: an organisation that does not exist, to be replaced by your own.

    cd {folder}
    gob-graph build     # checks everything, and publishes a release in releases/
    gob-graph serve     # http://127.0.0.1:8000

Then replace what is marked EXAMPLE: README.md there says what each file is for, in the order to change them."""


def ontology() -> Path:
    """The ontology that comes with the software: in an installed package, else in the checkout."""
    return next(p / "ontology" for p in (BUNDLED, Path(__file__).parent.parent) if (p / "ontology").is_dir())


def make(folder: Path) -> None:
    """Write the example into a folder, which is made where it is missing.

    Raises:
        GobGraphError: there is something in the folder, or it is none.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise GobGraphError(f"{folder} is not an empty folder; name one that is empty or does not exist")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(STARTER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
    shutil.copytree(ontology(), folder / "ontology")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Start a graph of another organisation: write a small example into FOLDER, which builds and serves at once."""
    make(folder)
    click.echo(NEXT.format(folder=folder))
