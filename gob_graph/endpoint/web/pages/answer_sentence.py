"""The answer of a question in a sentence, made from its rows by a template of the question's file.

A template is a sentence with places: ``{label}`` is the value of the first row, ``{n}`` the number of rows. What stands
in ``[ … ]`` is repeated for each row; in it, ``|`` parts alternatives, of which the first whose places are all bound is
taken. ``{existed=no}`` stands for nothing, and only where the value is that; ``{earliest=?latest}`` where two columns
agree. `` || `` parts alternatives of the whole sentence in the same way, decided by the first row.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
from markupsafe import Markup, escape

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.about_thing import anchor, words
from gob_graph.endpoint.web.pages.institution_page import moment
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.links import external_link, safe_link
from gob_graph.vocab import XSD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Row, Term

PLACE: Final = re.compile(r"\{(?P<name>\w+)(?:=(?P<wanted>\??[\w ]+))?\}")
REPEATED: Final = re.compile(r"\[([^\]]*)\]")
MOMENTS: Final = frozenset({XSD.date, XSD.gYear, XSD.gYearMonth})
LISTED: Final = 60
"""Rows that a sentence names at most; the table below has the others."""


class Sentence:
    """Fills the templates of one page."""

    def __init__(self, engine: Engine, language: str) -> None:
        self.labels, self.language = labels(engine), language

    def filled(self, template: str, rows: Sequence[Row]) -> Markup | None:
        """The sentence; None where no alternative can be filled.

        Args:
            template: in the language of the page.
            rows: the solutions, in their order.
        """
        first = rows[0] if rows else {}
        for alternative in template.split(" || "):
            outside = REPEATED.sub("", alternative)
            if holds(outside, first, len(rows)):
                return self._whole(alternative, rows)
        return None

    def _whole(self, template: str, rows: Sequence[Row]) -> Markup:
        parts: list[Markup] = []
        for number, piece in enumerate(REPEATED.split(template)):
            if number % 2:
                items = [item for row in rows[:LISTED] if (item := self._item(piece, row)) is not None]
                more = [Markup("…")] if len(rows) > LISTED else []
                parts.append(escape(i18n.semicolon()).join([*dict.fromkeys(items), *more]))
            else:
                parts.append(self._text(piece, rows[0] if rows else {}, len(rows)))
        return Markup("").join(parts)

    def _item(self, alternatives: str, row: Row) -> Markup | None:
        found = next((a for a in alternatives.split("|") if holds(a, row, 1)), None)
        return None if found is None else self._text(found, row, 1)

    def _text(self, template: str, row: Row, count: int) -> Markup:
        out, place = Markup(""), 0
        for found in PLACE.finditer(template):
            out += escape(template[place : found.start()])
            place = found.end()
            if found["wanted"] is None:
                out += escape(i18n.number(count)) if found["name"] == "n" else self.term(row[found["name"]])
        return out + escape(template[place:])

    def term(self, term: Term) -> Markup:
        """A value in words: a thing by its name, a number and a date as the language writes them."""
        if isinstance(term, ox.NamedNode):
            if self.labels.known(term.value):
                return anchor(self.labels.of(term.value, self.language), safe_link(term.value))
            return anchor(Label(term.value), external_link(term.value))
        if not isinstance(term, ox.Literal):
            return escape(str(term))
        if term.language:
            return words(self.labels.text(term))
        if term.datatype in MOMENTS:
            return escape(moment(term.value))
        return escape(number_of(term))


def number_of(term: ox.Literal) -> str:
    """A number as the language of the page writes it; other texts as they are."""
    if term.datatype not in {XSD.integer, XSD.decimal, XSD.nonNegativeInteger, XSD.double}:
        return term.value
    try:
        return i18n.number(Decimal(term.value))
    except InvalidOperation:
        return term.value


def holds(template: str, row: Row, count: int) -> bool:
    """Whether every place of a template is bound and every condition met."""
    for found in PLACE.finditer(template):
        name, wanted = found["name"], found["wanted"]
        if name == "n":
            if not count:
                return False
            continue
        value = row.get(name)
        if value is None or (wanted is not None and not _equals(value, wanted, row)):
            return False
    return True


def _equals(value: Term, wanted: str, row: Row) -> bool:
    if wanted.startswith("?"):
        return row.get(wanted[1:]) == value
    return str(getattr(value, "value", "")) == wanted
