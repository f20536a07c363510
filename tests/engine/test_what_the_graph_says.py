"""What the source says is said fully and not turned round; what it does not say is not said; terms are told apart."""

import re
from collections import defaultdict

import pyoxigraph as ox
import pytest

from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.evidence import read_evidence
from gob_graph.pipeline.inference import read_rules
from gob_graph.settings import Settings
from gob_graph.vocab import (
    DCT,
    FALLBACK,
    LANGUAGES,
    LAYERS,
    OA,
    ORG,
    OWL,
    RDF,
    RDFS,
    SCHEMA,
    SKOS,
    governance,
    preference,
)
from tests.conftest import SHARED
from tests.parts import needs

BASE = "https://data.example.org"
GOV = governance(BASE)
ONTOLOGY = ox.NamedNode(f"{BASE}/ns/governance")
PROJECT = ox.NamedNode(f"{BASE}/auth/wording/project")


def node(short: str) -> ox.NamedNode:
    """``value/respect`` of a list, ``id/…`` of a thing."""
    return ox.NamedNode(f"{BASE}/{short if short.startswith('id/') else 'auth/' + short}")


def values(assembled: Assembled, subject: str, predicate: ox.NamedNode, layer: str | None = None) -> set[str]:
    layers = LAYERS if layer is None else (layer,)
    found = (t for name in layers for t in assembled.layers[name])
    return {
        t.object.value.removeprefix(f"{BASE}/auth/")  # type: ignore[union-attr]
        for t in found
        if (t.subject, t.predicate) == (node(subject), predicate)
    }


def statements_of(settings: Settings, *words: str) -> set[str]:
    """The statements that say a fact of the source layer."""
    lines = read_evidence(settings).of_layer("source")
    return {
        line.key for line in lines if all(f"/{w}>" in str(line.triple) or f"#{w}>" in str(line.triple) for w in words)
    }


