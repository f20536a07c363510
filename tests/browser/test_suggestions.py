"""Suggestions in the search field: by keyboard and by pointer; without script the form searches."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.pages import Reader
    from tests.conftest import Server


def test_suggestions_by_keyboard(window: "Callable[..., Reader]") -> None:
    from playwright.sync_api import expect

    visit = window(1280).open("/nl/chart")
    page = visit.page
    field = page.locator(".find input[role=combobox]")
    field.press_sequentially("mobilit")
    options = page.locator(".suggestions li")
    expect(options.first).to_contain_text("Brussel Mobiliteit")
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    assert visit.axe() == []
    field.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_have_value("mobilit")
    field.press("e")
    expect(options.first).to_be_visible()
    field.press("ArrowUp")
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url("**/nl/doc/organization/brussel-mobiliteit")


def test_a_suggestion_is_clicked(window: "Callable[..., Reader]") -> None:
    page = window(360).open("/fr/").page
    field = page.locator("main input[role=combobox]")
    field.press_sequentially("chef directieraad")
    field.fill("KBO")
    page.locator(".suggestions li").filter(has_text="registres").click()
    page.wait_for_url("**/fr/registries")


def test_without_script_the_form_searches(browser: "Browser", site: "Server") -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/de/chart")
    page.locator("input[name=q]").fill("Mitarbeiter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/de/search?q=Mitarbeiter")
    assert "Personalzahlen" in page.locator(".results").inner_text()
    context.close()
