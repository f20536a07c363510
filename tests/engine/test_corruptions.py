"""Faults that a hurried editor could make in the real data: each is caught, and by the shape that is meant to."""

import re
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.pipeline.validation import validate
from gob_graph.settings import Settings
from gob_graph.vocab import SH

SHAPE = "https://data.example.org/ns/governance/shape/"
PREFIXES = """
@prefix adms: <http://www.w3.org/ns/adms#> . @prefix cv: <http://data.europa.eu/m8g/> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix gov: <https://data.example.org/ns/governance#> .
@prefix identifier: <https://data.example.org/id/identifier/> . @prefix key-figure: <https://data.example.org/id/key-figure/> .
@prefix meeting-schedule: <https://data.example.org/id/meeting-schedule/> . @prefix org: <http://www.w3.org/ns/org#> .
@prefix o: <https://data.example.org/id/organization/> . @prefix period: <https://data.example.org/id/period/> .
@prefix post: <https://data.example.org/id/post/> . @prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix value: <https://data.example.org/auth/value/> .
@prefix locn: <http://www.w3.org/ns/locn#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix prov: <http://www.w3.org/ns/prov#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
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
        "ThisBudget-owner",
    ),
    "board as unit": (None, "o:directieraad a org:OrganizationalUnit .", "GoverningBody-no-unit"),
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
    "a blank node": (None, '[] a adms:Identifier ; skos:notation "1" ; adms:schemeAgency "X" .', "Named-iri"),
    "an https authority IRI": (
        r"directieraad> <http://data.europa.eu/m8g/frequency>",
        """meeting-schedule:directieraad cv:frequency <https://publications.europa.eu/resource/authority/frequency/MONTHLY> .
        <https://publications.europa.eu/resource/authority/frequency/MONTHLY> a skos:Concept ; skos:prefLabel "maandelijks"@nl .""",
        "WholeGraph-authority-iris",
    ),
    "an org:identifier": (None, 'o:gob org:identifier "0316381039" .', "NoOrgIdentifier-property"),
    "the hedge of the meetings dropped": (r"directieraad> .*modality>", "", "ThisSchedule-modality"),
    "the strictness of a bound dropped": (r"workforce> .*hedge>", "", "HedgedFigure-hedge"),
    "a value too many": (
        None,
        'value:speed a gov:OrganisationalValue , skos:Concept ; skos:prefLabel "snelheid"@nl . o:gob gov:hasValue value:speed .',
        "ThisInstitution-values",
    ),
    "a mission of an administration": (
        None,
        "o:brussel-mobiliteit org:purpose <https://data.example.org/auth/mission/sustainable-economy-employment> .",
        "NoPurpose-purpose",
    ),
    "the institution a unit of the Government": (None, "o:gob org:unitOf o:brussels-government .", "Institution-unit"),
    "the institution a part of the Government": (
        None,
        "o:gob org:subOrganizationOf o:brussels-government .",
        "Institution-part",
    ),
    "the institution reports to the Government": (
        None,
        "o:gob org:reportsTo o:brussels-government .",
        "Institution-reports",
    ),
    "a post reports to a post": (
        None,
        "post:adjunct-secretaris-generaal org:reportsTo post:secretaris-generaal .",
        "PostOrder-reports",
    ),
    "identity with something outside": (
        None,
        "o:gob owl:sameAs <http://www.wikidata.org/entity/Q1> .",
        "SameAs-property",
    ),
    "a membership": (None, "o:membership a org:Membership .", "AnyPerson-class"),
    "a person by another class": (None, "o:jan a <http://dbpedia.org/ontology/Person> .", "AnyPerson-class"),
    "a member": (None, "o:gob org:hasMember o:brussels-government .", "NoHolder-relation"),
    "a post that assists itself": (
        None,
        "post:secretaris-generaal gov:assistedBy post:secretaris-generaal .",
        "Assistance-circle",
    ),
    "posts that assist each other": (
        None,
        "post:adjunct-secretaris-generaal gov:assistedBy post:secretaris-generaal .",
        "Assistance-circle",
    ),
    "one chair of two bodies": (None, "o:brussels-government gov:chairedBy post:secretaris-generaal .", "Chair-bodies"),
    "a home page as a text": (None, 'o:gob foaf:homepage "https://overheidsdienst.brussels" .', "Address-homepage"),
    "a page as a text": (None, 'o:gob foaf:page "https://overheidsdienst.brussels" .', "Address-page"),
    "an address as a text": (None, 'o:gob locn:address "Sint-Lazarusplein 2" .', "Address-address"),
    "a source as a text": (None, 'o:gob dct:source "https://overheidsdienst.brussels" .', "Address-source"),
    "a primary source as a text": (
        None,
        'o:gob prov:hadPrimarySource "https://overheidsdienst.brussels" .',
        "Address-hadPrimarySource",
    ),
    "a territory as a text": (None, 'o:gob dct:spatial "Brussel" .', "Address-spatial"),
    "a further page as a text": (None, 'o:gob rdfs:seeAlso "https://overheidsdienst.brussels" .', "Address-seeAlso"),
    "a plan that starts on a day": (
        r"period/2021-2026> .*startDate>",
        'period:2021-2026 dcat:startDate "2021-01-01"^^xsd:date .',
        "PlanYears-start",
    ),
    "a plan that ends on a day": (
        r"period/2021-2026> .*endDate>",
        'period:2021-2026 dcat:endDate "2026-12-31"^^xsd:date .',
        "PlanYears-end",
    ),
    "a label in another language": (None, 'o:gob skos:prefLabel "Servicio"@es .', "Languages-prefLabel"),
    "a short name in another language": (None, 'o:gob skos:altLabel "Servicio"@es .', "Languages-altLabel"),
    "a title in another language": (None, 'o:gob dct:title "Servicio"@es .', "Languages-title"),
    "a concept without its scheme": (r"value/respect> .*inScheme>", "", "Ontology-scheme"),
    "a concept in the scheme of another class": (
        r"value/respect> .*inScheme>",
        "value:respect skos:inScheme <https://data.example.org/auth/mission> .",
        "Ontology-scheme-of-class",
    ),
    "a value outside the value scheme": (
        None,
        "o:gob gov:hasValue <https://data.example.org/auth/theme/mobility> .",
        "ValueScheme-scheme",
    ),
    "a misspelt property": (None, "o:directieraad gov:membercount 9 .", "Ontology-property"),
    "a misspelt class": (None, "o:directieraad a gov:GoverningBoddy .", "Ontology-class"),
    "an exact figure with a hedge": (
        r"workforce> .*exclusiveLowerBound>",
        'key-figure:workforce gov:exactValue "1600"^^xsd:decimal .',
        "ExactFigure-hedge",
    ),
    "an exact figure where the source bounds": (
        r"workforce> .*(exclusiveLowerBound|hedge)>",
        'key-figure:workforce gov:exactValue "1600"^^xsd:decimal .',
        "ThisWorkforce-bound",
    ),
    "the bound of the meetings dropped": (r"directieraad> .*frequencyBound>", "", "ThisSchedule-bound"),
    "the present dropped": (r"board-members> .*temporalQualifier>", "", "ThisMemberCount-currently"),
    "a number as exact and as bound": (
        None,
        'key-figure:workforce gov:exactValue "1600"^^xsd:decimal .',
        "KeyFigure-once",
    ),
    "a misspelt term as object": (None, "o:directieraad rdfs:seeAlso gov:GoverningBoddy .", "Ontology-object"),
    "a description in another language": (None, 'o:gob dct:description "Servicio"@es .', "Languages-description"),
    "a name of somebody": (None, 'o:jan a org:Organization ; foaf:name "Jan"@nl .', "NamedAgent-publisher"),
    "a given name": (None, 'o:jan a org:Organization ; foaf:givenName "Jan"@nl .', "NoHolder-relation"),
    "identity within the graph": (None, "o:gob owl:sameAs o:brussels-government .", "SameAs-property"),
    "a beneficiary in the scheme of another class": (
        r"stakeholder-group/economic-actors> .*inScheme>",
        """<https://data.example.org/auth/stakeholder-group/economic-actors> skos:inScheme
        <https://data.example.org/auth/mission> .""",
        "Ontology-scheme-of-class",
    ),
}


