"""Pages shaped like answers: a sentence and a card first, facts by subject, the rest folded, every relation in its direction."""

import html
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from xml.etree import ElementTree

import pyoxigraph as ox

from gob_graph.endpoint.engine.service_clause import reaches_out
from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.pages.column_names import COLUMNS
from gob_graph.endpoint.web.pages.inverse import NAMED, SYMMETRIC, TEXTS
from gob_graph.release import Release
from tests.browser.pages import LANGUAGES, Reader, page
from tests.conftest import Server
from tests.parts import ROOT

Window = Callable[[int, str], Reader]
CHAIRS = {"nl": "zit voor", "fr": "préside", "de": "sitzt vor", "en": "chairs"}
LINKS = """() => [...document.querySelectorAll('main a[resource], main .card-facts a, main .sentence a')]
    .filter((e) => e.checkVisibility()).map((e) => e.getAttribute('href'))"""


def test_the_page_of_the_institution_is_short_and_lists_nothing_again(wide: Reader) -> None:
    for language in LANGUAGES:
        shown = wide.open(f"/{language}/doc/organization/gob").page
        assert shown.evaluate("document.documentElement.scrollHeight") < 3000, language
        links = Counter(shown.evaluate(LINKS))
        assert len(links) > 30
        # The sentence, the card and the facts may each name a thing.
        assert {link: n for link, n in links.items() if n > 3} == {}


def test_the_card_says_what_is_asked_first(site: Server) -> None:
    card = page(site, "/en/doc/organization/gob").split('class="card-facts"')[1].split("</dl>")[0]
    for text in (
        "Sint-Lazarusplein 2, 1035 Brussel",
        "according to a source of 22 September 2021",
        "0316.381.039",
        'href="https://overheidsdienst.brussels"',
        "secretaris-generaal",
        "more than 1,600",
        "more than 1,800",
        "approximately 1,600",
        "1,518",
    ):
        assert text in card, text
    assert re.search(r'href="https://www\.openstreetmap\.org/search\?query=Sint-Lazarusplein', card)


def test_the_sentence_of_each_kind_of_thing(site: Server) -> None:
    for path, text in (
        ("organization/gob", "telt 8 besturen"),
        ("organization/brussel-mobiliteit", "Dit bestuur is een van de 8"),
        ("organization/brussel-ict-en-easy", "Verslagen noemen deze eenheid"),
        ("organization/directieraad", "Dit orgaan bestuurt de instelling"),
        ("post/secretaris-generaal", "Deze functie zit dit orgaan voor"),
        ("key-figure/workforce", "meer dan 1.600; de bron geeft geen datum"),
        ("key-figure/staff-2021", "1.466, van 2021"),
        ("change-event/2014-renaming", "24 oktober 2014: de naam"),
        ("change-event/2019-reorganisation", "november 2019: een verandering"),
        ("reference-framework/bbhr-2014-10-24", "Dit besluit is van 24 oktober 2014"),
        ("auth/mission/public-finances", "Opdracht 4 van de 7"),
        ("auth/value/respect", "gedeelde waarden"),
        ("strategic-plan/2021-2026", "2021 tot 2026"),
        ("claim/mobility", "geen getal, geen periode"),
        ("auth/value", "Een lijst van"),
    ):
        shown = page(site, f"/nl/doc/{path}")
        found = re.search(r'<p class="sentence" id="sentence">(.*?)</p>', shown)
        assert found, path
        assert text in re.sub(r"<[^>]*>", "", found[1]), (path, found[1])


def test_a_relation_is_read_in_its_direction(site: Server, store: ox.Store, release: Release) -> None:
    """Each property that leads to a thing with a page has a name from the other end, in every language."""
    query = f"""SELECT DISTINCT ?property WHERE {{
        ?thing ?property ?other FILTER(ISIRI(?other) && STRSTARTS(STR(?other), "{release.base_iri}/"))
    }}"""
    names = {space: prefix for prefix, space in release.manifest["prefixes"].items()}
    reified = {"rdf:subject", "rdf:predicate", "rdf:object"}
    used = set()
    for row in store.query(query):  # type: ignore[union-attr]
        iri = row["property"].value  # type: ignore[index]
        cut = max(iri.rfind("/"), iri.rfind("#")) + 1
        used.add(f"{names[iri[:cut]]}:{iri[cut:]}")
    assert len(used) > 90
    assert used - reified - set(TEXTS) - set(NAMED) == set()
    for language, chairs in CHAIRS.items():
        incoming = page(site, f"/{language}/doc/post/secretaris-generaal").split('id="incoming"')[1].split("</dl>")[0]
        label = re.findall(r"<dt>(?:<a[^>]*>)?([^<]*)", incoming)[0]
        assert label == chairs
    assert len(SYMMETRIC) < 6