CLAIMS = {
    "municipal-sports-infrastructure": ("means", "municipal-sports-infrastructure", "more means for municipal"),
    "mobility": ("mobility", None, "more mobility"),
    "quality-housing": ("quality-housing", None, "more quality homes"),
    "food-quality-analysis": ("analyses", "better-food-quality", "more analyses for better food quality"),
    "small-enterprise-support": ("support", "small-enterprises", "more support for small"),
    "oxygen-in-the-city": ("oxygen-in-the-city", None, "more oxygen in the city"),
    "people-assisting-you": ("people-assisting-you", None, "more people who assist you"),
    "sound-financial-management": ("cooperation", "sound-financial-management", "more co-operation for sound"),
    "international-standing": ("international-standing", None, "more international standing"),
    "local-authorities-support": ("support", "strong-local-authorities", "more support for the strong local"),
    "shared-values": ("shared-values", None, "more shared values"),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_says_of_what_there_is_more_and_for_what(claim: str, assembled: Assembled) -> None:
    of, purpose, label = CLAIMS[claim]
    assert values(assembled, f"id/claim/{claim}", GOV.increaseOf, "source") == {f"theme/{of}"}
    assert values(assembled, f"id/claim/{claim}", GOV.increaseFor, "source") == (
        {f"theme/{purpose}"} if purpose else set()
    )
    assert any(text.startswith(label) for text in values(assembled, f"id/claim/{claim}", RDFS.label))


def test_the_two_lines_with_a_number_are_bounds_and_promise_no_increase(assembled: Assembled) -> None:
    counted = {"workforce": "people-at-your-service", "regional-budget": "budgetary-means"}
    for figure, indicator in counted.items():
        assert values(assembled, f"id/key-figure/{figure}", GOV.indicator) == {f"indicator/{indicator}"}
        assert len(values(assembled, f"id/key-figure/{figure}", GOV.exclusiveLowerBound)) == 1
        assert not values(assembled, f"id/key-figure/{figure}", GOV.increaseOf)
    assert "mensen in dienst" not in values(assembled, "indicator/people-at-your-service", SKOS.prefLabel)
    assert values(assembled, "indicator/people-at-your-service", SKOS.broader) == {"indicator/people"}


def test_only_a_source_says_that_something_began_or_ended(assembled: Assembled, settings: Settings) -> None:
    assert {"start-event", "end-event"} & {rule.name for rule in read_rules(settings)} == set()
    begun = {(str(t.subject), t.predicate) for layer in ("source", "external", "history", "inferred")
             for t in assembled.layers[layer] if t.predicate in {GOV.startEvent, GOV.endEvent}}  # fmt: skip
    assert begun == {(f"<{BASE}/id/organization/brussel-connectit>", GOV.startEvent)}
    assert not [t for t in assembled.layers["inferred"] if t.predicate in {GOV.startEvent, GOV.endEvent, DCT.spatial}]


def test_a_former_unit_follows_from_the_list_of_today(assembled: Assembled) -> None:
    reported = {t.subject for t in assembled.layers["history"] if t.predicate == GOV.reportedUnitOf}
    former = {t.subject for t in assembled.layers["inferred"] if t.predicate == GOV.formerUnitOf}
    assert len(reported) == 3
    assert reported == former
    assert not [
        t for layer in ("source", "history") for t in assembled.layers[layer] if t.predicate == GOV.formerUnitOf
    ]


def test_a_renaming_leaves_the_organisation_the_same(assembled: Assembled) -> None:
    events = {t.subject for t in assembled.layers["history"] if (t.predicate, t.object) == (RDF.type, GOV.Renaming)}
    assert {str(e).rstrip(">").rpartition("/")[2] for e in events} == {"2014-renaming", "2015-renaming"}
    gob = node("id/organization/gob")
    for event in events:
        sides = {t.object for t in assembled.triples if t.subject == event and t.predicate in {ORG.originalOrganization, ORG.resultingOrganization}}  # fmt: skip
        assert sides == {gob}
    assert "Ministerie van het Brussels Hoofdstedelijk Gewest" in values(
        assembled, "id/organization/gob", GOV.formerName
    )
    assert not [t for t in assembled.triples if "organization/mrbc" in str(t)]
    titles = values(assembled, "id/reference-framework/bbhr-2014-10-24", DCT.term("title"))
    assert any("naamswijziging" in title for title in titles), "the act itself calls it a change of name"


LOST = {
    "alle spelers": ("stakeholder-group/all", SKOS.prefLabel),
    "spelers van het Brussels Hoofdstedelijk Gewest": ("stakeholder-group/economic-actors", SKOS.prefLabel),
    "in dit kader": ("responsibility/check-actions", SKOS.prefLabel),
    "sterke": ("theme/strong-local-authorities", SKOS.prefLabel),
    "thans": ("id/key-figure/board-members", GOV.temporalQualifier),
}


@pytest.mark.parametrize("words", LOST)
def test_the_small_words_of_the_source_are_kept(words: str, assembled: Assembled) -> None:
    subject, predicate = LOST[words]
    assert any(words in text for text in values(assembled, subject, predicate))


def test_close_framework_and_region_are_facts_not_only_words(assembled: Assembled, settings: Settings) -> None:
    board = "id/organization/directieraad"
    government = f"{BASE}/id/organization/brussels-government"
    assert values(assembled, board, GOV.cooperatesCloselyWith, "source") == {government}
    assert values(assembled, board, GOV.cooperatesWith, "inferred") == {government}
    assert statements_of(settings, "cooperatesCloselyWith") == {"S63"}
    framework = {f"responsibility/general-{x}" for x in ("organisation", "coordination", "management")}
    assert values(assembled, "responsibility/check-actions", GOV.inFrameworkOf, "source") == framework
    for actors in ("economic-actors", "social-actors"):
        assert len(values(assembled, f"stakeholder-group/{actors}", DCT.spatial, "source")) == 1
    assert not values(assembled, board, GOV.temporalQualifier), "“thans” belongs to the number"
    assert not values(assembled, "id/strategic-plan/2021-2026", DCT.spatial), "the Region is of the actors"


def test_a_figure_of_one_of_two_years_is_no_figure_of_a_period(assembled: Assembled) -> None:
    figure = "id/key-figure/administrations-2014-2015"
    assert values(assembled, figure, GOV.possibleReferenceDate) == {"2014", "2015"}
    assert not values(assembled, figure, DCT.temporal) | values(assembled, figure, GOV.referenceDate)


NOTES = (SKOS.scopeNote, SKOS.editorialNote, SKOS.definition, GOV.gloss)


def test_our_own_notes_are_marked_and_claim_no_source(assembled: Assembled) -> None:
    for layer in ("source", "external", "history"):
        assert not [t for t in assembled.layers[layer] if t.predicate in NOTES]
    noted = {t.subject for t in assembled.layers["vocab"] if t.predicate in NOTES and "/ns/" not in str(t.subject)}
    marked = {t.subject for t in assembled.layers["vocab"] if (t.predicate, t.object) == (GOV.wording, PROJECT)}
    assert len(noted) >= 110
    assert noted <= marked
    documents = {t.subject for t in assembled.layers["evidence"] if (t.predicate, t.object) == (GOV.wording, PROJECT)}
    assert len(documents) >= 40, "labels and remarks of the documents are ours"


def test_names_stand_where_their_source_has_them(assembled: Assembled, settings: Settings) -> None:
    german = [t.object for t in assembled.triples if t.subject == node("id/organization/gob") and getattr(t.object, "language", "") == "de"]  # fmt: skip
    assert german == [], "the German name is of the registered entity"
    assert statements_of(settings, "postIn") == set(), "the page does not say which organisation the posts are in"
    posts = [line for line in read_evidence(settings).of_layer("external") if line.triple.predicate == ORG.postIn]
    assert {line.key for line in posts} == {"gob-coordinatie"}
    assert len(posts) == 2
    assert statements_of(settings, "planOf") == {"S47"}, "whose plan it is, only “ons” says"


def test_a_note_excludes_no_more_than_the_source_and_no_video_is_claimed(assembled: Assembled) -> None:
    notes = " ".join(values(assembled, "stakeholder-group/public-authorities", SKOS.editorialNote)).lower()
    assert "plaatselijke" not in notes
    assert "local" not in notes
    labels = " ".join(t.object.value for t in assembled.triples if isinstance(t.object, ox.Literal)).lower()
    assert not re.search(r"\bvid[eé]os?\b", labels)


def test_every_spatial_claim_has_its_source(assembled: Assembled, settings: Settings) -> None:
    spatial = {
        t
        for layer in ("source", "external", "history", "inferred")
        for t in assembled.layers[layer]
        if t.predicate == DCT.spatial
    }
    evidence = read_evidence(settings)
    said = {line.triple for layer in ("source", "external", "history") for line in evidence.of_layer(layer)}
    assert len(spatial) == 5
    assert spatial <= said


MEANS = {"coordination", "logistic-and-it-support", "human-resources-policy"}
KINDS = {
    "manage-files": "manages", "submit-files-for-decision": "prepares-for-decision", "general-organisation": "organises",
    "general-coordination": "coordinates", "general-management": "manages", "check-actions": "checks",
    "personnel-decisions": "decides", "statutory-powers": "exercises-powers",
}  # fmt: skip


def test_the_last_mission_has_its_end_and_means(assembled: Assembled) -> None:
    means = values(assembled, "mission/supporting-the-administrations", GOV.byMeansOf, "source")
    assert means == {f"mission/{m}" for m in MEANS}


@pytest.mark.parametrize("responsibility", KINDS)
def test_a_responsibility_is_of_a_kind(responsibility: str, assembled: Assembled) -> None:
    kind = f"responsibility-kind/{KINDS[responsibility]}"
    assert values(assembled, f"responsibility/{responsibility}", GOV.responsibilityKind, "source") == {kind}


def test_lists_are_open_or_closed_and_groups_are_the_five(assembled: Assembled) -> None:
    open_or_not = {str(t.subject).rstrip(">").partition("/auth/")[2]: t.object.value for t in assembled.layers["source"] if t.predicate == GOV.listIsOpen}  # type: ignore[union-attr] # fmt: skip
    assert open_or_not == {"value/all": "false", "stakeholder-group/all": "false", "support-topic": "true"}
    groups = {t.subject for t in assembled.triples if (t.predicate, t.object) == (RDF.type, GOV.StakeholderGroup)}
    served = {t.subject for t in assembled.triples if (t.predicate, t.object) == (RDF.type, GOV.Beneficiary)}
    assert (len(groups), len(served), len(groups & served)) == (5, 3, 1)


NAMED = (GOV.OrganisationalValue, GOV.StakeholderGroup, GOV.Mission, ORG.Post, GOV.GoverningBody)


def test_each_named_thing_has_words_in_four_languages_and_ours_are_marked(assembled: Assembled) -> None:
    things = {t.subject for t in assembled.triples if t.predicate == RDF.type and t.object in NAMED}
    things |= {t.subject for t in assembled.triples if t.predicate == SKOS.broader and "/mission/" in str(t.object)}
    assert len(things) >= 5 + 5 + 7 + 13 + 2 + 1
    names: dict[object, set[str]] = defaultdict(set)
    glosses: dict[object, set[str]] = defaultdict(set)
    for t in assembled.triples:
        if t.predicate == SKOS.prefLabel:
            names[t.subject].add(t.object.language)  # type: ignore[union-attr,arg-type]
        elif t.predicate == GOV.gloss:
            glosses[t.subject].add(t.object.language)  # type: ignore[union-attr,arg-type]
    for thing in things:
        assert names[thing] | glosses[thing] == set(LANGUAGES), thing
        assert not names[thing] & glosses[thing], "a gloss stands only where no source has the language"
    marked = {t.subject for t in assembled.layers["vocab"] if (t.predicate, t.object) == (GOV.wording, PROJECT)}
    assert set(glosses) <= marked
    assert not [
        t for layer in ("source", "external", "history") for t in assembled.layers[layer] if t.predicate == GOV.gloss
    ]


def test_there_is_one_order_of_languages() -> None:
    assert FALLBACK == ("nl", "fr", "en", "de")
    assert preference("de") == ("de", "nl", "fr", "en")
    assert preference("fr") == ("fr", "nl", "en", "de")


def test_quotes_are_the_words_of_the_page_and_no_more_than_may_be_quoted(
    assembled: Assembled, settings: Settings
) -> None:
    page = needs(SHARED / "source/wie-zijn-we.txt").read_bytes().decode()
    evidence = read_evidence(settings)
    assert len(evidence.quotes) >= 60
    for name, quote in evidence.quotes.items():
        statement = evidence.statements[name]
        assert quote.exact in page[statement.start : statement.end]
        assert page.count(quote.prefix + quote.exact + quote.suffix) == 1
    selectors = {t.subject for t in assembled.triples if (t.predicate, t.object) == (RDF.type, OA.TextQuoteSelector)}
    exact = [t for t in assembled.triples if t.predicate == OA.exact]
    assert len(selectors) == len(exact) == len(evidence.quotes)
    # Names, titles, slogans, values, missions and their parts, the heading of the board; of the rest, two hedges.
    permitted = {f"S{n}" for n in (*range(1, 3), 5, *range(6, 24), *range(31, 46), *range(49, 58), 64, 71)} | {"S3a"}
    parts = {name for name in evidence.quotes if name.partition(".")[0] in {f"S{n}" for n in range(37, 44)}}
    assert set(evidence.quotes) - permitted - parts == {"S58", "S62"}
    assert [evidence.quotes[n].exact for n in ("S58", "S62")] == ["thans", "in principe minstens maandelijks"]


HOMONYMS = {"value": "exactValue", "unit": "unitOfMeasure", "currencyNote": "timelinessNote"}


def test_homonyms_are_parted_and_the_old_terms_say_what_to_use(assembled: Assembled) -> None:
    used = {t.predicate for t in assembled.triples}
    for old, new in HOMONYMS.items():
        assert GOV.term(new) in used
        assert GOV.term(old) not in used
    deprecated = {
        t.subject for t in assembled.triples if t.predicate == OWL.deprecated and "governance#" in str(t.subject)
    }
    assert deprecated == {GOV.term(name) for name in (*HOMONYMS, "displayLabel")}
    replaced = {t.subject: t.object for t in assembled.triples if t.predicate == DCT.isReplacedBy}
    assert all(replaced[GOV.term(old)] == GOV.term(new) for old, new in HOMONYMS.items())
    assert replaced[GOV.displayLabel] == ox.NamedNode(f"{BASE}/ns/display#label")


def test_rules_and_display_labels_are_out_of_the_namespace_of_the_ontology(
    assembled: Assembled, settings: Settings
) -> None:
    named = {t.object.value for t in assembled.triples if t.predicate == GOV.derivedBy}  # type: ignore[union-attr]
    assert named <= {f"{BASE}/id/rule/{rule.name}" for rule in read_rules(settings)}
    assert len(named) >= 15
    old = {
        t.subject for t in assembled.triples if t.predicate == OWL.deprecated and "/governance/rule/" in str(t.subject)
    }
    assert len(old) == 25, "each rule that had an address there says what became of it"
    assert not [t for t in assembled.layers["vocab"] if t.predicate == GOV.displayLabel]


def test_each_concept_and_term_of_ours_is_defined_in_four_languages(assembled: Assembled) -> None:
    ours = {
        t.subject
        for t in assembled.triples
        if t.predicate == SKOS.inScheme and str(t.subject).startswith(f"<{BASE}/auth/")
    }
    ours |= {t.subject for t in assembled.triples if (t.predicate, t.object) == (RDFS.isDefinedBy, ONTOLOGY)}
    languages: dict[object, list[str]] = defaultdict(list)
    for t in assembled.triples:
        if t.predicate == SKOS.definition:
            languages[t.subject].append(t.object.language)  # type: ignore[union-attr,arg-type]
    assert len(ours) >= 200
    assert {str(o) for o in ours if sorted(languages[o]) != sorted(LANGUAGES)} == set()


def test_only_concepts_match_exactly_and_the_euro_has_an_outside_code(assembled: Assembled) -> None:
    matched = {t.subject: t.object for t in assembled.triples if t.predicate == SKOS.exactMatch}
    concepts = {t.subject for t in assembled.triples if (t.predicate, t.object) == (RDF.type, SKOS.Concept)}
    assert set(matched) <= concepts
    assert matched[node("unit/euro")].value.endswith("/authority/currency/EUR")  # type: ignore[union-attr]
    assert len(values(assembled, "id/location/brussels-capital-region", SCHEMA.sameAs)) == 4


def test_the_header_says_who_made_it_which_version_and_which_prefix(assembled: Assembled) -> None:
    said = {
        t.predicate.value.rpartition("/")[2].rpartition("#")[2]: t.object
        for t in assembled.triples
        if t.subject == ONTOLOGY
    }
    assert {
        "creator",
        "preferredNamespacePrefix",
        "preferredNamespaceUri",
        "versionInfo",
        "versionIRI",
        "priorVersion",
    } <= set(said)
    assert said["versionIRI"].value.endswith(f"/{said['versionInfo'].value}")  # type: ignore[union-attr]
    assert said["versionInfo"].value == assembled.facts.version  # type: ignore[union-attr]


CHANGES = ("Renaming", "Reorganisation", "Creation", "Abolition")
ALIGNED = {
    GOV.KeyFigure: "Observation", GOV.PromotionalClaim: "Claim", GOV.StrategicPlan: "CreativeWork",
    GOV.SupportTopic: "DefinedTerm", GOV.Beneficiary: "AgentClass", GOV.StakeholderGroup: "AgentClass",
}  # fmt: skip


def test_changes_are_subclasses_and_other_classes_are_aligned(assembled: Assembled) -> None:
    above = defaultdict(set)
    for t in assembled.layers["vocab"]:
        if t.predicate == RDFS.subClassOf:
            above[t.subject].add(t.object)
    assert all(ORG.ChangeEvent in above[GOV.term(name)] for name in CHANGES)
    for term, wider in ALIGNED.items():
        assert any(iri.value.endswith(wider) for iri in above[term]), term
    events = {t.subject for t in assembled.triples if (t.predicate, t.object) == (RDF.type, ORG.ChangeEvent)}
    typed = {t.subject for t in assembled.triples if t.predicate == GOV.changeType}
    assert events == typed
    assert len(events) == 4


PARAPHRASED = {
    "id/policy/brussels-government", "id/ambition/serve-interests", "auth/policy-phase/preparation",
    "auth/policy-phase/execution", "auth/stakeholder-group/economic-actors", "auth/organization-type/administration",
    "auth/member-kind/official", "auth/membership-criterion/highest-ranks", "auth/role/regional-minister",
    *(f"auth/responsibility/{name}" for name in KINDS if name != "personnel-decisions"),
}  # fmt: skip
"""What our own short words stand for, where the page may not be quoted or has another form of the word."""


def test_each_line_cites_the_statement_that_has_its_words(settings: Settings) -> None:
    page = needs(SHARED / "source/wie-zijn-we.txt").read_bytes().decode().replace("\u00a0", " ").lower()
    evidence = read_evidence(settings)
    checked, elsewhere = 0, set()
    for line in evidence.of_layer("source"):
        words, statement = line.triple.object, evidence.statements[line.key]
        if isinstance(words, ox.Literal) and words.language == "nl":
            checked += 1
            if words.value.lower() not in page[statement.start : statement.end]:
                elsewhere.add(line.triple.subject.value.removeprefix(f"{BASE}/"))  # type: ignore[union-attr]
    assert checked >= 100
    assert elsewhere == PARAPHRASED
