"""The main pages over HTTP: search, home, labels, hedges, classes, errors, what a page costs."""

import html
import json
import re
import unicodedata
from urllib.parse import quote

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.web.pages.drawing.text_width import width, wrapped
from gob_graph.release import Release
from gob_graph.vocab import RDF
from tests.browser.pages import HTML, LANGUAGES, page
from tests.conftest import Server
from tests.parts import ROOT

SEARCHES = [
    ("Brussel Mobiliteit", "id/organization/brussel-mobiliteit"),
    ("brussel MOBILITEIT", "id/organization/brussel-mobiliteit"),
    ("mobilit", "id/organization/brussel-mobiliteit"),
    ("economie emploi", "id/organization/brussel-economie-en-werkgelegenheid"),
    ("Économie", "id/organization/brussel-economie-en-werkgelegenheid"),
    ("SPRB", "id/organization/gob"),
    ("gob", "id/organization/gob"),
    ("Ministerie van het Brussels Hoofdstedelijk Gewest", "id/organization/gob"),
    ("ministere region", "id/organization/gob"),
    ("0316.381.039", "id/organization/gob"),
    ("BE0316381039", "id/organization/gob"),
    ("BE-BRU", "id/location/brussels-capital-region"),
    ("Regional Public Service", "id/organization/gob"),
    ("secretaris", "id/post/secretaris-generaal"),
    ("klantgericht", "auth/value/customer-orientation"),
    ("Saint-Lazare", "id/address/sint-lazarusplein-2"),
]


@pytest.mark.parametrize(("asked", "path"), SEARCHES)
def test_search_finds(site: Server, release: Release, asked: str, path: str) -> None:
    status, headers, body = site.get(f"/fr/search?q={quote(asked)}", Accept="application/json")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert "Accept" in headers["vary"]
    answer = json.loads(body)
    assert f"{release.base_iri}/{path}" in [r["iri"] for r in answer["results"][:5]]
    assert asked in html.unescape(page(site, f"/fr/search?q={quote(asked)}"))


@pytest.mark.parametrize(
    ("pasted", "there"),
    [
        ("https://data.example.org/id/organization/gob", "/en/doc/organization/gob"),
        ("  <https://data.example.org/auth/value/respect> ", "/en/doc/auth/value/respect"),
        ("organization:directieraad", "/en/doc/organization/directieraad"),
        ("https://data.example.org/doc/organization/gob", "/en/doc/organization/gob"),
        ("https://data.example.org/ns/governance#Mission", "/en/ns/governance#Mission"),
        ("http://www.wikidata.org/entity/Q240", "/en/doc/location/brussels-capital-region"),
    ],
)
def test_a_pasted_iri_opens_its_page(site: Server, pasted: str, there: str) -> None:
    status, headers, _ = site.get(f"/en/search?q={quote(pasted)}", Accept=HTML)
    assert (status, headers.get("location")) == (302, there)


def test_a_pasted_address_of_this_server_opens_its_page(site: Server) -> None:
    pasted = quote(f"{site.url}/doc/organization/gob")
    assert site.get(f"/en/search?q={pasted}", Accept=HTML)[1]["location"] == "/en/doc/organization/gob"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "javascript:alert(1)",
        "{{ 7*7 }}",
        "' OR 1=1",
        "%00",
        "http://[",
        "a" * 3000,
    ],
)
def test_a_search_stays_text(site: Server, text: str) -> None:
    for language in LANGUAGES:
        status, headers, body = site.get(f"/{language}/search?q={quote(text)}", Accept=HTML)
        assert status == 200
        shown = body.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert not re.search(r"""(?:href|src|action)\s*=\s*"?\s*javascript:""", shown)
        assert "49" not in re.findall(r"<h1>(.*?)</h1>", shown)
        assert "location" not in headers


