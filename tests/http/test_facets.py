"""Browsing by facet: class, layer, language and year as links with counts that hold, in the address."""

import html
import re

import pytest

from tests.browser.pages import HTML, LANGUAGES, page
from tests.conftest import Server

OPTION = re.compile(
    r'<li><a href="([^"]+)" rel="nofollow"( class="drop" aria-current="true")?>(.*?)</a> <span class="muted">([^<]+)<'
)
TOTAL = re.compile(r'<h2 id="things">(\d+)')


def options(shown: str) -> dict[str, tuple[bool, int]]:
    return {
        html.unescape(address): (bool(chosen), int(re.sub(r"\D", "", count)))
        for address, chosen, _, count in OPTION.findall(shown)
    }


def total(shown: str) -> int:
    found = TOTAL.search(shown)
    assert found
    return int(found[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_count_is_what_its_link_leads_to(site: Server, language: str) -> None:
    first = options(page(site, f"/{language}/browse"))
    kinds = {address.partition("?")[2].partition("=")[0] for address in first}
    assert kinds == {"class", "layer", "lang", "year"}
    for address in (f"/{language}/browse?class=gov:KeyFigure", f"/{language}/browse?year=2022"):
        assert total(page(site, address)) == first[address][1]
    one = f"/{language}/browse?class=gov:KeyFigure"
    shown = page(site, one)
    assert options(shown)[f"/{language}/browse"][0], "what is chosen leads to the list without it"
    both = f"{one}&year=2022"
    count = options(shown)[both][1]
    narrowed = page(site, both)
    assert 0 < total(narrowed) == count < total(shown)
    assert f'href="/{language}/doc/key-figure/staff-2022"' in narrowed
    assert '<meta name="robots" content="noindex">' in narrowed


def test_every_facet_at_once_and_what_nothing_has(site: Server) -> None:
    all_four = page(site, "/fr/browse?class=gov:KeyFigure&layer=history&lang=fr&year=2022")
    assert "staff-2022" in all_four
    assert sum(chosen for chosen, _ in options(all_four).values()) == 4
    assert total(page(site, "/fr/browse?class=gov:Mission&year=2022")) == 0
    for wrong in ("class=gov:Nothing", "year=1066", "class=gov:KeyFigure&page=9", "layer=x"):
        assert site.get(f"/fr/browse?{wrong}", Accept=HTML)[0] == 404, wrong


def test_pages_of_a_long_list(site: Server) -> None:
    first, second = (page(site, f"/nl/browse?lang=nl&page={n}") for n in (1, 2))
    assert 'href="/nl/browse?lang=nl&amp;page=2"' in first
    rows = [
        set(re.findall(r'<li><a href="([^"]+)"', text.split('id="things"')[1].split("</ul>")[0]))
        for text in (first, second)
    ]
    assert len(rows[0]) >= 40
    assert not rows[0] & rows[1]
    assert len(first) < 100_000


def test_a_class_page_leads_to_its_facets(site: Server) -> None:
    assert 'href="/de/browse?class=gov:KeyFigure"' in page(site, "/de/browse/gov:KeyFigure")
