"""The history of the institution as a timeline: names, acts, reorganisation, figures, year by year, with sources."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from markupsafe import Markup

from gob_graph.endpoint.engine.page_query import triples
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.about_thing import anchor, listed, quoted, said, words
from gob_graph.endpoint.web.pages.evidence_index import EvidenceIndex, evidence_index
from gob_graph.endpoint.web.pages.i18n import message
from gob_graph.endpoint.web.pages.institution_page import Telling, best, moment
from gob_graph.vocab import CV, DCT, ORG

if TYPE_CHECKING:
    from gob_graph.endpoint.description.model import Label
    from gob_graph.endpoint.web.pages.institution_graph import Reference
    from gob_graph.endpoint.web.pages.institution_page import Item

EVENTS = """
CONSTRUCT { ?thing ?property ?value } WHERE {
    { ?thing a org:ChangeEvent } UNION { ?event cv:hasFormalFramework ?thing }
    ?thing ?property ?value .
}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened or was said, with the statements and documents that say so."""

    text: Markup
    quotes: tuple[Reference, ...] = ()
    documents: tuple[Item, ...] = ()
    kind: str = "event"


@dataclass(slots=True)
class Year:
    """The entries of a year; the year without a number holds what no source dates."""

    year: str
    entries: list[Entry] = field(default_factory=list)


class _History:
    """The timeline in the making."""

    def __init__(self, tell: Telling) -> None:
        self.tell, self.gov = tell, tell.known.gov
        self.said: dict[tuple[str, str], list[Any]] = defaultdict(list)
        self.events: list[str] = []
        for fact in triples(here().engine, EVENTS):
            subject, predicate = fact.subject.value, fact.predicate.value  # type: ignore[union-attr]
            self.said[subject, predicate].append(fact.object)
            if fact.object == ORG.ChangeEvent:
                self.events.append(subject)
        things = {subject for subject, _ in self.said} | {tell.institution, *self._of_institution()}
        self.index: EvidenceIndex = evidence_index(here().engine, sorted(things))

    def years(self) -> list[Year]:
        """Every year that a source says something of, in order; what has no date comes last."""
        found: dict[str, Year] = {}
        dated = [*self._named(), *self._events(), *self._figures()]
        for when, entry in sorted(dated, key=lambda pair: (not pair[0], pair[0])):
            year = when[:4]
            found.setdefault(year, Year(year)).entries.append(entry)
        return list(found.values())

    def renamings(self) -> list[tuple[str, Label]]:
        """The days of the acts on the name, with the name before."""
        found = []
        for event in self.events:
            before = self._text(event, self.gov("nameBefore"))
            if before and (when := self._when(event)):
                found.append((when, before))
        return sorted(found, key=lambda pair: pair[0])

    def _items(self, documents: tuple[str, ...]) -> tuple[Item, ...]:
        return tuple(self.tell.item(d) for d in documents)

    def _values(self, thing: str, predicate: str) -> list[Any]:
        return sorted(self.said.get((thing, predicate), ()), key=str)

    def _text(self, thing: str, predicate: str) -> Label | None:
        return best((v for v in self._values(thing, predicate) if isinstance(v, ox.Literal)), self.tell.language)

    def _when(self, event: str) -> str:
        return next((v.value for v in self._values(event, DCT.term("date").value)), "")

    def _named(self) -> list[tuple[str, Entry]]:
        """The years before the first act in which a source names the institution, under the name of then."""
        institution, first = self.tell.institution, min((w for w, _ in self.renamings()), default="")
        name = self.tell.text(institution, self.gov("formerName"))
        found = []
        for when in self.tell.known.texts(institution, self.gov("attestedIn")):
            if name and when.value < first[: len(when.value)]:
                proof = self.index.of(institution, self.gov("attestedIn"), when)
                text = said(message("A report names the institution; its name was %(name)s."), name=quoted(name))
                found.append((when.value, Entry(text, proof.quotes, self._items(proof.documents), "name")))
        return found

    def _events(self) -> list[tuple[str, Entry]]:
        found = []
        for event in self.events:
            when = self._when(event)
            # An event of a year without a day comes after what is dated within that year.
            place = when if len(when) > len("2019") else f"{when}-99"
            found.append((place, Entry(self._event(event, when), (), self._items(self._told_by(event)))))
        return found

    def _event(self, event: str, when: str) -> Markup:
        item = self.tell.item(event)
        date = moment(when)
        for qualifier in self._values(event, self.gov("dateQualifier")):
            date = f"{date} ({self.tell.name(qualifier.value).text})"
        before, after = self._text(event, self.gov("nameBefore")), self._text(event, self.gov("nameAfter"))
        head = Markup("<strong>{}</strong>{} ").format(date, i18n.colon()) + anchor(item.label, item.address)
        if before and after:
            text = message("%(before)s became %(after)s.")
            head += Markup(". ") + said(text, before=quoted(before), after=quoted(after))
            return head + self._acts(event)
        originals = self._links(event, ORG.originalOrganization.value)
        results = self._links(event, ORG.resultingOrganization.value)
        if originals:
            return (
                head + Markup(". ") + said(message("From: %(before)s; to: %(after)s."), before=originals, after=results)
            )
        return head + Markup(". ") + said(message("It resulted in: %(after)s."), after=results)

    def _links(self, event: str, predicate: str) -> Markup:
        items = [self.tell.item(v.value) for v in self._values(event, predicate) if isinstance(v, ox.NamedNode)]
        return listed([anchor(item.label, item.address) for item in items])

    def _acts(self, event: str) -> Markup:
        """The acts that an event rests on."""
        acts = [self.tell.item(act.value) for act in self._values(event, CV.hasFormalFramework.value)]
        links = listed([anchor(act.label, act.address) for act in acts])
        return Markup(" ") + said(message("Decree: %(act)s."), act=links) if acts else Markup("")

    def _told_by(self, event: str) -> tuple[str, ...]:
        """The documents that tell of an event or of the acts that it rests on."""
        found = {*self.index.documents_of(event, DCT.term("date").value)}
        for act in self._values(event, CV.hasFormalFramework.value):
            found.update(self.index.documents_of(act.value, DCT.identifier.value))
        return tuple(sorted(found))

    def _of_institution(self) -> list[str]:
        return self.tell.known.saying(self.gov("figureOf"), self.tell.institution)

    def _figures(self) -> list[tuple[str, Entry]]:
        found = []
        for iri in self._of_institution():
            figure = self.tell.figure(iri)
            possible = [t.value for t in self.tell.known.texts(iri, self.gov("possibleReferenceDate"))]
            when = self.tell.known.text(iri, self.gov("referenceDate")) or min(possible, default="")
            if figure.indicator and figure.text:
                documents = self.index.documents_of(iri, self.gov("figureOf"))
                amount = anchor_to(figure.text, figure.item.address)
                text = Markup("{}{} {}").format(words(_capital(figure.indicator)), i18n.colon(), amount)
                if figure.hedge:
                    text += Markup(" ") + quoted(figure.hedge)
                if possible:
                    text += Markup(" ({})").format(figure.date)
                found.append((when, Entry(text, tuple(figure.item.quotes), self._items(documents), "figure")))
        return found


def anchor_to(text: str, address: str | None) -> Markup:
    """A text as a link where there is an address."""
    return Markup('<a href="{}">{}</a>').format(address, text) if address else Markup("{}").format(text)


def _capital(label: Label) -> Label:
    return replace(label, text=label.text[:1].upper() + label.text[1:])


def former_name(tell: Telling, day: str) -> Label | None:
    """The name of the institution before the last act on it, for days before that act."""
    names = [name for when, name in _History(tell).renamings() if day < when]
    return names[0] if names else None


def view() -> dict[str, Any]:
    """What the template is filled with."""
    tell = Telling(i18n.language())
    history = _History(tell)
    renamings = history.renamings()
    return {
        "years": history.years(),
        "institution_item": tell.item(tell.institution),
        "former": renamings[0][1] if renamings else None,
        "dates": [moment(when) for when, _ in renamings],
        "units": len(tell.known.things(tell.institution, ORG.hasUnit.value)),
    }
