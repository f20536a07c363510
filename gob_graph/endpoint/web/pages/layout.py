"""What all pages share: language, navigation, breadcrumb, alternates. A page is a template and its values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, g, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.routing import BuildError

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n, said, syntax_words
from gob_graph.endpoint.web.pages.institution import Institution, institution
from gob_graph.errors import RequestError
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation: the endpoint (Flask's name of a route) and the message id of its text."""

    endpoint: str
    text: str


NAVIGATION = (
    Entry("pages.home", "Home"),
    Entry("pages.chart", "Organisation chart"),
    Entry("pages.history", "History"),
    Entry("pages.about", "Missions and plan"),
    Entry("documentation.source", "Source"),
    Entry("pages.browse", "Browse"),
    Entry("documentation.questions", "Questions"),
    Entry("workbench.sparql", "SPARQL"),
    Entry("documentation.model", "Model"),
    Entry("tables.tables", "Tables"),
    Entry("documentation.downloads", "Downloads"),
    Entry("documentation.api", "API"),
    Entry("registries.registries", "Registries"),
    Entry("documentation.quality", "Quality"),
)
"""The main navigation; an entry whose route does not exist is left out."""
ABOUT_THIS_SITE = (
    Entry("documentation.accessibility", "Accessibility statement"),
    Entry("documentation.legal", "Legal notice and privacy"),
    Entry("documentation.cite", "Cite these data"),
    Entry("release_pages.releases", "Releases"),
)
PAGES = {"sparql.sparql": "workbench.sparql"}
"""The page in which a person goes on with what an address for programs answered."""
FOR_MACHINES = (
    Entry("sparql.sparql", "SPARQL endpoint"),
    Entry("sparql.describe", "VoID and service description"),
    Entry("release_pages.changes", "Changes"),
    Entry("releases.feed", "Feed of releases"),
    Entry("reconciliation.reconcile", "Reconciliation service"),
    Entry("linksets.whole", "Links to others (linkset)"),
)
"""The columns of the foot; the same rule."""


def page(template: str, *, language: str | None = None, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
    """Render a page in a language (by default that of the path, else that of Accept-Language)."""
    g.language = language or g.get("language") or _of_the_path() or i18n.choose(request.accept_languages)
    site, known = here(), _institution()
    body = render_template(
        template,
        language=g.language,
        languages=_languages(),
        navigation=_navigation(),
        footer=_footer(),
        institution=known.label if known else None,
        source_page=known.page if known else None,
        release=site.release,
        issued=date.fromisoformat(site.release.issued),
        settings=site.settings,
        whole_address=site.settings.service_url + in_language(g.language).partition("?")[0],
        **values,
    )
    return Response(body, status, content_type=HTML, headers={"Content-Language": g.language})


def _of_the_path() -> str | None:
    """The language that an address begins with, also where no route has it: an error is told in that language."""
    first = request.path.split("/")[1]
    return first if first in LANGUAGES else None


def exact(value: object) -> object:
    """A text for a template, with the two characters that HTML does not keep in a form that it keeps.

    A carriage return becomes a character reference; U+0000, which HTML has no way to write, becomes its symbol.
    """
    if type(value) is not str or ("\r" not in value and "\0" not in value):
        return value
    return escape(value.replace("\0", "\u2400")).replace("\r", Markup("&#13;"))


def attach(app: Flask) -> None:
    """Let templates and their macros ask for an address that may not exist."""
    app.jinja_env.globals["address"] = address
    said.attach(app)
    syntax_words.attach(app)
    app.jinja_env.finalize = exact


def address(endpoint: str, **values: Any) -> str | None:  # noqa: ANN401 - as url_for
    """The address of a route in the language of the page; none where there is no such route."""
    if endpoint not in current_app.view_functions:
        return None
    if current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        values = {"language": g.language, **values}
    return url_for(endpoint, **values)


def _links(entries: tuple[Entry, ...]) -> list[tuple[Entry, str]]:
    return [(entry, found) for entry in entries if (found := address(entry.endpoint))]


def _navigation() -> list[dict[str, Any]]:
    return [
        {"address": found, "text": i18n.gettext(entry.text), "here": request.endpoint == entry.endpoint}
        for entry, found in _links(NAVIGATION)
    ]


def _footer() -> list[tuple[str, list[tuple[str, str]]]]:
    """The columns of links: this site, machines."""
    contact = here().settings.contact
    about = [(i18n.gettext(entry.text), found) for entry, found in _links(ABOUT_THIS_SITE)]
    if contact:
        about.append((i18n.gettext("Contact"), f"mailto:{contact}" if "@" in contact else contact))
    machines = [(i18n.gettext(entry.text), found) for entry, found in _links(FOR_MACHINES)]
    columns = ((i18n.gettext("About this site"), about), (i18n.gettext("For programs"), machines))
    return [column for column in columns if column[1]]


def _institution() -> Institution | None:
    """The institution; a page that says that the engine is down does without."""
    try:
        return institution(here().engine, g.language)
    except RequestError:
        return None


def _languages() -> list[dict[str, Any]]:
    """The same page in each language; pages without a language in their path are reached through Accept-Language."""
    return [
        {"code": code, "name": i18n.ENDONYMS[code], "address": in_language(code), "here": code == g.language}
        for code in LANGUAGES
    ]


def in_language(code: str) -> str:
    """The address of the page that is being made, in another language, with the same query."""
    values: Mapping[str, Any] = {**(request.view_args or {}), **request.args.to_dict(flat=False), "language": code}
    for endpoint in (f"{request.endpoint}_page", PAGES.get(request.endpoint or ""), request.endpoint, "pages.home"):
        if not endpoint:
            continue
        try:
            address = url_for(endpoint, **values)
        except BuildError:
            continue
        if address.startswith(f"/{code}/"):
            return address
    return f"/{code}/"
