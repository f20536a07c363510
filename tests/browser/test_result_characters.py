"""Every character of a literal on the page of a result, as Chromium reads it."""

import urllib.parse
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from playwright.sync_api import Browser, Route

from gob_graph.endpoint.engine.dispatcher import Answer, background
from gob_graph.endpoint.engine.engine import start_engine
from gob_graph.endpoint.web.app import create_app
from gob_graph.endpoint.web.result_page import ROWS_SHOWN, result_page
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, fetch
from tests.engine.test_result_characters import CHUNK, answer, literals, query

if TYPE_CHECKING:
    from flask import Flask

CHUNKS = range(0, 0x10000, CHUNK)
"""The basic plane: no query can hold more of it. The other planes are in the page of the second test."""


def test_every_character_comes_through_a_page(browser: Browser, server: Server) -> None:
    page = browser.new_page(java_script_enabled=True)
    shown = [b""]
    page.route("**/shown", lambda route: serve(route, shown[0]))
    seen = 0
    for start in CHUNKS:
        values = literals(start)
        form = urllib.parse.urlencode({"query": query(values)}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        status, headers, shown[0] = fetch(f"{server.url}/sparql", form, kind)
        assert status == 200
        assert headers["content-type"] == "text/html; charset=utf-8"
        page.goto(f"{server.url}/shown")
        found = page.eval_on_selector_all("td > span:first-child", "all => all.map(one => one.textContent)")
        # HTML has no way to write U+0000; the page shows the symbol for it.
        assert found == [value.replace("\0", "\u2400") for value in values], hex(start)
        seen += len(values)
    page.close()
    assert seen > 1300


def test_every_character_of_every_plane_comes_through_one_page(
    browser: Browser, release: Release, settings: Settings
) -> None:
    """The page is made of what the engine answers to a query that is too long for a request."""
    found = "".join(chr(n) for n in range(0x110000) if not 0xD800 <= n < 0xE000)
    size = len(found) // ROWS_SHOWN + 1
    values = [f"x{found[n : n + size]}y" for n in range(0, len(found), size)]
    body = page_of(Answer("bindings", "json", answer(values, "json")), release, settings)
    page = browser.new_page()
    page.route("**/shown", lambda route: serve(route, body))
    page.goto("http://127.0.0.1/shown")
    shown = page.eval_on_selector_all("td > span:first-child", "all => all.map(one => one.textContent)")
    page.close()
    assert sum(map(len, shown)) == 0x110000 - 0x800 + 2 * len(values)
    assert shown == [value.replace("\0", "\u2400") for value in values]


def page_of(found: Answer, release: Release, settings: Settings) -> bytes:
    chosen = replace(settings, query_workers=1, log_requests=0)
    engine = start_engine(release, chosen)
    try:
        edge = create_app(chosen, engine)
        edge.attach(background())
        app = cast("Flask", edge.app)
        app.add_url_rule("/shown", view_func=lambda: result_page("", found))
        response = app.test_client().get("/shown", headers={"Accept": "text/html"})
        assert response.status_code == 200
        return response.data
    finally:
        engine.close()


def serve(route: Route, body: bytes) -> None:
    route.fulfill(body=body, content_type="text/html; charset=utf-8")
