"""What a reader needs on any screen and on paper: tags of languages, words of evidence, a menu, cards, colours, sheets."""

import re
import zlib

import pytest
from playwright.sync_api import Browser, Route, expect

from gob_graph.endpoint.web.pages.i18n import ENDONYMS
from tests.browser.pages import LANGUAGES, WIDE, Reader, page, reader
from tests.browser.test_browser import Window
from tests.conftest import Server

TAGS = """(language) => {
    const seen = [...document.querySelectorAll('main [lang]')].filter((e) => e.checkVisibility() && e.lang !== language
        && e.lang && !e.matches('.lang, option, svg *, .lang *') && e.textContent.trim());
    const tag = (e) => e.matches('q') ? e.nextElementSibling?.matches('.lang') && e.nextElementSibling.textContent
        : e.nextElementSibling?.matches('.lang') ? e.nextElementSibling.textContent
        : getComputedStyle(e, '::after').content.replaceAll('"', '');
    return [seen.length, seen.filter((e) => tag(e) !== e.lang).map((e) => e.outerHTML.slice(0, 120))];
}"""
DARK = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "about",
        "chart",
        "history",
        "questions/missions",
        "browse/gov:Mission",
        "doc/auth/value/respect",
        "doc/organization/gob",
        "tables/administrations",
    ],
)
def test_each_text_in_another_language_bears_its_tag(path: str, wide: Reader) -> None:
    total = 0
    for language in ("fr", "de"):
        count, bare = wide.open(f"/{language}/{path}").page.evaluate(TAGS, language)
        assert bare == []
        total += count
    assert total > 0
    assert wide.open("/nl/about").page.evaluate(
        "[...document.querySelectorAll('main [lang=nl]')].every((e) => e.matches('q')"
        " || getComputedStyle(e, '::after').content === 'none')"
    )


def test_a_name_of_ours_is_marked_where_no_source_gives_one(wide: Reader) -> None:
    for language, marked in (("nl", False), ("fr", True), ("en", True)):
        page = wide.open(f"/{language}/doc/auth/conduct-quality/coherent").page
        assert (page.locator("h1 + p + .gloss, h1 + .gloss").count() > 0) == marked, language
    ours = page.locator("dd:has([property$=prefLabel])", has_text="our wording")
    assert sorted(ours.locator("[property]").evaluate_all("es => es.map(e => e.lang)")) == ["de", "en", "fr"]


def test_a_name_of_ours_is_marked_in_lists_and_links(site: Server) -> None:
    """Where a source names the thing in another language; a name that a source gives, and one of ours alone, is not."""
    mark = '</a> <span class="own">notre formulation</span>'
    board = page(site, "/fr/doc/organization/directieraad")
    duty = r'property="[^"]*hasResponsibility"[^>]*>[^<]*'
    assert len(re.findall(duty + re.escape(mark), board)) == len(re.findall(duty, board)) == 8
    for path in ("doc/organization/gob", "browse/gov:SupportTopic", "search?q=logement", "questions/help-topics"):
        assert f"rénover votre logement{mark}" in page(site, f"/fr/{path}"), path
        assert 'class="own"' not in page(site, f"/nl/{path}"), path
    values = page(site, "/fr/questions/values")
    assert "Solidarité</a>" in values
    assert 'class="own"' not in values
    assert "membres du personnel</a>" in page(site, "/fr/questions/staff-figures")


def test_what_has_no_name_in_a_language_is_not_shown_by_its_code(site: Server) -> None:
    files = re.findall(r"download>([\w.]+)</a></(?:th|td)>\s*<td[^>]*>(.*?)</td>", page(site, "/de/downloads"))
    assert len(files) > 20
    assert [name for name, content in files if name.startswith(content)] == []
    facets = page(site, "/fr/browse").partition("<aside")[2]
    assert len(re.findall(r"<a [^>]*>[^<]*</a>", facets)) > 30
    assert re.findall(r">([a-z]+:[A-Za-z]+)</a>", facets) == []


def test_labels_of_tables_are_tagged_with_their_language(site: Server) -> None:
    shown = page(site, "/fr/tables/administrations").partition("<tbody>")[2]
    first = re.findall(r"<td([^>]*)>(.*?)</td>", shown.partition("</tr>")[0])
    assert first[1] == (' lang="nl"', "Brussel ConnectIT")
    assert first[4] == ("", "Bruxelles ConnectIT")
    figures = page(site, "/de/tables/figures").partition("<tbody>")[2].partition("</tbody>")[0]
    assert '<td lang="nl">Meer dan</td>' in figures
    assert "<td>Gewestelijke" not in figures


