"""The page of what changed, with several releases: accessible, within its width, and any two are compared."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.pages import NARROW, WIDE, reader
from tests.conftest import Server, Starter
from tests.world import World, made

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def served(world: World, start: Starter) -> Server:
    return start(world.settings)


def test_any_two_releases_are_compared(world: World, served: Server, browser: "Browser") -> None:
    wide = reader(browser, served.url, WIDE)
    page = wide.open("/nl/changes").page
    assert page.locator("table").count() == 3
    page.locator("#old").select_option(world.ids[0])
    page.locator("#new").select_option(world.ids[3])
    page.locator("form.compare button").click()
    page.wait_for_url(f"**/nl/changes?old={world.ids[0]}&new={world.ids[3]}")
    (row,) = [r for r in page.locator("tbody tr").all_inner_texts() if r.split("\t")[2:] == ["Water", "Waters"]]
    assert row.startswith("Waters\t")
    assert page.locator("#old").input_value() == world.ids[0]


def test_the_page_is_accessible(served: Server, browser: "Browser") -> None:
    for width, scheme, language in ((WIDE, "light", "fr"), (NARROW, "dark", "de")):
        visit = reader(browser, served.url, width, scheme).open(f"/{language}/changes")
        assert visit.axe() == []
        assert visit.look() == []
