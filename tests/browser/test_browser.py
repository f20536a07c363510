"""The pages in a real browser: structure, policy, accessibility, widths, keyboard, languages, print, without script."""

import re
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from playwright.sync_api import Browser

from gob_graph.release import Release
from tests.browser.pages import (
    CSP,
    EVERY_RULE,
    LANGUAGES,
    NARROW,
    OF_COLOURS,
    PAGES,
    WIDE,
    Reader,
    Visit,
    rdfa,
    reader,
)
from tests.browser.pages import page as fetched
from tests.conftest import Server

WINDOWS = ((WIDE, "light"), (NARROW, "light"), (WIDE, "dark"), (NARROW, "dark"))
UNDECIDED = (Path(__file__).parent / "axe-undecided.txt").read_text(encoding="utf-8").splitlines()
LOOKED_AT = [tuple(line.split(" ", 1)) for line in UNDECIDED if not line.startswith("#")]
"""What axe-core cannot decide and a person has looked at, by page; a new entry wants a look."""

Window = Callable[[int, str], Reader]


@pytest.fixture(scope="module")
def resources(store: ox.Store, release: Release) -> list[str]:
    """One thing of each class that has things of ours, as paths of documents."""
    base = release.base_iri
    query = f"""SELECT ?class (MIN(STR(?thing)) AS ?one) WHERE {{
        ?thing a ?class . FILTER(STRSTARTS(STR(?thing), "{base}/id/") || STRSTARTS(STR(?thing), "{base}/auth/"))
    }} GROUP BY ?class ORDER BY ?class"""
    found = [row["one"].value.removeprefix(base) for row in store.query(query)]  # type: ignore[union-attr,index]
    paths = [f"doc{p}" if p.startswith("/auth/") else f"doc/{p.removeprefix('/id/')}" for p in found]
    assert len(paths) >= 30
    return list(dict.fromkeys(paths))


def basics(visit: Visit, language: str) -> list[str]:
    """Status, headers, language and title."""
    page, headers = visit.page, visit.headers
    wrong = []
    if visit.status != 200:
        wrong.append(f"status {visit.status}")
    for name, value in (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("content-language", language),
    ):
        if headers.get(name) != value:
            wrong.append(f"{name}: {headers.get(name)}")
    if "set-cookie" in headers:
        wrong.append("a cookie")
    if page.evaluate("document.documentElement.lang") != language:
        wrong.append("html lang")
    if not re.match(r".+ – .+", page.title()):
        wrong.append(f"title {page.title()!r}")
    return wrong


def languages(visit: Visit, path: str, language: str) -> list[str]:
    """The language links lead to the same page in each language, and say so."""
    hrefs = visit.page.evaluate(
        "[...document.querySelectorAll('.languages a')].map(a => [a.hreflang, a.getAttribute('href')])"
    )
    expected = [[code, f"/{code}/{path}"] for code in LANGUAGES]
    wrong = [] if _plain(hrefs, path) == expected else [f"language links {hrefs}"]
    current = visit.page.evaluate("[...document.querySelectorAll('.languages [aria-current]')].map(a => a.hreflang)")
    if current != [language]:
        wrong.append(f"current language {current}")
    alternate = visit.page.evaluate(
        "[...document.querySelectorAll('link[rel=alternate][hreflang]')].map(a => [a.hreflang, a.getAttribute('href')])"
    )
    if _plain(alternate, path) != expected:
        wrong.append(f"alternates {alternate}")
    return wrong


def _plain(links: list[list[str]], path: str) -> list[list[str]]:
    """Links as they are read; what a page adds by itself to an address without a query is left out."""
    return [[code, (href if "?" in path else href.split("?")[0]).replace("%3A", ":")] for code, href in links]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_in_every_language_width_and_scheme(path: str, window: Window) -> None:
    """Each language is opened in one width and scheme, and then seen in both widths in the light.

    axe-core looks in each width with all rules, and in the dark with those that colours concern.
    """
    turn = PAGES.index(path)
    wrong, undecided = {}, []
    for number, (width, scheme) in enumerate(WINDOWS):
        language = LANGUAGES[(turn + number) % 4]
        opened = window(width, scheme)
        visit = opened.open(f"/{language}/{path}")
        wrong[language, width, scheme] = basics(visit, language) + visit.look() + languages(visit, path, language)
        violations, rules = visit.examined(EVERY_RULE if scheme == "light" else OF_COLOURS)
        wrong[language, width, scheme] += violations
        undecided += rules if (width, scheme) == (WIDE, "light") else []
        for other in (WIDE, NARROW):
            if (other, "light") != (width, scheme):
                with opened.seen(other, "light"):
                    wrong[language, other, "light"] = visit.look()
    assert {where: what for where, what in wrong.items() if what} == {}
    assert undecided == [rule for page, rule in LOOKED_AT if page == (path or "/")]


def test_what_was_looked_at_are_pages() -> None:
    assert {page for page, _ in LOOKED_AT} <= {path or "/" for path in PAGES}


