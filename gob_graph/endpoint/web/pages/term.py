"""A term as a page shows it: words in the language of the page, and the address that it leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.institution_page import moment
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.vocab import XSD

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Term

MOMENTS = frozenset({XSD.date, XSD.gYear, XSD.gYearMonth})
NUMBERS = frozenset({XSD.integer, XSD.decimal, XSD.nonNegativeInteger, XSD.double})


@dataclass(frozen=True, slots=True)
class Cell:
    """Text, its language where that is not the page's, the address it leads to, and its compact IRI."""

    text: str
    language: str | None = None
    link: str | None = None
    code: str = ""
    number: bool = False
    gloss: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """Makes the cells of a page in a language."""

    engine: Engine
    language: str

    def of(self, term: Term | None) -> Cell:
        """The cell of a term; an empty one where nothing is bound."""
        if term is None:
            return Cell("")
        if isinstance(term, ox.Literal):
            shown = literal(term, self.language)
            return replace(shown, own=labels(self.engine).text(term).own) if term.language else shown
        if isinstance(term, ox.BlankNode):
            return Cell(str(term))
        return self.named(term.value)

    def named(self, iri: str) -> Cell:
        """The cell of a thing: its label, leading to its page."""
        known = labels(self.engine)
        label = known.of(iri, self.language)
        foreign = label.language if label.language != self.language else None
        return Cell(label.text, foreign, safe_link(iri), known.compact(iri), gloss=label.gloss, own=label.own)


def literal(term: ox.Literal, language: str) -> Cell:
    """A literal as the language of the page writes it; what cannot be read as its datatype stays as it is written."""
    if term.language:
        return Cell(term.value, term.language if term.language != language else None)
    try:
        if term.datatype in NUMBERS:
            return Cell(i18n.number(Decimal(term.value)), number=True)
        if term.datatype in MOMENTS:
            return Cell(moment(term.value))
    except (ArithmeticError, ValueError):
        return Cell(term.value)
    if term.datatype == XSD.boolean:
        return Cell(i18n.gettext("yes") if term.value in {"true", "1"} else i18n.gettext("no"))
    return Cell(term.value)