def test_evidence_says_its_words_source_and_date_on_hover_and_focus(wide: Reader) -> None:
    page = wide.open("/fr/about").page
    chip = page.locator(".evidence [data-says]").first
    content = "(e) => getComputedStyle(e, '::after').content"
    assert chip.evaluate(content) == "none"
    chip.hover()
    assert "économie" not in chip.evaluate(content)  # the words are the source's own
    assert "duurzame economie" in chip.evaluate(content)
    assert "overheidsdienst.brussels" in chip.evaluate(content)
    assert "n’indique pas de date" in chip.evaluate(content)
    page.keyboard.press("Escape")
    assert chip.evaluate("(e) => getComputedStyle(e, '::after').display") == "none"
    page.mouse.move(0, 0)
    chip.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert "duurzame economie" in chip.evaluate(content)
    assert page.locator(".legend").count() == 1


def test_on_a_phone_the_header_is_low_and_the_menu_opens(browser: Browser, site: Server) -> None:
    for script in (True, False):
        view = reader(browser, site.url, 360, java_script_enabled=script)
        for language in LANGUAGES:
            page = view.page
            page.goto(f"{site.url}/{language}/downloads")
            assert page.locator("header.top").bounding_box()["height"] < 120  # type: ignore[index]
            menu = page.locator("#menu")
            expect(menu).to_be_hidden()
            page.click("button.menu")
            expect(menu).to_be_visible()
            assert menu.locator("a").count() >= 10
            page.keyboard.press("Escape")
            expect(menu).to_be_hidden()
        view.page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_navigation_is_one_line_on_a_desktop(language: str, window: Window) -> None:
    shown = window(WIDE, "light").open(f"/{language}/tables").page
    assert shown.locator(".main-nav [aria-current=page]").count() == 1
    for width in (768, 1024, 1087, 1088, 1200, WIDE):
        shown.set_viewport_size({"width": width, "height": 900})
        assert shown.evaluate("document.documentElement.scrollWidth") == width
        if width < 1088:  # where the entries have no room on a line they are in the menu
            expect(shown.locator("button.menu")).to_be_visible()
            expect(shown.locator("#menu")).to_be_hidden()
            assert shown.locator("header.top").bounding_box()["height"] < 120  # type: ignore[index]
            continue
        tops = shown.locator(".main-nav li").evaluate_all("es => es.map(e => e.getBoundingClientRect().top)")
        assert len(tops) >= 14
        assert len(set(tops)) == 1


DRAWINGS = """() => [...document.querySelectorAll('main svg')].filter((e) => e.checkVisibility()).map((drawing) => {
    const box = drawing.getBoundingClientRect(), scale = box.width / drawing.viewBox.baseVal.width;
    const sizes = [...drawing.querySelectorAll('text, tspan')].map((e) => parseFloat(getComputedStyle(e).fontSize) * scale);
    const within = (e) => { const b = e.getBoundingClientRect(); return b.left >= box.left - 1 && b.right <= box.right + 1; };
    return [box.left >= 0 && box.right <= innerWidth, Math.min(...sizes) >= 11,
        [...drawing.querySelectorAll('text')].filter((e) => !within(e)).map((e) => e.textContent)];
})"""


@pytest.mark.parametrize("width", [360, WIDE])
def test_drawings_fit_and_their_letters_can_be_read(width: int, browser: Browser, site: Server) -> None:
    """Without scrolling sideways; in the browser, as the widths of letters are the font's."""
    view = reader(browser, site.url, width)
    drawn = 0
    for path in (
        "fr/model",
        "de/neighbourhood/organization/gob",
        "nl/doc/post/secretaris-generaal",
        "de/tables/figures",
        "fr/questions/staff-figures",
        "nl/questions/board-members",
    ):
        for fits, legible, over in view.open(f"/{path}").page.evaluate(DRAWINGS):
            assert (fits, legible, over) == (True, True, []), path
            drawn += 1
        assert view.page.evaluate("document.documentElement.scrollWidth") == width
    assert drawn >= 8
    view.page.context.close()


def test_on_a_phone_each_row_is_a_card_that_names_its_columns(browser: Browser, site: Server) -> None:
    view = reader(browser, site.url, 360)
    page = view.open("/nl/downloads").page
    row = page.locator("table.stacks tbody tr").first
    heads = page.locator("table.stacks").first.locator("thead th").all_inner_texts()
    assert len(heads) >= 4
    assert row.locator("td").evaluate_all("(cells) => cells.map((cell) => cell.dataset.label)") == heads
    assert row.bounding_box()["height"] < 240  # type: ignore[index]
    assert row.get_attribute("role") == "row"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    view.page.context.close()