def test_a_thing_of_each_class(resources: list[str], window: Window) -> None:
    """In every language, the widths in turns; axe-core in one language, its windows in turns."""
    wrong = {}
    turns = cycle((WIDE, NARROW))
    examined = cycle([(w, s, code) for code in LANGUAGES for w, s in WINDOWS])
    for path in resources:
        *place, chosen = next(examined)
        for language in LANGUAGES:
            width, scheme = place if language == chosen else (next(turns), "light")
            visit = window(width, scheme).open(f"/{language}/{path}")
            found = basics(visit, language) + visit.look() + languages(visit, path, language)
            wrong[path, language, width, scheme] = found + (visit.axe() if language == chosen else [])
    assert {where: what for where, what in wrong.items() if what} == {}


def test_titles_differ(site: Server) -> None:
    """That the browser shows them is seen above."""
    titles = {}
    for path in (path for path in PAGES if "?" not in path and path != "ns/governance"):
        (titles[path],) = re.findall(r"<title>(.*?)</title>", fetched(site, f"/en/{path}"))
    assert len(set(titles.values())) == len(titles) >= 15


def test_the_facts_on_a_page_are_the_triples_of_its_turtle(
    resources: list[str], wide: Reader, site: Server, release: Release
) -> None:
    string = "http://www.w3.org/2001/XMLSchema#string"
    compared = 0
    catalogued: dict[str, set[tuple[str, str, str | None, str | None]]] = {}
    for quad in ox.parse(site.get("/catalogue", Accept="text/turtle")[2], format=ox.RdfFormat.TURTLE):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            said = (quad.predicate.value, quad.object.value, None, None)
            catalogued.setdefault(quad.subject.value, set()).add(said)
    for path in resources:
        turtle = site.get(f"/{path}.ttl")[2]
        about = (
            release.base_iri
            + "/"
            + (path.removeprefix("doc/") if path.startswith("doc/auth/") else path.replace("doc/", "id/", 1))
        )
        expected = set()
        for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE):
            if quad.subject != ox.NamedNode(about):
                continue
            value = quad.object
            if isinstance(value, ox.Literal):
                datatype = None if value.language else value.datatype.value
                expected.add((quad.predicate.value, value.value, value.language, datatype))
            elif isinstance(value, ox.NamedNode):
                expected.add((quad.predicate.value, value.value, None, None))
        shown = rdfa(wide.open(f"/en/{path}").page, about)
        for predicate, more in wide.page.evaluate(MORE):
            # A long list is cut; the page says by how many.
            whole = {fact for fact in expected if fact[0] == predicate}
            listed = {fact for fact in shown if fact[0] == predicate}
            assert (len(listed), len(listed) + more, listed <= whole) == (60, len(whole), True), (path, predicate)
            shown, expected = shown - listed, expected - whole
        # The document of a dataset has its files as well, as the catalogue says them; the page links to the downloads.
        beside = catalogued.get(about, set())
        assert shown - beside == expected - beside, path
        compared += len(shown)
    assert compared > 300
    assert string


MORE = """() => [...document.querySelectorAll('[about] > div:has([data-more])')].map((row) => [
    row.querySelector('[property]').getAttribute('property'), Number(row.querySelector('[data-more]').dataset.more),
])"""
"""Properties of which a page leaves out facts, with how many."""


def test_the_keyboard_goes_through_a_page(wide: Reader) -> None:
    page = wide.open("/en/chart").page
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.get_attribute("href") == "#main"
    assert skip.evaluate("e => e.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth })()"
        )
        here = page.evaluate(
            "document.activeElement.tagName + (document.activeElement.href || document.activeElement.type || '')"
        )
        if here == "BODY":
            break
        assert outline == "solid3px" or "date" in here, here
        seen.append(here)
    assert len(seen) > 20
    assert any("/sparql" in link for link in seen)


def test_the_copy_button_copies_the_iri_and_says_so(browser: Browser, site: Server) -> None:
    view = reader(browser, site.url, permissions=["clipboard-read", "clipboard-write"])
    page = view.open("/en/doc/organization/directieraad").page
    button = page.locator(".iri-bar button[data-copy]")
    button.click()
    page.wait_for_function("document.getElementById('announcement').textContent !== ''")
    assert page.evaluate("navigator.clipboard.readText()") == "https://data.example.org/id/organization/directieraad"
    assert page.locator("#announcement").inner_text() == "Copied"
    page.context.close()


def test_a_table_is_filtered_without_regard_to_accents(wide: Reader) -> None:
    page = wide.open("/nl/browse/gov:Administration").page
    page.locator("[data-filter] input").fill("financien")
    assert page.locator("#members-table tbody tr:visible").count() == 1
    assert page.locator("[data-rows]").inner_text().endswith("1")


