"""How a page tells what the graph says: names with their language, addresses, hedged figures, dates as given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.institution_graph import Portrait, Reference, portrait
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.vocab import DCT, SCHEMA, SKOS, preference

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Item:
    """A thing as a page shows it."""

    iri: str
    label: Label
    address: str | None
    quotes: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureInWords:
    """A key figure in words: ``more than 1,600``, the source's own hedge, its date, and what it counts."""

    item: Item
    text: str
    hedge: Label | None
    indicator: Label | None
    of: Item | None
    date: str | None
    words: Label | None


def best(texts: Iterable[ox.Literal], language: str) -> Label | None:
    """The text in the first language of the order of preference that has one."""
    known = {t.language or "": t.value for t in sorted(texts, key=lambda t: t.value, reverse=True)}
    for code in (*preference(language), ""):
        if code in known:
            return Label(known[code], code or None)
    return None


def ours(texts: Iterable[ox.Literal], language: str) -> Label | None:
    """The same, of texts that are our own: set as the page sets its other texts."""
    found = best(texts, language)
    return replace(found, text=i18n.spaced(found.text, found.language)) if found else None


def moment(text: str) -> str:
    """A year, month or day in the language of the page, never more precise than it is given."""
    parts = text.split("-")
    try:
        if len(parts) == 3:
            return i18n.day(date.fromisoformat(text))
        if len(parts) == 2:
            return i18n.month(date(int(parts[0]), int(parts[1]), 1))
    except ValueError:
        return text
    return text


class Telling:
    """The portrait of the institution in one language, for templates."""

    def __init__(self, language: str) -> None:
        engine = here().engine
        self.language = language
        self.known: Portrait = portrait(engine)
        self._labels = labels(engine)

    @property
    def institution(self) -> str:
        """The IRI that everything hangs on."""
        return self.known.institution

    def name(self, iri: str) -> Label:
        """What a thing is called on this page."""
        return self._labels.of(iri, self.language)

    def item(self, iri: str, quotes: Iterable[Reference] = ()) -> Item:
        """A thing with its name and address."""
        return Item(iri, self.name(iri), safe_link(iri), tuple(quotes))

    def items(self, thing: str, predicate: str) -> list[Item]:
        """What a property leads to, each with the statements that say so."""
        return [self.item(i, self.known.quotes(thing, predicate, i)) for i in self.known.things(thing, predicate)]

    def saying(self, predicate: str, thing: str) -> list[Item]:
        """What leads to a thing by a property, each with the statements that say so."""
        return [self.item(i, self.known.quotes(i, predicate, thing)) for i in self.known.saying(predicate, thing)]

    def text(self, thing: str, predicate: str) -> Label | None:
        """A text of a thing in the best language."""
        return best(self.known.texts(thing, predicate), self.language)

    def figures(self, of: str) -> list[FigureInWords]:
        """The key figures of an organisation, those of the page first, then by date."""
        gov = self.known.gov
        found = [self.figure(iri) for iri in self.known.saying(gov("figureOf"), of)]
        return sorted(found, key=lambda f: (not f.item.quotes, f.indicator.text if f.indicator else "", f.date or ""))

    def figure(self, iri: str) -> FigureInWords:
        """One key figure in words."""
        known, gov = self.known, self.known.gov
        number, kind = None, ""
        for kind in ("exclusiveLowerBound", "approximateValue", "exactValue"):
            if number := known.text(iri, gov(kind)):
                break
        currency = next(iter(known.things(iri, gov("currency"))), None)
        hedge = next(iter(known.texts(iri, gov("hedge"))), None)
        words = best(known.texts(iri, SCHEMA.term("text").value), self.language)
        period = next(iter(known.things(iri, DCT.temporal.value)), None)
        when = known.text(iri, gov("referenceDate"))
        indicator = next(iter(known.things(iri, gov("indicator"))), None)
        of = next(iter(known.things(iri, gov("figureOf"))), None)
        return FigureInWords(
            self.item(iri, known.quotes(iri, gov(kind))),
            hedged(kind, self._amount(number or "", currency)),
            Label(hedge.value, hedge.language) if hedge else None,
            self.name(indicator) if indicator else None,
            self.item(of) if of else None,
            moment(when) if when else (self.name(period).text if period else self._one_of(iri)),
            words,
        )

    def _one_of(self, figure: str) -> str | None:
        """The dates that a figure may be of, where its source does not say of which."""
        dates = [moment(t.value) for t in self.known.texts(figure, self.known.gov("possibleReferenceDate"))]
        return f" {i18n.gettext('or')} ".join(dates) or None

    def _amount(self, number: str, currency: str | None) -> str:
        if not number:
            return ""
        code = self.known.text(currency, SKOS.notation.value) if currency else None
        if code:
            return i18n.money(Decimal(number), code)
        return i18n.number(Decimal(number))


def hedged(kind: str, amount: str) -> str:
    """A number with what limits it; a bound is never shown as a value."""
    if kind == "exclusiveLowerBound":
        return i18n.gettext("more than %(amount)s") % {"amount": amount}
    if kind == "approximateValue":
        return i18n.gettext("approximately %(amount)s") % {"amount": amount}
    return amount
