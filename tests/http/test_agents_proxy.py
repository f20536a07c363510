"""The tools for agents behind the shipped nginx: answers as they come, none kept, Host and Origin as they were sent."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, fetch
from tests.http.agents_server import tools_over_http
from tests.http.test_proxy import Proxy, in_front_of

PUBLIC = {"Host": "data.example.org"}
TYPES = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def call(number: int, tool: str, **arguments: object) -> bytes:
    params = {"name": tool, "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode()


@pytest.fixture(scope="module")
def front(
    server: Server, release: Release, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """The proxy before the server and the tools."""
    public = replace(settings, service_url="http://data.example.org")
    with (
        tools_over_http(release, public, tmp_path_factory.mktemp("mcp")) as tools,
        in_front_of(server, tmp_path_factory.mktemp("nginx"), tools) as made,
    ):
        yield made


def test_a_tool_answers_through_the_proxy(front: Proxy, release: Release) -> None:
    for number, text in ((7, "Brussel Mobiliteit"), (8, "Directieraad")):
        body = call(number, "search", text=text)
        status, headers, answer = fetch(front.url + "/mcp", body, TYPES | PUBLIC)
        assert (status, headers["content-type"]) == (200, "application/json")
        found = json.loads(answer)
        assert found["id"] == number, "no answer to another call"
        assert found["result"]["structuredContent"]["release"] == release.id
        assert found["result"]["structuredContent"]["candidates"][0]["sure"]
    assert fetch(front.url + "/health/live")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (PUBLIC | {"Origin": "http://data.example.org"}, 200),
        (PUBLIC | {"Origin": "https://evil.test"}, 403),
        ({"Host": "evil.test"}, 421),
    ],
)
def test_host_and_origin_come_as_they_were_sent(headers: dict[str, str], status: int, front: Proxy) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
    assert fetch(front.url + "/mcp", body, TYPES | headers)[0] == status


def test_a_call_that_is_too_large_is_refused(front: Proxy) -> None:
    assert fetch(front.url + "/mcp", call(1, "search", text="x" * 300_000), TYPES | PUBLIC)[0] == 413


def test_an_event_is_handed_on_before_the_next_one(server: Server, tmp_path: Path) -> None:
    read = threading.Event()

    class Events(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: 1\n\n")
            self.wfile.flush()
            self.wfile.write(b"data: 2\n\n" if read.wait(20) else b"data: too late\n\n")
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    events = ThreadingHTTPServer(("127.0.0.1", 0), Events)
    thread = threading.Thread(target=events.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with in_front_of(server, tmp_path, f"127.0.0.1:{events.server_address[1]}") as front:
            answer = front.say(
                b"POST /mcp HTTP/1.1\r\nHost: data.example.org\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
                seen=(b"data: 1", read.set),
            )
    finally:
        events.shutdown()
        events.server_close()
        thread.join()
    assert b"data: 2" in answer


def test_what_does_not_run_is_said(server: Server, tmp_path: Path) -> None:
    with in_front_of(server, tmp_path) as front:
        status, headers, body = fetch(front.url + "/mcp", b"{}", TYPES | PUBLIC)
    assert (status, headers["retry-after"], json.loads(body)["code"]) == (503, "2", "engine-down")
