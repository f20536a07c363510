"""What outside sources say and what they do not: every verified fact with its address, no look-alike, nothing unverified."""

import re

import pyoxigraph as ox
import pytest

from gob_graph.changelog import sentences
from gob_graph.news import event, events_of
from gob_graph.pipeline.assembled import Assembled
from gob_graph.release import Release
from gob_graph.state import read_state
from gob_graph.vocab import LANGUAGES, LAYERS, ORG, OWL, PROV, RDF
from tests.conftest import SHARED
from tests.parts import needs

GOB = "organization:gob"
KBO = "<https://org.belgif.be/id/CbeRegisteredEntity/0316381039>"
REGION = "location:brussels-capital-region"
ADDRESS = "address:sint-lazarusplein-2"
TERRITORY = {
    f"{REGION} schema:sameAs nuts:BE1": "vocab-belgif",
    f"{REGION} schema:sameAs <http://vocab.belgif.be/auth/refnis2025/4000>": "vocab-belgif",
    f"{REGION} schema:sameAs <https://sws.geonames.org/2800867/>": "vocab-belgif",
    f"{REGION} schema:sameAs <http://www.wikidata.org/entity/Q240>": "country-levels",
    f"{REGION} rdfs:seeAlso atu:BEL_RG_BRU": "lodtools",
    'identifier:iso-3166-2-be-bru skos:notation "BE-BRU"': "country-levels",
}
NAMES = {
    f'{GOB} skos:prefLabel "Service public régional de Bruxelles"@fr': "servicepublic.brussels",
    f'{GOB} skos:altLabel "SPRB"@fr': "servicepublic.brussels",
    f'{GOB} skos:prefLabel "Brussels Regional Public Service"@en': "mobilite-mobiliteit.brussels",
    f'{GOB} skos:altLabel "BRPS"@en': "mobilite-mobiliteit.brussels",
    f'{GOB} schema:alternateName "Regional Public Service Brussels"@en': "be.brussels",
    'change-event:2014-renaming gov:nameBefore "Ministerie van het Brussels Hoofdstedelijk Gewest"@nl': "legalworld",
    'change-event:2014-renaming gov:nameBefore "Ministère de la Région de Bruxelles-Capitale"@fr': "doczz",
    'change-event:2015-renaming gov:nameAfter "Gewestelijke Overheidsdienst Brussel"@nl': "deplalaw",
    'organization:brussel-connectit skos:prefLabel "Bruxelles ConnectIT"@fr': "rapport-annuel-sprb.brussels/2021",
    'organization:brussel-connectit skos:altLabel "BCIT"@nl': "jaarverslag-gob.brussels/2021",
    'organization:brussel-connectit skos:hiddenLabel "Brussels Connect IT"@nl': "jaarverslag-gob.brussels/2022",
    'organization:brussel-economie-en-werkgelegenheid skos:prefLabel "Bruxelles Économie et Emploi"@fr': "2018.servicepublic",
    'organization:brussel-economie-en-werkgelegenheid skos:prefLabel "Brussels Economy and Employment"@en': "economy-employment",
    'organization:brussel-financien-en-begroting skos:prefLabel "Bruxelles Finances et Budget"@fr': "budget.brussels/fr/about",
    'organization:brussel-financien-en-begroting skos:prefLabel "Brussels Finances and Budget"@en': "financesbudget.brussels",
    'organization:brussel-international skos:prefLabel "Bruxelles International"@fr': "archives/2019",
    'organization:brussel-international skos:prefLabel "Brussels International"@en': "international.brussels",
    'organization:brussel-huisvesting skos:prefLabel "Bruxelles Logement"@fr': "2018.servicepublic",
    'organization:brussel-huisvesting skos:prefLabel "Brussels Housing"@en': "be.brussels/en/housing",
    'organization:brussel-mobiliteit skos:prefLabel "Bruxelles Mobilité"@fr': "2018.servicepublic",
    'organization:brussel-mobiliteit skos:prefLabel "Brussels Mobility"@en': "emta.com",
    'organization:brussel-plaatselijke-besturen skos:prefLabel "Bruxelles Pouvoirs locaux"@fr': "pouvoirs-locaux.brussels",
    'organization:brussel-plaatselijke-besturen skos:prefLabel "Brussels Local Authorities"@en': "be.brussels",
    'organization:brussel-plaatselijke-besturen skos:altLabel "BPB"@nl': "2018.overheidsdienst",
    'organization:brussel-synergie skos:prefLabel "Bruxelles Synergie"@fr': "archives/2019",
    'organization:brussels-government skos:prefLabel "Gouvernement de la Région de Bruxelles-Capitale"@fr': "etaamb",
    'organization:brussels-government skos:prefLabel "Government of the Brussels-Capital Region"@en': "be.brussels",
    'organization:brussels-government schema:alternateName "Government of the Region"@en': "be.brussels",
    'organization:directieraad skos:prefLabel "Conseil de direction"@fr': "rapport-annuel-sprb.brussels",
    'value:customer-orientation skos:prefLabel "Orientation client"@fr': "2018.servicepublic",
    'stakeholder-group:companies skos:prefLabel "businesses"@en': "be.brussels",
    'stakeholder-group:companies skos:prefLabel "entreprises"@fr': "rapport-annuel-sprb.brussels",
    'mission:local-authorities skos:prefLabel "Organize, advise, and finance local governments"@en': "be.brussels",
    'mission:local-authorities skos:historyNote "Organiser, conseiller, contrôler et financer les pouvoirs locaux"@fr': "rapport-annuel-sprb",
    'strategic-plan:2021-2026 dct:title "Building a sustainable future together"@en': "be.brussels",
    'strategic-plan:2021-2026 dct:title "Construire ensemble un avenir durable"@fr': "rapport-annuel-sprb.brussels/2021",
    'strategic-plan:2021-2026 dct:alternative "Samen bouwen aan een duurzame toekomst"@nl': "jaarverslag-gob.brussels/2021",
}
LINKS = {
    f"{GOB} rov:hasRegisteredOrganization {KBO}": "mobilite-mobiliteit.brussels",
    f'{KBO} skos:prefLabel "Regionaler öffentlicher Dienst Brüssel"@de': "dcattools",
    f'{KBO} skos:prefLabel "Services du Gouvernement de la Région bruxelloise"@fr': "dcattools",
    f"{GOB} foaf:homepage <https://overheidsdienst.brussels>": "overheidsdienst.brussels",
    f"{GOB} foaf:homepage <https://servicepublic.brussels/>": "servicepublic.brussels",
    "organization:brussel-mobiliteit foaf:homepage <https://mobilite-mobiliteit.brussels>": "mobilite-mobiliteit",
    "organization:brussel-plaatselijke-besturen foaf:homepage <https://pouvoirs-locaux.brussels>": "pouvoirs-locaux.brussels",
    "source-doc:wie-zijn-we dct:source <https://overheidsdienst.brussels/wie-zijn-we>": "wie-zijn-we",
    f'{ADDRESS} locn:postCode "1035"': "mobilite-mobiliteit",
    f'{ADDRESS} gov:attestedIn "2021-09-22"^^xsd:date': "mobilite-mobiliteit",
    'contact-point:gob cv:telephone "+32 (0)2 204 21 11"': "mobilite-mobiliteit",
    "post:adjunct-secretaris-generaal org:postIn organization:gob": "gewestelijke-coordinatie",
    "post:secretaris-generaal org:postIn organization:gob": "gewestelijke-coordinatie",
}
BOARD = "composition:directieraad-annual-reports"
HISTORY = {
    'change-event:2014-renaming dct:date "2014-10-24"^^xsd:date': "legalworld",
    'change-event:2015-renaming dct:date "2015-07-02"^^xsd:date': "deplalaw",
    "reference-framework:bbhr-2015-03-19 dct:replaces reference-framework:bbhr-2014-10-24": "deplalaw",
    'reference-framework:bbhr-2014-10-24 schema:datePublished "2014-12-09"^^xsd:date': "legalworld",
    'change-event:2019-reorganisation dct:date "2019-11"^^xsd:gYearMonth': "archives/2019",
    "change-event:2019-reorganisation org:resultingOrganization organization:brussel-hr-en-facilities": "archives/2019",
    'change-event:2019-connectit-creation dct:date "2019"^^xsd:gYear': "2021",
    "change-event:2019-connectit-creation gov:dateQualifier date-qualifier:end": "2021",
    'key-figure:administrations-2014 gov:exactValue "6"^^xsd:decimal': "rapport-annuel-sprb-2014",
    'key-figure:administrations-2014-2015 gov:exactValue "7"^^xsd:decimal': "25ans",
    'key-figure:administrations-2018 gov:exactValue "6"^^xsd:decimal': "2018/onze-cijfers",
    'key-figure:board-2018 gov:exactValue "6"^^xsd:decimal': "2018/onze-cijfers",
    f"{BOARD} gov:includesRole role:director-general": "2022/onze-cijfers",
    'key-figure:administrations-2022 gov:exactValue "8"^^xsd:decimal': "2022/onze-cijfers",
    'key-figure:staff-2014 gov:exclusiveLowerBound "1800"^^xsd:decimal': "rapport-annuel-sprb-2014",
    'key-figure:staff-2020 gov:exactValue "1452"^^xsd:decimal': "2020/onze-cijfers",
    'key-figure:staff-2021 gov:exactValue "1466"^^xsd:decimal': "2021/onze-cijfers",
    'key-figure:staff-2022 gov:exactValue "1518"^^xsd:decimal': "2022/onze-cijfers",
    'key-figure:staff-nearly-1600 gov:approximateValue "1600"^^xsd:decimal': "be.brussels",
    'organization:gob gov:attestedIn "2012"^^xsd:gYear': "doczz",
    "organization:brussel-connectit gov:startEvent change-event:2019-connectit-creation": "2021",
}  # fmt: skip
FACTS = {**TERRITORY, **NAMES, **LINKS, **HISTORY}


