"""The page of missions, values, plan, board and figures, in readable form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.home import boards, glance, plans
from gob_graph.endpoint.web.pages.institution_page import FigureInWords, Item, Telling
from gob_graph.vocab import DCT, FALLBACK, ORG, SCHEMA, SKOS


@dataclass(frozen=True, slots=True)
class Part:
    """A mission with its components, and the means that the source names to one of them."""

    item: Item
    parts: list[Item]
    means: list[Item]


@dataclass(frozen=True, slots=True)
class Responsibility:
    """One responsibility of a board, with everything that the source adds to it."""

    item: Item
    kinds: list[Item]
    framework: list[Item]
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
    more_of: list[Item]
    more_for: list[Item]


def view() -> dict[str, Any]:
    """What the template is filled with."""
    tell = Telling(i18n.language())
    gov, iri = tell.known.gov, tell.institution
    groups = _groups(tell)
    return {
        "glance": glance(tell),
        "missions": [_mission(tell, item) for item in tell.items(iri, ORG.purpose.value)],
        "groups": groups,
        "group_note": next((_words(tell, one) for one in _collections(tell, groups)), None),
        "groups_closed": _is_closed(tell, groups),
        "values": tell.items(iri, gov("hasValue")),
        "values_closed": _is_closed(tell, tell.items(iri, gov("hasValue"))),
        "topics": tell.items(iri, gov("helpsWith")),
        "open_list": _is_open(tell),
        "plans": [(plan, _ambitions(tell, plan.item.iri)) for plan in plans(tell)],
        "boards": [(board, _responsibilities(tell, board.item.iri)) for board in boards(tell)],
        "policies": [(p, tell.items(p.iri, gov("conductQuality"))) for p in tell.items(iri, gov("implementsPolicy"))],
        "figures": _figures(tell),
        "claims": [_claim(tell, c) for c in tell.saying(gov("claimedBy"), iri)],
    }


def _mission(tell: Telling, item: Item) -> Part:
    parts = tell.saying(SKOS.broader.value, item.iri)
    return Part(item, parts, [m for part in parts for m in tell.items(part.iri, tell.known.gov("byMeansOf"))])


def _groups(tell: Telling) -> list[Item]:
    """The groups that the missions, taken together, touch."""
    return [item for whole in tell.known.subjects(DCT.audience.value) for item in tell.items(whole, DCT.audience.value)]


def _scheme(tell: Telling, items: list[Item]) -> str:
    return next((s for item in items for s in tell.known.things(item.iri, SKOS.inScheme.value)), "")


def _collections(tell: Telling, items: list[Item]) -> list[str]:
    return list(dict.fromkeys(one for item in items for one in tell.known.saying(SKOS.member.value, item.iri)))


def _words(tell: Telling, collection: str) -> Label | None:
    """What the source calls a list, in its own language."""
    names = tell.known.texts(collection, SKOS.prefLabel.value)
    return next((Label(t.value, t.language) for t in names if t.language == FALLBACK[0]), None)


def _is_closed(tell: Telling, items: list[Item]) -> bool:
    """Whether the source closes the list that these are on."""
    closed = (tell.known.text(one, tell.known.gov("listIsOpen")) == "false" for one in _collections(tell, items))
    return any(closed)


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
            tell.items(item.iri, gov("responsibilityKind")),
            tell.items(item.iri, gov("inFrameworkOf")),
            tell.items(item.iri, gov("aspect")),
            tell.items(item.iri, gov("decisionBy")),
            tell.items(item.iri, gov("followedBy")),
            tell.items(item.iri, gov("concerns")),
            tell.items(item.iri, gov("legalBasis")),
        )
        for item in tell.items(board, gov("hasResponsibility"))
    ]


def _figures(tell: Telling) -> list[FigureInWords]:
    gov = tell.known.gov
    found = [tell.figure(iri) for iri in tell.known.subjects(gov("figureOf"))]
    return sorted(found, key=lambda f: (f.indicator.text if f.indicator else "", f.date or "9999", f.item.iri))


def _claim(tell: Telling, item: Item) -> Claim:
    gov = tell.known.gov
    words = tell.text(item.iri, SCHEMA.term("text").value)
    quotes = tell.known.quotes(item.iri, SCHEMA.term("text").value)
    topics, more_of, more_for = (tell.items(item.iri, gov(p)) for p in ("topic", "increaseOf", "increaseFor"))
    return Claim(tell.item(item.iri, quotes), words, topics, more_of, more_for)
