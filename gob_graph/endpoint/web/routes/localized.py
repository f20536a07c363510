"""Blueprints of pages whose path begins with their language: ``/{language}/…``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g

from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import MutableMapping

IN_LANGUAGE: Final = f"/<any({','.join(LANGUAGES)}):language>"
"""The first part of the path of a page."""


def localized(name: str, module: str) -> Blueprint:
    """A blueprint whose routes all stand below the language; the language goes to ``g``, not to the functions."""
    routes = Blueprint(name, module, url_prefix=IN_LANGUAGE)
    routes.url_value_preprocessor(take_language)
    return routes


def take_language(_: str | None, values: MutableMapping[str, Any] | None) -> None:
    """Take the language out of what a route is called with; a path without one leaves it to Accept-Language."""
    given = (values or {}).pop("language", None)
    if given:
        g.language = given
