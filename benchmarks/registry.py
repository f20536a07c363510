"""A made-up registry of organisations of any size, which our shapes accept: the graph as it could grow.

A tree of institutions; each has administrations in a stated order, and each administration a figure of its staff.
Every name and number is made up from the seed, and the same seed gives the same triples.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.vocab import CV, DCT, ORG, RDF, RDFS, SCHEMA, SKOS, XSD, governance

if TYPE_CHECKING:
    from collections.abc import Iterator

UNITS_EACH = 20
"""Administrations of one institution."""
BRANCHES = 4
"""Institutions directly below another one."""
TRIPLES_EACH = 10 + 19 * UNITS_EACH
"""Triples about an institution, its place below another one, and its administrations."""
ROOT_LACKS = 2
"""The first institution is below none."""
FIELDS = {
    "nl": ("Mobiliteit", "Huisvesting", "Begroting", "Leefmilieu", "Cultuur", "Energie", "Onderwijs", "Erfgoed"),
    "fr": ("Mobilité", "Logement", "Budget", "Environnement", "Culture", "Énergie", "Enseignement", "Patrimoine"),
    "de": ("Mobilität", "Wohnungswesen", "Haushalt", "Umwelt", "Kultur", "Energie", "Bildung", "Denkmalpflege"),
    "en": ("Mobility", "Housing", "Budget", "Environment", "Culture", "Energy", "Education", "Heritage"),
}
TERRITORY = {"nl": "grondgebied", "fr": "territoire", "de": "Gebiet", "en": "territory"}
KINDS = {
    "nl": ("Dienst", "Directie", "Bureau"),
    "fr": ("Service", "Direction", "Bureau"),
    "de": ("Dienst", "Direktion", "Büro"),
    "en": ("Service", "Directorate", "Office"),
}


def registry(size: int, base_iri: str, ontology_base: str, seed: int = 1) -> Iterator[ox.Triple]:
    """At least so many triples, as few more as whole institutions allow; see `institutions` for their order."""
    for triples in institutions(size, base_iri, ontology_base, seed):
        yield from triples


def institutions(size: int, base_iri: str, ontology_base: str, seed: int = 1) -> Iterator[list[ox.Triple]]:
    """The triples of `registry`: those about the territory, then those about each institution and its administrations.

    All that is said of a thing stands in one list.
    """
    count = math.ceil((size + ROOT_LACKS) / TRIPLES_EACH) if size > 0 else 0
    made = _Maker(base_iri, ontology_base, seed)
    yield list(made.place())
    for number in range(count):
        about = list(made.institution(number, count))
        for position in range(1, UNITS_EACH + 1):
            about += made.unit(number, position)
        yield about


class _Maker:
    def __init__(self, base_iri: str, ontology_base: str, seed: int) -> None:
        self.base, self.gov = base_iri, governance(ontology_base)
        self.random = random.Random(seed)
        self.territory = self._term("id/location/territory")
        self.administration = self._term("auth/organization-type/administration")
        self.indicator = self._term("auth/indicator/people-in-service")
        self.person = self._term("auth/unit/person")

    def place(self) -> Iterator[ox.Triple]:
        """The territory that all share."""
        yield ox.Triple(self.territory, RDF.type, DCT.Location)
        for language, name in TERRITORY.items():
            yield ox.Triple(self.territory, RDFS.label, ox.Literal(name, language=language))

    def institution(self, number: int, count: int) -> Iterator[ox.Triple]:
        """An institution of so many, below its parent and above its own; the first one is the root."""
        node = self._institution(number)
        for cls in (ORG.Organization, ORG.FormalOrganization, CV.PublicOrganisation):
            yield ox.Triple(node, RDF.type, cls)
        yield from self._names(node, str(number))
        yield ox.Triple(node, DCT.spatial, self.territory)
        if number:
            yield ox.Triple(node, ORG.subOrganizationOf, self._institution((number - 1) // BRANCHES))
        for below in range(BRANCHES * number + 1, min(BRANCHES * (number + 1) + 1, count)):
            yield ox.Triple(node, ORG.hasSubOrganization, self._institution(below))

    def unit(self, institution: int, position: int) -> Iterator[ox.Triple]:
        """An administration with its staff figure."""
        node = self._term(f"id/organization/unit-{institution}-{position}")
        whole = self._institution(institution)
        for cls in (ORG.Organization, ORG.OrganizationalUnit, CV.PublicOrganisation, self.gov.Administration):
            yield ox.Triple(node, RDF.type, cls)
        yield from self._names(node, f"{institution}.{position}")
        yield ox.Triple(node, DCT.spatial, self.territory)
        yield ox.Triple(node, ORG.classification, self.administration)
        yield ox.Triple(node, ORG.unitOf, whole)
        yield ox.Triple(whole, ORG.hasUnit, node)
        yield ox.Triple(node, SCHEMA.position, ox.Literal(str(position), datatype=XSD.integer))
        figure = self._term(f"id/key-figure/staff-{institution}-{position}")
        staff = str(self.random.randint(5, 900))
        yield ox.Triple(figure, RDF.type, self.gov.KeyFigure)
        yield ox.Triple(figure, self.gov.figureOf, node)
        yield ox.Triple(figure, self.gov.indicator, self.indicator)
        yield ox.Triple(figure, self.gov.unitOfMeasure, self.person)
        yield ox.Triple(figure, self.gov.exactValue, ox.Literal(staff, datatype=XSD.decimal))
        yield ox.Triple(figure, self.gov.referenceDate, ox.Literal("2024", datatype=XSD.gYear))

    def _names(self, node: ox.NamedNode, mark: str) -> Iterator[ox.Triple]:
        kind, field = self.random.randrange(3), self.random.randrange(8)
        for language, fields in FIELDS.items():
            name = f"{KINDS[language][kind]} {fields[field]} {mark}"
            yield ox.Triple(node, SKOS.prefLabel, ox.Literal(name, language=language))

    def _institution(self, number: int) -> ox.NamedNode:
        return self._term(f"id/organization/institution-{number}")

    def _term(self, path: str) -> ox.NamedNode:
        return ox.NamedNode(f"{self.base}/{path}")
