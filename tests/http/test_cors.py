"""Scripts of other sites may read everything: preflights of every operation, and a real browser on another origin."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from gob_graph.endpoint.web.pages.operations import OPERATIONS
from gob_graph.endpoint.web.preflight import ACCEPTED
from tests.conftest import Server, fetch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LONG = ", ".join(f"application/vnd.example.representation-{n};q=0.1" for n in range(4)) + ", */*;q=0.01"
"""An Accept header that a browser asks about first, as it has more than 128 bytes."""
SENT = {
    "Accept": LONG,
    "X-Requested-With": "XMLHttpRequest",
    "If-None-Match": '"none-such"',
    "Accept-Datetime": "Wed, 01 Jan 2120 12:00:00 GMT",
}
PAGE = b"<!doctype html><title>Elsewhere</title>"


def preflight(server: Server, path: str, method: str, fields: str) -> tuple[int, dict[str, str], bytes]:
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": fields,
    }
    return fetch(server.url + path, headers=asked, method="OPTIONS")


def test_every_operation_answers_a_preflight(server: Server) -> None:
    assert len(LONG) > 128
    for path in {row.path for row in OPERATIONS}:
        methods = {row.method.upper() for row in OPERATIONS if row.path == path}
        kinds = {"language": "nl", "kind": "entity", "number": "1", "name": "match" if "draft" in path else "x"}
        address = re.sub(r"\{(\w+)\}", lambda m: kinds.get(m[1], "x"), path)  # noqa: B023 - used at once
        for method in methods:
            status, headers, body = preflight(server, address, method, ", ".join(map(str.lower, ACCEPTED)))
            assert (status, body) == (204, b""), address
            assert headers["access-control-allow-origin"] == "*"
            assert methods <= set(headers["access-control-allow-methods"].split(", ")), address
            assert headers["access-control-allow-headers"].split(", ") == list(ACCEPTED)
            assert int(headers["access-control-max-age"]) > 0
        status, headers, _ = fetch(server.url + address, method="OPTIONS")
        allowed = set(headers["allow"].split(", "))
        assert (status, allowed) == (204, methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())), address


def test_preflight_of_what_is_not_there_lets_the_script_see_the_404(server: Server) -> None:
    assert preflight(server, "/none/such", "GET", "accept")[0] == 204
    assert fetch(server.url + "/none/such", method="OPTIONS")[0] == 404


class Elsewhere(BaseHTTPRequestHandler):
    """Another site: one page, nothing of ours."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{site.server_address[1]}/"
        site.shutdown()
        thread.join()


FROM_ELSEWHERE = """async ([url, sent]) => {
    const description = await (await fetch(url + "/api/openapi.json")).json();
    const found = [];
    for (const [path, methods] of Object.entries(description.paths)) {
        if (path.startsWith("/{language}")) continue;
        for (const [method, operation] of Object.entries(methods)) {
            const headers = {...sent};
            let body;
            if (operation.requestBody) {
                const types = Object.keys(operation.requestBody.content);
                headers["Content-Type"] = types.includes("application/json") ? "application/json" : types[0];
                body = "{}";
            }
            const asked = {method: method.toUpperCase(), headers, body};
            try {
                const answer = await fetch(url + operation["x-sample"], asked);
                await answer.arrayBuffer();
                found.push([path, method, answer.status, answer.headers.get("gob-graph-release") !== null]);
            } catch (error) {
                found.push([path, method, String(error), false]);
            }
        }
    }
    return found;
}"""


def test_script_of_another_site_reads_every_operation(server: Server, browser: "Browser", elsewhere: str) -> None:
    """With all the headers that make a browser ask first, in the real Chromium."""
    page = browser.new_page()
    try:
        page.goto(elsewhere)
        found: list[list[Any]] = page.evaluate(FROM_ELSEWHERE, [server.url, SENT])
        part = page.evaluate(
            """async (url) => {
                const answer = await fetch(url, {headers: {Range: "bytes=0-9", "If-Range": '"none-such"'}});
                return [answer.status, answer.headers.get("repr-digest") !== null];
            }""",
            server.url + "/releases/latest/dataset.nq",
        )
    finally:
        page.close()
    unread = [row for row in found if not isinstance(row[2], int) or not row[3]]
    assert unread == []
    assert len(found) >= 45
    assert part == [200, True]
