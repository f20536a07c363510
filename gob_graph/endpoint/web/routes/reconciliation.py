"""The Reconciliation Service API 0.2 at ``/reconcile`` and ``/en/reconcile`` …, and the draft of 1.0 below it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, g, render_template, request

from gob_graph.endpoint.reconciliation import queries
from gob_graph.endpoint.reconciliation.admission import Gate
from gob_graph.endpoint.reconciliation.properties import property_of
from gob_graph.endpoint.reconciliation.queries import type_iris
from gob_graph.endpoint.reconciliation.service import SUGGESTED, Service
from gob_graph.endpoint.server.client_address import client_of
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n, reconcile_manifest
from gob_graph.endpoint.web.pages.reconcile_words import LocalWords
from gob_graph.endpoint.web.routes.localized import IN_LANGUAGE, take_language
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

routes = Blueprint("reconciliation", __name__)
routes.url_value_preprocessor(take_language)
AT_ONCE = 2
"""Batches that are matched at once; the interpreter runs one thread at a time, so more would only be slower."""
LARGEST = 1000
"""The largest offset or limit of a list."""
ITEMS = "<any(entity,type,property):kind>"
FRAMED = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
"""The policy of what clients show in a frame of theirs."""


@routes.get("/reconcile")
@routes.get(f"{IN_LANGUAGE}/reconcile", endpoint="reconcile_page")
def reconcile() -> Response:
    """Describe the service; with ``queries``, ``query`` or ``extend``, answer as to a POST."""
    service = _service()
    given = _given(request.args)
    return given(service) if given else _json(reconcile_manifest.manifest(service, _address("")))


@routes.post("/reconcile")
@routes.post(f"{IN_LANGUAGE}/reconcile", endpoint="reconcile_batch_page")
def reconcile_batch() -> Response:
    """Answer a batch of queries, or give values of properties; a form with ``queries`` or ``extend``."""
    service = _service()
    if request.mimetype != "application/x-www-form-urlencoded":
        raise RequestError("unsupported-media-type", "send a form (application/x-www-form-urlencoded) with 'queries'")
    given = _given(request.form)
    if given is None:
        raise RequestError("bad-request", "there is neither 'queries' nor 'extend'")
    return given(service)


def _given(values: Any) -> Callable[[Service], Response] | None:  # noqa: ANN401 - werkzeug's MultiDict
    if "queries" in values:
        return lambda service: _answer(service, values["queries"])
    if "extend" in values:
        return lambda service: _extend(service, values["extend"])
    if "query" in values:
        return lambda service: _answer_one(service, values["query"])
    return None


def _answer(service: Service, text: str) -> Response:
    asked = queries.batch(service.engine, queries.parsed(text, "queries"))
    with room():
        return _json({key: {"result": service.candidates(one)} for key, one in asked.items()})


def _answer_one(service: Service, text: str) -> Response:
    asked = queries.single(service.engine, text)
    with room():
        return _json({"result": service.candidates(asked)})


def _extend(service: Service, text: str) -> Response:
    ids, wanted = queries.extension(service.engine, queries.parsed(text, "extend"))
    meta, lines = service.extend(ids, wanted)
    return _json({"meta": meta, "rows": lines})


@routes.get(f"/reconcile/suggest/{ITEMS}")
@routes.get(f"{IN_LANGUAGE}/reconcile/suggest/{ITEMS}", endpoint="suggest_page")
def suggest(kind: str) -> Response:
    """Complete the beginning of a word."""
    service = _service()
    prefix = request.args.get("prefix", "")
    cursor, limit = _number("cursor", 0), _number("limit", SUGGESTED)
    if kind == "entity":
        found = service.suggest_entities(prefix, cursor, limit)
    else:
        every = service.suggest_types(prefix) if kind == "type" else service.suggest_properties(prefix)
        found = every[cursor : cursor + limit]
    return _json({"result": found})


@routes.get(f"/reconcile/flyout/{ITEMS}")
@routes.get(f"{IN_LANGUAGE}/reconcile/flyout/{ITEMS}", endpoint="flyout_page")
def flyout(kind: str) -> Response:
    """A few words of HTML on what was suggested."""
    service, given = _service(), request.args.get("id", "")
    if kind == "entity":
        body = render_template("_reconcile_card.html", **reconcile_manifest.card(service, given))
    elif kind == "type":
        body = render_template(
            "_reconcile_term.html", id=given, text=service.words.term(type_iris(service.engine, [given])[0])
        )
    else:
        named = service.extend([], [property_of(service.engine, given)])[0]
        body = render_template("_reconcile_term.html", id=given, text=named[0]["name"])
    return _json({"id": given, "html": body})


@routes.get("/reconcile/properties")
@routes.get(f"{IN_LANGUAGE}/reconcile/properties", endpoint="properties_page")
def properties() -> Response:
    """Propose properties of the things of a type."""
    service, given = _service(), request.args.get("type", "")
    limit = _number("limit", LARGEST)
    type_ = type_iris(service.engine, [given])[0] if given else None
    found: dict[str, Any] = {"properties": service.propose(type_, limit), "limit": limit}
    return _json(found | ({"type": given} if given else {}))


@routes.get("/reconcile/preview")
@routes.get(f"{IN_LANGUAGE}/reconcile/preview", endpoint="preview_page")
def preview() -> Response:
    """What a client shows of a thing in a frame."""
    service = _service()
    card = reconcile_manifest.card(service, request.args.get("id", ""))
    body = render_template("reconcile_preview.html", language=g.language, **card)
    headers = {"Content-Security-Policy": FRAMED, "Content-Language": g.language}
    return Response(body, content_type="text/html; charset=utf-8", headers=headers)


@routes.get("/reconcile/1.0-draft")
@routes.get(f"{IN_LANGUAGE}/reconcile/1.0-draft", endpoint="draft_page")
def draft() -> Response:
    """Describe the service as the draft of 1.0 wants it."""
    return _json(reconcile_manifest.draft(_service(), _address("")))


@routes.post("/reconcile/1.0-draft/<any(match,reconcile):name>")
@routes.post(f"{IN_LANGUAGE}/reconcile/1.0-draft/<any(match,reconcile):name>", endpoint="draft_match_page")
def draft_match(name: str) -> Response:
    """Answer a batch of queries; the draft calls this route ``match``, and did ``reconcile`` before."""
    service = _service()
    asked = queries.draft_batch(service.engine, _body())
    with room():
        results = [{"candidates": reconcile_manifest.with_names(service.candidates(one))} for one in asked]
    return _json({"results": results})


@routes.post("/reconcile/1.0-draft/extend")
@routes.post(f"{IN_LANGUAGE}/reconcile/1.0-draft/extend", endpoint="draft_extend_page")
def draft_extend() -> Response:
    """Give values of properties."""
    service = _service()
    ids, wanted = queries.extension(service.engine, _body())
    meta, lines = service.extend(ids, wanted)
    rows = [
        {"id": i, "properties": [{"id": p, "values": cells} for p, cells in line.items()]} for i, line in lines.items()
    ]
    return _json({"meta": meta, "rows": rows})


@routes.get("/reconcile/1.0-draft/extend/propose")
@routes.get(f"{IN_LANGUAGE}/reconcile/1.0-draft/extend/propose", endpoint="draft_propose_page")
def draft_propose() -> Response:
    """Propose properties of the things of a type."""
    return properties()


@routes.get(f"/reconcile/1.0-draft/suggest/{ITEMS}")
@routes.get(f"{IN_LANGUAGE}/reconcile/1.0-draft/suggest/{ITEMS}", endpoint="draft_suggest_page")
def draft_suggest(kind: str) -> Response:
    """Complete the beginning of a word."""
    return suggest(kind)


@routes.get("/reconcile/1.0-draft/preview")
@routes.get(f"{IN_LANGUAGE}/reconcile/1.0-draft/preview", endpoint="draft_preview_page")
def draft_preview() -> Response:
    """What a client shows of a thing in a frame."""
    return preview()


def _service() -> Service:
    """The service in the language of the request.

    Raises:
        RequestError: the client wants a call of a function of its own (JSONP).
    """
    if "callback" in request.args or "callback" in request.form:
        raise RequestError("bad-parameter", "callback: no JSONP; every answer may be read across origins (CORS)")
    g.language = g.get("language") or i18n.choose(request.accept_languages)
    return Service(here().engine, LocalWords(g.language))


def room() -> AbstractContextManager[None]:
    """Room among the batches that are matched now: the limits of public queries hold."""
    site = here()
    settings = site.settings
    gate = current_app.extensions.get("gob_graph.reconciliation")
    if gate is None:
        each = settings.client_running + settings.client_waiting
        gate = current_app.extensions["gob_graph.reconciliation"] = Gate(AT_ONCE, each, settings.queue_wait)
    hops = request.headers.get("X-Forwarded-For", "")
    return gate.entered(client_of(request.remote_addr or "", hops, settings.trusted_proxies))


def _body() -> Any:  # noqa: ANN401 - whatever JSON holds
    if request.mimetype != "application/json":
        raise RequestError("unsupported-media-type", "send application/json")
    try:
        text = request.get_data().decode()
    except UnicodeDecodeError as error:
        raise RequestError("bad-encoding", f"not UTF-8 at byte {error.start}") from error
    return queries.parsed(text, "the body")


def _number(name: str, default: int) -> int:
    given = request.args.get(name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 6 or int(given) > LARGEST:
        raise RequestError("bad-parameter", f"{name}={given[:20]!r} must be a whole number up to {LARGEST}")
    return int(given)


def _address(path: str) -> str:
    """The address of the service in the language that the path names."""
    named = f"/{g.language}" if request.path.startswith(f"/{g.language}/") else ""
    return f"{here().settings.service_url}{named}/reconcile{path}"


def _json(document: Any) -> Response:  # noqa: ANN401 - whatever JSON holds
    body = json.dumps(document, ensure_ascii=False)
    response = Response(body, content_type="application/json", headers={"Content-Language": g.language})
    if request.method == "POST":
        response.headers["Cache-Control"] = "no-store"
    return response
