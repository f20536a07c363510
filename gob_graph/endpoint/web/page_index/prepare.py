"""The page index beside a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.engine.prepared_index import PreparedIndex
from gob_graph.endpoint.web.page_index.make import write
from gob_graph.endpoint.web.page_index.opened import PageIndex
from gob_graph.endpoint.web.page_index.schema import LAYOUT

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.release import Release

FILE: Final = "index.sqlite"


class _Pages:
    name, module = "pages", __spec__.name

    def made(self, release: Release) -> list[str]:
        return [f"layout {LAYOUT}"]

    def write(self, release: Release, folder: Path) -> None:
        write(release, folder / FILE)

    def open(self, release: Release, folder: Path) -> PageIndex:
        return PageIndex(folder / FILE)


PAGES: Final = PreparedIndex(_Pages())


def page_index(release: Release) -> PageIndex:
    """The names, classes and lists of a release.

    Raises:
        RequestError: ``not-prepared``: they are being made.
    """
    return PAGES.of(release)


if __name__ == "__main__":
    PAGES.main()
