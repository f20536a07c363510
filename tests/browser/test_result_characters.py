"""Every character of a literal on the page of a result, as Chromium reads it."""

import urllib.parse

from playwright.sync_api import Browser, Route

from tests.conftest import Server, fetch
from tests.engine.test_result_characters import CHUNK, literals, query

CHUNKS = [*range(0, 0x10000, CHUNK), *(plane << 16 for plane in range(1, 17)), 0x110000 - CHUNK]
"""The basic plane whole, and of each other one, in which HTML treats no character in another way, the first ones."""


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
    assert seen > 2500


def serve(route: Route, body: bytes) -> None:
    route.fulfill(body=body, content_type="text/html; charset=utf-8")