def test_the_home_page_counts_what_the_graph_has(site: Server, store: ox.Store) -> None:
    shown = page(site, "/en/")
    for path, text in (("org:hasUnit", "administrations"), ("org:purpose", "missions"), ("gov:hasValue", "values")):
        query = f"""PREFIX org: <http://www.w3.org/ns/org#> PREFIX gov: <https://data.example.org/ns/governance#>
            SELECT (COUNT(DISTINCT ?o) AS ?n) WHERE {{ ?institution gov:statedUnitCount ?any ; {path} ?o }}"""
        (row,) = store.query(query)  # type: ignore[misc]
        assert f"<b>{row['n'].value}</b><span>{text}</span>" in shown
    for hedge in ("more than 1,600", '<q lang="nl">thans</q>', "in principle", "at least", "monthly", "2021–2026"):
        assert hedge in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_hedges_stand_wherever_the_fact_does(site: Server, language: str) -> None:
    number = {"nl": "meer dan 1.600", "fr": "plus de 1\u202f600", "de": "mehr als 1.600", "en": "more than 1,600"}[
        language
    ]
    for path in ("", "about", "doc/key-figure/workforce"):
        assert number in page(site, f"/{language}/{path}"), path
    for path in ("", "chart", "about"):
        assert "thans" in page(site, f"/{language}/{path}"), path
        assert "in principe minstens maandelijks" in page(site, f"/{language}/{path}") or language == "nl"
    nearly = page(site, f"/{language}/about")
    assert '<q lang="en">nearly</q>' in nearly


def test_labels_fall_back_and_say_their_language(site: Server) -> None:
    shown = page(site, "/de/chart")
    assert 'lang="nl">Brussel Mobiliteit<' in shown
    assert 'lang="nl">Gewestelijke Overheidsdienst Brussel<' in shown
    assert "Regionaler öffentlicher Dienst" not in shown
    assert 'lang="nl">Directieraad van de Gewestelijke Overheidsdienst Brussel<' in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_class_page_holds_its_members(site: Server, store: ox.Store, language: str) -> None:
    for name, iri in (
        ("gov:Mission", "https://data.example.org/ns/governance#Mission"),
        ("org:Post", "http://www.w3.org/ns/org#Post"),
    ):
        members = [
            q.subject.value for q in store.quads_for_pattern(None, RDF.type, ox.NamedNode(iri), ox.DefaultGraph())
        ]
        shown = page(site, f"/{language}/browse/{name}")
        for member in members:
            path = member.removeprefix("https://data.example.org/")
            assert f'href="/{language}/doc/{path.removeprefix("id/")}"' in shown
        for link in re.findall(r'href="(/sparql\?[^"]*format=(?:csv|json|turtle)[^"]*)"', shown):
            assert site.get(html.unescape(link))[0] == 200
    assert site.get(f"/{language}/browse/no:Such", Accept=HTML)[0] == 404
    assert site.get(f"/{language}/browse/gov:Mission?page=9", Accept=HTML)[0] == 404


def test_an_error_is_told_in_the_language_of_the_page(site: Server) -> None:
    titles = set()
    for language in LANGUAGES:
        status, headers, body = site.get(f"/{language}/chart?date=x", Accept=HTML)
        assert (status, headers["content-language"], headers["cache-control"]) == (400, language, "no-store")
        titles.add(re.search(r"<h1>(.*?)</h1>", body.decode())[1])  # type: ignore[index]
        assert headers["gob-graph-request"] in body.decode()
    assert len(titles) == 4


