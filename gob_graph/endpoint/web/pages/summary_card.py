"""The card at the head of a page: address, KBO number, web site, chair, figures, each with what limits it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pyoxigraph as ox
from markupsafe import Markup

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.page_query import triples
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.about_thing import About, anchor, listed, quoted, said, words
from gob_graph.endpoint.web.pages.home import boards
from gob_graph.endpoint.web.pages.i18n import message
from gob_graph.endpoint.web.pages.institution_page import Telling, best, moment
from gob_graph.endpoint.web.pages.layout import address
from gob_graph.endpoint.web.pages.links import external_link
from gob_graph.endpoint.web.pages.summary_sentence import sentence
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.description.model import Entity, Evidence
    from gob_graph.endpoint.web.pages.institution_graph import Reference
    from gob_graph.endpoint.web.pages.institution_page import FigureInWords, Item
    from gob_graph.endpoint.web.pages.teller import Teller

MAP = "https://www.openstreetmap.org/search?"
"""Where an address is shown on a map; a visitor who follows the link leaves this site."""
LEADS = ("locn:address", "cv:contactPoint", "rov:hasRegisteredOrganization", "adms:identifier")
"""Properties whose values have the details that the card shows."""
NEAR = """
CONSTRUCT { ?near ?property ?value } WHERE {
    VALUES ?iri { UNDEF }
    {
        { ?iri locn:address|cv:contactPoint|rov:hasRegisteredOrganization|adms:identifier ?near }
        UNION { ?iri rov:hasRegisteredOrganization/adms:identifier ?near }
    }
    ?near ?property ?value .
    FILTER(ISLITERAL(?value) || ?property = adms:identifier)
}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the card, with the statements and documents that say so."""

    text: Markup
    quotes: tuple[Reference, ...] = ()
    documents: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class CardRow:
    """What the lines are about, and the lines."""

    title: str | Markup
    entries: tuple[Entry, ...]


class _Near:
    """What is said of the address, the contact point, the registration and the identifiers of a thing."""

    def __init__(self, about: About) -> None:
        self.about = about
        self._said: dict[tuple[str, str], list[ox.NamedNode | ox.Literal]] = {}
        if any(about.things(name) for name in LEADS):
            for fact in triples(here().engine, NEAR, iri=ox.NamedNode(about.entity.iri)):
                key = (fact.subject.value, about.tell.labels.compact(fact.predicate.value))  # type: ignore[union-attr]
                self._said.setdefault(key, []).append(fact.object)  # type: ignore[arg-type]

    def texts(self, thing: str, name: str) -> list[ox.Literal]:
        return [v for v in self._said.get((thing, name), ()) if isinstance(v, ox.Literal)]

    def text(self, thing: str, name: str) -> str | None:
        return next((t.value for t in sorted(self.texts(thing, name), key=str)), None)

    def things(self, thing: str, name: str) -> list[str]:
        return [v.value for v in self._said.get((thing, name), ()) if isinstance(v, ox.NamedNode)]


def summary(entity: Entity, tell: Teller) -> dict[str, Any]:
    """What the head of a page says: a sentence, and the rows of the card."""
    about, told = About(entity, tell), Telling(tell.language)
    near = _Near(about)
    rows = (
        CardRow(i18n.gettext("Names"), tuple(_names(about))),
        CardRow(i18n.gettext("Address"), tuple(_addresses(about, near))),
        CardRow(i18n.gettext("Contact"), tuple(_contacts(about, near))),
        CardRow(i18n.gettext("KBO number"), tuple(_numbers(about, near))),
        CardRow(i18n.gettext("Identifier"), tuple(_identifiers(about, near))),
        CardRow(i18n.gettext("Website"), tuple(_sites(about))),
        CardRow(i18n.gettext("Board"), tuple(_boards(about, told))),
        CardRow(i18n.gettext("Administrations"), tuple(_units(about, told))),
        *_figures(about, told),
    )
    found = [row for row in rows if row.entries]
    # Names alone are no card: the list of facts has them.
    return {"sentence": sentence(about, told), "rows": found if len(found) > 1 else []}


def _names(about: About) -> Iterable[Entry]:
    """The name and the short name in each language, on one line."""
    parts = []
    for code in LANGUAGES:
        name, short = (_in(about, predicate, code) for predicate in ("skos:prefLabel", "skos:altLabel"))
        if name:
            text = Markup('<span lang="{}">{}</span>').format(code, f"{name} ({short})" if short else name)
            parts.append(text + Markup(' <span class="lang" lang="en">{}</span>').format(code))
    if parts:
        yield Entry(Markup(" · ").join(Markup('<span class="one">{}</span>').format(p) for p in parts))


def _in(about: About, name: str, language: str) -> str | None:
    values = [f.value for f in about.facts(name)]
    return next((v.value for v in values if isinstance(v, ox.Literal) and v.language == language), None)


def _documents(about: About, evidence: Evidence | None) -> tuple[Item, ...]:
    return tuple(about.tell.item(d) for d in evidence.documents) if evidence else ()


def _as_of(near: _Near, thing: str) -> Markup:
    """The date for which a source gives it: whether it still holds is not known."""
    when = near.text(thing, "gov:attestedIn")
    return Markup(" ") + said(message("(according to a source of %(date)s)"), date=moment(when)) if when else Markup("")


def _addresses(about: About, near: _Near) -> Iterable[Entry]:
    for fact in about.facts("locn:address"):
        thing = fact.value.value
        label = best(near.texts(thing, "locn:fullAddress"), about.tell.language)
        if not label:
            continue
        where = MAP + urlencode({"query": label.text})
        link = Markup(' (<a href="{}" rel="external">{}</a>)').format(where, i18n.gettext("map"))
        yield Entry(words(label) + link + _as_of(near, thing), documents=_documents(about, fact.evidence))


def _contacts(about: About, near: _Near) -> Iterable[Entry]:
    for fact in about.facts("cv:contactPoint"):
        thing = fact.value.value
        mail, phone = near.text(thing, "cv:email"), near.text(thing, "cv:telephone")
        parts = [Markup('<a href="mailto:{}">{}</a>').format(mail, mail)] if mail else []
        parts += [Markup("{}").format(phone)] if phone else []
        if parts:
            yield Entry(listed(parts) + _as_of(near, thing), documents=_documents(about, fact.evidence))


def _numbers(about: About, near: _Near) -> Iterable[Entry]:
    """The number of the registration, said to be that: the institution shares it with others."""
    for fact in about.facts("rov:hasRegisteredOrganization"):
        registered = fact.value.value
        for identifier in near.things(registered, "adms:identifier"):
            number = near.text(identifier, "skos:notation")
            name = best(near.texts(registered, "skos:prefLabel"), about.tell.language)
            if number and name:
                text = message("%(number)s – registered under the name %(name)s")
                link = anchor(name, external_link(registered))
                yield Entry(
                    said(text, number=Markup("<strong>{}</strong>").format(_dotted(number)), name=link),
                    documents=_documents(about, fact.evidence),
                )


def _dotted(number: str) -> str:
    """A KBO number as people write it."""
    return f"{number[:4]}.{number[4:7]}.{number[7:]}" if len(number) == 10 and number.isdigit() else number


def _identifiers(about: About, near: _Near) -> Iterable[Entry]:
    for fact in about.facts("adms:identifier"):
        number, agency = (near.text(fact.value.value, n) for n in ("skos:notation", "adms:schemeAgency"))
        if number:
            text = Markup("{} ({})").format(number, agency) if agency else Markup("{}").format(number)
            yield Entry(text, documents=_documents(about, fact.evidence))


def _sites(about: About) -> Iterable[Entry]:
    for fact in about.facts("foaf:homepage"):
        if (iri := fact.value.value) and external_link(iri):
            shown = iri.removeprefix("https://").removeprefix("http://").rstrip("/")
            yield Entry(anchor(Label(shown), iri), documents=_documents(about, fact.evidence))


def _boards(about: About, told: Telling) -> Iterable[Entry]:
    if about.entity.iri != told.institution:
        return
    for board in boards(told):
        chairs = listed([anchor(c.label, c.address) for c in board.chairs])
        text = message("%(board)s, chaired by: %(chair)s")
        body = anchor(board.item.label, board.item.address)
        quotes = (*board.item.quotes, *(q for c in board.chairs for q in c.quotes))
        yield Entry(said(text, board=body, chair=chairs), tuple(dict.fromkeys(quotes)))


def _units(about: About, told: Telling) -> Iterable[Entry]:
    units = told.items(about.entity.iri, about.tell.labels.expand("org:hasUnit") or "")
    if units:
        quotes = told.known.quotes(about.entity.iri, told.known.gov("statedUnitCount"))
        names = listed([anchor(u.label, u.address) for u in units])
        link = Markup('<a href="{}">{}</a>').format(address("pages.chart") or "", i18n.gettext("organisation chart"))
        yield Entry(
            Markup("<strong>{}</strong> ({}){} {}").format(i18n.number(len(units)), link, i18n.colon(), names),
            tuple(quotes),
        )


def _figures(about: About, told: Telling) -> Iterable[CardRow]:
    """The figures of a thing, one row for each thing counted; those without a date last."""
    if about.entity.figure is not None:
        return
    figures = [f for f in told.figures(about.entity.iri) if f.text and f.indicator]
    for indicator, several in groupby(sorted(figures, key=_place), key=lambda f: f.indicator):
        if indicator:
            yield CardRow(words(replace(indicator, text=_capital(indicator.text))), (_in_a_row(list(several)),))


def _place(figure: FigureInWords) -> tuple[bool, str, bool, str]:
    indicator = figure.indicator.text if figure.indicator else ""
    return not figure.item.quotes, indicator, figure.date is None, figure.date or ""


def _in_a_row(figures: list[FigureInWords]) -> Entry:
    """The figures of one thing counted, on one line."""
    quotes = dict.fromkeys(quote for figure in figures for quote in figure.item.quotes)
    return Entry(Markup(" · ").join(_figure(f) for f in figures), tuple(quotes))


def _figure(figure: FigureInWords) -> Markup:
    number = Markup('<a href="{}">{}</a>').format(figure.item.address or "", figure.text)
    hedge = Markup(" ") + quoted(figure.hedge) if figure.hedge else Markup("")
    date = figure.date or i18n.gettext("no date")
    return Markup('<span class="one">{}{} {}{}</span>').format(date, i18n.colon(), number, hedge)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
