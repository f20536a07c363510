"""Every blueprint of the application, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.web.routes import (
    api,
    assets,
    catalogue,
    crawlers,
    documentation,
    drawings,
    feed,
    health,
    linked_data,
    linksets,
    lookup,
    ontology,
    pages,
    reconciliation,
    registries,
    release_pages,
    releases,
    sparql,
    status,
    tables,
    timemap,
    workbench,
)

if TYPE_CHECKING:
    from flask import Blueprint

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    sparql.routes,
    health.routes,
    linked_data.routes,
    ontology.routes,
    catalogue.routes,
    drawings.routes,
    crawlers.routes,
    pages.entrance,
    pages.routes,
    documentation.routes,
    api.routes,
    release_pages.routes,
    releases.routes,
    feed.routes,
    status.routes,
    reconciliation.routes,
    lookup.routes,
    linksets.routes,
    registries.routes,
    tables.routes,
    timemap.routes,
    workbench.routes,
    workbench.documents,
    assets.routes,
)
