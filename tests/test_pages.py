"""The main pages over HTTP: links that all lead somewhere, search, the chart, what a page costs."""

import html
import json
import re
import time
import unicodedata
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, urldefrag, urljoin
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.site.measure import width, wrapped
from gob_graph.pipeline.build import build_release
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.vocab import RDF
from tests.browser import LANGUAGES, PAGES
from tests.conftest import Server, Starter
from tests.parts import ROOT

HTML = "text/html,application/xhtml+xml"
LINK = re.compile(r"""<(?:a|link|form)\b[^>]*?\b(?:href|action)="([^"]*)"[^>]*>""")
ID = re.compile(r"""\bid="([^"]+)\"""")
OF_ONE_KIND = 6
"""Addresses of one pattern that are followed."""
TYPE = re.compile(r"""\btype="([^"]+)\"""")


@pytest.fixture(scope="module")
def site(start: Starter, settings: Settings, release: Release) -> Server:
    assert release
    return start(replace(settings, page_workers=2, client_running=4))


def page(server: Server, path: str, language: str = "en") -> str:
    status, headers, body = server.get(path, Accept=HTML, Accept_Language=language)
    assert status == 200, path
    assert headers["content-type"] == "text/html; charset=utf-8"
    return body.decode()


def pattern(path: str) -> str:
    """What addresses have in common that are made by the same template: the first of a few stand for all."""
    parts = path.split("?")[0].strip("/").split("/")
    if parts[0] in LANGUAGES:
        parts[0] = "L"
    if len(parts) > 2 and parts[1] in {"doc", "source", "questions", "browse"}:
        parts[2:] = ["*"] if parts[1] != "doc" else [parts[2], "*"]
    if parts[0] in {"doc", "id", "auth", "releases", "changes", "feed", "timemap", "static", "dist"}:
        parts[1:] = ["*" + ("." + parts[-1].rsplit(".", 1)[-1] if "." in parts[-1] else "")]
    query = path.partition("?")[2]
    names = "&".join(sorted({pair.partition("=")[0] for pair in query.split("&") if pair} - {"query", "date", "q"}))
    return "/".join(parts) + f"?{names}"


@dataclass
class Crawl:
    """What a walk over the pages saw."""

    server: Server
    seen: set[str] = field(default_factory=set)
    used: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ids: dict[str, set[str]] = field(default_factory=dict)
    fragments: set[tuple[str, str, str]] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)

    def walk(self, todo: list[str]) -> None:
        self.seen.update(todo)
        with ThreadPoolExecutor(4) as several:
            while todo:
                answers = several.map(lambda path: (path, *self.server.get(path, Accept=f"{HTML},*/*;q=0.5")), todo)
                todo = [new for answer in answers for new in self.read(*answer)]

    def read(self, path: str, status: int, headers: dict[str, str], body: bytes) -> list[str]:
        """Note what an answer says; the addresses that it leads to and that were not seen."""
        if status >= 400:
            self.broken.append(f"{status} {path}")
            return []
        if target := headers.get("location"):
            assert target.startswith("/"), (path, target)
            return self.new(path, target, "")
        if not headers.get("content-type", "").startswith("text/html"):
            return []
        text = body.decode()
        self.ids[path] = {html.unescape(i) for i in ID.findall(text)}
        return [new for m in LINK.finditer(text) for new in self.new(path, html.unescape(m[1]), m[0])]

    def new(self, path: str, link: str, tag: str) -> list[str]:
        address, fragment = urldefrag(urljoin(self.server.url + path, link))
        if not address.startswith(f"{self.server.url}/"):
            return []
        local = address.removeprefix(self.server.url)
        if fragment and not fragment.startswith(":~:"):
            self.fragments.add((path, local, unquote(fragment)))
        kind = pattern(local)
        if local in self.seen or self.used[kind] >= OF_ONE_KIND:
            return []
        self.used[kind] += 1
        self.seen.add(local)
        if (media := TYPE.search(tag)) and not local.endswith(".gz"):
            self.typed[local] = media[1].split(";")[0]
        return [local]


