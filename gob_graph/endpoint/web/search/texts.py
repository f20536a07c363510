"""The texts by which something is found: names, former names, roles, identifiers, descriptions, questions and pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.pages.i18n import message, translations
from gob_graph.endpoint.web.pages.layout import ABOUT_THIS_SITE, FOR_MACHINES, NAVIGATION
from gob_graph.endpoint.web.search.things import of_things
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.release import Release

KINDS: Final = ("name", "short", "former", "other", "identifier", "role", "description", "note", "words")
"""What a text is to what it is found by, the more telling first."""
NAMING: Final = KINDS.index("description")
"""The kinds before this one name a thing; the others only speak of it."""
THING, QUESTION, STATEMENT, PAGE = "thing", "question", "statement", "page"
"""What can be found: a thing of the graph, a question, a statement of the source page, a page of this site."""
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


def read_texts(release: Release) -> Iterator[Text]:
    """Every text of a release and of this site."""
    for said in of_things(release):
        of = (STATEMENT, said.statement) if said.statement else (THING, said.thing)
        yield Text(of, said.kind, said.text, said.language)
    for question in read_questions(release):
        for kind, several in (("name", question.title), ("description", question.description)):
            for language, text in several.items():
                yield Text((QUESTION, question.name), kind, text, language)
    yield from page_texts()


def page_texts() -> Iterator[Text]:
    """The titles of the pages of this site, and what else they are found by."""
    entries = {entry.endpoint: entry.text for entry in (*NAVIGATION, *ABOUT_THIS_SITE, *FOR_MACHINES)}
    for language in LANGUAGES:
        words = translations(language)
        for endpoint, text in entries.items():
            yield Text((PAGE, endpoint), "name", words.gettext(text), language)
        for endpoint, text in PAGES.items():
            yield Text((PAGE, endpoint), "description", words.gettext(text), language)
