"""The pages that explain: source, questions, downloads, data model, API, data quality, and the notices."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, current_app, g, render_template

from gob_graph.endpoint.sparql.service_description import LIMITS
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import openapi, parameters, quality_view
from gob_graph.endpoint.web.pages.citation import citations
from gob_graph.endpoint.web.pages.downloads import PARTS, files_of
from gob_graph.endpoint.web.pages.i18n import gettext
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.model_page import in_use_page, model_page, term_page
from gob_graph.endpoint.web.pages.operations import GROUPS
from gob_graph.endpoint.web.pages.quality_view import SEVERITIES
from gob_graph.endpoint.web.pages.questions import answered, in_order
from gob_graph.endpoint.web.pages.site_texts import site_text
from gob_graph.endpoint.web.pages.source_view import source_page
from gob_graph.endpoint.web.pages.term import Cells
from gob_graph.endpoint.web.routes.localized import localized
from gob_graph.errors import REFUSALS, RequestError
from gob_graph.formats import FORMATS

routes = localized("documentation", __name__)


@routes.get("/source")
def source() -> Response:
    """Every statement of the source page, with the facts drawn from it."""
    return page("source.html", source=source_page(here().engine, g.language))


@routes.get("/source/<name>")
def statement(name: str) -> Response:
    """One statement of the source page."""
    source = source_page(here().engine, g.language)
    places = {statement.id: place for place, statement in enumerate(source.statements)}
    if name not in places:
        raise RequestError("not-found", f"the source page has no statement {name!r}")
    place = places[name]
    before = source.statements[place - 1] if place else None
    after = source.statements[place + 1] if place + 1 < len(source.statements) else None
    return page("statement.html", source=source, statement=source.statements[place], before=before, after=after)


@routes.get("/questions")
def questions() -> Response:
    """The questions that the graph answers."""
    return page("questions.html", questions=in_order(here().release))


@routes.get("/questions/<name>")
def question(name: str) -> Response:
    """One question, its answer and its query."""
    known = {question.name: question for question in in_order(here().release)}
    if name not in known:
        raise RequestError("not-found", f"there is no question {name!r}")
    asked = answered(here().engine, known[name], g.language)
    return page("question.html", asked=asked, refusal=REFUSALS.get(asked.refusal or ""))


@routes.get("/questions/<name>.svg")
def question_drawing(name: str) -> Response:
    """The numbers of an answer as a drawing that stands by itself."""
    known = {question.name: question for question in in_order(here().release)}
    asked = answered(here().engine, known[name], g.language) if name in known else None
    if asked is None or asked.bars is None:
        raise RequestError("not-found", f"there is no drawing of a question {name!r}")
    body = render_template("answer.svg", asked=asked, language=g.language)
    headers = {"Content-Language": g.language, "Content-Security-Policy": "default-src 'none'"}
    return Response(body, content_type="image/svg+xml; charset=utf-8", headers=headers)


@routes.get("/downloads")
def downloads() -> Response:
    """The files of the release."""
    release = here().release
    cells = Cells(here().engine, g.language)
    titles = {layer: cells.named(iri).text for layer, iri in release.manifest["graphs"].items()}
    return page(
        "downloads.html",
        files=files_of(release),
        parts={part: gettext(text) for part, text in PARTS.items()} | titles,
        quads=sum(release.manifest["triples"].values()),
        dataset=release.dataset_iri.removeprefix(release.base_iri),
    )


@routes.get("/model")
def model() -> Response:
    """The ontology, its shapes, the layers and the addresses."""
    return model_page(g.language)


@routes.get("/model/term/<name>")
def term(name: str) -> Response:
    """One class or property of the ontology."""
    return term_page(name)


@routes.get("/model/used/<kind>")
def in_use(kind: str) -> Response:
    """The classes or the properties in use, each with a query."""
    return in_use_page(kind)


@routes.get("/api")
def api() -> Response:
    """The API for people who write programs."""
    site = here()
    rows = openapi.operations(current_app.url_map)
    given = openapi.samples(site)
    return page(
        "api.html",
        groups=[(name, text, [row for row in rows if row.group == name]) for name, text in GROUPS.items()],
        filled=lambda text: openapi.filled(text, given),
        parameters=parameters.PARAMETERS,
        by_status=openapi.by_status,
        refusals=REFUSALS,
        formats=FORMATS,
        limits=[(name, getattr(site.settings, name), unit) for name, unit in LIMITS.items()],
        problem=RequestError("query-missing", "there is no 'query' parameter").problem(
            f"{site.settings.service_url}/api/errors"
        ),
    )


@routes.get("/quality")
def quality() -> Response:
    """What the checks of the release found."""
    return page("quality.html", quality=quality_view.quality(here().engine, g.language), severities=SEVERITIES)


@routes.get("/accessibility")
def accessibility() -> Response:
    """How accessible these pages are."""
    own = {name: site_text(here().release, f"accessibility-{name}", g.language) for name in ("law", "complaints")}
    return page("accessibility.html", contact=_contact(), own_law=own["law"], own_complaints=own["complaints"])


@routes.get("/legal")
def legal() -> Response:
    """Whose site this is, what may be done with the data, and what is known of visitors."""
    reserved = urlsplit(here().release.base_iri).netloc.endswith((".example.org", ".example"))
    return page("legal.html", contact=_contact(), reserved=reserved)


@routes.get("/cite")
def cite() -> Response:
    """How to cite the data."""
    site = here()
    return page("cite.html", citations=citations(site.engine, g.language, site.settings.service_url))


def _contact() -> str:
    """The address that a visitor writes to, as a link; empty where the deployer set none."""
    contact = here().settings.contact
    return contact if not contact or "://" in contact else f"mailto:{contact}"
