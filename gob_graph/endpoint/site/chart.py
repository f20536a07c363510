"""The organisation chart: exactly what the graph says, for the page and for the SVG alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.asking import declared
from gob_graph.endpoint.context import here
from gob_graph.endpoint.site import i18n
from gob_graph.endpoint.site.home import boards
from gob_graph.endpoint.site.layout import address
from gob_graph.endpoint.site.telling import Telling
from gob_graph.vocab import ORG, SKOS

if TYPE_CHECKING:
    from gob_graph.endpoint.site.home import Board
    from gob_graph.endpoint.site.labels import Label
    from gob_graph.endpoint.site.telling import Item

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


def _kind(tell: Telling, iri: str) -> Label | None:
    return next((item.label for item in tell.items(iri, ORG.classification.value)), None)


def view() -> dict[str, Any]:
    """What the template is filled with."""
    tell = Telling(i18n.language())
    query = QUERY.replace("INSTITUTION", tell.institution).replace("LANGUAGE", tell.language)
    return {
        "chart": chart(tell),
        "svg": address("pages.chart_drawing"),
        "query": declared_query(query),
    }


def declared_query(text: str) -> str:
    """A query as a person gets it to see: with its prefixes."""
    return declared(text, here().prefixes)
