"""The list of classes, and the page of one class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for

from gob_graph.endpoint.engine.page_query import declared
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.page_index.make import sort_key
from gob_graph.endpoint.web.pages import classes as asked
from gob_graph.endpoint.web.pages import facets, i18n
from gob_graph.endpoint.web.pages.institution_page import ours
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.endpoint.web.pages.shapes import constraints
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from gob_graph.endpoint.web.pages.classes import Class, Member

ROWS = 100
"""Members on one page."""
LIST = """SELECT ?thing ?label WHERE {{
    ?thing a <{iri}> .
    OPTIONAL {{ ?thing skos:prefLabel|rdfs:label|dct:title ?label . FILTER(LANG(?label) = "{language}") }}
}}
ORDER BY ?thing
"""
DOCUMENT = """CONSTRUCT {{ ?thing ?property ?value }} WHERE {{
    ?thing a <{iri}> ;
        ?property ?value .
}}
"""


def view() -> dict[str, Any]:
    """What the list of classes is filled with: what the facts are about, then the machinery."""
    found = [_entry(c) for c in asked.classes(here().engine)]
    found.sort(key=lambda entry: (sort_key(entry["label"].text), entry["label"].text))
    return {"told": [e for e in found if e["told"]], "other": [e for e in found if not e["told"]]}


def _entry(one: Class) -> dict[str, Any]:
    known = labels(here().engine)
    return {
        "label": known.of(one.iri, i18n.language()),
        "name": known.compact(one.iri),
        "address": class_address(one.iri),
        "count": one.count,
        "told": one.told,
        "text": ours(_definitions(one.iri), i18n.language()),
    }


def _definitions(iri: str) -> list[Any]:
    return labels(here().engine).definitions(iri)


def class_address(iri: str) -> str | None:
    """The page of a class that has members; none for other classes."""
    if any(c.iri == iri for c in asked.classes(here().engine)):
        return url_for("pages.browse_class", language=i18n.language(), name=labels(here().engine).compact(iri))
    return None


def view_class(name: str, number: int) -> dict[str, Any]:
    """What the page of a class is filled with; the class by its compact IRI.

    Raises:
        RequestError: ``not-found``: no class of that name has members, or it has no such page.
    """
    engine, language = here().engine, i18n.language()
    known = labels(engine)
    one = next((c for c in asked.classes(engine) if known.compact(c.iri) == name), None)
    if one is None:
        raise RequestError("not-found", f"the graph has no class {name} with members")
    pages = max(1, -(-one.count // ROWS))
    if not 1 <= number <= pages:
        raise RequestError("not-found", f"this class has {pages} page(s)")
    some, numbered = asked.members(engine, one.iri, language, ROWS, (number - 1) * ROWS)
    related = asked.relatives(engine, one.iri)
    return {
        "one": _entry(one),
        "iri": one.iri,
        "members": [_row(m, one.iri) for m in asked.detailed(engine, some)],
        "numbered": numbered,
        "number": number,
        "pages": pages,
        "page_address": lambda n: url_for("pages.browse_class", language=language, name=name, page=n),
        "narrower": facets.address_of({"class": name}),
        "related": {kind: [_term(i) for i in iris] for kind, iris in related.items()},
        "properties": [(_term(p), count) for p, count in asked.used_properties(engine, one.iri)],
        "constraints": constraints(here().release, one.iri, language),
        "query": declared(LIST.format(iri=one.iri, language=language), here().prefixes),
        "document": declared(DOCUMENT.format(iri=one.iri), here().prefixes),
    }


def _term(iri: str) -> dict[str, Any]:
    known = labels(here().engine)
    return {
        "label": known.of(iri, i18n.language()),
        "name": known.compact(iri),
        "address": class_address(iri) or safe_link(iri),
    }


def _row(member: Member, of: str) -> dict[str, Any]:
    return {
        "position": member.position,
        "former": member.former,
        **_term(member.iri),
        "types": [_term(t) for t in member.types if t != of],
        "whole": [_term(w) for w in member.whole],
    }
