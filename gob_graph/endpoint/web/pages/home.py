"""What the home page shows: the institution at a glance, counts from the graph, and where to go on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.classes import classes
from gob_graph.endpoint.web.pages.i18n import message
from gob_graph.endpoint.web.pages.institution_page import FigureInWords, Item, Telling
from gob_graph.endpoint.web.pages.layout import Entry, address
from gob_graph.vocab import CV, DCAT, DCT, ORG

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.endpoint.description.model import Label
    from gob_graph.endpoint.web.pages.institution_graph import Reference


CARDS = (
    (
        Entry("pages.chart", "Organisation chart"),
        message("The institution, its board, its administrations; every box opens the data."),
    ),
    (
        Entry("pages.history", "History"),
        message("Former name, decrees, reorganisation and figures, year by year; what existed on a day."),
    ),
    (
        Entry("pages.about", "Missions and plan"),
        message("Missions, values, strategic plan, responsibilities and figures."),
    ),
    (
        Entry("documentation.source", "From the source"),
        message("Each statement of the source page, with the facts drawn from it."),
    ),
    (Entry("pages.browse", "Browse"), message("All the data, by kind.")),
    (Entry("documentation.questions", "Questions"), message("Questions that the data answer, each with its query.")),
    (
        Entry("workbench.sparql", "SPARQL"),
        message("Query the data. Start from an example, or write your own query."),
    ),
    (Entry("tables.tables", "Tables"), message("The data in rows and columns, for spreadsheets and statistics.")),
    (
        Entry("registries.registries", "Registries"),
        message("Check addresses, look up numbers, link a list of your own."),
    ),
    (Entry("documentation.downloads", "Downloads"), message("All the data as files, with checksums.")),
    (Entry("documentation.model", "Data model"), message("Classes, properties and constraints.")),
    (Entry("documentation.api", "API"), message("Addresses, formats and errors, for programs.")),
)
"""Where the home page leads; a card whose route does not exist is left out."""
CONFORMS = re.compile(r"[^:]*: (?P<violation>\d+) violation, (?P<warning>\d+) warning, (?P<info>\d+) info")


@dataclass(frozen=True, slots=True)
class Plan:
    """A strategic plan: its title, and its first and last year as the source gives them."""

    item: Item
    title: Label | None
    first: str | None
    last: str | None
    quotes: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A governing body: its chair, who assists the chair, and what is said of its members and meetings."""

    item: Item
    short: Label | None
    chairs: list[Item]
    assistants: list[Item]
    count: int | None
    count_quotes: list[Reference]
    qualifier: Label | None
    kinds: list[Item]
    criteria: list[Item]
    meetings: list[Meeting]

    @property
    def who(self) -> str | None:
        """The members in words, ``nine officials``; nothing where their kind has no counted form of ours."""
        kinds = [kind.iri for kind in self.kinds]
        if self.count and len(kinds) == 1 and kinds[0].endswith("/auth/member-kind/official"):
            return i18n.ngettext("%(num)s official", "%(num)s officials", self.count) % {"num": self.count}
        return None


@dataclass(frozen=True, slots=True)
class Meeting:
    """How often a body meets, with everything that limits it."""

    item: Item
    modality: list[Item]
    bound: list[Item]
    frequency: list[Item]
    words: Label | None
    quotes: list[Reference]


def view() -> dict[str, Any]:
    """What the template is filled with."""
    site = here()
    return {
        "glance": glance(Telling(i18n.language())),
        "classes": sum(1 for c in classes(site.engine) if c.told),
        "statements": site.release.manifest["distinct_triples"],
        "cards": [
            (i18n.gettext(entry.text), found, i18n.gettext(text))
            for entry, text in CARDS
            if (found := address(entry.endpoint))
        ],
        "state": validation(site.release.path),
    }


def validation(release: Path) -> dict[str, int] | None:
    """How many violations, warnings and notes the validation report of a release counts."""
    with (release / "report.txt").open(encoding="utf-8") as report:
        found = CONFORMS.match(report.readline())
    return {kind: int(count) for kind, count in found.groupdict().items()} if found else None


def glance(tell: Telling) -> dict[str, Any]:
    """What everyone asks first, each with the statement that says so."""
    known, gov, iri = tell.known, tell.known.gov, tell.institution
    return {
        "institution": tell.item(iri),
        "abbreviation": tell.text(iri, "http://www.w3.org/2004/02/skos/core#altLabel"),
        "instrument": tell.items(iri, gov("principalInstrumentOf")),
        "units": tell.items(iri, ORG.hasUnit.value),
        "unit_quotes": known.quotes(iri, gov("statedUnitCount")),
        "boards": boards(tell),
        "missions": tell.items(iri, ORG.purpose.value),
        "values": tell.items(iri, gov("hasValue")),
        "plans": plans(tell),
        "figures": [f for f in tell.figures(iri) if f.item.quotes],
        "regional": [f for f in _others(tell) if f.item.quotes],
    }


def _others(tell: Telling) -> list[FigureInWords]:
    """Figures that the page gives of another organisation than its own."""
    gov = tell.known.gov
    bodies = tell.known.saying(gov("governs"), tell.institution)
    own = {i for thing in (tell.institution, *bodies) for i in tell.known.saying(gov("figureOf"), thing)}
    return [tell.figure(i) for i in tell.known.subjects(gov("figureOf")) if i not in own]


def boards(tell: Telling) -> list[Board]:
    """The bodies that govern the institution."""
    return [_board(tell, iri) for iri in tell.known.saying(tell.known.gov("governs"), tell.institution)]


def _board(tell: Telling, iri: str) -> Board:
    known, gov = tell.known, tell.known.gov
    chairs = tell.items(iri, gov("chairedBy"))
    count = known.text(iri, gov("memberCount"))
    return Board(
        tell.item(iri, known.quotes(iri, gov("governs"))),
        tell.text(iri, "http://www.w3.org/2004/02/skos/core#altLabel"),
        chairs,
        [item for chair in chairs for item in tell.items(chair.iri, gov("assistedBy"))],
        int(count) if count else None,
        known.quotes(iri, gov("memberCount")),
        next((q for i in known.saying(gov("figureOf"), iri) if (q := tell.text(i, gov("temporalQualifier")))), None),
        tell.items(iri, gov("memberKind")),
        tell.items(iri, gov("membershipCriterion")),
        [_meeting(tell, iri, schedule) for schedule in known.things(iri, gov("meetingSchedule"))],
    )


def _meeting(tell: Telling, body: str, iri: str) -> Meeting:
    known, gov = tell.known, tell.known.gov
    return Meeting(
        tell.item(iri),
        tell.items(iri, gov("modality")),
        tell.items(iri, gov("frequencyBound")),
        tell.items(iri, CV.frequency.value),
        tell.text(iri, DCT.description.value),
        known.quotes(body, gov("meetingSchedule"), iri),
    )


def plans(tell: Telling) -> list[Plan]:
    """The strategic plans of the institution."""
    return [_plan(tell, iri) for iri in tell.known.saying(tell.known.gov("planOf"), tell.institution)]


def _plan(tell: Telling, iri: str) -> Plan:
    known = tell.known
    period = next(iter(known.things(iri, DCT.temporal.value)), "")
    return Plan(
        tell.item(iri),
        tell.text(iri, DCT.term("title").value),
        known.text(period, DCAT.startDate.value),
        known.text(period, DCAT.endDate.value),
        tuple(known.quotes(iri, DCT.term("title").value) or known.quotes(iri, DCT.temporal.value)),
    )
