"""A follower beside a server that misbehaves in every way: each fault is told in one line, and tried again."""

import contextlib
import hashlib
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gob_graph import follow as following
from gob_graph.cli import main
from gob_graph.download import DownloadError, Source, retry_after
from gob_graph.errors import GobGraphError
from gob_graph.follow_loop import STATUS, Follower
from gob_graph.publication import publications
from gob_graph.release import build_lock
from tests.conftest import LONG, Starter, fetch
from tests.http.test_follow import quiet, same
from tests.world import made, rename_water

NOW = 1_800_000_000.0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # the follower cuts the connection, as it should
            self.server.behave(self)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Behaviour = Callable[[Handler], None]


@dataclass
class Bad:
    """A server on loopback whose behaviour can be changed at any moment."""

    server: ThreadingHTTPServer
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def does(self, behave: Behaviour) -> None:
        def noted(handler: Handler) -> None:
            self.asked.append(handler.path)
            behave(handler)

        self.server.behave = noted  # type: ignore[attr-defined]


@pytest.fixture
def bad() -> Iterator[Bad]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Bad(server)
    server.shutdown()
    server.server_close()
    thread.join()


def answer(status: int, body: bytes, length: int | None = None, **headers: str) -> Behaviour:
    def behave(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/n-triples")
    handler.end_headers()
    while True:
        handler.wfile.write(b"# more\n" * 10_000)


def dripping(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/n-triples")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while True:
        handler.wfile.write(b"#")
        handler.wfile.flush()
        time.sleep(0.02)


def dripping_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.02)


def no_http(handler: Handler) -> None:
    handler.wfile.write(b"\x16\x03\x01 no HTTP at all\r\n\r\n")


NT = {"Content_Type": "application/n-triples"}
FAULTS: dict[str, tuple[Behaviour, str]] = {
    "a page of maintenance with 200": (answer(200, b"<html>soon</html>", Content_Type="text/html"), "page of maintenance"),
    "HTML that calls itself N-Triples": (answer(200, b"<html>soon</html>", **NT), "is no feed of releases"),
    "bytes that are no text": (answer(200, b"\xff\xfe\x00", **NT), "is no feed of releases"),
    "a page without a state": (answer(200, b"<http://e/f> <https://w3id.org/tree#node> <http://e/feed/1> .\n", **NT), "no feed"),
    "a number that is none": (answer(200, b"<http://e/f> <https://w3id.org/tree#node> <http://e/feed/x> .\n", **NT), "no feed"),
    "a body that is cut": (answer(200, b"# nothing\n", length=5000, **NT), "was cut|cannot be reached"),
    "an endless body": (endless, "sends more than the 100000 bytes"),
    "a body by drips": (dripping, "did not come whole within 0.5 s"),
    "a head by drips": (dripping_head, "did not come whole within 0.5 s"),
    "no HTTP": (no_http, "cannot be reached"),
    "a closed connection": (lambda handler: None, "cannot be reached"),
    "another host": (answer(302, b"", Location="http://127.0.0.2:9/feed"), "is not followed"),
    "another scheme": (answer(301, b"", Location="https://127.0.0.1/feed"), "is not followed"),
    "a file": (answer(302, b"", Location="file:///etc/hostname"), "not followed|answered 302"),
    "a circle": (answer(302, b"", Location="/feed"), "answered 302"),
    "busy for long": (answer(503, b"<h1>busy</h1>\nwait", Retry_After="120"), "answered 503"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_one_line_and_tried_again(name: str, bad: Bad, tmp_path: Path) -> None:
    behave, reason = FAULTS[name]
    bad.does(behave)
    # Only what never ends is cut off by time.
    total = 0.5 if behave in {dripping, dripping_head} else LONG
    source = Source(silence=LONG, total=total, tries=2, pause=lambda _: None, now=lambda: NOW, chance=lambda: 0.5)
    limited = Limited(source)
    told: list[str] = []
    pauses: list[float] = []
    follower = Follower(bad.url, tmp_path / "copy", told.append, 60, source=limited, pause=pauses.append)  # type: ignore[arg-type]
    follower.forever(lambda _: None, rounds=3)
    assert len(told) == 3
    assert all("\n" not in line for line in told)
    assert all(re.search(reason, line) for line in told), told
    assert pauses == ([120.0, 120.0, 240.0] if "busy" in name else [60.0, 120.0, 240.0])
    status = json.loads((tmp_path / "copy" / STATUS).read_text())
    assert status["faults_in_a_row"] == 3
    assert status["last_success"] is None
    assert status["last_fault"]["text"] in told[-1]
    assert status["next_try"] == datetime.fromtimestamp(NOW + pauses[-1], UTC).isoformat(timespec="seconds")
    assert publications(tmp_path / "copy") == []


class Limited:
    """A source that takes less than is shipped."""

    def __init__(self, source: Source) -> None:
        self.source, self.now, self.chance = source, source.now, source.chance

    def fetch(self, address: str, accept: str = "*/*", largest: int = 100_000) -> bytes:
        return self.source.fetch(address, accept, min(largest, 100_000))

    def save(self, address: str, path: Path, size: int) -> str:
        return self.source.save(address, path, min(size, 100_000))


def test_the_folder_is_free_while_a_download_hangs(bad: Bad, tmp_path: Path) -> None:
    inside, free = threading.Event(), threading.Event()

    def hang(handler: Handler) -> None:
        inside.set()
        free.wait(LONG)

    bad.does(hang)
    source = Source(tries=1, silence=LONG)
    faults: list[str] = []

    def run() -> None:
        try:
            following.follow(bad.url, tmp_path, quiet, source)
        except GobGraphError as error:
            faults.append(str(error))

    running = threading.Thread(target=run)
    running.start()
    assert inside.wait(LONG)
    with build_lock(tmp_path):
        pass
    free.set()
    running.join(LONG)
    assert not running.is_alive()
    assert len(faults) == 1


def test_retry_after_in_seconds_and_as_a_date() -> None:
    def asked(value: str) -> float:
        headers = Message()
        headers["Retry-After"] = value
        return retry_after(headers, NOW)

    assert asked("17") == 17
    assert asked(format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True)) == 90
    assert asked(format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True)) == 0
    assert asked("9" * 400) == asked("Fri, 31 Dec 9999 23:59:59 GMT") == 86_400
    for nonsense in ("", "soon", "-1", "1.5", "Fri, 99 Foo 20", "²", "\u0661"):
        assert asked(nonsense) == 0, nonsense


def test_pauses_grow_up_to_a_bound_and_by_chance(tmp_path: Path) -> None:
    follower = Follower("http://127.0.0.1:9", tmp_path, quiet, 60, source=Source(chance=lambda: 1.0))
    pauses = []
    for faults in range(1, 2000, 7):
        follower.faults = faults
        pauses.append(follower.next_pause())
    assert pauses[0] == 75
    assert pauses == sorted(pauses)
    assert pauses[-1] == 3600 * 1.25
    assert follower.next_pause(10_000) == 10_000
    assert follower.next_pause(1e9) == 86_400


def test_between_tries_of_one_address_the_server_is_given_what_it_asks(bad: Bad) -> None:
    bad.does(answer(503, b"", Retry_After="7"))
    pauses: list[float] = []
    with pytest.raises(DownloadError, match="answered 503"):
        Source(tries=3, pause=pauses.append, chance=lambda: 0.5).fetch(bad.url)
    assert pauses == [7.0, 7.0]
    assert len(bad.asked) == 3


def test_a_follower_recovers_and_a_foreign_manifest_is_refused(bad: Bad, tmp_path: Path, start: Starter) -> None:
    """A server that hands on what the origin says, but spoils the manifest and names the digest of the spoilt one."""
    world = made(tmp_path / "origin")
    origin = start(world.settings)
    spoil: dict[str, Callable[[dict[str, object]], dict[str, object]]] = {
        "id": lambda m: m | {"id": world.ids[2]},
        "base": lambda m: m | {"base_iri": "https://data.example.com"},
        "prefix": lambda m: m | {"prefixes": m["prefixes"] | {"org": "https://evil.example/"}},  # type: ignore[operator]
        "key": lambda m: {k: v for k, v in m.items() if k != "files"},
        "name": lambda m: m | {"files": m["files"] | {"../../x": {"bytes": 1, "sha256": "0" * 64}}},  # type: ignore[operator]
    }
    kind = ""

    def hand_on(handler: Handler) -> None:
        status, headers, body = fetch(origin.url + handler.path, headers={"Accept": handler.headers["Accept"]})
        manifest = fetch(f"{origin.url}/releases/{world.ids[1]}/manifest.json")[2]
        if kind:
            spoilt = json.dumps(spoil[kind](json.loads(manifest))).encode()
            body = (
                spoilt
                if body == manifest
                else body.replace(
                    hashlib.sha256(manifest).hexdigest().encode(), hashlib.sha256(spoilt).hexdigest().encode()
                )
            )
        answer(status, body, Content_Type=headers["content-type"])(handler)

    bad.does(hand_on)
    copy = tmp_path / "copy"
    follower = Follower(
        bad.url, copy, quiet, source=Source(tries=1, pause=lambda _: None), status_file=tmp_path / "status"
    )
    for kind in spoil:
        with pytest.raises(GobGraphError, match="manifest"):
            follower.once()
        assert [p.release for p in publications(copy)] == world.ids[:1], kind
    kind = ""
    assert follower.once() == 3
    follower.write_status(60)
    assert same(world.folder, copy)
    status = json.loads((tmp_path / "status").read_text())
    assert (status["release"], status["faults_in_a_row"]) == (world.ids[3], 0)
    assert status["last_success"]
    assert status["last_fault"]["text"]


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda body: body[: len(body) * 2 // 3],
    "binary": lambda body: b"\x00\xff\xfe" + body[3:],
    "a line more": lambda body: body + b"\n\xe9\n",
}


def test_the_command_ends_with_2_whatever_file_of_the_origin_is_broken(
    bad: Bad, tmp_path: Path, start: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of file and page of a server that hands on the rest as it is."""
    world = made(tmp_path / "origin")
    origin = start(world.settings)
    source = Source(tries=1)
    monkeypatch.setattr("gob_graph.follow_loop.Follower", partial(Follower, source=source))
    kept: dict[tuple[str, str], tuple[int, dict[str, str], bytes]] = {}
    broken, how = "", ""

    def hand_on(handler: Handler) -> None:
        asked = (handler.path, handler.headers["Accept"])
        if asked not in kept:
            kept[asked] = fetch(origin.url + handler.path, headers={"Accept": asked[1]})
        status, headers, body = kept[asked]
        if handler.path == broken:
            body = SPOILED[how](body)
        answer(status, body, Content_Type=headers["content-type"])(handler)

    def follow(folder: Path) -> Result:
        return CliRunner().invoke(main, ["follow", bad.url, str(folder), "--once"], catch_exceptions=False)

    bad.does(hand_on)
    assert follow(tmp_path / "whole").exit_code == 0
    assert same(world.folder, tmp_path / "whole")
    # The digests of all other files are in the manifest, like that of source.ttl.
    once = ["/feed", "/feed/1", *(f"/releases/{world.ids[0]}/{name}" for name in ("manifest.json", "source.ttl"))]
    assert {path for path, _ in kept} >= set(once)
    for number, (broken, how) in enumerate(itertools.product(once, SPOILED)):
        found = follow(tmp_path / str(number))
        assert (found.exit_code, found.stdout) == (2, ""), (broken, how, found.stderr)
        assert "unexpected" not in found.stderr, (broken, how)
        assert "Traceback" not in found.stderr
        assert not (tmp_path / str(number) / world.ids[3]).exists()


def test_a_release_that_was_damaged_here_is_fetched_again(tmp_path: Path, start: Starter) -> None:
    world = made(tmp_path / "origin")
    origin, copy = start(world.settings), tmp_path / "copy"
    following.follow(origin.url, copy, quiet)
    (copy / world.ids[3] / "dataset.nq").write_bytes(b"spoiled")
    fifth = rename_water(world.settings, "Zee", "Waters")
    assert following.follow(origin.url, copy, quiet) == 1
    assert publications(copy)[-1].release == fifth.id


def test_a_file_damaged_while_it_is_served_is_not_sent(tmp_path: Path, start: Starter) -> None:
    world = made(tmp_path / "origin")
    server = start(world.settings)
    for name in ("source.ttl", "dataset.nq", "manifest.json"):
        path = world.folder / world.ids[2] / name
        body = path.read_bytes()
        address = f"/releases/{world.ids[2]}/{name}"
        path.write_bytes(body[:-1] + b" ")
        for headers in ({}, {"Range": "bytes=0-9"}):
            status, told, _ = server.get(address, **headers)
            assert (status, "repr-digest" in told, "etag" in told) == (500, False, False), name
        path.unlink()
        assert server.get(address)[0] in {404, 500}
        path.write_bytes(body)
        status, told, sent = server.get(address)
        assert (status, sent) == (200, body)