def parse(fact: str, prefixes: dict[str, str]) -> ox.Triple:
    prologue = "".join(f"@prefix {p}: <{n}> .\n" for p, n in prefixes.items())
    return next(iter(ox.parse((prologue + fact + " .").encode(), format=ox.RdfFormat.TURTLE))).triple


def text(assembled: Assembled, *layers: str) -> str:
    return "\n".join(str(t) for layer in layers for t in assembled.layers[layer])


def test_no_fact_was_lost_from_the_list() -> None:
    assert len(FACTS) >= 70


@pytest.mark.parametrize("fact", FACTS)
def test_a_verified_fact_is_outside_the_source_layer_and_leads_to_its_address(fact: str, assembled: Assembled) -> None:
    triple = parse(fact, assembled.prefixes)
    assert triple in assembled.layers["external"] | assembled.layers["history"]
    evidence = assembled.layers["evidence"]
    terms = ((RDF.subject, triple.subject), (RDF.predicate, triple.predicate), (RDF.object, triple.object))
    nodes = set.intersection(*({t.subject for t in evidence if (t.predicate, t.object) == pair} for pair in terms))
    addresses = [t.object.value for t in evidence if t.subject in nodes and t.predicate == PROV.hadPrimarySource]
    assert any(FACTS[fact] in address for address in addresses)


