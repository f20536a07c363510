"""The facts of a page by subject: names, tasks, structure, contact, figures, history, record.

What was said stands open; what refers to the thing and what follows by rules is folded, as it mostly says again, from
the other end, what is said already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.i18n import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.web.pages.teller import Row

SUBJECTS: Final = (
    (
        message("Names and identifiers"),
        "skos:prefLabel skos:altLabel skos:hiddenLabel rdfs:label dct:title foaf:name schema:name schema:alternateName "
        "skos:notation dct:identifier adms:identifier adms:schemeAgency rov:hasRegisteredOrganization gov:gloss "
        "gov:nameBefore gov:nameAfter gov:formerName schema:sameAs skos:exactMatch",
    ),
    (
        message("What it is"),
        "rdf:type skos:definition dct:description rdfs:comment skos:scopeNote schema:text org:classification "
        "org:role dct:type gov:changeType gov:responsibilityKind skos:inScheme skos:broader skos:topConceptOf",
    ),
    (
        message("Missions and values"),
        "org:purpose gov:hasValue gov:helpsWith gov:implementsPolicy gov:principalInstrumentOf gov:hasResponsibility "
        "gov:hasAmbition gov:beneficiary gov:concerns gov:aspect gov:decisionBy gov:followedBy gov:legalBasis "
        "gov:conductQuality gov:byMeansOf gov:inFrameworkOf gov:topic gov:increaseOf gov:increaseFor gov:direction",
    ),
    (
        message("Structure and people"),
        "org:unitOf org:hasUnit gov:reportedUnitOf gov:governs gov:chairedBy gov:assistedBy org:postIn gov:memberKind "
        "gov:membershipCriterion gov:memberCount gov:meetingSchedule gov:cooperatesCloselyWith gov:cooperatesWith "
        "gov:statedUnitCount gov:oversees gov:includesRole gov:compositionOf gov:planOf gov:claimedBy gov:policyOf",
    ),
    (
        message("Place and contact"),
        "locn:address cv:contactPoint foaf:homepage dct:spatial locn:fullAddress locn:thoroughfare locn:postCode "
        "locn:postName locn:locatorDesignator locn:locatorName cv:email cv:telephone",
    ),
    (
        message("Figures"),
        "gov:figureOf gov:indicator gov:exactValue gov:exclusiveLowerBound gov:approximateValue gov:hedge gov:currency "
        "gov:unitOfMeasure gov:referenceDate gov:possibleReferenceDate gov:reportedBy",
    ),
    (
        message("History"),
        "dct:date gov:dateQualifier gov:attestedIn gov:startEvent gov:endEvent org:originalOrganization "
        "org:resultingOrganization cv:hasFormalFramework dct:issued schema:datePublished dct:replaces dct:temporal",
    ),
)
"""The subjects in their order on a page, each with its properties."""
OTHER: Final = message("Other facts")
IN_CARD: Final = frozenset({"Names and identifiers", "Structure and people", "Place and contact", "Figures", "History"})
"""Subjects whose facts the card at the head of a page says."""
_PLACE: Final = {name: number for number, (_, names) in enumerate(SUBJECTS) for name in names.split()}
_ORDER: Final = {name: number for number, name in enumerate(" ".join(names for _, names in SUBJECTS).split())}
HEADINGS_FROM: Final = 8
"""Fewer properties than this are one list without headings."""
OPEN_UP_TO: Final = 12
"""A page that says no more than this shows what refers to the thing without a click."""


@dataclass(frozen=True, slots=True)
class FactGroup:
    """The rows of one subject; the title is empty where one list is enough."""

    title: str
    rows: list[Row]
    open: bool

    @property
    def total(self) -> int:
        """How many facts it holds."""
        return _total(self.rows)


def grouped(rows: Iterable[Row], *, card: bool) -> list[FactGroup]:
    """Rows by subject, in the order of `SUBJECTS`; what a card at the head says already is folded."""
    ordered = sorted(rows, key=lambda r: (_place(r), _ORDER.get(r.short, len(_ORDER))))
    if len(ordered) < HEADINGS_FROM:
        return [FactGroup("", ordered, open=True)] if ordered else []
    titles = [*(title for title, _ in SUBJECTS), OTHER]
    groups: dict[int, list[Row]] = {}
    for row in ordered:
        groups.setdefault(_place(row), []).append(row)
    return [
        FactGroup(i18n.gettext(titles[place]), found, open=not card or titles[place] not in IN_CARD)
        for place, found in groups.items()
    ]


def _place(row: Row) -> int:
    return _PLACE.get(row.short, len(SUBJECTS))


def arranged(facts: list[Row], incoming: list[Row], *, card: bool) -> dict[str, Any]:
    """The rows of a page for the template: `groups` stand open, `incoming` and the inferred ones are folded."""
    said, into = [r for r in facts if not r.derived], [r for r in incoming if not r.derived]
    derived = [r for r in facts if r.derived], [r for r in incoming if r.derived]
    return {
        "groups": grouped(said, card=card),
        "incoming": into,
        "incoming_count": _total(into),
        "incoming_open": _total(said) + _total(into) <= OPEN_UP_TO,
        "inferred_out": derived[0],
        "inferred_in": derived[1],
        "inferred_count": _total(derived[0]) + _total(derived[1]),
    }


def _total(rows: Iterable[Row]) -> int:
    return sum(row.total for row in rows)