def test_what_is_folded_opens_at_its_address(wide: Reader) -> None:
    shown = wide.open("/en/doc/organization/gob").page
    folded = shown.locator("details:has(#incoming) dl > div").first
    assert not folded.is_visible()
    address = f"/en/doc/organization/gob#{folded.get_attribute('id')}"
    wide.open("/en/cite")
    wide.open(address)
    shown.wait_for_function("document.querySelector('details:has(#incoming)').open")
    assert folded.is_visible()


def rows_of(shown: str) -> dict[str, tuple[str, str]]:
    """The rows of the table of a day: answer and reason of each unit, without markup."""
    table = shown.split('aria-labelledby="why"')[-1].split("</table>")[0]
    found = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", table)
    plain = [[html.unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in row] for row in found]
    return {name: (answer, reason) for name, answer, reason in plain}


def test_the_history_names_acts_reorganisation_and_figures_with_their_sources(site: Server) -> None:
    shown = page(site, "/fr/history")
    text = html.unescape(re.sub(r"<[^>]*>", "", shown))
    assert "L’institution s’appelait auparavant Ministère de la Région de Bruxelles-Capitale" in text
    years = re.findall(r'<h2 id="y([\d-]+)">', shown)
    assert years == ["2012", "2014", "2015", "2018", "2019", "2020", "2021", "2022", "-"]
    for act in ("bbhr-2014-10-24", "bbhr-2015-03-19"):
        assert f'href="/fr/doc/reference-framework/{act}"' in shown
    of_2014 = shown.split('id="y2014"')[1].split("</ul>")[0]
    assert re.search(r'class="proof" href="https://[^"]*legalworld[^"]*"', of_2014)
    assert "plus de 1\u202f800" in html.unescape(of_2014)
    of_2019 = shown.split('id="y2019"')[1].split("</ul>")[0]
    assert of_2019.index("2019-reorganisation") < of_2019.index("2019-connectit-creation")


def test_a_day_is_answered_with_the_source_or_the_reason(site: Server) -> None:
    rows = rows_of(page(site, "/en/chart?date=2019-01-01"))
    assert len(rows) == 11
    assert all(reason for _, reason in rows.values())
    assert rows["Brussel ConnectIT"][0] == "did not exist"
    assert rows["Brussel Gewestelijke Coördinatie"][0] == "existed"
    status, _, body = site.get("/en/chart?date=yesterday", Accept="application/problem+json")
    assert (status, json.loads(body)["code"]) == (400, "bad-parameter")
    assert rows["Brussel ConnectIT"][1].startswith("It began later: creation of Brussel ConnectIT (Annual report 2021")
    assert rows["Brussels Housing"] == (
        "existed",
        "before: 2018 (Service public régional de Bruxelles 2018 – contact); after: 2024 "
        "(be.brussels – housing, memorandum 2024)",
    )
    assert rows["Brussels Finances and Budget"][1].startswith("Only the page of the institution names it")
    assert rows["Brussel Synergie"] == (
        "not known",
        "The first source that names it: 2019 (Annual report 2019, French). None says since when it existed.",
    )


def test_a_later_day_never_leaves_open_what_the_page_names(site: Server, release: Release) -> None:
    """Nor does it assert more than the reading of the page allows."""
    later = date.fromisoformat(release.issued) + timedelta(days=400)
    for language, words in (
        ("nl", "bestond toen de pagina laatst werd gelezen"),
        ("fr", "existait à la dernière lecture de la page"),
        ("de", "bestand, als die Seite zuletzt gelesen wurde"),
        ("en", "existed when the page was last read"),
    ):
        rows = rows_of(page(site, f"/{language}/chart?date={later}"))
        answers = Counter(answer for answer, _ in rows.values())
        assert answers[words] == 8
        assert sum(answers.values()) == 11
    assert all(release.issued[:4] in reason for answer, reason in rows.values() if answer == words)