LOOK_ALIKES = [
    "0207373429", "refnis2025/21004", "refnis2025/21000", "BE100", "NUTS2", "BE10>", "Q23923", "2269796337",
    "brussel.be", "https://brussels.be", "fiscaliteit", "fiscalité", "urban.brussels", "talent.brussels", "safe.brussels",
    "perspective.brussels", "paradigm", "hub.brussels", "citydev", "parking.brussels", "net brussel", "leefmilieu",
    "slrb", "bghm", "logement bruxellois", "commissioner.brussels", "invest & export", "stedenbouw",
]  # fmt: skip


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_look_alike_stays_out(name: str, assembled: Assembled) -> None:
    assert name.lower() not in text(assembled, *LAYERS).lower()


UNVERIFIED = {
    "a German name of an administration": r"brussel-[a-z-]+> <[^>]*prefLabel> \"[^\"]*\"@de",
    "an English name of ConnectIT or Synergie": r"brussel-(connectit|synergie)> <[^>]*prefLabel> \"[^\"]*\"@en",
    "a Wikidata item but the Region's": r"wikidata\.org/entity/(?!Q240>)",
    "a corporate body of the EU": r"authority/corporate-body/",
    "an establishment unit": r"CbeEstablishmentUnit",
    "another enterprise number": r"CbeRegisteredEntity/(?!0316381039>)",
    "a legal form": r"cbe-org2003|legalForm",
    "the decrees of the bodies of public utility": r"2018011465|2018011466|/eli/",
    "a COFOG mapping": r"cofog",
    "a person or an office holder": r"foaf/0.1/Person|schema\.org/Person|org#(holds|heldBy|hasMember|memberOf)>",
    "the four-verb mission as a label": r"prefLabel> \"[^\"]*contrôler",
    "an address of the plan": r"strategic-plan/2021-2026> <[^>]*(homepage|page|source)>",
}


