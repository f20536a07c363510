"""What all pages share: language, navigation, breadcrumb, alternates. A page is a template and its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Response, g, render_template, request, url_for
from werkzeug.routing import BuildError

from gob_graph.endpoint.context import here
from gob_graph.endpoint.site import i18n
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation: the endpoint (Flask's name of a route) and the message id of its text."""

    endpoint: str
    text: str


NAVIGATION = (
    Entry("pages.home", "Home"),
    Entry("pages.chart", "Organisation chart"),
    Entry("pages.browse", "Browse"),
    Entry("pages.questions", "Questions"),
    Entry("pages.model", "Data model"),
    Entry("pages.sparql", "SPARQL"),
    Entry("pages.downloads", "Downloads"),
    Entry("pages.api", "API"),
    Entry("pages.quality", "Data quality"),
)
"""The main navigation; an entry whose route does not exist is left out."""


def page(template: str, *, language: str | None = None, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
    """Render a page in a language (by default that of the path, else that of Accept-Language)."""
    g.language = language or g.get("language") or i18n.choose(request.accept_languages)
    site = here()
    body = render_template(
        template,
        language=g.language,
        languages=_languages(),
        navigation=_navigation(),
        release=site.release,
        settings=site.settings,
        **values,
    )
    return Response(body, status, content_type=HTML, headers={"Content-Language": g.language})


def _navigation() -> list[dict[str, Any]]:
    found = []
    for entry in NAVIGATION:
        try:
            address = url_for(entry.endpoint, language=g.language)
        except BuildError:
            continue
        found.append({"address": address, "text": i18n.gettext(entry.text), "here": request.endpoint == entry.endpoint})
    return found


def _languages() -> list[dict[str, Any]]:
    """The same page in each language; pages without a language in their path are reached through Accept-Language."""
    return [
        {"code": code, "name": i18n.ENDONYMS[code], "address": in_language(code), "here": code == g.language}
        for code in LANGUAGES
    ]


def in_language(code: str) -> str:
    """The address of the page that is being made, in another language, with the same query."""
    values: Mapping[str, Any] = {**(request.view_args or {}), **request.args.to_dict(flat=False), "language": code}
    for endpoint in (f"{request.endpoint}_page", request.endpoint, "pages.home"):
        if not endpoint:
            continue
        try:
            address = url_for(endpoint, **values)
        except BuildError:
            continue
        if address.startswith(f"/{code}/"):
            return address
    return f"/{code}/"
