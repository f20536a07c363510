"""The query page in a real browser against the real server: what people see, and what they are told when it goes wrong."""

import json
import re
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gob_graph.endpoint.engine.service_clause import reaches_out
from gob_graph.endpoint.sparql.stored_query import QuestionFile, read_questions
from gob_graph.release import Release
from gob_graph.vocab import LANGUAGES
from tests.browser.pages import EVERY_RULE, OF_COLOURS, reader
from tests.conftest import LONG, Server, fetch
from tests.parts import ROOT, needs

BUNDLE = ROOT / "gob_graph/endpoint/web/static/dist/manifest.json"
# Chromium reports this by itself, without a source, while one types over a selection in a contenteditable.
HARMLESS = "Applying inline style violates the following Content Security Policy directive"
ENDLESS = "ASK {} # fault: burn"
PROBE = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    needs(BUNDLE)
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(LONG * 1000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    made = context.new_page()
    said: list[str] = []
    made.on("pageerror", lambda error: said.append(str(error)))
    made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield made
    unexpected = [text for text in said if HARMLESS not in text and "Failed to load resource" not in text]
    assert unexpected == []


def questions(release: Release) -> list[QuestionFile]:
    return read_questions(release)


def write(page: Page, text: str) -> None:
    """Put a query into the editor as a paste does: brackets are not closed and lines not indented."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def run(page: Page, text: str) -> None:
    write(page, text)
    will_answer(page)
    page.keyboard.press("Control+Enter")
    answered(page)


def will_answer(page: Page) -> None:
    """What is asked next is awaited: it begins a moment later, and until then the answer before is not busy."""
    page.evaluate("document.getElementById('answer').setAttribute('aria-busy', 'soon')")


def answered(page: Page) -> None:
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")


def editor_text(page: Page) -> str:
    return "\n".join(page.locator(".cm-line").all_inner_texts()).replace("\n\n\n", "\n\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_example_answers_in_each_language(page: Page, server: Server, release: Release, language: str) -> None:
    page.goto(f"{server.url}/{language}/sparql")
    seen = {"rows": 0, "empty": 0, "refused": 0}
    for question in questions(release):
        will_answer(page)
        page.click(f'a[data-example="{question.name}"]')
        answered(page)
        expect(page.locator("a[data-example][aria-current]")).to_have_text(question.title[language])
        if reaches_out(question.text):
            assert page.locator('.note.bad[role="alert"]').count() == 1, question.name
            seen["refused"] += 1
        elif question.empty:
            expect(page.locator("#panel .note")).to_contain_text(question.empty[language])
            seen["empty"] += 1
        else:
            # The tab of the answer before stays chosen where this answer has it too.
            assert re.match(r"[1-9]", page.inner_text("#status")), question.name
            seen["rows"] += page.locator("#panel tbody tr").count()
            assert page.locator('a[href^="javascript:"]').count() == 0
    assert seen["rows"] > 150
    assert seen["empty"] >= 3
    assert seen["refused"] == 1


def test_names_of_the_administrations_as_csv_without_any_sparql(
    page: Page, server: Server, release: Release, tmp_path: Path
) -> None:
    page.goto(f"{server.url}/en/sparql")
    expect(page.locator("#guide-of option:checked")).to_have_text("Brussels Regional Public Service")
    page.select_option("#guide-names", "fr")
    will_answer(page)
    page.click("#guide button")
    answered(page)
    french = page.locator('#panel td span[lang="fr"]').all_inner_texts()
    assert len(french) == 8
    with page.expect_download() as waiting:
        page.click("#download")
    waiting.value.save_as(tmp_path / "result.csv")
    assert waiting.value.suggested_filename == "result.csv"
    rows = (tmp_path / "result.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[2] for row in rows[1:]] == french


def test_each_first_question_has_an_answer(server: Server, release: Release) -> None:
    status, _, body = server.get("/nl/sparql")
    assert status == 200
    desk = json.loads(re.search(rb'<script type="application/json" id="desk">(.*?)</script>', body, re.S)[1])  # type: ignore[index]
    assert len(desk["questions"]) >= 20
    for name in desk["questions"]:
        page = server.get("/nl/sparql?" + urllib.parse.urlencode({"ask": name, "names": "de"}))[2].decode()
        query = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
        assert query
        text = query[1].replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"').replace("&amp;", "&")
        status, _, answer = fetch(server.url + "/sparql", urllib.parse.urlencode({"query": text}).encode())
        assert status == 200, text
        assert json.loads(answer)["results"]["bindings"], text


def test_chart_of_the_staff_figures_shows_a_bound_as_a_bound(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/nl/sparql?example=staff-figures")
    page.click("#tab-chart")
    named = page.locator("svg.bars > g > text:first-of-type").all_text_contents()
    numbers = page.locator("svg.bars .figure").all_text_contents()
    assert named[:4] == ["2014", "2020", "2021", "2022"]
    assert "“Méér dan” 1.600" in numbers
    assert any(number.startswith("ongeveer 1.600") for number in numbers)
    table = {"exact": "rect.bar:not(.about)", "about": "rect.about", "bound": "g.bound"}
    assert {kind: page.locator(f"svg.bars {shape}").count() for kind, shape in table.items()} == {
        "exact": 3,
        "about": 1,
        "bound": 2,
    }
    assert page.locator("svg.bars g.bound .open").count() == 2
    expect(page.locator(".chart-frame")).to_contain_text("ondergrens")
    page.goto(f"{server.url}/fr/sparql?example=staff-figures")
    page.click("#tab-chart")
    assert "plus de 1 600 (“Méér dan”)" in [
        t.replace("\u202f", " ").replace("\xa0", " ") for t in page.locator("svg.bars .figure").all_text_contents()
    ]


def test_kinds_of_numbers_are_told_by_a_column_too(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/en/sparql")
    run(
        page,
        """PREFIX gov: <https://data.example.org/ns/governance#>
SELECT ?figure ?kind ?number WHERE {
    VALUES ?kind { gov:exactValue gov:exclusiveLowerBound gov:approximateValue }
    ?figure ?kind ?number .
}""",
    )
    page.click("#tab-chart")
    assert page.locator("svg.bars g.bound").count() == 3
    assert page.locator("svg.bars rect.about").count() == 1


def settled(page: Page) -> None:
    """The editor takes no key for a choice in the moment after the list has changed; by the clock of the page."""
    page.evaluate("() => new Promise((done) => setTimeout(done, 150))")


def test_completion_offers_classes_by_name_and_label_and_declares_the_prefix(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/nl/sparql")
    write(page, "SELECT * WHERE {\n  ?unit a ")
    page.keyboard.type("org:")
    options = page.locator(".cm-tooltip-autocomplete li")
    expect(options.first).to_be_visible()
    offered = options.locator(".cm-completionLabel").all_inner_texts()
    classes = {"org:ChangeEvent", "org:FormalOrganization", "org:Organization", "org:OrganizationalUnit", "org:Post"}
    assert classes <= set(offered)
    assert all(name.startswith("org:") for name in offered)
    assert all(re.search(r"\(\d+\)$", text) for text in options.locator(".cm-completionDetail").all_inner_texts())
    page.keyboard.type("Org")
    settled(page)
    page.keyboard.press("Enter")
    assert editor_text(page).startswith("PREFIX org: <http://www.w3.org/ns/org#>\nSELECT")
    page.keyboard.type(" ; verantwoordelijk")
    expect(options.first).to_contain_text("gov:hasResponsibility")
    settled(page)
    page.keyboard.press("Enter")
    text = editor_text(page)
    assert "gov:hasResponsibility" in text
    assert text.index("PREFIX gov:") < text.index("PREFIX org:")
    page.keyboard.type(" ?what . ?what schema:position ?")
    expect(options.first).to_contain_text("?unit")


def test_a_syntax_error_is_marked_where_it_is(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/de/sparql")
    run(page, "SELECT * WHERE {\n  ?s ?p ?o .\n  FILTRE(?o > 3)\n}")
    marked = page.locator(".cm-lintRange-error")
    expect(marked).to_have_text("FILTRE")
    assert page.locator(".cm-line").nth(2).locator(".cm-lintRange-error").count() == 1
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Die Abfrage enthält einen Fehler")
    expect(alert).to_contain_text("FILTER")
    page.get_by_role("button", name="Zu Zeile 3, Spalte 3").click()
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.className").startswith("cm-content")
    write(page, "ASK {}")
    assert marked.count() == 0


def test_permalink_brings_the_same_back(page: Page, context: BrowserContext, server: Server) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    query = "SELECT ?s WHERE { ?s a <http://www.w3.org/ns/org#Post> } # é & + %20"
    page.goto(f"{server.url}/en/sparql")
    run(page, query)
    before = page.inner_text("#panel")
    page.click("#copy-link")
    expect(page.locator("#status")).to_have_text("The link has been copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(link).query) == {"query": [query]}
    again = context.new_page()
    again.goto(link)
    answered(again)
    assert editor_text(again) == query
    assert again.inner_text("#panel") == before
    again.click('.languages a[lang="fr"]')
    again.wait_for_url("**/fr/sparql?**")
    answered(again)
    assert editor_text(again) == query
    assert again.url.startswith(f"{server.url}/fr/sparql?")


@pytest.mark.parametrize(
    ("query", "name", "accept"),
    [
        ("SELECT ?s ?o WHERE { ?s <http://www.w3.org/ns/org#unitOf> ?o } ORDER BY ?s", "csv", "text/csv"),
        ("SELECT ?s ?o WHERE { ?s <http://www.w3.org/ns/org#unitOf> ?o } ORDER BY ?s", "xml", "application/xml"),
        ("ASK { ?s ?p 'é' }", "json", "application/json"),
        ("CONSTRUCT WHERE { ?s <http://www.w3.org/ns/org#unitOf> ?o }", "turtle", "text/turtle"),
        ("SELECT ?s WHERE { ?s a <http://www.w3.org/ns/org#Post> }#" + "x" * 9000, "tsv", "text/tab-separated-values"),
    ],
    ids=["csv", "xml", "json", "turtle", "long"],
)
def test_download_is_exact(page: Page, server: Server, tmp_path: Path, query: str, name: str, accept: str) -> None:
    page.goto(f"{server.url}/en/sparql")
    run(page, query)
    page.select_option("#format", name)
    with page.expect_download() as waiting:
        page.click("#download")
    waiting.value.save_as(tmp_path / "file")
    form = urllib.parse.urlencode({"query": query}).encode()
    status, _, body = fetch(server.url + "/sparql", form, {"Accept": accept})
    assert status == 200
    assert (tmp_path / "file").read_bytes() == body


def test_what_looks_like_markup_stays_text(page: Page, server: Server) -> None:
    literal = json.dumps(PROBE)
    query = f"""SELECT ?text ?iri ?n WHERE {{
    VALUES (?text ?iri ?n) {{ ({literal}@en <javascript:alert(1)> 3) ({literal} <data:text/html,x> 5) }}
}}"""
    page.goto(f"{server.url}/en/sparql?" + urllib.parse.urlencode({"query": query + PROBE}))
    answered(page)
    assert PROBE in editor_text(page)
    run(page, query)
    assert page.locator("#panel td").first.inner_text().startswith("<img")
    for tab in ("chart", "raw", "code", "table"):
        page.click(f"#tab-{tab}")
        assert page.locator("#panel img, #panel script").count() == 0
    assert page.locator('a[href^="javascript:"], a[href^="data:"]').count() == 0
    run(page, f"CONSTRUCT {{ <javascript:a> <x:{'y'}> <data:b> ; <x:label> {literal} }} WHERE {{}}")
    page.click("#tab-drawing")
    assert page.locator('svg.graph a[href^="javascript:"]').count() == 0
    page.locator("#words summary").click()
    run(page, f"SELECT * WHERE {{ ?s ?p {literal} }}")
    expect(page.locator("#in-words")).to_contain_text("<img src=x")
    assert page.title() != "hit"
    for path in ("/sparql?format=html&lang=en&", "/en/sparql?", "/sparql?lang=en&format=html&x=%3Cscript%3E&"):
        body = server.get(path + urllib.parse.urlencode({"query": query}), Accept="text/html")[2]
        assert b"<img src=x" not in body
        assert b'href="javascript:' not in body


def test_keyboard_walk(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/en/sparql?example=administrations")
    answered(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".cm-content").click()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "run"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.shadowRoot?.activeElement.className ?? ''").startswith("cm-content")
    page.locator("#tab-table").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-raw"
    assert page.get_attribute("#tab-raw", "aria-selected") == "true"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.id") == "tab-code"
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").count() == 1
    assert page.evaluate("[...document.querySelectorAll('[tabindex]')].every(e => e.tabIndex <= 0)")


def test_the_table_sorts(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/fr/sparql?example=administrations")
    labels = page.locator("#panel td:nth-child(3)")
    expect(labels).to_have_count(8)
    head = page.get_by_role("button", name="label")
    head.click()
    ascending = labels.all_inner_texts()
    head.click()
    assert labels.all_inner_texts() == ascending[::-1]
    page.get_by_role("button", name="position").click()
    assert page.locator("#panel td:nth-child(1)").all_inner_texts() == [str(n) for n in range(1, 9)]
    assert page.locator("#panel td a").first.get_attribute("href").startswith("/fr/doc/organization/")  # type: ignore[union-attr]


def test_limits_are_explained_when_they_strike(page: Page, hurried: Server) -> None:
    page.goto(f"{hurried.url}/fr/sparql")
    alert = page.get_by_role("alert")
    run(page, ENDLESS)
    expect(alert).to_contain_text("La requête a duré trop longtemps et a été arrêtée")
    expect(alert).to_contain_text("LIMIT 100")
    run(page, "SELECT * { ?s ?p ?o . ?o ?q ?r } LIMIT 200000")
    expect(alert).to_contain_text(re.compile("trop grand|trop longtemps|trop de mémoire"))
    run(page, "INSERT DATA { <a:b> <a:c> <a:d> }")
    expect(alert).to_contain_text("Seules des questions")
    run(page, "#" + "x" * 70_000 + "\nASK {}")
    expect(alert).to_contain_text("La requête est trop longue")
    run(page, "")
    expect(alert).to_contain_text("Il n’y a pas de requête")
    page.route("**/sparql?*", lambda route: route.fulfill(status=429, headers={"Retry-After": "7"}, body="{}"))
    run(page, "ASK {}")
    expect(alert).to_contain_text("Trop de requêtes en même temps")
    expect(alert).to_contain_text("Réessayez dans 7 s.")
    page.unroute("**/sparql?*")
    page.route("**/sparql?*", lambda route: route.abort())
    run(page, "ASK {}")
    expect(alert).to_contain_text("Le serveur est injoignable")


def test_a_query_can_be_stopped(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/en/sparql")
    write(page, ENDLESS + " #stop")
    page.click("#run")
    page.click("#cancel")
    expect(page.get_by_role("alert")).to_contain_text("You stopped waiting.")
    assert page.locator("#cancel").is_hidden()
    run(page, "ASK {}")
    expect(page.locator(".answer")).to_have_text("Yes")


def test_earlier_queries_are_kept_and_can_be_forgotten(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/en/sparql")
    assert page.locator("#past").is_hidden()
    run(page, "ASK { ?first ?p ?o }")
    run(page, "ASK { ?second ?p ?o }")
    page.reload()
    page.click("#past > summary")
    kept = page.locator("#past-list button")
    expect(kept).to_have_count(2)
    kept.nth(1).click()
    assert editor_text(page) == "ASK { ?first ?p ?o }"
    page.click("#forget")
    assert page.locator("#past").is_hidden()
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320), ("dark", 1280)])
def test_accessible_within_its_width_and_on_its_own(browser: Browser, server: Server, scheme: str, width: int) -> None:
    needs(BUNDLE)
    window = reader(browser, server.url, width, scheme)
    page = window.page
    for language, address, tab in (
        ("nl", "example=administrations", "table"),
        ("fr", "example=staff-figures", "chart"),
        ("de", "example=organisations-as-rdf", "drawing"),
        ("en", "query=SELECT", None),
        ("en", "example=missions", "code"),
    ):
        visit = window.open(f"/{language}/sparql?{address}")
        answered(page)
        if tab:
            page.click(f"#tab-{tab}")
        for summary in page.locator("details.more > summary:visible").all():
            summary.click()
        if tab == "code":
            page.locator(".cm-content").click()
            page.keyboard.press("Control+Home")
            page.keyboard.press("Control+Space")
            page.locator(".cm-tooltip-autocomplete").wait_for()
        refused = "console: Failed to load resource: the server responded with a status of 400 (Bad Request)"
        assert [text for text in visit.look() if text != refused] == [], address
        # At this width, the other rules have been asked in the light.
        assert visit.axe(OF_COLOURS if (scheme, width) == ("dark", 1280) else EVERY_RULE) == [], address
    page.context.close()


def test_the_page_is_light(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    sizes: list[float] = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{server.url}/nl/sparql", wait_until="networkidle")
    assert len(sizes) >= 7
    assert sum(sizes) < 250_000


def test_without_script_the_form_asks_and_answers(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/fr/sparql")
    assert page.locator("#cancel, #copy-link").filter(visible=True).count() == 0
    page.click('a[data-example="administrations"]')
    page.click("#run")
    assert page.locator("tbody tr").count() == 8
    assert page.get_attribute("html", "lang") == "fr"
    assert page.locator('td span[lang="fr"]').count() == 8
    assert page.locator('td a[href^="/fr/doc/organization/"]').count() == 8
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    assert Path(waiting.value.path()).read_bytes().count(b"\r\n") == 9
    page.goto(f"{server.url}/de/sparql?example=board-members")
    page.click("#run")
    expect(page.get_by_role("status").first).to_have_text("Keine Zeilen")
    expect(page.locator("main")).to_contain_text("Die Quelle sagt nicht, wer die neun Beamten sind")
    page.goto(f"{server.url}/nl/sparql?query=SELECT")
    page.click("#run")
    expect(page.get_by_role("alert")).to_contain_text("De query bevat een fout")
    assert page.input_value("#query") == "SELECT"
    page.goto(f"{server.url}/en/sparql?query=ASK%7B%7D")
    page.click("#run")
    expect(page.locator(".answer")).to_have_text("Yes")
    page.goto(f"{server.url}/en/sparql")
    page.select_option("#guide-names", "de")
    page.click("#guide button")
    assert 'LANG(?nameWanted) = "de"' in page.input_value("#query")
    page.click("#words > summary")
    expect(page.locator("#in-words")).to_contain_text("“Brussels Regional Public Service”")
    context.close()


def test_code_of_every_kind_runs(page: Page, server: Server, tmp_path: Path) -> None:
    import subprocess
    import sys

    queries = {
        "table": "SELECT ?s WHERE { ?s a <http://www.w3.org/ns/org#Post> FILTER(?s != 'it''s \\\\ \"quoted\"') }".replace(
            "''", "\\'"
        ),
        "boolean": 'ASK { ?s ?p """a\\nb""" }',
        "graph": "CONSTRUCT WHERE { ?s a <http://www.w3.org/ns/org#Post> }",
    }
    page.goto(f"{server.url}/en/sparql")
    for kind, query in queries.items():
        run(page, query)
        page.click("#tab-code")
        snippets = page.locator(".snippet pre").all_inner_texts()
        assert len(snippets) == 3
        shell = subprocess.run(["bash", "-c", snippets[0]], capture_output=True, check=True, timeout=LONG)
        python = subprocess.run([sys.executable, "-c", snippets[1]], capture_output=True, check=True, timeout=LONG)
        for output in (shell.stdout.decode(), python.stdout.decode()):
            assert "secretaris-generaal" in output or kind == "boolean"
            assert output.strip().lower().endswith("false") or kind != "boolean"


def test_notes_stand_beside_the_editor_after_a_run_and_lead_to_their_place(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/de/sparql")
    notes = page.locator("#notes")
    expect(notes).to_be_hidden()
    asked = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\nSELECT * {\n  ?s skos:prefLabel|skos:altLabel ?l\n"
    run(page, asked + "  FILTER(?l)\n}")
    expect(page.locator("#panel")).to_contain_text("Keine Zeilen")
    expect(notes).to_be_visible()
    expect(notes.locator("li")).to_contain_text("?l ist hier eine Bedingung.")
    notes.get_by_role("button", name="Zu Zeile 4, Spalte 10").click()
    expect(page.locator(".cm-activeLine")).to_have_text("  FILTER(?l)")
    page.click("#evaluated summary")
    expect(page.locator("#evaluated-form")).to_contain_text("} UNION {")
    write(page, asked + "}")
    expect(notes).to_be_hidden()
    run(page, asked + "} LIMIT 3")
    expect(page.locator("#panel tbody tr")).to_have_count(3)
    expect(page.locator("#evaluated-form")).to_contain_text("LIMIT 3")
    expect(notes).to_be_hidden()


def test_every_example_is_explained_in_every_language(server: Server, release: Release) -> None:
    told = 0
    for question in questions(release):
        texts = set()
        for language in LANGUAGES:
            query = question.in_language("nl")
            answer = server.get("/explain?" + urllib.parse.urlencode({"lang": language, "query": query}))
            assert answer[0] == 200
            assert answer[1]["content-language"] == language
            said = json.loads(answer[2])
            texts.add(said[0]["text"])
            flat = json.dumps(said, ensure_ascii=False)
            assert ("SERVICE" in flat) == reaches_out(question.text), question.name
            told += len(re.findall(r'"text"', flat))
        assert len(texts) == 4, question.name
    assert told > 1200


def test_an_explanation_takes_no_time_whatever_is_asked(server: Server) -> None:
    for text in ("(" * 2500, "'" * 2500, '"""' * 800, "a." * 1200, "SELECT * {" + "[" * 1200 + "]" * 1200 + "}"):
        began = time.monotonic()
        status, _, body = server.get("/explain?" + urllib.parse.urlencode({"query": text}))
        assert status == 200
        assert len(json.loads(body)) >= 1
        assert time.monotonic() - began < LONG  # grows with the length, not with its square
    assert server.get("/explain?query=ASK%7B%7D&lang=xx")[0] == 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_completions_come_from_the_graph(server: Server, release: Release, language: str) -> None:
    status, headers, body = server.get(f"/completions.json?lang={language}")
    assert status == 200
    assert headers["content-type"] == "application/json"
    offers = json.loads(body)
    assert offers["prefixes"] == release.manifest["prefixes"]
    classes = {name: (label, number) for name, label, number in offers["classes"]}
    assert classes["gov:Administration"][1] == 8
    assert len({label for label, _ in classes.values() if label}) >= 10
    assert len(offers["properties"]) >= 100
    things = {name: label for name, label, _ in offers["things"]}
    expected = {
        "nl": "Brussel Mobiliteit",
        "fr": "Bruxelles Mobilité",
        "de": "Brussel Mobiliteit",
        "en": "Brussels Mobility",
    }
    assert things["organization:brussel-mobiliteit"] == expected[language]
    assert all(":" in name for kind in ("classes", "properties", "things") for name, *_ in offers[kind])
