"""The texts by which something is found: names, former names, roles, identifiers, descriptions, questions and pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.pages.i18n import message, translations
from gob_graph.endpoint.web.pages.layout import ABOUT_THIS_SITE, FOR_MACHINES, NAVIGATION
from gob_graph.vocab import LANGUAGES, preference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.endpoint.engine.engine import Engine

KINDS: Final = ("name", "short", "former", "other", "identifier", "role", "description", "note", "words")
"""What a text is to what it is found by, the more telling first."""
NAMING: Final = KINDS.index("description")
"""The kinds before this one name a thing; the others only speak of it."""
THING, QUESTION, STATEMENT, PAGE = "thing", "question", "statement", "page"
"""What can be found: a thing of the graph, a question, a statement of the source page, a page of this site."""
TEXTS: Final = """
SELECT ?thing ?kind ?text ?statement WHERE {
    GRAPH ?graph { ?thing ?property ?text }
    VALUES (?property ?kind) {
        (skos:prefLabel "name") (rdfs:label "name") (dct:title "name") (display:label "name")
        (skos:altLabel "short") (gov:formerName "former")
        (schema:alternateName "other") (dct:alternative "other") (gov:gloss "other") (skos:hiddenLabel "other")
        (locn:fullAddress "other")
        (skos:notation "identifier") (dct:identifier "identifier") (cv:email "identifier") (cv:telephone "identifier")
        (skos:definition "description") (dct:description "description") (rdfs:comment "description")
        (skos:scopeNote "note") (skos:editorialNote "note") (skos:historyNote "note") (skos:example "note")
        (skos:note "note") (skos:changeNote "note")
        (schema:text "words")
    }
    OPTIONAL {
        GRAPH graph:evidence {
            ?thing a gov:SourceStatement ;
                dct:identifier ?statement .
        }
    }
    FILTER(?graph NOT IN (graph:evidence, graph:meta) || BOUND(?statement))
    FILTER(ISIRI(?thing))
}
"""
NUMBERS: Final = """
SELECT ?thing ?scheme ?number WHERE {
    ?thing rov:hasRegisteredOrganization?/adms:identifier ?identifier .
    ?identifier skos:notation ?number .
    OPTIONAL { ?identifier adms:schemeAgency ?scheme }
    FILTER(ISIRI(?thing))
}
"""
ROLES: Final = """
SELECT ?thing ?relation ?other WHERE {
    VALUES ?relation { gov:chairs gov:assists org:role gov:governs org:headOf }
    ?thing ?relation ?other .
    FILTER(ISIRI(?thing) && ISIRI(?other))
}
"""
CLASSES: Final = """
SELECT DISTINCT ?thing ?class WHERE {
    ?thing a ?class .
    FILTER(ISIRI(?thing))
}
"""
PAGES: Final = {
    "registries.registries": message("KBO/BCE numbers, identifiers, look-up, reconciliation, OpenRefine"),
    "documentation.downloads": message("Download all data: CSV, Turtle, JSON-LD, N-Quads, checksums"),
    "documentation.api": message("Programming interface: addresses, parameters, formats, errors"),
    "pages.chart": message("Structure: administrations, governing bodies, who belongs to what"),
    "documentation.quality": message("Validation: what the checks found"),
    "documentation.cite": message("Citation, reference, BibTeX"),
    "release_pages.changes": message("What changed between two versions"),
    "workbench.sparql": message("Write and run queries; examples"),
}
"""What else a page is found by than by its title."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text: what it leads to (an IRI, or the name of a question, statement or page), its kind and language."""

    of: tuple[str, str]
    kind: str
    text: str
    language: str = ""


def read_texts(engine: Engine) -> Iterator[Text]:
    """Every text of a release.

    Raises:
        RequestError: the engine has no time or room now.
    """
    yield from _of_things(engine)
    yield from _numbers(engine)
    yield from _roles(engine)
    for question in read_questions(engine.release):
        for kind, several in (("name", question.title), ("description", question.description)):
            for language, text in several.items():
                yield Text((QUESTION, question.name), kind, text, language)
    yield from _pages()


def read_classes(engine: Engine) -> dict[str, tuple[str, ...]]:
    """The classes of every thing."""
    found: dict[str, set[str]] = {}
    for row in rows(engine, CLASSES):
        found.setdefault(row["thing"].value, set()).add(row["class"].value)
    return {iri: tuple(sorted(several)) for iri, several in found.items()}


def _of_things(engine: Engine) -> Iterator[Text]:
    for row in rows(engine, TEXTS):
        text = row["text"]
        if not isinstance(text, ox.Literal):
            continue
        if "statement" in row:
            kind = "words" if text.language else "identifier"
            yield Text((STATEMENT, row["statement"].value), kind, text.value, text.language or "")
        else:
            yield Text((THING, row["thing"].value), row["kind"].value, text.value, text.language or "")


def _numbers(engine: Engine) -> Iterator[Text]:
    for row in rows(engine, NUMBERS):
        scheme = f"{row['scheme'].value} " if "scheme" in row else ""
        yield Text((THING, row["thing"].value), "identifier", f"{scheme}{row['number'].value}")


def _roles(engine: Engine) -> Iterator[Text]:
    """What a post or body does for another, in words: “zit voor: Directieraad”."""
    names: dict[str, dict[str, str]] = {}
    found = rows(engine, ROLES)
    terms = {row[part].value for row in found for part in ("relation", "other")}
    for row in rows(engine, TERMS, thing=[ox.NamedNode(iri) for iri in sorted(terms)]) if terms else []:
        if isinstance(text := row["text"], ox.Literal):
            names.setdefault(row["thing"].value, {}).setdefault(text.language or "", text.value)
    for row in found:
        thing, relation, other = (row[part].value for part in ("thing", "relation", "other"))
        for language, verb in names.get(relation, {}).items():
            called = names.get(other, {})
            name = next((called[code] for code in (*preference(language), "") if code in called), "")
            yield Text((THING, thing), "role", f"{verb}: {name}", language)


TERMS: Final = """
SELECT ?thing ?text WHERE {
    VALUES ?thing { UNDEF }
    ?thing display:label|rdfs:label|skos:prefLabel ?text .
}
ORDER BY ?thing ?text
"""


def _pages() -> Iterator[Text]:
    entries = {entry.endpoint: entry.text for entry in (*NAVIGATION, *ABOUT_THIS_SITE, *FOR_MACHINES)}
    for language in LANGUAGES:
        words = translations(language)
        for endpoint, text in entries.items():
            yield Text((PAGE, endpoint), "name", words.gettext(text), language)
        for endpoint, text in PAGES.items():
            yield Text((PAGE, endpoint), "description", words.gettext(text), language)