def test_choosing_a_day_moves_to_the_answer_and_redraws_the_chart(wide: Reader) -> None:
    shown = wide.open("/en/history").page
    shown.locator("input[type=date]").fill("2019-01-01")
    shown.get_by_role("button", name="Show").click()
    shown.wait_for_url("**/en/chart?date=2019-01-01#day")
    assert shown.locator("#sentence").inner_text() == "Existed: 5; did not exist: 1; not known: 5."
    assert shown.evaluate("document.getElementById('day').getBoundingClientRect().top") < 100
    drawn = shown.locator(".chart .units .box a").all_inner_texts()
    assert len(drawn) == 10
    assert "Brussel ConnectIT" not in drawn
    assert shown.locator(".chart .units .uncertain").count() == 5
    assert "9" not in shown.locator(".chart-board").inner_text()


def test_the_drawing_of_a_day_says_its_day(site: Server) -> None:
    drawing = site.get("/en/chart.svg?date=2019-01-01")[2].decode()
    assert "1 January 2019" in drawing
    assert "ConnectIT" not in drawing
    assert drawing.count("not known") == 5
    assert site.get("/en/chart.svg?date=never")[0] == 400


QUESTIONS = sorted(path.stem for path in (ROOT / "data/queries").glob("*.rq"))
SILENT = {"board-members", "facts-without-evidence", "mission-of-administration", "federated-area"}
"""Questions whose right answer is empty or a refusal; their page says why."""


def test_every_question_is_answered_in_a_sentence(site: Server) -> None:
    for number, name in enumerate(QUESTIONS):
        language = LANGUAGES[number % 4]
        shown = page(site, f"/{language}/questions/{name}")
        sentence = re.search(r'<p class="sentence" id="sentence">(.*?)</p>', shown)
        if name in SILENT:
            assert sentence is None
            continue
        assert sentence, name
        text = html.unescape(re.sub(r"<[^>]*>", "", sentence[1]))
        assert text.rstrip().endswith((".", "…")), text
        assert not re.search(r"[{}\[\]|]|None", text), text


def test_a_sentence_keeps_what_limits_a_number(site: Server) -> None:
    for language, texts in (
        ("en", ("2014: more than 1,800", "2021: 1,466", "without a date: about 1,600", "at your service, without")),
        (
            "fr",
            ("plus de 1\u202f800", "sans date\u00a0: plus de 1\u202f600", "Les chiffres ne concordent pas forcément."),
        ),
    ):
        shown = html.unescape(re.sub(r"<[^>]*>", "", page(site, f"/{language}/questions/staff-figures")))
        for text in texts:
            assert text in shown, text
    shown = html.unescape(re.sub(r"<[^>]*>", "", page(site, "/nl/questions/administration-counts")))
    assert "2014 of 2015: 7" in shown


def test_the_columns_of_every_question_have_a_name_in_the_language_of_the_page(
    site: Server, store: ox.Store, release: Release
) -> None:
    for question in read_questions(release):
        if reaches_out(question.text):
            continue
        found = store.query(question.in_language("nl"))
        for variable in getattr(found, "variables", ()):
            assert variable.value in COLUMNS, (question.name, variable)
    shown = page(site, "/de/questions/staff-figures")
    headings = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', shown)
    assert headings[1:4] == ["Was gezählt wird", "Jahr", "Genaue Zahl"]
    assert headings[-1] == "Quelle"


def test_a_column_that_only_repeats_names_is_left_to_the_downloads(site: Server) -> None:
    for language, wanted in (("fr", ["Position", "Mission", "Source"]), ("nl", ["Plaats", "Opdracht", "Bron"])):
        shown = page(site, f"/{language}/questions/missions")
        assert re.findall(r'<th scope="col"[^>]*>(.*?)</th>', shown) == wanted
    address = html.unescape(re.findall(r'href="(/sparql\?[^"]*format=csv[^"]*)"', shown)[0])
    assert site.get(address)[2].decode().startswith("position,mission,label,gloss")
    figures = page(site, "/fr/questions/staff-figures")
    assert figures.count('<th scope="col"') == 8


def test_rows_of_an_answer_have_evidence(site: Server) -> None:
    missions = page(site, "/en/questions/missions").split("<tbody>")[1].split("</tbody>")[0]
    assert all('class="evidence"' in row for row in missions.split("</tr>")[:-1])
    assert missions.count("#S43") == 1
    figures = page(site, "/en/questions/staff-figures").split("<tbody>")[1].split("</tbody>")[0]
    assert all('class="evidence"' in row or 'class="proof"' in row for row in figures.split("</tr>")[:-1])


