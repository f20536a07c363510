"""The pages for people, in four languages: ``/{language}/…``; the first page of all is chosen by Accept-Language."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from gob_graph.endpoint.web.pages import about as about_page
from gob_graph.endpoint.web.pages import browse as browse_page
from gob_graph.endpoint.web.pages import facets, i18n
from gob_graph.endpoint.web.pages import history as history_page
from gob_graph.endpoint.web.pages import home as home_page
from gob_graph.endpoint.web.pages import search as search_page
from gob_graph.endpoint.web.pages.drawing import chart as chart_page
from gob_graph.endpoint.web.pages.drawing import chart_svg
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.routes.localized import localized

routes = localized("pages", __name__)
entrance = Blueprint("entrance", __name__)


@entrance.get("/")
def enter() -> Response:
    """Lead to the home page in the language of the visitor."""
    language = i18n.choose(request.accept_languages)
    return Response(status=302, headers={"Location": url_for("pages.home", language=language)})


@routes.get("/")
def home() -> Response:
    """What this is, and where to begin."""
    return page("home.html", **home_page.view())


@routes.get("/chart")
def chart() -> Response:
    """The organisation chart; with ``date``, what existed on that day."""
    return page("chart.html", **chart_page.view(request.args.get("date", "")))


@routes.get("/chart.svg")
def chart_drawing() -> Response:
    """The organisation chart as a drawing that stands by itself."""
    body = render_template("chart.svg", **chart_svg.view(request.args.get("date", "")))
    headers = {"Content-Language": i18n.language(), "Content-Security-Policy": "default-src 'none'"}
    return Response(body, content_type="image/svg+xml; charset=utf-8", headers=headers)


@routes.get("/history")
def history() -> Response:
    """The history of the institution, year by year."""
    return page("history.html", **history_page.view())


@routes.get("/about")
def about() -> Response:
    """Missions, values, plan, board and figures in readable form."""
    return page("about.html", **about_page.view())


@routes.get("/browse")
def browse() -> Response:
    """The classes of the graph; with facets in the address, the things that have all of them."""
    some = facets.chosen(request.args)
    if some:
        return page("things.html", **facets.view(some, request.args.get("page", 1, int)))
    return page("browse.html", facets=facets.facets(), most=facets.SHOWN, **browse_page.view())


@routes.get("/browse/<name>")
def browse_class(name: str) -> Response:
    """One class and its members."""
    return page("class.html", **browse_page.view_class(name, request.args.get("page", 1, int)))


@routes.get("/search")
def search() -> Response:
    """Things by name, former name, acronym or identifier; a pasted IRI opens its page."""
    return search_page.answer(request.args.get("q", ""), request.headers.getlist("Accept"))


@routes.get("/search/suggestions")
def suggestions() -> Response:
    """The likeliest results for what is typed so far, as JSON."""
    return search_page.suggest(request.args.get("q", ""))
