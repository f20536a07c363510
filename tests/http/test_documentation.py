"""The pages that explain, over HTTP: in four languages, with the numbers of the graph and of the manifest."""

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.sparql.stored_query import LANGUAGE_LINE, parse, read_questions
from gob_graph.endpoint.web.pages import downloads, i18n, model_page, operations, parameters, quality_view
from gob_graph.endpoint.web.pages.column_names import COLUMNS
from gob_graph.endpoint.web.pages.downloads import files_of
from gob_graph.errors import REFUSALS
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.vocab import LANGUAGES, LAYERS
from tests.conftest import OF_SERVER, SHARED, Server, Starter
from tests.parts import needs

PAGES = (
    "/source", "/source/S62", "/questions", "/questions/administrations", "/questions/budget",
    "/questions/federated-area", "/questions/board-members", "/questions/organisations-as-rdf", "/downloads", "/model",
    "/api", "/api/errors", "/quality", "/accessibility", "/legal", "/cite",
)  # fmt: skip
"""What this file looks at; each stands below the language."""


LIKE_TITLES = {"/api": 1, "/source/S62": 1, "/questions": 3}
"""Pages whose title is a name, or the same word in French and English: how many titles they have."""


class Reader(HTMLParser):
    """What is asked of a page: ids, links, headings, language, rows of tables, text."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.marks: list[dict[str, str]] = []
        self.language = ""
        self.headings = 0
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None
        self.text = ""
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "html":
            self.language = given["lang"]
        if any(name.startswith("data-") for name in given):
            self.marks.append(given)
        self.headings += tag == "h1"
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self.cell is not None:
            self.rows[-1].append("".join(self.cell).strip())
            self.cell = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cell is not None:
            self.cell.append(data)


def read(server: Server, path: str) -> Reader:
    status, headers, body = server.get(path, Accept="text/html")
    assert status == 200, (path, body[:300])
    assert headers["content-type"] == "text/html; charset=utf-8"
    return Reader(body)


def asked(store: ox.Store, query: str) -> list[ox.QuerySolution]:
    found = store.query(query, prefixes=PREFIXES)
    assert isinstance(found, ox.QuerySolutions)
    return list(found)


PREFIXES = {
    "gov": "https://data.example.org/ns/governance#", "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "owl": "http://www.w3.org/2002/07/owl#",
    "dct": "http://purl.org/dc/terms/", "oa": "http://www.w3.org/ns/oa#",
}  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_page_is_there_in_four_languages(path: str, server: Server) -> None:
    titles = set()
    for language in LANGUAGES:
        _, _, body = server.get(f"/{language}{path}", Accept="text/html")
        page = read(server, f"/{language}{path}")
        assert page.language == language
        assert page.headings == 1
        assert len(page.ids) == len(set(page.ids)), "ids are unique"
        fragments = [link[1:] for link in page.links if link.startswith("#")]
        assert set(fragments) <= set(page.ids)
        titles.add(re.search(rb"<title>(.*?)</title>", body)[1])  # type: ignore[index]
        for other in LANGUAGES:
            assert f"/{other}{path}" in page.links
    assert len(titles) >= LIKE_TITLES.get(path, 4), titles


def test_every_statement_stands_in_page_order_with_its_facts(server: Server, store: ox.Store) -> None:
    page = read(server, "/fr/source")
    ids = [i for i in page.ids if re.fullmatch(r"S\d+\w*(\.\d+)?", i)]
    order = asked(store, """SELECT ?id (MIN(?from) AS ?start) (MAX(?to) AS ?end) WHERE {
        ?s a gov:SourceStatement ; dct:identifier ?id ; oa:hasTarget/oa:hasSelector ?p . ?p oa:start ?from ; oa:end ?to
    } GROUP BY ?id ORDER BY ?start DESC(?end) ?id""")  # fmt: skip
    assert len(ids) >= 80
    assert ids == [row["id"].value for row in order]
    (facts,) = asked(store, "SELECT (COUNT(*) AS ?n) WHERE { ?s a gov:SourceStatement ; oa:hasBody ?fact }")
    assert page.text.count("\u00a0") >= 1
    assert f"{len(ids)} énoncés, {int(facts['n'].value)} faits" in page.text
    live = [link for link in page.links if "#:~:text=" in link]
    assert len(live) == len(ids)
    fragments = {row["f"].value for row in asked(store, "SELECT ?f WHERE { ?x a oa:FragmentSelector ; rdf:value ?f }")}
    assert {link.partition("#")[2] for link in live} == fragments


def test_a_statement_shows_hedges_beside_the_fact(server: Server) -> None:
    page = read(server, "/nl/source/S62")
    for word in ("in principe", "minstens", "maandelijks"):
        assert word in page.text
    assert "/nl/source#S62" in page.links
    assert server.get("/nl/source/S999")[0] == 404


def test_no_sentence_of_the_page_is_repeated(server: Server, store: ox.Store) -> None:
    """Eight words in a row of the source stand on our page only where a literal of the graph holds them."""
    text = needs(SHARED / "source" / "wie-zijn-we.txt").read_text(encoding="utf-8").split()
    page = " ".join(read(server, "/nl/source").text.split())
    said = " ".join(
        row["o"].value for row in asked(store, "SELECT DISTINCT ?o WHERE { ?s ?p ?o FILTER(ISLITERAL(?o)) }")
    )
    runs = [" ".join(text[place : place + 8]) for place in range(len(text) - 7)]
    assert len(runs) > 400
    assert [run for run in runs if run in page and run not in said] == []


def test_header_comments_are_read() -> None:
    text = "# title@nl: Wat?\n# title@en: What?\n# empty@nl: Niets.\n# answers: CQ9\nPREFIX a: <b:>\n\nASK {\n" + (
        LANGUAGE_LINE + "\n}\n"
    )
    found = parse("x", text)
    assert (found.title, found.empty, found.answers) == ({"nl": "Wat?", "en": "What?"}, {"nl": "Niets."}, "CQ9")
    assert found.language_line
    assert found.in_language("fr") == 'PREFIX a: <b:>\n\nASK {\n    BIND("fr" AS ?lang)\n}\n'


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_those_of_the_endpoint(language: str, server: Server, release: Release) -> None:
    tables, own = 0, i18n.translations(language).gettext("our wording")
    for question in read_questions(release):
        page = read(server, f"/{language}/questions/{question.name}")
        query = question.in_language(language)
        assert question.title[language] in page.text
        assert query.strip() in page.text, "the query is shown"
        assert f"/{language}/sparql?query=" in " ".join(page.links)
        status, headers, body = server.get(f"/sparql?query={quote(query)}", Accept="text/csv, text/turtle")
        if status == 403:
            assert "service-refused" in page.text
            continue
        assert status == 200
        if headers["content-type"].startswith("text/turtle"):
            assert "@prefix" in page.text or "<http" in page.text
            continue
        rows = list(csv.reader(io.StringIO(body.decode())))
        if len(rows) == 1:
            assert question.empty[language] in page.text
            continue
        tables += 1
        texts = [COLUMNS.get(f"{question.name}.{name}", COLUMNS[name]) for name in rows[0]]
        headings = [i18n.translations(language).gettext(text) for text in texts]
        # A last column says where each row comes from, where that is known of any.
        above = page.rows[0]
        assert set(above) <= {*headings, i18n.translations(language).gettext("Source")}
        assert len(page.rows) == len(rows)
        kept = [n for n, heading in enumerate(headings) if heading in above]
        assert [headings[n] for n in kept] == above[: len(kept)]
        for shown, given in zip(page.rows[1:], rows[1:], strict=True):
            for cell, value in zip(shown[: len(kept)], (given[n] for n in kept), strict=True):
                assert bool(cell) == bool(value)
                if value and not re.match(r"https?:|[-\d]|true|false|(yes|no|not known)$", value):
                    assert cell.removesuffix(own).strip() == value
            # What is left out only repeats what is shown.
            assert all(given[n] in " ".join(shown) for n in range(len(given)) if n not in kept)
    assert tables >= 25


def test_links_of_a_question_give_the_same_answer(server: Server) -> None:
    page = read(server, "/de/questions/administrations")
    found = [link for link in page.links if link.startswith("/sparql?")]
    # CSV and JSON, and CSV with the names of each other language.
    assert len(found) == 5
    for link, start in zip(found, (b"position,", b'{"head"', *3 * [b"position,"]), strict=True):
        status, _, body = server.get(link)
        assert (status, body[: len(start)]) == (200, start)
    assert server.get("/de/questions/nothing")[0] == 404


def test_downloads_are_the_files_of_the_manifest(server: Server, release: Release) -> None:
    page = read(server, "/en/downloads")
    shown = {row[0]: row for row in page.rows if len(row) == 5}
    listed = files_of(release)
    assert len(listed.whole) >= 3
    assert [f.part for f in listed.layers] == list(LAYERS)
    for f in (*listed.whole, *listed.layers, *listed.others):
        assert shown[f.name][4] == release.manifest["files"][f.name]["sha256"]
        size, unit = re.fullmatch(r"([\d.]+) (B|kB|MB|GB)", shown[f.name][3]).groups()  # type: ignore[union-attr]
        assert abs(float(size) * 1000 ** ("B", "kB", "MB", "GB").index(unit) / f.bytes - 1) < 0.06
        assert f.link in page.links
    assert len(listed.queries) == len(read_questions(release))
    assert release.id in page.text
    status, _, body = server.get(f"/releases/{release.id}/dataset.nq")
    assert (status, len(body)) == (200, release.manifest["files"]["dataset.nq"]["bytes"])


@pytest.mark.parametrize("address", ["/de/model", "/de/ns/governance"])
def test_model_holds_every_term_with_its_uses(address: str, server: Server, store: ox.Store, release: Release) -> None:
    page = read(server, address)
    terms = asked(
        store, "SELECT DISTINCT ?t ?label WHERE { ?o a owl:Ontology . ?t rdfs:isDefinedBy ?o ; rdfs:label ?label }"
    )
    assert len({row["t"].value for row in terms}) >= 75
    for row in terms:
        assert row["t"].value.partition("#")[2] in page.ids
        assert f"/de/model/term/{row['t'].value.partition('#')[2]}" in page.links
        if row["label"].language == "de":
            assert row["label"].value in page.text
    (administrations,) = asked(store, "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a gov:Administration }")
    assert f"{administrations['n'].value} Mitglieder" in page.text
    uses = [int(mark["data-uses"]) for mark in page.marks if "data-uses" in mark]
    (total,) = asked(
        store,
        """SELECT (COUNT(*) AS ?n) WHERE {
        ?o a owl:Ontology .
        { ?t rdfs:isDefinedBy ?o ; a owl:Class . ?s a ?t } UNION { ?t rdfs:isDefinedBy ?o ; a rdf:Property . ?s ?t ?v } }""",
    )
    assert sum(uses) == int(total["n"].value)
    triples = {mark["data-layer"]: int(mark["data-triples"]) for mark in page.marks if "data-triples" in mark}
    assert triples == release.manifest["triples"]


def test_class_diagram_is_svg_with_links_into_the_page(server: Server) -> None:
    body = server.get("/nl/model")[2].decode()
    drawing = re.search(r"<svg.*?</svg>", body, re.DOTALL)
    assert drawing
    assert "<title" in drawing[0]
    assert "style=" not in drawing[0]
    inside = re.findall(r'href="/nl/model/term/(\w+)"', drawing[0])
    assert len(inside) >= 50
    assert set(inside) <= set(Reader(body.encode()).ids)


def test_each_term_has_a_page_with_its_names_in_four_languages(server: Server, store: ox.Store) -> None:
    names = asked(store, "SELECT ?t ?label WHERE { ?o a owl:Ontology . ?t rdfs:isDefinedBy ?o ; rdfs:label ?label }")
    pages: dict[str, str] = {}
    for row in names:
        name = row["t"].value.partition("#")[2]
        if name not in pages:
            pages[name] = read(server, f"/fr/model/term/{name}").text
        assert row["label"].value in pages[name]
    assert len(pages) >= 75
    assert server.get("/fr/model/term/NoSuchTerm", Accept="text/html")[0] == 404
    assert server.get("/fr/model/used/nothing", Accept="text/html")[0] == 404


def test_every_refusal_has_an_anchor_in_every_language(server: Server) -> None:
    for path in ("/api/errors", *(f"/{language}/api/errors" for language in LANGUAGES)):
        assert set(REFUSALS) <= set(read(server, path).ids)
    problem = json.loads(server.get("/sparql?query=nonsense", Accept="application/json")[2])
    place = urlsplit(problem["type"])
    assert place.fragment in read(server, place.path).ids
    french = read(server, "/fr/api/errors")
    assert "Federation is not offered" not in french.text


def test_limits_and_formats_are_those_in_force(server: Server) -> None:
    limits = {
        mark["data-limit"]: float(mark["data-value"]) for mark in read(server, "/nl/api").marks if "data-limit" in mark
    }
    header = server.get("/health/live")[1]["gob-graph-limits"]
    assert {name: limits[name] for name in OF_SERVER} == OF_SERVER
    assert "time=10 s, memory=256 MiB" in header


def test_quality_is_that_of_the_report(server: Server, release: Release) -> None:
    report = json.loads((release.path / "quality.json").read_text(encoding="utf-8"))
    for language in LANGUAGES:
        page = read(server, f"/{language}/quality")
        counts = {mark["data-severity"]: int(mark["data-count"]) for mark in page.marks if "data-severity" in mark}
        assert counts == report["counts"]
        for finding in report["findings"]:
            assert finding["messages"][language] in page.text
        findings = [row for row in page.rows if len(row) in {4, 5} and row[2] in _messages(report, language)]
        assert len(findings) == len(report["findings"])
        for row in report["evidence"]:
            assert any(str(row["facts"]) in re.sub(r"\D", "", cell) for cells in page.rows for cell in cells)


def _messages(report: dict[str, list[dict[str, dict[str, str]]]], language: str) -> set[str]:
    return {finding["messages"][language] for finding in report["findings"]}


def test_contact_is_the_deployers(server: Server, start: Starter, settings: Settings, release: Release) -> None:
    assert release
    for path in ("/en/accessibility", "/en/legal"):
        assert "No contact address has been given" in read(server, path).text
    reachable = start(replace(settings, contact="data@deployer.example"))
    for path in ("/nl/accessibility", "/nl/legal"):
        page = read(reachable, path)
        assert "mailto:data@deployer.example" in page.links
        assert "contactadres opgegeven" not in page.text


def test_citation_names_version_day_and_release(server: Server, release: Release) -> None:
    page = read(server, "/en/cite")
    for part in (
        release.version,
        release.issued,
        release.id,
        f"{release.base_iri}/id/dataset/gob-kg/{release.version}",
    ):
        assert part in page.text
    assert re.search(r"@misc\{gob-graph-", page.text)
    assert "cff-version: 1.2.0" in page.text


def test_text_in_a_path_stays_text(server: Server) -> None:
    for path in ("/nl/source/", "/nl/questions/"):
        probe = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"
        status, _, body = server.get(path + probe, Accept="text/html")
        assert status == 404
        assert b"<script>alert" not in body
        assert b"<script" not in body.split(b"<main", 1)[1]


def table_texts() -> set[str]:
    """The message ids that stand in tables, which a reader of templates does not see."""
    return {
        *downloads.PARTS.values(),
        *model_page.LAYER_TEXTS.values(),
        *(pattern.text for pattern in model_page.URI_POLICY),
        *operations.GROUPS.values(),
        *(row.text for row in operations.OPERATIONS),
        *(text for text, _ in parameters.PARAMETERS.values()),
        *(word for words in quality_view.SEVERITIES.values() for word in words),
        *(text for refusal in REFUSALS.values() for text in (refusal.title, refusal.remedy)),
    } - NAMES


NAMES = {"SPARQL", "API"}
"""Texts that are the same in every language."""


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
def test_texts_of_tables_are_translated(language: str) -> None:
    texts = table_texts()
    assert len(texts) >= 140
    known = i18n.translations(language)
    assert [text for text in sorted(texts) if known.gettext(text) == text and text not in SAME.get(language, ())] == []


SAME = {"nl": {"Downloads"}, "fr": {"Questions", "Violations", "violation"}, "de": {"Downloads"}}
"""Texts that a language shares with English."""