def test_a_chart_of_an_answer_draws_bounds_as_bounds(site: Server) -> None:
    shown = page(site, "/en/questions/staff-figures")
    assert 'class="answer-bars wide"' in shown
    assert 'class="answer-bars narrow"' in shown
    assert 'class="answer-bars' not in page(site, "/en/questions/missions")
    status, headers, body = site.get("/en/questions/staff-figures.svg")
    assert (status, headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
    root = ElementTree.fromstring(body)
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}g[@class='exclusiveLowerBound']")) == 2
    assert len(root.findall(f"{space}g[@class='approximateValue']")) == 1
    texts = ["".join(text.itertext()) for text in root.iter(f"{space}text")]
    assert {"more than 1,800", "1,452", "approximately 1,600"} <= set(texts)
    assert site.get("/en/questions/missions.svg")[0] == 404


def test_files_bear_the_name_of_the_question(site: Server) -> None:
    shown = page(site, "/fr/questions/administrations")
    address = html.unescape(re.findall(r'href="(/sparql\?[^"]*format=csv[^"]*)"', shown)[0])
    _, headers, body = site.get(address)
    assert headers["content-disposition"] == 'attachment; filename="administrations.csv"'
    assert "Bruxelles Mobilité" in body.decode()
    for asked, name in (("1", "result"), ("../x", "result"), ("a%22b", "result"), ("board-chair", "board-chair")):
        headers = site.get(f"/sparql?query=SELECT%20*%7B%7D&format=csv&download={asked}")[1]
        assert headers["content-disposition"] == f'attachment; filename="{name}.csv"'


def test_drawings_save_as_svg_and_png(wide: Reader) -> None:
    for path, name in (
        ("questions/staff-figures", "staff-figures"),
        ("doc/post/secretaris-generaal", "secretaris-generaal"),
    ):
        visit = wide.open(f"/en/{path}")
        for button, begin in (("Save as SVG", b"<svg"), ("Save as PNG", b"\x89PNG")):
            with visit.page.expect_download() as waiting:
                visit.page.get_by_role("button", name=button).click()
            assert waiting.value.suggested_filename == f"{name}.{button[-3:].lower()}"
            content = waiting.value.path().read_bytes()
            assert content.startswith(begin)
            assert b'style="' not in content
        assert visit.trouble == []
    visit = wide.open("/en/chart?date=2019-01-01")
    with visit.page.expect_download() as waiting:
        visit.page.get_by_role("button", name="Save as PNG").click()
    assert waiting.value.suggested_filename == "organisation-chart-2019-01-01.png"
    assert visit.trouble == []


def test_the_chart_of_the_workbench_saves_under_the_name_of_its_example(wide: Reader) -> None:
    visit = wide.open("/en/sparql?example=staff-figures")
    visit.page.locator("#tab-chart").click()
    with visit.page.expect_download() as waiting:
        visit.page.get_by_role("button", name="Save as SVG").click()
    assert waiting.value.suggested_filename == "staff-figures.svg"
    root = ElementTree.fromstring(waiting.value.path().read_bytes())
    texts = [text for text in root.iter("{http://www.w3.org/2000/svg}text") if text.text]
    assert any("1,518" in (text.text or "") for text in texts)
    assert all(text.get("textLength") for text in texts)
    with visit.page.expect_download() as waiting:
        visit.page.locator("#download").click()
    assert waiting.value.suggested_filename.startswith("staff-figures.")


def test_the_model_has_its_contents_at_its_side(wide: Reader) -> None:
    shown = wide.open("/fr/model").page
    contents = shown.locator(".side-contents")
    box = contents.bounding_box()
    diagram = shown.locator("#diagram").bounding_box()
    assert box
    assert diagram
    assert box["x"] + box["width"] <= diagram["x"]
    targets = contents.locator("a").evaluate_all("es => es.map(e => e.getAttribute('href').slice(1))")
    assert {"diagram", "classes", "properties", "used"} <= set(targets)
    terms = shown.locator(".terms > div").evaluate_all("es => es.map(e => e.id)")
    assert len(terms) > 60
    shown = wide.open("/fr/model/term/KeyFigure").page
    beside = shown.locator(".side-contents a").evaluate_all(
        "es => es.map(e => e.getAttribute('href').split('/').pop())"
    )
    assert set(terms) <= set(beside)
    box, facts = shown.locator(".side-contents").bounding_box(), shown.locator("section.term").bounding_box()
    assert box
    assert facts
    assert box["x"] + box["width"] <= facts["x"]