def test_every_link_leads_somewhere(site: Server) -> None:
    """From every page in every language; of addresses that one template makes, some are followed."""
    crawl = Crawl(site)
    crawl.walk([f"/{language}/{path}" for language in LANGUAGES for path in PAGES if "?" not in path] + ["/"])
    assert crawl.broken == []
    lost = {f for f in crawl.fragments if f[1] in crawl.ids and f[2] not in crawl.ids[f[1]]}
    assert lost == set()
    given = {local: site.get(local)[1]["content-type"].split(";")[0] for local in crawl.typed}
    assert given == crawl.typed
    assert (len(crawl.seen) >= 250, len(crawl.fragments) >= 100, len(given) >= 40) == (True, True, True)


def test_every_minted_identifier_has_a_page(site: Server, release: Release) -> None:
    paths = [line.split(",")[0] for line in (release.path / "ids.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert len(paths) >= 180

    def state(path: str) -> int:
        stem = path if path.startswith("doc/") else f"doc/{path.removeprefix('id/')}"
        return site.get(f"/en/{stem}", Accept=HTML)[0]

    with ThreadPoolExecutor(4) as several:
        states = dict(zip(paths, several.map(state, paths), strict=True))
    assert {path: s for path, s in states.items() if s not in {200, 410}} == {}


SEARCHES = [
    ("Brussel Mobiliteit", "id/organization/brussel-mobiliteit"),
    ("brussel MOBILITEIT", "id/organization/brussel-mobiliteit"),
    ("mobilit", "id/organization/brussel-mobiliteit"),
    ("economie emploi", "id/organization/brussel-economie-en-werkgelegenheid"),
    ("Économie", "id/organization/brussel-economie-en-werkgelegenheid"),
    ("SPRB", "id/organization/gob"),
    ("gob", "id/organization/gob"),
    ("Ministerie van het Brussels Hoofdstedelijk Gewest", "id/organization/gob"),
    ("ministere region", "id/organization/mrbc"),
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
    assert 'lang="en">Brussels Mobility<' in shown
    assert 'lang="fr">Bruxelles Synergie<' in shown
    assert 'lang="fr">Conseil de direction<' in shown
    assert ">Regionaler öffentlicher Dienst Brüssel<" in shown


def test_the_chart_as_a_drawing(site: Server) -> None:
    for language in LANGUAGES:
        status, headers, body = site.get(f"/{language}/chart.svg")
        assert (status, headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
        assert headers["content-security-policy"] == "default-src 'none'"
        root = ElementTree.fromstring(body)
        names = {"svg": "http://www.w3.org/2000/svg"}
        assert root.findtext("svg:title", namespaces=names)
        assert root.findtext("svg:desc", namespaces=names)
        links = [a.get("href", "") for a in root.iterfind(".//svg:a", names)]
        assert len(links) == 12
        assert all(link.startswith("https://data.example.org/id/") for link in links)
        assert b"style" not in body
        assert b"thans" in body


def test_the_chart_holds_any_number_of_units(copy: Settings, start: Starter) -> None:
    """Thirteen administrations, one of a name without spaces: four to a row, the last row not full."""
    units = copy.source_dir / "data/source/administrations.ttl"
    more = "".join(
        f"\norganization:unit-{n} a org:OrganizationalUnit , cv:PublicOrganisation , gov:Administration ;\n"
        f'    skos:prefLabel "{"Brussel" + "x" * (60 if n == 9 else 2)} {n}"@nl , "Bruxelles {n}"@fr ;\n'
        f"    org:classification organization-type:administration ;\n    org:unitOf organization:gob ;\n    schema:position {n} .\n"
        for n in range(9, 14)
    )
    units.write_text(units.read_text(encoding="utf-8") + more, encoding="utf-8")
    institution = copy.source_dir / "data/source/institution.ttl"
    institution.write_text(
        institution.read_text(encoding="utf-8").replace("gov:statedUnitCount 8", "gov:statedUnitCount 13"),
        encoding="utf-8",
    )
    server = start(replace(copy, query_workers=1, release_dir=_release_with(copy)))
    shown = page(server, "/nl/chart")
    assert "columns-4" in shown
    assert shown.count('<li><div class="box">') == 13
    body = server.get("/nl/chart.svg")[2].decode()
    assert body.count('fill="#12508f"') == 13


def _release_with(settings: Settings):  # type: ignore[no-untyped-def]
    """A release of data without evidence for the units that were made up: the lines that would prove them are added."""
    evidence = settings.source_dir / "data/evidence/source.tsv"
    lines = []
    for n in range(9, 14):
        name = "Brussel" + "x" * (60 if n == 9 else 2)
        for fact in (
            "a org:OrganizationalUnit",
            "a cv:PublicOrganisation",
            "a gov:Administration",
            f'skos:prefLabel "{name} {n}"@nl',
            f'skos:prefLabel "Bruxelles {n}"@fr',
            "org:classification organization-type:administration",
            "org:unitOf organization:gob",
            f"schema:position {n}",
        ):
            lines.append(f"S48\torganization:unit-{n} {fact} .")
    text = evidence.read_text(encoding="utf-8").replace("gov:statedUnitCount 8", "gov:statedUnitCount 13")
    evidence.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    ids = settings.source_dir / "data/ids.csv"
    last = ids.read_text(encoding="utf-8").rstrip("\n").splitlines()
    template = next(line for line in last if line.startswith("id/organization/brussel-synergie,"))
    rows = [template.replace("brussel-synergie", f"unit-{n}") for n in range(9, 14)]
    ids.write_text("\n".join([last[0], *sorted([*last[1:], *rows])]) + "\n", encoding="utf-8")
    expectations = settings.source_dir / "data/expectations.ttl"
    units = "    sh:path [ sh:inversePath org:unitOf ] ;\n    sh:minCount 8 ;\n    sh:maxCount 8 ;"
    text = expectations.read_text(encoding="utf-8")
    assert units in text
    text = text.replace(units, units.replace("8", "13")).replace("sh:hasValue 8 ;", "sh:hasValue 13 ;")
    expectations.write_text(text, encoding="utf-8")
    build_release(settings)
    return settings.release_dir


def test_a_day_is_answered_yes_no_or_not_known(site: Server) -> None:
    shown = page(site, "/en/chart?date=2019-01-01")
    rows = dict(re.findall(r"<tr><td><a[^>]*>(.*?)</a></td><td><span[^>]*>(.*?)</span>", shown))
    assert rows["Bruxelles ConnectIT"] == "did not exist"
    assert rows["Brussel Gewestelijke Coördinatie"] == "existed"
    assert len(rows) == 11
    status, _, body = site.get("/en/chart?date=yesterday", Accept="application/problem+json")
    assert (status, json.loads(body)["code"]) == (400, "bad-parameter")


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


def test_pages_are_cached_and_cheap(site: Server) -> None:
    for path in ("/en/", "/fr/chart", "/nl/about", "/de/doc/organization/gob"):
        first = site.get(path, Accept=HTML)
        assert first[1]["cache-control"].startswith("public")
        times = []
        for _ in range(20):
            began = time.perf_counter()
            again = site.get(path, Accept=HTML)
            times.append(time.perf_counter() - began)
            assert again[2] == first[2]
        assert sorted(times)[10] < 0.1
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
    templates = sorted((ROOT / "gob_graph/endpoint/templates").glob("*"))
    assert len(templates) >= 20
    for path in templates:
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text, path
        assert not re.search(r"\son[a-z]+=", text), path
        assert "|safe " not in text, path
