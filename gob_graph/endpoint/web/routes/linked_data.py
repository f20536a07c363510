"""Every IRI opens: `/id/…` and `/auth/…` lead to the document about the thing, `/doc/…` is that document.

The document is chosen by Accept, by suffix, or, for people, by the language in the path. Links within a document's page
and `Location` are relative to this server; what is said about identity (canonical, Content-Location) uses the base of
the identifiers. The Host header is never looked at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from flask import Blueprint, Response, g, request

from gob_graph import catalogue
from gob_graph.addresses import split_suffix
from gob_graph.documents import serialize
from gob_graph.endpoint.description import jsonld
from gob_graph.endpoint.description import rdf as description_rdf
from gob_graph.endpoint.description.describe import describe, is_described, licence
from gob_graph.endpoint.description.identifier_registry import near, registry
from gob_graph.endpoint.description.served import contact, describe_served
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.reconciliation.links import links_of
from gob_graph.endpoint.sparql.protocol import RELEASE
from gob_graph.endpoint.web import former
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n, resource, schema_dataset
from gob_graph.endpoint.web.pages.institution_page import moment
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.links import ONTOLOGY, PATH, document_path
from gob_graph.endpoint.web.pages.reasons import in_all_languages, reason
from gob_graph.endpoint.web.pages.schema_org import schema_org
from gob_graph.endpoint.web.routes.localized import IN_LANGUAGE, take_language
from gob_graph.errors import RequestError
from gob_graph.formats import FORMATS, negotiate
from gob_graph.vocab import LANGUAGES, OWL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.endpoint.description.minted import Minted
    from gob_graph.endpoint.description.model import Entity
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.formats import Format

routes = Blueprint("linked_data", __name__)
routes.url_value_preprocessor(take_language)
OFFERS = tuple(
    next(f for f in FORMATS if f.name == name) for name in ("turtle", "jsonld", "ntriples", "rdfxml", "html")
)
"""The representations of a document; the first is for clients that do not care."""
VERSION = f"""SELECT ?ontology WHERE {{
    VALUES ?version {{ UNDEF }} ?ontology {OWL.versionIRI}|{OWL.priorVersion} ?version
}}"""


@dataclass(frozen=True, slots=True)
class Document:
    """The document that is asked for: its path without suffix, the IRI that it is about, its representation, release.

    `engine` is that of the release asked for: an older one for a memento, which keeps its parameter in its links.
    """

    path: str
    topic: str
    form: Format
    engine: Engine

    @property
    def iri(self) -> str:
        """What identifies it, whatever the representation."""
        base, kind = self.engine.release.base_iri, self.path.partition("/")[0]
        return f"{here().settings.ontology_base if kind == 'ns' else base}/{self.path}"

    @property
    def canonical(self) -> str:
        """What to cite: of a page that in its language, else the document."""
        if self.form.codec is not None:
            return self.iri
        return f"{self.iri.removesuffix(f'/{self.path}')}/{g.language}/{self.path}"

    def address(self, form: Format) -> str:
        """The path of a representation."""
        return f"/{self.path}.{form.extension}{self.query}"

    @property
    def query(self) -> str:
        """What a memento adds to its addresses."""
        named = RELEASE in request.args
        return f"?{RELEASE}={self.engine.release.id}" if named else ""

    @property
    def formats(self) -> list[tuple[Format, str]]:
        """The representations for programs, each with its path."""
        return [(f, self.address(f)) for f in OFFERS if f.codec is not None]

    def headers(self, rights: str | None) -> dict[str, str]:
        """Content-Location and Link (RFC 8288)."""
        html = self.form.codec is None
        links = [
            f'<{self.canonical}>; rel="canonical"',
            f'</{self.path}>; rel="describedby"; anchor="{self.topic}"',
            *(f'<{self.address(f)}>; rel="alternate"; type="{f.media_type}"' for f in OFFERS),
            *(
                f'</{code}/{self.path}{self.query}>; rel="alternate"; type="text/html"; hreflang="{code}"'
                for code in LANGUAGES
                if html
            ),
        ]
        path = self.topic.removeprefix(f"{self.engine.release.base_iri}/")
        if links_of(self.engine, path):
            links.append(f'</linkset/{path}>; rel="linkset"; type="application/linkset+json"; anchor="{self.topic}"')
        if rights and self.iri != self.topic:
            links.append(f'<{rights}>; rel="license"')
        place = self.canonical if html else f"{self.iri}.{self.form.extension}"
        place += self.query
        return {"Link": ", ".join(links), "Content-Location": place}


@routes.get("/id/<path:rest>", defaults={"kind": "id"})
@routes.get("/auth/<path:rest>", defaults={"kind": "auth"})
def thing(kind: str, rest: str) -> Response:
    """Lead from a thing to the document about it (303: the thing itself cannot be sent)."""
    path = f"{kind}/{rest}"
    document = document_path(path)
    iri = f"{here().release.base_iri}/{path}"
    if document is None or not _known(path, iri):
        raise not_found(path)
    return see(document)


@routes.get("/ns/governance/<path:rest>")
def part_of_ontology(rest: str) -> Response:
    """Lead from a rule or a version of the ontology to the document about it."""
    path = f"{ONTOLOGY}/{rest}"
    document, iri = document_path(path), f"{here().settings.ontology_base}/{path}"
    if document is None:
        raise not_found(path)
    if rows(here().engine, VERSION, version=ox.NamedNode(iri)):
        return see(ONTOLOGY)  # the release holds one version: this one, which keeps the terms of those before
    if not _known(path, iri):
        raise not_found(path)
    return see(document)


@routes.get("/ns/display")
def display_labels() -> Response:
    """Lead from the vocabulary of display labels to the document about it."""
    if not _known("ns/display", f"{here().settings.ontology_base}/ns/display"):
        raise not_found("ns/display")
    return see("doc/ns/display")


def see(document: str) -> Response:
    """303, relative, so that a local visitor stays local."""
    return Response(status=303, headers={"Location": f"/{document}", "Link": f'</{document}>; rel="describedby"'})


def _known(path: str, iri: str) -> bool:
    row = registry(here().release).get(path)
    if (row is not None and row.withdrawn) or is_described(here().engine, iri):
        return True
    return former.status(iri)["status"] in former.PUBLISHED


@routes.get("/doc/<path:path>")
def document(path: str) -> Response:
    """The document about a thing, in the representation that is asked for."""
    stem, form = by_suffix(path)
    if request.view_args is not None:
        request.view_args["path"] = stem  # the links to the other languages have no suffix
    return _document(stem, form)


@routes.get(f"{IN_LANGUAGE}/doc/<path:path>")
def document_page(path: str) -> Response:
    """The page about a thing in a language."""
    return _document(path, OFFERS[-1])


def by_suffix(path: str) -> tuple[str, Format | None]:
    """The path without its suffix, and the representation that the suffix names."""
    stem, suffix = split_suffix(f"doc/{path}")
    form = next((f for f in OFFERS if f.extension == suffix), None)
    return (stem.removeprefix("doc/"), form) if form else (path, None)


def _document(stem: str, form: Format | None) -> Response:
    """404 and 410 take precedence over 406."""
    path = f"doc/{stem}"
    if not PATH.fullmatch(path):
        raise not_found(path)
    g.language = g.get("language") or i18n.choose(request.accept_languages)
    engine = here().engine
    for thing_path, topic in topics(stem):
        row = registry(engine.release).get(thing_path)
        if row is not None and row.withdrawn:
            return _gone(Document(path, topic, _chosen(form, row), engine), row)
        entity = describe(engine, topic)
        if entity is None or not entity.facts:
            entity = describe_served(engine, here().settings, topic)
        if entity is not None:
            return _found(Document(path, topic, _chosen(form), engine), entity)
        row = None if RELEASE in request.args else former.tombstone(topic)
        if row is not None:
            return _gone(Document(path, topic, _chosen(form, row), engine), row)
        if topic == contact(engine.release.dataset_iri):
            dataset = engine.release.dataset_iri.removeprefix(f"{engine.release.base_iri}/id/")
            return see(f"doc/{dataset}")  # which says whom to ask, or that nobody is named
    raise not_found(path)


def _chosen(form: Format | None, withdrawn: Minted | None = None) -> Format:
    """The representation by suffix or negotiation; of a tombstone, the refusal itself where none is acceptable."""
    try:
        return form or negotiate(request.headers.getlist("Accept"), OFFERS)
    except RequestError as refused:
        if withdrawn is None:
            raise
        told = {"reason": withdrawn.reason, "withdrawn": withdrawn.changed, "successor": withdrawn.successor or None}
        raise RequestError("withdrawn", f"/{withdrawn.path} was withdrawn", members=told) from refused


def topics(stem: str) -> list[tuple[str, str]]:
    """What the document may be about: path below the base, and IRI."""
    base, ontology_base = here().release.base_iri, here().settings.ontology_base
    kind = stem.partition("/")[0]
    if kind == "ns":
        return [(stem, f"{ontology_base}/{stem}")]
    things = [stem] if kind == "auth" else [f"id/{stem}", f"doc/{stem}"]
    return [(path, f"{base}/{path}") for path in things]


def _found(asked: Document, entity: Entity) -> Response:
    rights = licence(asked.engine)
    if asked.form.codec is None:
        response = page("resource.html", entity=entity, document=asked, **page_values(asked, entity, rights))
    else:
        told = description_rdf.description(entity, asked.iri, asked.engine.release, rights)
        response = rdf(catalogue.completed(told, entity.iri, asked.engine.release, here().settings), asked)
    response.headers.update(asked.headers(rights))
    return response


def page_values(asked: Document, entity: Entity, rights: str | None) -> dict[str, Any]:
    """What the page about a thing is given beside the entity."""
    return {
        "licence": rights,
        "formats": asked.formats,
        "schema_org": schema_dataset.completed(schema_org(entity), entity, asked.engine.release, here().settings),
        "view": resource.view(entity),
    }


def _gone(asked: Document, row: Minted) -> Response:
    release, rights = asked.engine.release, licence(asked.engine)
    if asked.form.codec is None:
        successor = f"{release.base_iri}/{row.successor}" if row.successor else None
        name = labels(asked.engine).of(successor, g.language) if successor else None
        values: dict[str, Any] = {"topic": asked.topic, "successor": successor, "formats": asked.formats, "name": name}
        values["reason"] = reason(row.reason)
        response = page("tombstone.html", status=410, row=row, date=moment(row.changed[:10]), **values)
    else:
        reasons = in_all_languages(row.reason)
        response = rdf(description_rdf.tombstone(row, asked.topic, asked.iri, release, rights, reasons), asked)
        response.status_code = 410
    response.headers.update(asked.headers(rights))
    return response


def rdf(triples: Sequence[ox.Triple], asked: Document) -> Response:
    """Triples in the representation that is asked for."""
    if asked.form.name == "jsonld":
        body = jsonld.document(triples, jsonld.context(asked.engine), asked.topic)
    else:
        body = serialize(triples, asked.form, dict(asked.engine.release.manifest["prefixes"]))
    return Response(body, content_type=asked.form.content_type)


def not_found(path: str) -> RequestError:
    """Nothing is known of a path; what resembles it is offered, by its name in the language of the visitor."""
    engine, language = here().engine, g.get("language") or i18n.choose(request.accept_languages)
    found = []
    for row in near(path.removeprefix("doc/"), engine):
        iri = f"{engine.release.base_iri}/{row.path}"
        label = labels(engine).of(iri, language)
        name = {"name": label.text, "language": label.language}
        found.append({"iri": iri, "document": f"/{document_path(row.path)}", **name})
    return RequestError("not-found", f"nothing is known of /{path}", members={"near": found} if found else {})


@routes.get("/ns/context.jsonld")
def context() -> Response:
    """The context of our JSON-LD documents, whole, for authors of others."""
    body = json.dumps({"@context": jsonld.context(here().engine)}, ensure_ascii=False, indent=1)
    return Response(body + "\n", content_type="application/ld+json")
