"""The organisation chart: exactly what the graph says, for the page and for the SVG alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.description.existence import NOT_KNOWN
from gob_graph.endpoint.engine.page_query import declared
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.existence_view import WORDS, existences
from gob_graph.endpoint.web.pages.history import former_name
from gob_graph.endpoint.web.pages.home import Board, boards
from gob_graph.endpoint.web.pages.institution_page import Telling
from gob_graph.endpoint.web.pages.layout import address
from gob_graph.errors import RequestError
from gob_graph.vocab import ORG, SKOS

if TYPE_CHECKING:
    from gob_graph.endpoint.description.model import Label
    from gob_graph.endpoint.web.pages.existence_view import Existence
    from gob_graph.endpoint.web.pages.institution_page import Item

COLUMNS = 4
"""Boxes side by side at most."""
QUERY = """SELECT ?position ?administration ?label WHERE {
    ?administration org:unitOf <INSTITUTION> ;
        skos:prefLabel ?label .
    OPTIONAL { ?administration schema:position ?position }
    FILTER(LANG(?label) = "LANGUAGE")
}
ORDER BY ?position
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A box of an administration: its name and what kind of thing it is."""

    item: Item
    kind: Label | None
    known: bool = True
    """Whether the sources say that it existed on the day of the chart."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What the chart shows."""

    institution: Item
    abbreviation: Label | None
    boards: list[Board]
    units: list[Unit]
    former: Label | None = None
    """The name of the institution on the day of the chart, where another one is given for it."""

    @property
    def columns(self) -> int:
        """How many boxes stand side by side."""
        return max(1, min(len(self.units), COLUMNS))


def chart(tell: Telling) -> Chart:
    """The chart in the language of a page, as the page of the institution gives it."""
    iri = tell.institution
    units = [Unit(item, _kind(tell, item.iri)) for item in tell.items(iri, ORG.hasUnit.value)]
    return Chart(tell.item(iri), tell.text(iri, SKOS.altLabel.value), boards(tell), units)


def chart_on(tell: Telling, day: date, found: list[Existence]) -> Chart:
    """The chart of a day: what existed, and, marked, what may have; the board is drawn where it existed."""
    shown = [Unit(e.item, _kind(tell, e.item.iri), e.answer != NOT_KNOWN) for e in found if e.answer != "no"]
    bodies = boards(tell)
    there = {e.item.iri for e in existences(tell, [b.item for b in bodies], day) if e.answer not in {"no", NOT_KNOWN}}
    own = chart(tell)
    former = former_name(tell, day.isoformat())
    # What is said of its members and meetings is said of the present.
    then = [Board(b.item, b.short, [], [], None, [], None, [], [], []) for b in bodies if b.item.iri in there]
    return Chart(own.institution, own.abbreviation, then, shown, former)


def on(tell: Telling, day: date) -> list[Existence]:
    """Every administration and former unit, with whether it existed on a day as far as the sources say."""
    iri = tell.institution
    items = tell.items(iri, ORG.hasUnit.value) + tell.saying(tell.known.gov("formerUnitOf"), iri)
    return existences(tell, items, day)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RequestError("bad-parameter", f"date={text[:20]!r} is no day; write it as 2019-01-31") from error


def _kind(tell: Telling, iri: str) -> Label | None:
    return next((item.label for item in tell.items(iri, ORG.classification.value)), None)


def view(day: str) -> dict[str, Any]:
    """What the template is filled with, for a day or, when it is empty, as the page of the institution says it.

    Raises:
        RequestError: ``bad-parameter``: the text is no day.
    """
    tell = Telling(i18n.language())
    asked = _day(day) if day else None
    query = QUERY.replace("INSTITUTION", tell.institution).replace("LANGUAGE", tell.language)
    found = on(tell, asked) if asked else []
    return {
        "chart": chart_on(tell, asked, found) if asked else chart(tell),
        "day": asked,
        "units": found,
        "counts": {answer: sum(e.answer == answer for e in found) for answer in WORDS},
        "svg": address("pages.chart_drawing", **({"date": day} if day else {})),
        "query": declared_query(query),
    }


def declared_query(text: str) -> str:
    """A query as a person gets it to see: with its prefixes."""
    return declared(text, here().prefixes)
