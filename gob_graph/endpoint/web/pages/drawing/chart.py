"""The organisation chart: exactly what the graph says, for the page and for the SVG alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.description.existence import existed_on
from gob_graph.endpoint.engine.page_query import declared
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.home import boards
from gob_graph.endpoint.web.pages.institution_page import Telling
from gob_graph.endpoint.web.pages.layout import address
from gob_graph.errors import RequestError
from gob_graph.vocab import ORG, SKOS

if TYPE_CHECKING:
    from gob_graph.endpoint.web.pages.home import Board
    from gob_graph.endpoint.web.pages.institution_page import Item
    from gob_graph.endpoint.web.pages.labels import Label

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
    existed: str | None = None
    """Whether it existed on the day that is asked for: ``yes``, ``no``, ``not known``; None where none is."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What the chart shows."""

    institution: Item
    abbreviation: Label | None
    boards: list[Board]
    units: list[Unit]

    @property
    def columns(self) -> int:
        """How many boxes stand side by side."""
        return max(1, min(len(self.units), COLUMNS))


def chart(tell: Telling) -> Chart:
    """The chart in the language of a page."""
    iri = tell.institution
    return Chart(
        tell.item(iri),
        tell.text(iri, SKOS.altLabel.value),
        boards(tell),
        [Unit(item, _kind(tell, item.iri)) for item in tell.items(iri, ORG.hasUnit.value)],
    )


def on(tell: Telling, day: date) -> list[Unit]:
    """Every administration and former unit, with whether it existed on a day as far as the sources say."""
    iri = tell.institution
    items = tell.items(iri, ORG.hasUnit.value) + tell.saying(tell.known.gov("formerUnitOf"), iri)
    existed = existed_on(here().engine, [item.iri for item in items], day)
    return [Unit(item, _kind(tell, item.iri), existed[item.iri]) for item in items]


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
    return {
        "chart": chart(tell),
        "day": asked,
        "units": on(tell, asked) if asked else [],
        "svg": address("pages.chart_drawing"),
        "query": declared_query(query),
    }


def declared_query(text: str) -> str:
    """A query as a person gets it to see: with its prefixes."""
    return declared(text, here().prefixes)
