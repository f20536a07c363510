"""What people come for, from the home page in at most three clicks, in every language, to a page that says the answer."""

import csv
import html
import re
from collections.abc import Callable
from io import StringIO

import pytest
from playwright.sync_api import Page

from tests.browser.pages import LANGUAGES, Reader
from tests.conftest import Server

MOST = 3
ADDRESSES = ("gob", "directieraad", "brussel-mobiliteit", "brussel-synergie", "no-such-thing")


class Visitor:
    """Someone who starts at the home page and clicks."""

    def __init__(self, page: Page, origin: str, language: str) -> None:
        self.page, self.origin, self.language, self.clicks = page, origin, language, 0
        page.goto(f"{origin}/{language}/")

    def follow(self, path: str) -> "Visitor":
        """Click a link below the language that can be seen."""
        link = self.page.locator(f"a[href='/{self.language}/{path}']:visible").first
        link.click()
        self.page.wait_for_url(f"**/{self.language}/{path}")
        self.clicks += 1
        return self

    def says(self, *texts: str) -> None:
        """The page says so, and few clicks were needed."""
        assert self.clicks <= MOST
        said = re.sub(r"\s+", " ", self.page.locator("main").inner_text())
        for text in texts:
            assert text in said, (self.language, self.page.url, text)

    def sentence(self) -> str:
        """The answer of the page."""
        return self.page.locator("#sentence").inner_text()


@pytest.fixture(params=LANGUAGES)
def visitor(request: pytest.FixtureRequest, wide: Reader) -> Visitor:
    return Visitor(wide.page, wide.origin, request.param)


def saved(visitor: Visitor, click: Callable[[], None]) -> tuple[str, str]:
    """The name and the text of the file that a click saves."""
    with visitor.page.expect_download() as waiting:
        click()
    visitor.clicks += 1
    return waiting.value.suggested_filename, waiting.value.path().read_text(encoding="utf-8")


def test_who_chairs_what_is_the_mission_where_is_it_said(visitor: Visitor) -> None:
    visitor.follow("questions").follow("questions/board-chair")
    assert "secr" in visitor.sentence()
    visitor.says()
    visitor = Visitor(visitor.page, visitor.origin, visitor.language)
    visitor.follow("questions").follow("questions/missions")
    assert re.search(r"\b7\b", visitor.sentence())
    assert visitor.sentence().count("; ") >= 6
    visitor = Visitor(visitor.page, visitor.origin, visitor.language)
    visitor.follow("doc/key-figure/workforce")
    assert re.search(r"1[.,\s\u202f]?600", visitor.sentence())
    visitor.says("Méér dan", "S16")


def test_the_administrations_with_french_names_as_csv(visitor: Visitor) -> None:
    visitor.follow("questions").follow("questions/administrations")
    link = visitor.page.locator("a[download][href*='fr']:visible", has_text="CSV")
    if visitor.language == "fr":
        link = visitor.page.locator("a[download][href*='format=csv']:visible").first
    name, text = saved(visitor, link.click)
    assert name.startswith("administrations")
    rows = list(csv.DictReader(StringIO(text)))
    assert len(rows) == 8
    assert "8" in visitor.sentence()
    assert rows[5]["label"] == "Bruxelles Mobilité"
    visitor.says("8")


def test_staff_by_year_and_the_former_name(visitor: Visitor) -> None:
    visitor.follow("questions").follow("questions/staff-figures")
    for number in (r"2014: .*1\W?800", r"2020: 1\W?452", r"2021: 1\W?466", r"2022: 1\W?518"):
        assert re.search(number, visitor.sentence().replace("\u202f:", ":").replace("\u00a0:", ":")), number
    assert visitor.page.locator(".answer-bars.wide").is_visible()
    visitor = Visitor(visitor.page, visitor.origin, visitor.language)
    visitor.follow("history")
    assert re.search("Ministerie van het|Ministère de la", visitor.sentence())
    assert visitor.page.locator(".timeline a[href*='bbhr-2014-10-24']").is_visible()


def test_one_sheet_a_download_and_how_to_cite(visitor: Visitor) -> None:
    visitor.follow("chart")
    assert visitor.page.locator("button[data-print]").is_visible()
    assert re.search(r"\b8\b.*A4", visitor.sentence())
    visitor = Visitor(visitor.page, visitor.origin, visitor.language)
    visitor.follow("downloads")
    visitor.says("sha256sum", "dataset.nq")
    assert re.search(r"dataset\.nq.*[0-9a-f]{64}", visitor.sentence())
    visitor = Visitor(visitor.page, visitor.origin, visitor.language)
    visitor.follow("cite")
    visitor.says("https://data.example.org/id/dataset/gob-kg")
    assert "https://data.example.org/id/dataset/gob-kg/0.2.0" in visitor.sentence()


def test_what_changed_and_the_interface_for_programs(visitor: Visitor, site: Server) -> None:
    visitor.follow("changes")
    visitor.says("0.2.0")
    assert "0.2.0" in visitor.sentence()
    visitor = Visitor(visitor.page, visitor.origin, visitor.language)
    visitor.follow("api")
    visitor.says("curl", "/sparql")
    assert f"{visitor.origin}/sparql" in visitor.sentence()
    assert site.get("/sparql?query=ASK%7B%7D", Accept="application/json")[0] == 200


def test_addresses_and_a_number_are_checked_at_once(visitor: Visitor) -> None:
    visitor.follow("registries")
    lines = [f"https://data.example.org/id/organization/{name}" for name in ADDRESSES]
    visitor.page.locator("textarea").first.fill("\n".join([*lines, "0316.381.039"]))
    visitor.page.locator("form:has(textarea) button").first.click()
    visitor.clicks += 1
    visitor.says("0316.381.039", "organization/gob")
    assert re.search(r"6\D+\d", visitor.sentence())
    rows = visitor.page.locator("main table tbody tr").all_inner_texts()
    assert sum(any(name in html.unescape(row) for row in rows) for name in ADDRESSES[:4]) == 4
