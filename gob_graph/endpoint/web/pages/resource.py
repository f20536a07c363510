"""What the page about a thing shows: what the graph says of it, as rows for the template, and nothing beside."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import citation, i18n
from gob_graph.endpoint.web.pages.browse import class_address
from gob_graph.endpoint.web.pages.drawing.neighbourhood import neighbourhood
from gob_graph.endpoint.web.pages.fact_groups import arranged
from gob_graph.endpoint.web.pages.institution_page import hedged, moment
from gob_graph.endpoint.web.pages.summary_card import summary
from gob_graph.endpoint.web.pages.teller import NAMING, Teller
from gob_graph.errors import RequestError
from gob_graph.vocab import DCT, OWL, RDFS, SCHEMA, SKOS, preference

if TYPE_CHECKING:
    from gob_graph.endpoint.description.model import Entity, Event

DESCRIBING = (SKOS.definition, DCT.description, RDFS.comment, SKOS.scopeNote)
GENERAL = frozenset({SKOS.Concept.value, OWL.NamedIndividual.value})
"""Types that say least; they come last."""
COUNTED = {"more-than": "exclusiveLowerBound", "approximately": "approximateValue", "exact": "exactValue"}


def view(entity: Entity) -> dict[str, Any]:
    """What the template is filled with."""
    tell = Teller(entity)
    facts = [tell.row(n, g, "out") for n, g in enumerate(entity.facts, 1)]
    incoming = [tell.row(n, g, "in") for n, g in enumerate(entity.incoming, 1)]
    head = summary(entity, tell)
    types = sorted(entity.types, key=lambda t: (t in GENERAL, not t.startswith(here().settings.ontology_base), t))
    return {
        "name": tell.name(entity.iri),
        "types": [(tell.name(t), class_address(t)) for t in types],
        "first_type": next(((tell.name(t), class_address(t)) for t in types if class_address(t)), None),
        "description": _description(entity, tell),
        "summary": head,
        **arranged(facts, incoming, card=bool(head["rows"])),
        "figure": _figure(entity, tell),
        "ended": _event(entity.ended, tell) if entity.ended else None,
        "former": bool(entity.values(_gov("formerUnitOf"))),
        "events": [_event(e, tell) for e in entity.events],
        "own_name": _own_name(entity, tell),
        "drawing": neighbourhood(entity, tell.name, tell.kind),
        "cite": _cite(entity, tell),
        "layers": _layers(entity, tell),
        "query": f"SELECT ?property ?value WHERE {{\n    <{entity.iri}> ?property ?value .\n}}\n",
    }


def _own_name(entity: Entity, tell: Teller) -> bool:
    """Whether the name that the page shows is our own wording: the thing is marked so, and no source gives the name."""
    if not entity.values(_gov("wording")):
        return False
    names = [f for group in entity.facts if group.predicate in NAMING for f in group.facts]
    own = [f for f in names if getattr(f.value, "language", None) == tell.name(entity.iri).language]
    return any(f.layer == "vocab" and f.evidence is None for f in own)


def drawn(entity: Entity, page: str) -> dict[str, Any]:
    """What the drawing of a thing on a page of its own needs; `page` has its lists.

    Raises:
        RequestError: ``not-found``: nothing links the thing.
    """
    tell = Teller(entity)
    drawing = neighbourhood(entity, tell.name, tell.kind)
    if drawing is None:
        raise RequestError("not-found", "nothing links it")
    drawing.leading_to(page)
    return {"drawing": drawing, "name": tell.name(entity.iri), "page": page}


def _gov(name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{here().release.manifest['ontology_base']}/ns/governance#{name}")


def _description(entity: Entity, tell: Teller) -> Label | None:
    for predicate in DESCRIBING:
        texts = {v.language: v.value for v in entity.values(predicate) if isinstance(v, ox.Literal) and v.language}
        for code in preference(tell.language):
            if code in texts:
                return Label(i18n.spaced(texts[code], code), code)
    return None


def _figure(entity: Entity, tell: Teller) -> dict[str, Any] | None:
    """The value of a key figure, never without what limits it."""
    figure = entity.figure
    if figure is None:
        return None
    notation = tell.labels.notation(figure.unit) if figure.unit and figure.is_currency else None
    number = Decimal(figure.value)
    words = next((v for v in entity.values(SCHEMA.term("text")) if isinstance(v, ox.Literal)), None)
    indicator = next((v.value for v in entity.values(_gov("indicator"))), None)
    return {
        "text": hedged(COUNTED[figure.kind], i18n.money(number, notation) if notation else i18n.number(number)),
        "indicator": tell.name(indicator) if indicator else None,
        "hedge": Label(figure.hedge.value, figure.hedge.language) if figure.hedge else None,
        "date": moment(figure.date) if figure.date else None,
        "words": Label(words.value, words.language) if words else None,
    }


def _event(event: Event, tell: Teller) -> dict[str, Any]:
    return {
        "item": tell.item(event.iri),
        "date": moment(event.date) if event.date else None,
        "qualifier": tell.name(event.qualifier) if event.qualifier else None,
        "change": tell.name(event.change) if event.change else None,
        "originals": [tell.item(i) for i in event.originals],
        "results": [tell.item(i) for i in event.results],
    }


def _layers(entity: Entity, tell: Teller) -> list[tuple[str, str, int]]:
    """How many of the facts stand in each layer."""
    counts: dict[str, int] = {}
    for group in entity.facts:
        for fact in group.facts:
            counts[fact.layer] = counts.get(fact.layer, 0) + 1
    return [(layer, tell.name(entity.layers[layer]).text, n) for layer, n in counts.items() if layer]


def _cite(entity: Entity, tell: Teller) -> dict[str, str]:
    """How to cite the page: as text, and for BibTeX."""
    dataset = tell.name(here().release.dataset_iri).text
    return citation.of_a_thing(entity.iri, tell.name(entity.iri).text, dataset, here().release)
