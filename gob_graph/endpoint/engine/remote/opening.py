"""The engines of the setting GOB_GRAPH_STORE: which of them holds a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.engine.remote.connection import Connection
from gob_graph.endpoint.engine.remote.evaluation import Remote
from gob_graph.endpoint.engine.remote.outgoing import Outgoing
from gob_graph.endpoint.engine.remote.tls import with_remedy
from gob_graph.errors import EngineError, RequestError
from gob_graph.settings import without_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.release import Release

SECONDS: Final = 10.0
"""Seconds that an engine may take to say which release it holds."""
HELD: Final = """SELECT DISTINCT ?id WHERE { GRAPH <%s> {
    ?edition <http://purl.org/dc/terms/identifier> ?id FILTER(REGEX(STR(?id), "^[0-9a-f]{64}$"))
} }"""
"""The graph `meta` of a release states its id."""


def engine_at(url: str, release: Release) -> Remote:
    """An engine for the graphs of a release, which it may hold or not; no connection is made yet."""
    return Remote(url, Connection(url), tuple(release.manifest["graphs"].values()))


def held_by(remote: Remote, release: Release) -> str:
    """The id of the release that an engine holds; empty when it holds none, or a half one.

    Raises:
        RequestError: it does not answer.
    """
    meta = release.manifest["graphs"]["meta"]
    query = Outgoing(HELD % meta, (meta,), (meta,))
    found = [row[0].value for row in remote.solutions(query, ["id"], SECONDS)]
    return found[0] if len(found) == 1 else ""


def open_remote(addresses: str, release: Release, cuts: Mapping[str, int]) -> Remote:
    """The first engine that holds a release; the addresses are separated by blanks.

    `cuts` are the numbers of rows at which engines are known to cut answers.

    Raises:
        EngineError: none does.
    """
    said, answered = [], False
    for url in addresses.split():
        remote = engine_at(url, release)
        try:
            held = held_by(remote, release)
        except RequestError as error:
            said.append(f"{without_password(url)}: {with_remedy(error)}")
            continue
        finally:
            remote.connection.close()
        if held == release.id:
            remote.cut_at = cuts.get(url)
            return remote
        answered = True
        said.append(f"{without_password(url)} holds {f'release {held}' if held else 'no whole release'}")
    remedy = ". Fill an empty one with 'gob-graph load --engine URL', or publish the release that is held"
    raise EngineError(
        f"no engine of GOB_GRAPH_STORE holds release {release.id}: {'; '.join(said)}{remedy if answered else ''}"
    )
