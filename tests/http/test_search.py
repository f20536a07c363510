"""Search: what is meant is found first, in each language, with typing errors, by synonyms and roles; suggestions."""

import json
from urllib.parse import quote

import pytest

from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.search.synonyms import lines
from gob_graph.release import Release
from gob_graph.vocab import LANGUAGES
from tests.browser.pages import page
from tests.conftest import Server

GROUPS = ["body", "question", "thing", "page", "concept", "term", "statement"]
MEANT = {
    "voorzitter": ("doc/post/secretaris-generaal", "questions/board-chair"),
    "présidente": ("doc/post/secretaris-generaal", "questions/board-chair"),
    "Vorsitz": ("doc/post/secretaris-generaal", "questions/board-chair"),
    "effectifs": ("questions/staff-figures", "doc/key-figure/staff-2022", "doc/key-figure/workforce"),
    "Mitarbeiter": ("questions/staff-figures", "doc/key-figure/staff-2022", "doc/key-figure/workforce"),
    "medewerkers": ("questions/staff-figures",),
    "mobilitet": ("doc/organization/brussel-mobiliteit", "questions/mentions-of-mobility"),
    "mobilte": ("doc/organization/brussel-mobiliteit",),
    "secrtaire general": ("doc/post/secretaris-generaal",),
    "KBO": ("doc/organization/gob", "registries"),
    "BCE": ("doc/organization/gob", "registries"),
    "0316.381.039": ("doc/organization/gob",),
    "BE 0316 381 039": ("doc/organization/gob",),
    "ministere region": ("doc/organization/gob",),
    "organigramme": ("chart",),
    "OpenRefine": ("registries",),
    "S71": ("source/S71",),
    "gemeenschappelijk ondernemingsnummer": (),
}
"""What is asked, and what must be among the results; the first of them is the first of all."""


def found(site: Server, language: str, asked: str) -> dict[str, list[dict[str, str]]]:
    status, _, body = site.get(f"/{language}/search?q={quote(asked)}", Accept="application/json")
    assert status == 200
    answer: dict[str, list[dict[str, str]]] = json.loads(body)
    return answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_meant_is_found(site: Server, language: str) -> None:
    for asked, meant in MEANT.items():
        pages = [row["page"].removeprefix(f"/{language}/") for row in found(site, language, asked)["results"]]
        assert pages[:1] == list(meant[:1]) or not meant, asked
        assert set(meant) <= set(pages[:12]), asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_title_of_a_question_finds_it(site: Server, release: Release, language: str) -> None:
    questions = read_questions(release)
    assert len(questions) >= 35
    for question in questions:
        asked = question.title[language]
        assert found(site, language, asked)["results"][0]["page"] == f"/{language}/questions/{question.name}", asked


def test_organisations_stand_before_concepts(site: Server) -> None:
    for asked in ("mobilité", "mobiliteit", "Brussel"):
        groups = [row["group"] for row in found(site, "fr", asked)["results"] if row["match"]["kind"] == "name"]
        assert "body" in groups, asked
        assert groups == sorted(groups, key=GROUPS.index), asked


def test_every_group_of_synonyms_finds_something(site: Server) -> None:
    assert len(lines()) >= 10
    for asked, _ in lines():
        for word in asked:
            answer = found(site, "nl", word)
            assert answer["results"], word
            assert not answer["partial"], word


def test_a_search_says_how_it_found(site: Server) -> None:
    assert "personnel" in page(site, "/fr/search?q=effectifs").split("Recherché aussi")[1].split("</p>")[0]
    assert "rôle\u00a0:" in page(site, "/fr/search?q=pr%C3%A9sident")
    assert "come close" in page(site, "/en/search?q=mobilitet")
    some = found(site, "en", "chairs zzyzx Directieraad")
    assert some["partial"]
    assert some["results"]
    assert "most of them" in page(site, "/en/search?q=chairs+zzyzx+Directieraad")


def test_suggestions_while_typing(site: Server) -> None:
    status, headers, body = site.get("/fr/search/suggestions?q=mob")
    assert (status, headers["content-type"]) == (200, "application/json")
    first, *rest = json.loads(body)
    assert first["page"] == "/fr/doc/organization/brussel-mobiliteit"
    assert (first["label"], first["language"]) == ("Bruxelles Mobilité", "fr")
    assert 1 <= len(rest) <= 7
    assert all(set(row) == {"label", "language", "type", "page"} for row in rest)
    assert json.loads(site.get("/fr/search/suggestions?q=")[2]) == []
    assert 'data-suggest="/fr/search/suggestions"' in page(site, "/fr/chart")
