"""Every blueprint of the application, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.routes import (
    assets,
    crawlers,
    documentation,
    health,
    linked_data,
    ontology,
    pages,
    sparql,
    workbench,
)

if TYPE_CHECKING:
    from flask import Blueprint

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    sparql.routes,
    health.routes,
    linked_data.routes,
    ontology.routes,
    crawlers.routes,
    pages.entrance,
    pages.routes,
    documentation.routes,
    workbench.documents,
    assets.routes,
)