@pytest.mark.parametrize("path", ["organization/directieraad", "post/secretaris-generaal"])
def test_the_neighbourhood_draws_what_was_said(path: str, wide: Reader, site: Server) -> None:
    """A small one on the page of the thing, a large one on a page of its own that leads to the lists."""
    page = wide.open(f"/en/doc/{path}").page
    listed = set(page.locator(".facts a[href]").evaluate_all("es => es.map(e => e.getAttribute('href'))"))
    rows = page.locator(".facts > div").evaluate_all(
        "es => es.map(e => [e.id, e.querySelectorAll('dd > a:not(.proof)').length])"
    )
    small = page.locator(".neighbourhood").count() > 0
    assert small == (path == "post/secretaris-generaal")
    if not small:
        page.locator(f"a[href='/en/neighbourhood/{path}']").click()
        page.wait_for_url(f"**/en/neighbourhood/{path}")
    for layout in ("wide", "narrow"):
        page.set_viewport_size({"width": WIDE if layout == "wide" else 360, "height": 900})
        nodes = page.locator(f".neighbourhood.{layout} a.node")
        drawn = nodes.evaluate_all("es => es.map(e => [e.matches('.more'), e.getAttribute('href'), e.textContent])")
        assert len(drawn) >= (3 if small else 10)
        assert {target for more, target, _ in drawn if not more} <= listed
        for target, text in [(target, text) for more, target, text in drawn if more]:
            assert target.startswith(f"/en/doc/{path}#")
            assert int(re.sub(r"\D", "", text)) == dict(rows)[target.partition("#")[2]] - 6
        assert page.evaluate(LOOSE, layout) == []
    page.set_viewport_size({"width": WIDE, "height": 900})


LOOSE = """(layout) => [...document.querySelectorAll(`.neighbourhood.${layout} .node`)].filter((node) => {
    const box = node.querySelector('rect').getBBox(), words = node.querySelector('text').getBBox();
    return words.x < box.x || words.x + words.width > box.x + box.width || words.y + words.height > box.y + box.height;
}).map((node) => node.textContent)"""


def test_without_script_everything_is_there(browser: Browser, site: Server, wide: Reader) -> None:
    bare = reader(browser, site.url, java_script_enabled=False)
    for path in ("", "chart", "about", "doc/organization/gob", "browse/gov:Mission"):
        page = wide.page
        page.goto(f"{site.url}/en/{path}")
        with_script = page.locator("main").inner_text()
        bare.page.goto(f"{site.url}/en/{path}")
        without = bare.page.locator("main").inner_text()
        for line in filter(None, without.splitlines()):
            assert line in with_script
        assert (
            bare.page.locator("button[data-copy]:visible, button[data-print]:visible, [data-filter]:visible").count()
            == 0
        )
        assert bare.page.locator("main a").count() == page.locator("main a").count()
    bare.page.context.close()


def test_a_person_finds_chair_missions_and_where_a_number_comes_from(wide: Reader) -> None:
    page = wide.open("/en/").page
    board = page.locator(".glance > div", has_text="Board")
    assert "secretaris-generaal (secretary-general – our wording)" in " ".join(board.inner_text().split())
    page.get_by_role("link", name="7 missions, in the order of the source").click()
    assert page.locator("#missions").inner_text() == "7 missions"
    assert page.locator("section[aria-labelledby=missions] > ol > li").count() == 7
    page.go_back()
    row = page.locator(".glance > div", has_text="people at your service")
    assert "more than 1,600" in row.inner_text()
    words = row.locator(".evidence a[href*=':~:text=']").get_attribute("href")
    assert words == "https://overheidsdienst.brussels/wie-zijn-we#:~:text=M%C3%A9%C3%A9r%20dan%201600,tot%20uw%20dienst"
    row.locator(".evidence a").first.click()
    page.wait_for_url("**/source#*")
    assert "1600" in page.locator("main").inner_text()


def test_a_page_is_light(wide: Reader, browser: Browser, site: Server) -> None:
    view = reader(browser, site.url)
    sizes: list[int] = []
    view.page.on("response", lambda r: sizes.append(len(r.body())))
    view.page.goto(site.url + "/fr/", wait_until="networkidle")
    assert sum(sizes) < 100_000, sizes
    view.page.context.close()


def test_what_a_first_visit_transfers_is_little(browser: Browser, site: Server) -> None:
    """HTML, styles, scripts and fonts, as they travel (compressed where the browser takes it)."""
    for path, limit in (
        ("chart", 100),
        ("model", 100),
        ("doc/organization/gob", 100),
        ("source", 100),
        ("sparql", 250),
    ):
        view = reader(browser, site.url)
        answers: list[Any] = []
        view.page.on("requestfinished", lambda request, seen=answers: seen.append(request))
        view.page.goto(f"{site.url}/de/{path}", wait_until="networkidle")
        sizes = {request.url: request.sizes()["responseBodySize"] for request in answers}
        assert len(sizes) >= 5
        assert sum(sizes.values()) < limit * 1000, sizes
        view.page.context.close()
