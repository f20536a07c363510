"""Everything that a server asks instead of the whole dataset, made before one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.description.minted import MINTED
from gob_graph.endpoint.reconciliation.prepare import NAMES
from gob_graph.endpoint.web.page_index.prepare import PAGES
from gob_graph.endpoint.web.search.prepare import SEARCH

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.prepared_index import PreparedIndex
    from gob_graph.release import Release

INDEXES: Final[tuple[PreparedIndex[object], ...]] = (MINTED, PAGES, SEARCH, NAMES)  # type: ignore[assignment]


def prepare(release: Release) -> None:
    """Make the indexes of a large release, each unless it is ready.

    Raises:
        PreparedError: one cannot be made; a server tries again.
    """
    for index in INDEXES:
        index.prepare(release)


def start_preparing(release: Release) -> None:
    """Let the indexes of a large release be made beside everything else."""
    for index in INDEXES:
        index.start(release)
