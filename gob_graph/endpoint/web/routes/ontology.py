"""The ontology at its own address, `/ns/governance`: RDF for machines, a page with one fragment per term for people."""

from __future__ import annotations

import pyoxigraph as ox
from flask import Blueprint, Response, g, request

from gob_graph.endpoint.description.describe import licence
from gob_graph.endpoint.engine.page_query import triples
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.links import ONTOLOGY
from gob_graph.endpoint.web.pages.model_page import model_page
from gob_graph.endpoint.web.routes.linked_data import OFFERS, Document, rdf
from gob_graph.endpoint.web.routes.localized import IN_LANGUAGE, take_language
from gob_graph.errors import RequestError
from gob_graph.formats import by_name, negotiate
from gob_graph.vocab import RDFS

routes = Blueprint("ontology", __name__)
routes.url_value_preprocessor(take_language)
TERMS = f"""CONSTRUCT {{ ?term ?p ?o }} WHERE {{
    {{ VALUES ?ontology {{ UNDEF }} ?term {RDFS.isDefinedBy} ?ontology . ?term ?p ?o }}
    UNION
    {{ VALUES ?term {{ UNDEF }} ?term ?p ?o }}
}}"""


@routes.get("/ns/governance", defaults={"extension": ""})
@routes.get("/ns/governance.<extension>")
def ontology(extension: str) -> Response:
    """The ontology, in the representation that is asked for."""
    form = by_name(extension, OFFERS) if extension else negotiate(request.headers.getlist("Accept"), OFFERS)
    if form is None or extension not in {"", form.extension}:
        raise RequestError("not-found", f"there is no /{ONTOLOGY}.{extension}")
    if request.view_args is not None:
        request.view_args.clear()  # the links to the other languages have no suffix
    asked = Document(ONTOLOGY, f"{here().settings.ontology_base}/{ONTOLOGY}", form, here().engine)
    return _page(asked) if form.codec is None else _rdf(asked)


@routes.get(f"{IN_LANGUAGE}/ns/governance")
def ontology_page() -> Response:
    """The page of the ontology in a language."""
    return _page(Document(ONTOLOGY, f"{here().settings.ontology_base}/{ONTOLOGY}", OFFERS[-1], here().engine))


def ontology_triples() -> list[ox.Triple]:
    """The ontology's header, and everything that is said of each of its terms."""
    node = ox.NamedNode(f"{here().settings.ontology_base}/{ONTOLOGY}")
    return triples(here().engine, TERMS, ontology=node, term=node)


def _rdf(asked: Document) -> Response:
    response = rdf(ontology_triples(), asked)
    response.headers.update(asked.headers(licence(here().engine)))
    return response


def _page(asked: Document) -> Response:
    language = g.get("language") or i18n.choose(request.accept_languages)
    response = model_page(language, formats=asked.formats)
    response.headers.update(asked.headers(licence(here().engine)))
    return response
