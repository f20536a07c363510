"""What every route stands on: the settings and the engine of this process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g

from gob_graph.endpoint.server import headers

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.older_engines import Older
    from gob_graph.endpoint.server.metrics import Metrics
    from gob_graph.endpoint.sparql.handler import Sparql
    from gob_graph.release import Release
    from gob_graph.settings import Settings

NAME = "gob_graph"


@dataclass(frozen=True, slots=True)
class Context:
    """One per application."""

    settings: Settings
    engine: Engine
    metrics: Metrics
    older: Older
    sparql: Sparql
    publication: int
    """The number of the publication that is served, whichever release a request is about."""
    troubles: tuple[str, ...] = ()
    """What is wrong with the release that should be served, when an earlier one is."""

    @property
    def release(self) -> Release:
        """The release that is served."""
        return self.engine.release

    @property
    def prefixes(self) -> dict[str, str]:
        """The known prefixes, for documents."""
        return dict(self.release.manifest["prefixes"])

    @property
    def limits(self) -> str:
        """The limits of a public query, as the header Gob-Graph-Limits gives them."""
        return headers.limits(self.settings)

    def attach(self, app: Flask) -> None:
        """Make this the context of an application."""
        app.extensions[NAME] = self


def here() -> Context:
    """The context of the application that answers; for a request about an older release, with the engine of that."""
    context = cast("Context", current_app.extensions[NAME])
    engine = g.get("older_engine")
    return context if engine is None else replace(context, engine=engine)
