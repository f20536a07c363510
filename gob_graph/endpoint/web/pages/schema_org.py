"""What a thing is in the words of schema.org, for search engines: a view that is derived, and in no release.

It says only what the graph says: a strict lower bound becomes a `minValue`, which schema.org has, with the words of the
source beside it; nothing is translated and no number is rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.vocab import CV, DCAT, DCT, FOAF, LOCN, ORG, RDFS, SCHEMA, SKOS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gob_graph.endpoint.description.model import Entity

Json = dict[str, object]
TYPES: tuple[tuple[str, str], ...] = (
    (DCAT.Dataset.value, "Dataset"),
    (DCAT.Catalog.value, "DataCatalog"),
    (CV.PublicOrganisation.value, "GovernmentOrganization"),
    (ORG.FormalOrganization.value, "Organization"),
    (ORG.Organization.value, "Organization"),
    (FOAF.Organization.value, "Organization"),
    (ORG.Post.value, "OrganizationRole"),
    (DCT.Location.value, "Place"),
    (LOCN.Address.value, "PostalAddress"),
    (CV.ContactPoint.value, "ContactPoint"),
    (SCHEMA.Claim.value, "Claim"),
    (SKOS.ConceptScheme.value, "DefinedTermSet"),
    (SKOS.Concept.value, "DefinedTerm"),
    (SCHEMA.WebPage.value, "WebPage"),
    (SCHEMA.CreativeWork.value, "CreativeWork"),
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
    for name, values in MORE.get(kind, _nothing)(entity):
        _add(view, name, values)
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


Parts = list[tuple[str, list[object]]]
PEOPLE = "/auth/indicator/people-at-your-service"
ALTERNATE = (SKOS.altLabel, SCHEMA.alternateName)
DESCRIBING = (SKOS.definition, DCT.description, RDFS.comment)


def _organization(entity: Entity) -> Parts:
    return [
        ("parentOrganization", _named(entity, ORG.subOrganizationOf, "GovernmentOrganization")),
        ("subOrganization", _named(entity, ORG.hasSubOrganization, "GovernmentOrganization")),
        ("member", _named(entity, ORG.hasPost, "OrganizationRole")),
        ("address", _named(entity, LOCN.address, "PostalAddress")),
        ("contactPoint", _named(entity, CV.contactPoint, "ContactPoint")),
        ("numberOfEmployees", _employees(entity)),
        ("url", [v.value for v in entity.values(FOAF.homepage) if isinstance(v, ox.NamedNode)]),
    ]


def _employees(entity: Entity) -> list[object]:
    """The figure without a date that counts people, as the bound that it is."""
    found: list[object] = []
    for iri, figure in sorted(entity.figures.items()):
        if figure.kind == "more-than" and not figure.date and (figure.indicator or "").endswith(PEOPLE):
            found.append({"@type": "QuantitativeValue", "@id": iri, "minValue": figure.value})
    return found


def _role(entity: Entity) -> Parts:
    return [("roleName", [_text(t) for t in entity.names(entity.iri)])]


def _term(entity: Entity) -> Parts:
    return [("inDefinedTermSet", [{"@id": v.value} for v in entity.values(SKOS.inScheme)])]


def _address(entity: Entity) -> Parts:
    """The street with the number, town and post code, each in the languages that a source gives."""
    numbers = [v.value for v in entity.values(LOCN.locatorDesignator)]
    number = f" {numbers[0]}" if len(numbers) == 1 else ""
    streets = [v for v in entity.values(LOCN.thoroughfare) if isinstance(v, ox.Literal)]
    return [
        ("streetAddress", [_text(ox.Literal(v.value + number, language=v.language)) for v in streets]),
        ("postalCode", [v.value for v in entity.values(LOCN.postCode)]),
        ("addressLocality", [_text(v) for v in entity.values(LOCN.postName)]),
    ]


def _contact(entity: Entity) -> Parts:
    return [
        ("telephone", [v.value for v in entity.values(CV.telephone)]),
        ("email", [v.value for v in entity.values(CV.email)]),
    ]


def _catalog(entity: Entity) -> Parts:
    return [("dataset", _named(entity, DCAT.dataset, "Dataset"))]


def _nothing(_: Entity) -> Parts:
    return []


MORE: Mapping[str, Callable[[Entity], Parts]] = {
    "GovernmentOrganization": _organization,
    "Organization": _organization,
    "OrganizationRole": _role,
    "PostalAddress": _address,
    "ContactPoint": _contact,
    "DefinedTerm": _term,
    "DataCatalog": _catalog,
}
"""What is said of a thing besides its names, by type."""


def _named(entity: Entity, predicate: ox.NamedNode, kind: str) -> list[object]:
    """What a thing is linked to: its IRI, its type and its names."""
    found: list[object] = []
    for value in entity.values(predicate):
        if isinstance(value, ox.NamedNode):
            named: Json = {"@type": kind, "@id": value.value}
            _add(named, "name", [_text(t) for t in entity.names(value.value)])
            found.append(named)
    return found


def _add(view: Json, name: str, values: Sequence[object]) -> None:
    if values:
        view[name] = values if len(values) > 1 else values[0]


def _text(term: object) -> object:
    """A literal with its language, as schema.org's JSON-LD has it."""
    if isinstance(term, ox.Literal) and term.language:
        return {"@value": term.value, "@language": term.language}
    return str(getattr(term, "value", term))
