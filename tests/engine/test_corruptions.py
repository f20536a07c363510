"""Faults that a hurried editor could make in the real data: each is caught, and by the shape that is meant to."""

import re
from collections.abc import Iterable

import pyoxigraph as ox
import pytest

from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.build import read_shapes
from gob_graph.pipeline.validation import validate
from gob_graph.settings import Settings

PREFIXES = """
@prefix adms: <http://www.w3.org/ns/adms#> . @prefix cv: <http://data.europa.eu/m8g/> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix gov: <https://data.example.org/ns/governance#> .
@prefix identifier: <https://data.example.org/id/identifier/> . @prefix key-figure: <https://data.example.org/id/key-figure/> .
@prefix meeting-schedule: <https://data.example.org/id/meeting-schedule/> . @prefix org: <http://www.w3.org/ns/org#> .
@prefix o: <https://data.example.org/id/organization/> . @prefix period: <https://data.example.org/id/period/> .
@prefix post: <https://data.example.org/id/post/> . @prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix value: <https://data.example.org/auth/value/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
NINTH = """o:ninth a org:OrganizationalUnit , cv:PublicOrganisation , gov:Administration ; skos:prefLabel "Negende"@nl , "Neuvième"@fr ;
 org:unitOf o:gob ; org:classification <https://data.example.org/auth/organization-type/administration> ;
 dct:spatial <https://data.example.org/id/location/brussels-capital-region> ."""
CASES = {
    # name: (pattern of triples to take away, Turtle to add, shape that must catch it)
    "wrong datatype": (
        r"staff-2020> .*#exactValue> ",
        "key-figure:staff-2020 gov:exactValue 1452 .",
        "KeyFigure-value",
    ),
    "ninth administration without its position": (None, NINTH, "Administration-position"),
    "ninth administration that the stated number does not count": (
        None,
        NINTH + " o:ninth schema:position 9 .",
        "StatedUnitCount-equal",
    ),
    "duplicate position": (
        r"brussel-synergie> <http://schema.org/position>",
        "o:brussel-synergie schema:position 7 .",
        "OrderOfUnits-positions",
    ),
    "missing French name": (r"brussel-mobiliteit> .*prefLabel> .*@fr", "", "OfficialNames-fr"),
    "a person": (None, 'o:jan a foaf:Person ; foaf:name "Jan" .', "NoPerson-type"),
    "a holder of a post": (None, "post:secretaris-generaal org:heldBy o:gob .", "NoHolder-relation"),
    "the institution as owner of the budget": (
        r"regional-budget> .*figureOf>",
        "key-figure:regional-budget gov:figureOf o:gob .",
        "BudgetOwner-owner",
    ),
    "board as unit": (None, "o:directieraad a org:OrganizationalUnit .", "GoverningBody"),
    "board as part": (None, "o:directieraad org:unitOf o:gob .", "GoverningBody-unit"),
    "plan ending before it starts": (
        r"period/2021-2026> .*endDate>",
        'period:2021-2026 dcat:endDate "2020"^^xsd:gYear .',
        "Period-order",
    ),
    "a no-break space": (
        r"value/respect> .*prefLabel> .*@nl",
        'value:respect skos:prefLabel "res\\u00A0pect"@nl .',
        "PrefLabelText-space",
    ),
    "wrong check digit": (
        r"kbo-0316381039> .*notation>",
        'identifier:kbo-0316381039 skos:notation "0316381038" .',
        "Identifier-check-digits",
    ),
    "a blank node": (None, '[] a adms:Identifier ; skos:notation "1" ; adms:schemeAgency "X" .', "Named"),
    "an https authority IRI": (
        r"directieraad> <http://data.europa.eu/m8g/frequency>",
        """meeting-schedule:directieraad cv:frequency <https://publications.europa.eu/resource/authority/frequency/MONTHLY> .
        <https://publications.europa.eu/resource/authority/frequency/MONTHLY> a skos:Concept ; skos:prefLabel "maandelijks"@nl .""",
        "WholeGraph-authority-iris",
    ),
    "an org:identifier": (None, 'o:gob org:identifier "0316381039" .', "NoOrgIdentifier-property"),
    "the hedge of the meetings dropped": (r"directieraad> .*modality>", "", "MeetingSchedule-modality"),
    "the strictness of a bound dropped": (r"workforce> .*hedge>", "", "HedgedFigure-hedge"),
    "a value too many": (
        None,
        'value:speed a gov:OrganisationalValue , skos:Concept ; skos:prefLabel "snelheid"@nl . o:gob gov:hasValue value:speed .',
        "ThisInstitution-values",
    ),
}


def test_no_case_was_lost() -> None:
    assert len(CASES) >= 18


def spoiled(triples: Iterable[ox.Triple], pattern: str | None, addition: str) -> list[ox.Triple]:
    kept = [t for t in triples if not (pattern and re.search(pattern, str(t)))]
    assert not pattern or len(kept) < len(list(triples)), "the case takes nothing away"
    return kept + [q.triple for q in ox.parse((PREFIXES + addition).encode(), format=ox.RdfFormat.TURTLE)]


@pytest.fixture(scope="module")
def facts(assembled: Assembled) -> list[ox.Triple]:
    """Without the evidence layer: four fifths of the triples, and none of these faults is in it."""
    return [t for layer, triples in assembled.layers.items() if layer not in {"evidence", "meta"} for t in triples]


@pytest.fixture(scope="module")
def shapes(settings: Settings) -> list[ox.Triple]:
    return read_shapes(settings)


def test_the_real_data_conforms(facts: list[ox.Triple], shapes: list[ox.Triple]) -> None:
    assert validate(facts, shapes).of_severity("Violation") == []


@pytest.mark.parametrize("name", CASES)
def test_fault_is_caught(name: str, facts: list[ox.Triple], shapes: list[ox.Triple]) -> None:
    pattern, addition, shape = CASES[name]
    report = validate(spoiled(facts, pattern, addition), shapes)
    assert shape in {f.shape.rpartition("/")[2] for f in report.of_severity("Violation")}, report.text()