def test_colours_follow_the_system_and_the_choice(browser: Browser, site: Server) -> None:
    bare = reader(browser, site.url, WIDE, "dark", java_script_enabled=False)
    bare.page.goto(f"{site.url}/en/")
    expect(bare.page.locator("[data-theme-switch]")).to_be_hidden()
    view = reader(browser, site.url, WIDE, "light")
    page = view.open("/en/").page
    light = page.evaluate(DARK)
    page.select_option("[data-theme-switch]", "dark")
    dark = page.evaluate(DARK)
    assert dark != light
    page.goto(f"{site.url}/en/about")
    assert page.evaluate(DARK) == dark
    page.emulate_media(media="print")
    assert page.evaluate(DARK) != dark
    page.emulate_media(media="screen")
    page.select_option("[data-theme-switch]", "")
    assert page.evaluate(DARK) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(DARK) == dark
    page.select_option("[data-theme-switch]", "light")
    assert page.evaluate(DARK) == light
    view.page.context.close()
    bare.page.context.close()


def test_every_sheet_bears_version_and_source(window: Window, site: Server) -> None:
    page = window(WIDE, "light").open("/nl/about").page
    pdf = page.pdf(format="A4")
    (sheets,) = {int(n) for n in re.findall(rb"/Count (\d+)", pdf)}
    assert sheets >= 3
    streams = [zlib.decompressobj().decompress(s) for s in re.findall(rb"stream\r?\n(x.*?)endstream", pdf, re.DOTALL)]
    contents = [s for s in streams if b" Tf" in s]
    assert len(contents) == sheets
    # The line is set in one size that nothing else has, so its font switch tells of it on each sheet.
    sizes = [set(re.findall(rb"/F\d+ ([\d.]+) Tf", s)) for s in contents]
    assert set.intersection(*sizes) - {b"1"}, sizes
    said = page.locator(".sheet").text_content() or ""
    assert "overheidsdienst.brussels" in said
    assert f"{site.url}/nl/about" in said
    assert re.search(r"\d\.\d\.\d", said)


def test_an_error_below_a_language_is_told_in_it(site: Server) -> None:
    for language in LANGUAGES:
        other = "de" if language != "de" else "fr"
        status, headers, body = site.get(f"/{language}/no-such-page", Accept="text/html", Accept_Language=other)
        assert (status, headers["content-language"]) == (404, language), ENDONYMS[language]
        assert f'<html lang="{language}">' in body.decode()


def test_a_running_query_shows_no_answer_of_the_one_before(browser: Browser, site: Server) -> None:
    view = reader(browser, site.url)
    page = view.open("/en/sparql?example=administrations").page
    expect(page.locator("#panel tbody tr")).to_have_count(8)
    waiting: list[Route] = []
    page.route("**/sparql?query=*", lambda route: waiting.append(route))
    page.click("#run")
    expect(page.locator("#status")).to_have_text("The query is running …")
    expect(page.locator("#panel > *")).to_have_count(0)
    expect(page.locator("#tabs")).to_be_hidden()
    for route in waiting:
        route.continue_()
    expect(page.locator("#panel tbody tr")).to_have_count(8)
    view.page.context.close()


def test_the_guide_offers_only_what_belongs_to_an_organisation(site: Server) -> None:
    shown = site.get("/en/sparql", Accept="text/html")[2].decode()
    offered = re.findall(r'<option value="(\S+) (\S+)"', shown.partition('id="guide-ask"')[2].partition("</select>")[0])
    relations = {what for _, what in offered if not what.startswith("indicator:")}
    assert {"org:hasUnit", "org:purpose", "gov:hasValue", "gov:hasResponsibility"} <= relations
    assert relations.isdisjoint({"org:linkedTo", "org:unitOf", "gov:oversees", "prov:wasDerivedFrom", "gov:governs"})


def test_a_syntax_error_is_told_in_the_language_of_the_workbench(browser: Browser, site: Server) -> None:
    view = reader(browser, site.url)
    page = view.page
    page.goto(f"{site.url}/fr/sparql?query=SELCT")
    expect(page.locator("#panel .detail")).to_contain_text("n’a pas sa place ici ; vouliez-vous dire SELECT ?")
    assert page.locator("#panel .detail[lang]").count() == 0
    view.page.context.close()
