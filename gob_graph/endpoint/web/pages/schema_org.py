"""What a thing is in the words of schema.org, for search engines: a view that is derived, and in no release.

It says only what the graph says: a strict lower bound becomes a `minValue`, which schema.org has, with the words of the
source beside it; nothing is translated and no number is rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.vocab import CV, DCT, FOAF, ORG, RDFS, SCHEMA, SKOS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.endpoint.description.model import Entity

Json = dict[str, object]
TYPES: tuple[tuple[str, str], ...] = (
    (CV.PublicOrganisation.value, "GovernmentOrganization"),
    (ORG.FormalOrganization.value, "Organization"),
    (ORG.Organization.value, "Organization"),
    (SKOS.ConceptScheme.value, "DefinedTermSet"),
    (SKOS.Concept.value, "DefinedTerm"),
    (SCHEMA.WebPage.value, "WebPage"),
    (FOAF.Document.value, "CreativeWork"),
)
"""The first class of a thing that is listed decides; others are just a `Thing`."""


def schema_org(entity: Entity) -> Json:
    """The JSON-LD object for a page; its values are plain."""
    kind = next((name for iri, name in TYPES if iri in entity.types), "Thing")
    names = [_text(t) for t in entity.names(entity.iri)]
    view: Json = {"@context": "https://schema.org", "@type": kind, "@id": entity.iri}
    _add(view, "name", names)
    _add(view, "alternateName", [_text(v) for p in ALTERNATE for v in entity.values(p) if isinstance(v, ox.Literal)])
    _add(view, "description", [_text(v) for p in DESCRIBING for v in entity.values(p) if isinstance(v, ox.Literal)])
    if kind in {"GovernmentOrganization", "Organization"}:
        _organization(view, entity)
    if kind == "DefinedTerm":
        _add(view, "inDefinedTermSet", [{"@id": v.value} for v in entity.values(SKOS.inScheme)])
    figure = entity.figure
    if figure:
        view["@type"] = "QuantitativeValue"
        _add(view, "unitText", [_text(t) for t in entity.names(figure.unit)] if figure.unit else [])
        if figure.kind == "exact":
            view["value"] = figure.value
        elif figure.kind == "more-than":
            view["minValue"] = figure.value
        _add(view, "disambiguatingDescription", [_text(v) for v in entity.values(SCHEMA.term("text"))])
    _add(
        view,
        "sameAs",
        [
            v.value
            for v in [*entity.values(SCHEMA.sameAs), *entity.values(SKOS.exactMatch)]
            if isinstance(v, ox.NamedNode)
        ],
    )
    return view


PEOPLE = "/auth/indicator/people-at-your-service"
ALTERNATE = (SKOS.altLabel, SCHEMA.alternateName)
DESCRIBING = (SKOS.definition, DCT.description, RDFS.comment)


def _organization(view: Json, entity: Entity) -> None:
    parents = [v.value for v in entity.values(ORG.subOrganizationOf) if isinstance(v, ox.NamedNode)]
    children = [v.value for v in entity.values(ORG.hasSubOrganization) if isinstance(v, ox.NamedNode)]
    _add(view, "parentOrganization", [_named(entity, iri) for iri in parents])
    _add(view, "subOrganization", [_named(entity, iri) for iri in children])
    _add(view, "numberOfEmployees", _employees(entity))
    _add(view, "url", [v.value for v in entity.values(FOAF.homepage) if isinstance(v, ox.NamedNode)])


def _employees(entity: Entity) -> list[Json]:
    """The figure without a date that counts people, as the bound that it is."""
    found: list[Json] = []
    for iri, figure in sorted(entity.figures.items()):
        if figure.kind == "more-than" and not figure.date and (figure.indicator or "").endswith(PEOPLE):
            found.append({"@type": "QuantitativeValue", "@id": iri, "minValue": figure.value})
    return found


def _named(entity: Entity, iri: str) -> Json:
    named: Json = {"@type": "GovernmentOrganization", "@id": iri}
    _add(named, "name", [_text(t) for t in entity.names(iri)])
    return named


def _add(view: Json, name: str, values: Sequence[object]) -> None:
    if values:
        view[name] = values if len(values) > 1 else values[0]


def _text(term: object) -> object:
    """A literal with its language, as schema.org's JSON-LD has it."""
    if isinstance(term, ox.Literal) and term.language:
        return {"@value": term.value, "@language": term.language}
    return str(getattr(term, "value", term))
