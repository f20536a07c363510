"""The catalogue of names and identifiers beside a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.engine.prepared_index import PreparedIndex
from gob_graph.endpoint.reconciliation.catalogue import LAYOUT, Catalogue, open_catalogue, write_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.release import Release

FILE: Final = "catalogue.arrays"


class _Names:
    name, module = "names", __spec__.name

    def made(self, release: Release) -> list[str]:
        return [f"layout {LAYOUT}"]

    def write(self, release: Release, folder: Path) -> None:
        write_catalogue(release, folder / FILE)

    def open(self, release: Release, folder: Path) -> Catalogue:
        return open_catalogue(release, folder / FILE)


NAMES: Final = PreparedIndex(_Names())


def catalogue(engine: Engine) -> Catalogue:
    """The catalogue of the release that an engine answers from.

    Raises:
        RequestError: ``not-prepared``: it is being made.
    """
    return NAMES.of(engine.release)


if __name__ == "__main__":
    NAMES.main()
