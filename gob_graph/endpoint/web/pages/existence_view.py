"""Whether a unit existed on a day, in words: yes, no or not known, each with the source or the reason.

The answer is that of `description.existence`. Beyond the reading of the source page nothing is asserted: what the page
names is then said to have existed when it was read, with the date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from gob_graph.endpoint.description.existence import NOT_KNOWN, existed_on
from gob_graph.endpoint.description.marks import Mark, Marks, marks_of
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.about_thing import anchor, listed, said
from gob_graph.endpoint.web.pages.evidence_index import EvidenceIndex, evidence_index
from gob_graph.endpoint.web.pages.i18n import message
from gob_graph.endpoint.web.pages.institution_page import moment
from gob_graph.vocab import DCT

if TYPE_CHECKING:
    from gob_graph.endpoint.web.pages.institution_page import Item, Telling

LAST_READ: Final = "last read"
"""The answer for a day after the reading of the page, for what the page names."""
WORDS: Final = {
    "yes": (message("existed"), "good"),
    "no": (message("did not exist"), "bad"),
    NOT_KNOWN: (message("not known"), ""),
    LAST_READ: (message("existed when the page was last read"), "good"),
}
"""What a page calls each answer, and the kind of its badge."""


@dataclass(frozen=True, slots=True)
class Existence:
    """An answer for one unit."""

    item: Item
    answer: str
    reason: Markup

    @property
    def badge(self) -> tuple[str, str]:
        """The words of the answer and the kind of badge."""
        text, kind = WORDS[self.answer]
        return i18n.gettext(text), kind


def existences(tell: Telling, items: list[Item], day: date) -> list[Existence]:
    """The answers for some units on a day.

    Raises:
        RequestError: the engine has no time or room for it now.
    """
    engine, iris = here().engine, [item.iri for item in items]
    answers, marks = existed_on(engine, iris, day), marks_of(engine, iris)
    events = [mark.event for several in marks.values() for mark in several.marks if mark.event]
    index = evidence_index(engine, [*iris, *events])
    reasons = _Reasons(tell, day, date.fromisoformat(engine.release.issued), index)
    return [reasons.existence(item, answers[item.iri], marks[item.iri]) for item in items]


@dataclass(frozen=True, slots=True)
class _Reasons:
    """Reasons for answers about one day."""

    tell: Telling
    day: date
    read: date
    index: EvidenceIndex

    def existence(self, item: Item, answer: str, marks: Marks) -> Existence:
        if answer == NOT_KNOWN and marks.on_page and self.day > self.read and not marks.of("end"):
            text = message("The page of the institution named it when it was read for the version of %(read)s; "
                           "no source is later.")  # fmt: skip
            return Existence(item, LAST_READ, said(text, read=i18n.day(self.read)))
        reason = {"yes": self._yes, "no": self._no}.get(answer, self._open)
        return Existence(item, answer, reason(item.iri, marks))

    def _yes(self, iri: str, marks: Marks) -> Markup:
        before = [m for m in marks.of("start", "event", "named") if m.last <= self.day]
        after = [m for m in marks.of("event", "named", "end") if m.first > self.day]
        parts = [said(message("before: %(mark)s"), mark=self._mark(iri, before[-1]))] if before else []
        if after:
            parts.append(said(message("after: %(mark)s"), mark=self._mark(iri, after[0])))
        elif marks.on_page:
            text = message("the page of the institution, as read for the version of %(read)s, names it")
            parts.append(said(text, read=i18n.day(self.read)))
        return escape(i18n.semicolon()).join(parts)

    def _no(self, iri: str, marks: Marks) -> Markup:
        later = [m for m in marks.of("start") if m.first > self.day]
        if later:
            return said(message("It began later: %(mark)s."), mark=self._mark(iri, later[0]))
        ends = marks.of("end")
        return said(message("It had ended: %(mark)s."), mark=self._mark(iri, ends[-1])) if ends else Markup("")

    def _open(self, iri: str, marks: Marks) -> Markup:
        known = marks.of("start", "event", "named")
        within = [m for m in marks.of("start", "end") if m.first <= self.day < m.last]
        if within:
            text = message("It changed at some time within: %(mark)s. The source is not more precise.")
            return said(text, mark=self._mark(iri, within[0]))
        later = [m for m in known if m.last > self.day]
        if len(later) == len(known) and known:
            text = message("The first source that names it: %(mark)s. None says since when it existed.")
            return said(text, mark=self._mark(iri, known[0]))
        if known and not later:
            text = message("The last source that names it: %(mark)s. None says until when it existed.")
            return said(text, mark=self._mark(iri, known[-1]))
        if marks.on_page:
            text = message("Only the page of the institution names it, as read for the version of %(read)s; "
                           "none says since when it existed.")  # fmt: skip
            return said(text, read=i18n.day(self.read))
        return said(message("No source says so."))

    def _mark(self, iri: str, mark: Mark) -> Markup:
        """An event with its name, or the year of a source; with the documents that say so."""
        if mark.event:
            item = self.tell.item(mark.event)
            dates = self.index.documents_of(mark.event, DCT.term("date").value)
            return anchor(item.label, item.address) + self._documents(dates)
        when = mark.when.value if mark.when else ""
        proof = self.index.of(iri, self.tell.known.gov("attestedIn"), mark.when)
        return Markup("{}").format(moment(when)) + self._documents(proof.documents)

    def _documents(self, documents: tuple[str, ...]) -> Markup:
        items = [self.tell.item(d) for d in documents]
        links = listed([anchor(item.label, item.address) for item in items])
        return Markup(" ({})").format(links) if items else Markup("")