SURPRISING = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT * {
  ?s skos:prefLabel|skos:altLabel ?label
  FILTER(?label)
}"""
SAID = {"nl": "regel 4: ?label", "fr": "ligne 4\u00a0: ?label", "de": "Zeile 4: ?label", "en": "line 4: ?label"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_query_that_surprises_has_a_note_beside_its_answer(site: Server, language: str) -> None:
    shown = page(site, f"/sparql?lang={language}&query={quote(SURPRISING)}")
    notes = re.search(r'<div id="notes" class="note warning">.*?</div>', shown, re.S)
    assert notes, "the notes are not shown"
    assert notes[0].count("<li>") == 1
    assert f"<li>{SAID[language]} " in notes[0]
    form = re.search(r'<code translate="no">(.*?)</code>', shown, re.S)
    assert form
    assert "} UNION {" in html.unescape(form[1])
    said = json.loads(site.get(f"/evaluated?lang={language}&query={quote(SURPRISING)}")[2])
    assert said["form"] == html.unescape(form[1])
    ((line, column, text),) = [tuple(note.values()) for note in said["notes"]]
    assert (line, column) == (4, 10)
    assert html.escape(text, quote=False) in notes[0].replace("&#39;", "'")


def test_a_query_that_does_not_surprise_has_none(site: Server) -> None:
    plain = "SELECT * { ?s ?p ?label FILTER(BOUND(?label)) } LIMIT 3"
    shown = page(site, f"/sparql?lang=en&query={quote(plain)}")
    assert '<div id="notes" class="note warning" hidden>' in shown
    assert "as it is evaluated" not in shown
    assert json.loads(site.get(f"/evaluated?query={quote(plain)}")[2]) == {"form": None, "notes": []}


def test_a_count_is_evaluated_from_the_statistics(site: Server, release: Release) -> None:
    count = quote("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    number = release.manifest["distinct_triples"]
    form = json.loads(site.get(f"/evaluated?query={count}")[2])["form"]
    assert form.split() == f"SELECT ?n {{ VALUES (?n) {{ ({number}) }} }}".split()
    assert site.get(f"/sparql?format=csv&query={count}")[2] == f"n\r\n{number}\r\n".encode()
    own = quote(f"SELECT (COUNT(*) AS ?n) FROM <{release.manifest['graphs']['source']}> {{ ?s ?p ?o }}")
    assert json.loads(site.get(f"/evaluated?query={own}")[2])["form"] is None
    assert (
        site.get(f"/sparql?format=csv&query={own}")[2] == f"n\r\n{release.manifest['triples']['source']}\r\n".encode()
    )


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("SELECT * { ?s ?p ?o FLITER(?o) }", 400, "query-syntax"),
        ("DELETE WHERE { ?s ?p ?o }", 400, "query-syntax"),
        ("", 400, "query-syntax"),
        ("ASK {} #" + "x" * 7000, 200, None),
    ],
)
def test_what_cannot_be_evaluated_is_not_described(site: Server, query: str, status: int, code: str | None) -> None:
    found, _, body = site.get(f"/evaluated?query={quote(query)}", Accept="application/json")
    assert (found, json.loads(body).get("code")) == (status, code)


def test_pages_are_cached(site: Server) -> None:
    for path in ("/en/", "/fr/chart", "/nl/about", "/de/doc/organization/gob"):
        first = site.get(path, Accept=HTML)
        assert first[1]["cache-control"].startswith("public")
        assert site.get(path, Accept=HTML)[2] == first[2]
        assert site.get(path, Accept=HTML, If_None_Match=first[1]["etag"])[0] == 304


def test_widths_are_those_of_the_font() -> None:
    assert width("Brussel", 1000) == pytest.approx((667 + 333 + 556 + 500 + 500 + 556 + 222) * 1.02)
    assert width("é", 10) == width("e", 10)
    assert width(unicodedata.normalize("NFD", "é"), 10) >= width("e", 10)
    lines = wrapped("Brussel Economie en Werkgelegenheid " + "x" * 80, 120, 15, bold=True)
    assert "".join(lines).replace(" ", "") == "BrusselEconomieenWerkgelegenheid" + "x" * 80
    assert all(width(line, 15, bold=True) <= 120 for line in lines)
    assert wrapped("", 100, 15) == []


def test_no_page_writes_style_or_script_into_itself() -> None:
    templates = sorted((ROOT / "gob_graph/endpoint/web/templates").glob("*"))
    assert len(templates) >= 20
    for path in templates:
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text, path
        assert not re.search(r"\son[a-z]+=", text), path
        assert "|safe " not in text, path
