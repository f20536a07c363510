"""What an IRI stands for that the current release does not describe: the one answer for pages and /uris/status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.description.minted import Minted
from gob_graph.endpoint.description.served import lifecycle_of
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import reasons
from gob_graph.lifecycle import NOT_KNOWN
from gob_graph.publication import publications
from gob_graph.state import read_state

if TYPE_CHECKING:
    from gob_graph.lifecycle import Lifecycle, Status
    from gob_graph.publication import Publication

PUBLISHED = frozenset({"current", "changed", "withdrawn"})
"""The statuses of an IRI that has a document although the current release does not describe it."""
WITHDRAWN = "withdrawn"


def life(log: list[Publication], since: Publication | None = None, *, compared: bool = False) -> Lifecycle:
    """What is known of identifiers, with what is described beside the current release and beside each version."""
    site = here()
    return lifecycle_of(site.release, site.settings, log, since, compared=compared)


def status(iri: str) -> Status:
    """What became of an IRI."""
    return life(publications(here().settings.release_dir)).status(iri)


def tombstone(iri: str) -> Minted | None:
    """What is left to say of an IRI that only earlier releases describe; None for every other one.

    Facts, statements and statistics have IRIs that no registry lists: they go when the graph states them no longer.
    """
    known = life(publications(here().settings.release_dir))
    found, last = known.status(iri), known.last_described(iri)
    if found["status"] != WITHDRAWN or NOT_KNOWN in found["dates"] or last is None:
        return None
    state = read_state(known.folder / last.release)
    names = state.labels(iri)
    path, reason = iri.removeprefix(f"{state.release.base_iri}/"), reasons.last(state.release.version)
    return Minted(path, WITHDRAWN, found["dates"][0], "", reason, names.get("en") or next(iter(names.values())))