def only(shapes: list[ox.Triple], shape: str) -> list[ox.Triple]:
    """The node shapes that lead to a shape, with all that they lead to, to be quick."""
    about: dict[object, list[ox.Triple]] = {}
    for t in shapes:
        about.setdefault(t.subject, []).append(t)
    chosen: list[ox.Triple] = []
    for root in [s for s, ts in about.items() if any(t.object == SH.NodeShape for t in ts)]:
        seen, todo = {root}, [root]
        while todo:
            for t in about.get(todo.pop(), []):
                if t.object in about and t.object not in seen:
                    seen.add(t.object)
                    todo.append(t.object)
        if ox.NamedNode(SHAPE + shape) in seen:
            chosen += [t for node in seen for t in about[node]]
    assert chosen, f"no node shape leads to {shape}"
    return list(dict.fromkeys(chosen))


def test_no_case_was_lost() -> None:
    assert len(CASES) >= 59


def test_the_table_of_the_documentation_is_this_one() -> None:
    """A row of docs/conformance.md per case, and the two faults that the build finds without a shape."""
    page = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (.+?) \| `([\w-]+)` \|$", page.partition("## Forbidden")[2], re.M))
    assert {name: shape for name, (_, _, shape) in CASES.items()} == rows


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
    return read_shapes(settings).all


@pytest.mark.parametrize("name", CASES)
def test_fault_is_caught(name: str, facts: list[ox.Triple], shapes: list[ox.Triple]) -> None:
    pattern, addition, shape = CASES[name]
    report = validate(spoiled(facts, pattern, addition), only(shapes, shape))
    assert shape in {f.shape.rpartition("/")[2] for f in report.of_severity("Violation")}, report.text()
