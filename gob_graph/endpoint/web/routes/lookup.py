"""From an identifier, however it is spelled, to the thing that bears it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request, url_for

from gob_graph.endpoint.reconciliation.prepare import catalogue
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.links import document_path, safe_link
from gob_graph.endpoint.web.pages.lookup_view import REASONS, shared_note
from gob_graph.endpoint.web.routes.localized import IN_LANGUAGE, take_language
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.reconciliation.catalogue import Catalogue
    from gob_graph.endpoint.reconciliation.identifiers import Found, Identifier

routes = Blueprint("lookup", __name__)
routes.url_value_preprocessor(take_language)


@routes.get("/lookup")
@routes.get(f"{IN_LANGUAGE}/lookup", endpoint="lookup_page")
def lookup() -> Response:
    """Lead to the thing with an identifier (303), give the choices (300), or say why there is none (404)."""
    g.language = g.get("language") or i18n.choose(request.accept_languages)
    asked = request.args.get("identifier", "")
    if not asked.strip() and request.endpoint == "lookup.lookup_page":  # a form that was sent empty
        return Response(status=303, headers={"Location": url_for("registries.registries", language=g.language)})
    if not asked.strip():
        raise RequestError("bad-parameter", "give an identifier: ?identifier=…")
    known = catalogue(here().engine)
    number = known.number(asked)
    if number is not None:
        return _see(known.paths[number])
    found = known.identifiers.look_up(asked)
    if not found.hits:
        raise _unknown(known, found)
    things = found.things
    return _see(things[0]) if len(things) == 1 else _choices(known, found, things)


def _see(path: str) -> Response:
    return Response(status=303, headers={"Location": f"/{path}"})


def _choices(known: Catalogue, found: Found, things: list[str]) -> Response:
    """300: several things may be meant, each with its address and name, and why."""
    reason = shared_note(known, found)
    choices = [_choice(known, thing) for thing in things]
    given = ",".join(request.headers.getlist("Accept")).lower()
    if "text/html" in given and "json" not in given:
        response = page("lookup.html", status=300, asked=found.asked, choices=choices, reason=reason)
    else:
        document = {"identifier": found.asked, "scheme": found.scheme, "reason": reason, "choices": choices}
        body = json.dumps(document, ensure_ascii=False)
        response = Response(body, 300, content_type="application/json", headers={"Content-Language": g.language})
    response.headers["Link"] = ", ".join(f'<{choice["iri"]}>; rel="alternate"' for choice in choices)
    response.headers["Vary"] = "Accept"
    return response


def _choice(known: Catalogue, thing: str) -> dict[str, Any]:
    number = known.number(thing)
    if number is None:  # a registered entity that is not in the graph
        named = labels(here().engine).of(thing, g.language)
        return {"iri": thing, "name": named.text, "language": named.language, "page": safe_link(thing)}
    label = known.label(number, g.language)
    iri = known.iri(number)
    return {"iri": iri, "name": label.text, "language": label.language or None, "page": safe_link(iri)}


def _unknown(known: Catalogue, found: Found) -> RequestError:
    near = [_near(known, one) for one in found.near]
    members: dict[str, object] = {"identifier": found.asked[:200], "reason": found.reason}
    if near:
        members["near"] = near
    return RequestError("identifier-unknown", i18n.gettext(REASONS[found.reason]), members=members)


def _near(known: Catalogue, one: Identifier) -> dict[str, Any]:
    number = known.number(one.thing)
    label = known.label(number, g.language) if number is not None else None
    return {
        "iri": f"{known.base_iri}/{one.thing}",
        "document": f"/{document_path(one.thing)}",
        "identifier": one.written,
        "scheme": one.scheme,
        "name": label.text if label else one.thing,
        "language": (label.language or None) if label else None,
    }
