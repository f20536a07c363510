"""The page of missions, values, plan, board and figures, in readable form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.home import boards, glance, plans
from gob_graph.endpoint.web.pages.institution_page import Figure, Item, Telling
from gob_graph.vocab import DCT, ORG, SCHEMA, SKOS

if TYPE_CHECKING:
    from gob_graph.endpoint.web.pages.labels import Label


@dataclass(frozen=True, slots=True)
class Part:
    """A mission with its components, each of which may have its own."""

    item: Item
    parts: list[Item]


@dataclass(frozen=True, slots=True)
class Responsibility:
    """One responsibility of a board, with everything that the source adds to it."""

    item: Item
    aspects: list[Item]
    deciders: list[Item]
    next: list[Item]
    concerns: list[Item]
    legal_basis: list[Item]


@dataclass(frozen=True, slots=True)
class Ambition:
    """What a plan wants, and for whom."""

    item: Item
    beneficiaries: list[Item]


@dataclass(frozen=True, slots=True)
class Claim:
    """A promotional line: its words, and what it is about. It holds no number and no date."""

    item: Item
    words: Label | None
    topics: list[Item]


def view() -> dict[str, Any]:
    """What the template is filled with."""
    tell = Telling(i18n.language())
    gov, iri = tell.known.gov, tell.institution
    missions = [Part(item, tell.saying(SKOS.broader.value, item.iri)) for item in tell.items(iri, ORG.purpose.value)]
    return {
        "glance": glance(tell),
        "missions": missions,
        "groups": _groups(tell),
        "group_note": tell.text(_scheme(tell, _groups(tell)), SKOS.scopeNote.value),
        "values": tell.items(iri, gov("hasValue")),
        "topics": tell.items(iri, gov("helpsWith")),
        "open_list": _is_open(tell),
        "plans": [(plan, _ambitions(tell, plan.item.iri)) for plan in plans(tell)],
        "boards": [(board, _responsibilities(tell, board.item.iri)) for board in boards(tell)],
        "policies": [(p, tell.items(p.iri, gov("conductQuality"))) for p in tell.items(iri, gov("implementsPolicy"))],
        "figures": _figures(tell),
        "claims": [_claim(tell, c) for c in tell.saying(gov("claimedBy"), iri)],
    }


def _groups(tell: Telling) -> list[Item]:
    """The groups that the missions, taken together, touch."""
    return [item for whole in tell.known.subjects(DCT.audience.value) for item in tell.items(whole, DCT.audience.value)]


def _scheme(tell: Telling, items: list[Item]) -> str:
    return next((s for item in items for s in tell.known.things(item.iri, SKOS.inScheme.value)), "")


def _is_open(tell: Telling) -> bool:
    """Whether the source leaves the list of help topics open."""
    topics = tell.items(tell.institution, tell.known.gov("helpsWith"))
    return tell.known.text(_scheme(tell, topics), tell.known.gov("listIsOpen")) == "true"


def _ambitions(tell: Telling, plan: str) -> list[Ambition]:
    gov = tell.known.gov
    return [Ambition(a, tell.items(a.iri, gov("beneficiary"))) for a in tell.items(plan, gov("hasAmbition"))]


def _responsibilities(tell: Telling, board: str) -> list[Responsibility]:
    gov = tell.known.gov
    return [
        Responsibility(
            item,
            tell.items(item.iri, gov("aspect")),
            tell.items(item.iri, gov("decisionBy")),
            tell.items(item.iri, gov("followedBy")),
            tell.items(item.iri, gov("concerns")),
            tell.items(item.iri, gov("legalBasis")),
        )
        for item in tell.items(board, gov("hasResponsibility"))
    ]


def _figures(tell: Telling) -> list[Figure]:
    gov = tell.known.gov
    found = [tell.figure(iri) for iri in tell.known.subjects(gov("figureOf"))]
    return sorted(found, key=lambda f: (f.indicator.text if f.indicator else "", f.date or "9999", f.item.iri))


def _claim(tell: Telling, item: Item) -> Claim:
    gov = tell.known.gov
    words = tell.text(item.iri, SCHEMA.term("text").value)
    quotes = tell.known.quotes(item.iri, SCHEMA.term("text").value)
    return Claim(tell.item(item.iri, quotes), words, tell.items(item.iri, gov("topic")))