@pytest.mark.parametrize("what", UNVERIFIED)
def test_what_was_not_verified_is_not_said(what: str, assembled: Assembled) -> None:
    assert not re.search(UNVERIFIED[what], text(assembled, "source", "external", "history", "inferred"), re.I)


def test_the_shared_number_is_of_the_registered_entity_only(assembled: Assembled) -> None:
    number = ox.NamedNode("https://data.example.org/id/identifier/kbo-0316381039")
    owners = {t.subject.value for t in assembled.triples if t.object == number and "identifier" in t.predicate.value}
    assert owners == {KBO.strip("<>")}
    assert not [t for t in assembled.triples if t.predicate in {OWL.sameAs, ORG.identifier}]
    notes = [t.object for t in assembled.triples if str(t.subject) == KBO and "scopeNote" in t.predicate.value]
    assert {n.language for n in notes if isinstance(n, ox.Literal)} == {"nl", "fr", "de", "en"}


def test_no_time_of_day_and_no_invented_day(assembled: Assembled) -> None:
    said = text(assembled, "source", "external", "history")
    assert not re.search(r"XMLSchema#dateTime>", said)
    days = set(re.findall(r'"(\d{4}-\d\d-\d\d)"\^\^<[^>]*#date>', said))
    # The days that sources give: two decrees, their two publications, one page's last update.
    assert days == {"2014-10-24", "2014-12-09", "2015-03-19", "2015-07-02", "2021-09-22"}


def test_each_outside_source_is_dated_or_said_to_be_undated(assembled: Assembled) -> None:
    evidence = assembled.layers["evidence"]
    sources = {t.object for t in evidence if t.predicate == PROV.hadPrimarySource}
    told = {t.subject for t in evidence if re.search(r"dc/terms/date>|#timelinessNote>", str(t.predicate))}
    assert len(sources) >= 40
    assert sources <= told


def test_statements_are_quoted_no_longer_than_agreed(assembled: Assembled) -> None:
    page = needs(SHARED / "source/wie-zijn-we.txt").read_text(encoding="utf-8").replace("\u00a0", " ")
    sentences = [s.strip() for s in re.split(r"[.\n]", page) if len(s.strip()) > 60]
    assert len(sentences) >= 15
    said = {t.object.value for t in assembled.triples if isinstance(t.object, ox.Literal)}
    missions = [t.object.value for t in assembled.layers["source"] if "/auth/mission/" in str(t.subject)]
    allowed = {s for s in sentences if any(s.removeprefix("• ").strip(" ;") == m for m in missions)}
    quoted = {s for s in sentences if any(s in value for value in said)} - allowed
    assert {s for s in quoted if not s.startswith("• Méér")} == set()


RENAMED = {
    "nl": "“Ministerie van het Brussels Hoofdstedelijk Gewest” heet “Gewestelijke Overheidsdienst Brussel” sinds 2 juli 2015, door",
    "fr": "«\u00a0Ministerie van het Brussels Hoofdstedelijk Gewest\u00a0» s’appelle «\u00a0Service public régional de Bruxelles\u00a0» depuis\u00a0: 2 juillet 2015, par",
    "de": "heißt „Gewestelijke Overheidsdienst Brussel“ seit: 2. Juli 2015, durch",
    "en": "is called “Gewestelijke Overheidsdienst Brussel” since 2 July 2015, by decree of 19 March 2015",
}


def test_a_change_event_is_told_with_its_date_and_act(release: Release) -> None:
    state = read_state(release.path)
    told = {iri: event(state, iri) for iri in events_of(state)}
    assert len(told) >= 4
    for language in LANGUAGES:
        assert len(sentences({"entries": list(told.values())}, language)) == len(told)
    renaming = told["https://data.example.org/id/change-event/2015-renaming"]
    for language, words in RENAMED.items():
        assert words in sentences({"entries": [renaming]}, language)[0]
    creation = told["https://data.example.org/id/change-event/2019-connectit-creation"]
    assert sentences({"entries": [creation]}, "en") == ["Event (creation, 2019, at the end): “Brussel ConnectIT”."], (
        "as precise as the source, and no more"
    )
