"""The index of the search beside a release."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.engine.prepared_index import PreparedIndex
from gob_graph.endpoint.web.page_index.prepare import page_index
from gob_graph.endpoint.web.search.index import LAYOUT, SearchIndex, write
from gob_graph.endpoint.web.search.texts import page_texts

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.release import Release

FILE: Final = "search.arrays"


class _Search:
    name, module = "search", __spec__.name

    def made(self, release: Release) -> list[str]:
        """Its layout, and the pages of this site, which are found too."""
        return [f"layout {LAYOUT}", hashlib.sha256(repr([*page_texts()]).encode()).hexdigest()]

    def write(self, release: Release, folder: Path) -> None:
        write(release, page_index(release), folder / FILE, release.id)

    def open(self, release: Release, folder: Path) -> SearchIndex:
        return SearchIndex.opened(folder / FILE, release.id)


SEARCH: Final = PreparedIndex(_Search())


def search_index(release: Release) -> SearchIndex:
    """The texts of a release by which something is found.

    Raises:
        RequestError: ``not-prepared``: they are being made.
    """
    page_index(release)  # made first, as the search asks it while it is made, under the same lock
    return SEARCH.of(release)


if __name__ == "__main__":
    SEARCH.main()
