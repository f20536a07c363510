"""Releases over HTTP: lists, files that never change, what changed, the past asked, and what became of identifiers."""

import base64
import csv
import hashlib
import io
import json
import re
import threading
import time
import urllib.parse
from dataclasses import replace
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest

from gob_graph.changes import apply_patch
from gob_graph.endpoint.engine.engine import start_engine
from gob_graph.endpoint.engine.older_engines import ROOM, Older
from gob_graph.errors import RequestError
from gob_graph.lifecycle import STATUSES
from gob_graph.publication import prune, publications, roll_back
from gob_graph.rdf_patch import read_patch
from gob_graph.release import open_release
from gob_graph.vocab import LANGUAGES
from tests.conftest import LONG, Server, Starter, fetch, until, workers
from tests.world import World, made

LABELS = "SELECT ?l { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?l } ORDER BY ?l"
BASE = "https://data.example.org"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = made(tmp_path_factory.mktemp("world"))
    prune(world.folder, keep=2)
    return world


@pytest.fixture(scope="module")
def served(world: World, start: Starter) -> Server:
    return start(world.settings)


def test_the_list_of_releases(world: World, served: Server) -> None:
    status, headers, body = served.get("/releases")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    listed = json.loads(body)["releases"]
    assert [row["id"] for row in listed] == world.ids[::-1]
    assert [row["current"] for row in listed] == [True, False, False, False]
    assert all(row["published"] and row["issued"] and row["version"] and row["distinct_triples"] for row in listed)
    assert [all(f["kept"] for f in row["files"]) for row in listed] == [True, True, False, False]
    status, headers, body = served.get("/releases", Accept="text/turtle")
    graph = ox.Store()
    graph.bulk_load(body, format=ox.RdfFormat.TURTLE)
    found = graph.query(
        "SELECT ?url ?sum { ?d <http://www.w3.org/ns/dcat#downloadURL> ?url ;"
        " <http://spdx.org/rdf/terms#checksum>/<http://spdx.org/rdf/terms#checksumValue> ?sum }"
    )
    sums = {row["url"].value: row["sum"].value for row in found}
    assert len(sums) >= 30
    for url, digest in list(sums.items())[:40:4]:
        assert hashlib.sha256(fetch(url)[2]).hexdigest() == digest
    assert json.loads(served.get(f"/releases/{world.ids[0][:12]}")[2])["id"] == world.ids[0]
    status, headers, _ = served.get("/releases", Accept="text/html", Accept_Language="fr")
    assert (status, headers["location"]) == (302, "/fr/releases")


def test_a_file_never_changes_and_can_be_had_in_parts(world: World, served: Server) -> None:
    path = f"/releases/{world.ids[3]}/dataset.nq"
    whole = (world.folder / world.ids[3] / "dataset.nq").read_bytes()
    status, headers, body = served.get(path, Accept_Encoding="br, gzip")
    assert (status, body) == (200, whole)
    assert "content-encoding" not in headers
    assert "immutable" in headers["cache-control"]
    digest = hashlib.sha256(whole).digest()
    assert headers["etag"] == f'"{digest.hex()}"'
    assert headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest).decode()}:"
    for span, expected in (("0-9", whole[:10]), ("100-", whole[100:]), ("-7", whole[-7:])):
        status, headers, body = served.get(path, Range=f"bytes={span}")
        assert (status, body) == (206, expected)
        assert headers["content-range"].endswith(f"/{len(whole)}")
    status, headers, _ = served.get(path, Range=f"bytes={len(whole)}-")
    assert (status, headers["content-range"]) == (416, f"bytes */{len(whole)}")
    assert served.get(path, Range="bytes=0-9", If_Range='"other"')[2] == whole
    assert served.get(path, Range="bytes=0-9", If_Range=f'"{digest.hex()}"')[0] == 206
    assert served.get(path, If_None_Match=f'"{digest.hex()}"')[0] == 304
    status, headers, body = fetch(served.url + path, method="HEAD")
    assert (status, headers["content-length"], body) == (200, str(len(whole)), b"")


def test_only_what_the_manifest_lists_is_a_file(world: World, served: Server) -> None:
    first, last = world.ids[0], world.ids[3]
    wrong = {
        f"/releases/{last}/..%2f..%2fetc/passwd": 404,
        f"/releases/{last}/..%2flog.jsonl": 404,
        f"/releases/{last}/../log.jsonl": 404,
        f"/releases/{last}/%2e%2e/log.jsonl": 404,
        f"/releases/{last}//dataset.nq": 404,
        f"/releases/{last}/dataset.nq%00": 404,
        f"/releases/{last}/.": 404,
        f"/releases/{last}/nothing": 404,
        "/releases/current/dataset.nq": 404,
        "/releases/..%2f..%2fetc/passwd": 404,
        f"/releases/{'f' * 64}/dataset.nq": 404,
        f"/releases/{first}/pruned.json": 404,
        f"/releases/{first}/dataset.ttl": 410,
        f"/releases/{first}/dataset.nq": 200,
        f"/releases/{first}/manifest.json": 200,
    }
    assert len(wrong) >= 15
    found = {path: served.get(path)[0] for path in wrong}
    # A redirect to a path without the double slash is as good as a refusal.
    found = {path: 404 if status == 308 else status for path, status in found.items()}
    assert found == wrong


def test_what_changed_as_patch_counts_words_and_news(world: World, served: Server) -> None:
    path = f"/changes/{world.ids[0]}..{world.ids[3]}"
    status, headers, patch = served.get(path, Accept="application/rdf-patch")
    assert (status, headers["content-type"]) == (200, "application/rdf-patch")
    old = fetch(f"{served.url}/releases/{world.ids[0]}/dataset.nq")[2].decode()
    new = fetch(f"{served.url}/releases/{world.ids[3]}/dataset.nq")[2].decode()
    assert apply_patch(old.splitlines(), read_patch(patch.decode(), "patch"), "patch") == new.splitlines()
    summary = json.loads(served.get(path)[2])
    assert (summary["from"]["id"], summary["to"]["id"]) == (world.ids[0], world.ids[3])
    text = served.get(f"{path}?format=text&language=de")[2].decode()
    assert "jetzt „Waters“; vorher „Water“" in text
    assert served.get(path, Accept="text/html")[1]["location"].startswith("/nl/changes?old=")
    assert (
        served.get("/changes", Accept="application/json")[1]["location"] == f"/changes/{world.ids[2]}..{world.ids[3]}"
    )
    for wrong in (
        f"/changes/{world.ids[0]}..{'0' * 64}",
        f"/changes/{world.ids[0]}",
        f"{path}?format=pdf",
        f"{path}?language=xx",
    ):
        assert served.get(wrong)[0] in {400, 404}
    titles = set()
    for language in LANGUAGES:
        status, headers, body = served.get(f"/changes.atom?language={language}")
        assert (status, headers["content-type"], headers["content-language"]) == (200, "application/atom+xml", language)
        root = ET.fromstring(body)
        names = {"a": "http://www.w3.org/2005/Atom"}
        entries = root.findall("a:entry", names)
        assert len(entries) == 4
        assert all(e.findtext(f"a:{tag}", "", names) for e in entries for tag in ("id", "title", "updated", "content"))
        titles.add(root.findtext("a:title", "", names))
    assert len(titles) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_for_people(world: World, served: Server, language: str) -> None:
    status, headers, body = served.get(f"/{language}/releases")
    assert (status, headers["content-language"]) == (200, language)
    assert all(i in body.decode() for i in world.ids)
    status, _, body = served.get(f"/{language}/changes")
    assert status == 200
    assert body.decode().count("<tr>") >= 3 + 4
    assert all(body.decode().count(f'<option value="{i}"') == 2 for i in world.ids)
    status, _, body = served.get(f"/{language}/changes?old={world.ids[0]}&new={world.ids[3]}")
    assert status == 200
    (table,) = re.findall("<tbody>(.*?)</tbody>", body.decode(), re.DOTALL)
    cells = [
        [re.sub("<[^>]+>", "", cell) for cell in re.findall("<td>(.*?)</td>", row)] for row in table.split("</tr>")[:-1]
    ]
    assert ["Waters", "Water", "Waters"] in [[row[0], *row[2:]] for row in cells], "one change, side by side"
    assert f'href="/{language}/doc/organization/water"' in table
    assert f'href="/{language}/doc/organization/vlam"' in table
    assert f'<option value="{world.ids[0]}" selected>' in body.decode()
    assert served.get(f"/{language}/changes?old={world.ids[0]}&new=ffffffffff")[0] == 404


def labels(served: Server, **more: str) -> list[str]:
    query = urllib.parse.urlencode({"query": LABELS, **more})
    status, headers, body = served.get(f"/sparql?{query}", Accept="text/csv")
    assert status == 200, body
    if "release" in more:
        assert headers["gob-graph-release"].startswith(more["release"])
    return body.decode().split()[1:]


def test_the_past_can_be_asked(world: World, served: Server) -> None:
    assert labels(served) == ["Dienst", "Vuur", "Waters"]
    assert labels(served, release=world.ids[0]) == ["Dienst", "Vuur", "Water"]
    assert labels(served, release=world.ids[1][:12]) == ["Dienst", "Vuur", "Waters"]
    assert labels(served, release=world.ids[3]) == labels(served)
    form = urllib.parse.urlencode({"query": LABELS, "release": world.ids[0]}).encode()
    assert b"Water\r\n" in fetch(f"{served.url}/sparql", form, {"Accept": "text/csv"})[2]
    direct = {"Accept": "text/csv", "Content-Type": "application/sparql-query"}
    body = fetch(f"{served.url}/sparql?release={world.ids[0]}", LABELS.encode(), direct)[2]
    assert b"Water\r\n" in body
    for wrong in ("f" * 64, "abc", "../x", ""):
        query = urllib.parse.urlencode({"query": LABELS, "release": wrong})
        status, _, body = served.get(f"/sparql?{query}")
        assert (status, not wrong or json.loads(body)["code"]) in {(404, "release-unknown"), (200, True)}
    twice = urllib.parse.urlencode([("query", LABELS), ("release", world.ids[0]), ("release", world.ids[1])])
    assert served.get(f"/sparql?{twice}")[0] == 400
    for identity in world.ids:
        labels(served, release=identity)
    assert len(workers(served.front)) <= 1 + ROOM


def test_the_limits_hold_for_the_past(world: World, start: Starter) -> None:
    served = start(replace(world.settings, query_timeout=3.0, result_limit=1, fault_hook=1))
    slow = "ASK {} # fault: burn"
    query = urllib.parse.urlencode({"query": slow, "release": world.ids[0]})
    status, _, body = served.get(f"/sparql?{query}")
    assert (status, json.loads(body)["code"]) == (504, "query-timeout")
    assert labels(served, release=world.ids[0]) == ["Dienst", "Vuur", "Water"]


def test_an_idle_engine_is_ended_and_a_busy_one_is_not(world: World) -> None:
    settings = replace(world.settings, query_workers=1, queue_wait=0.2)
    current = start_engine(open_release(world.folder / world.ids[3]), settings)
    older, swept = Older(current, settings, idle=0.2), threading.Event()
    sweep = older._sweep
    older._sweep = lambda: (sweep(), swept.set())  # type: ignore[method-assign,assignment]
    try:
        with older.use(None) as engine:
            assert engine is current
        with older.use(world.ids[0]) as first, older.use(world.ids[1]) as second:
            with pytest.raises(RequestError, match="engine-busy"), older.use(world.ids[2]):
                pass
            with older.use(world.ids[1]):
                pass  # after it, unused engines are looked for
            assert swept.wait(LONG)
            assert first.ready()
            assert second.ready()
            older._idle = 3600.0
        with older.use(world.ids[0]) as again:
            assert again is first, "kept while it may be asked again"
            older._idle = 0.2
            with older._changed:
                if older._sweeper:
                    older._sweeper.cancel()
                older._sweeper = None
        until(lambda: first.zygote.process.poll() is not None)
    finally:
        current.close()


STATUS = [
    # address, status, successor
    ("id/organization/water", "changed", []),
    ("id/organization/dienst", "current", []),
    ("id/organization/vuur", "withdrawn", [f"{BASE}/id/organization/vlam"]),
    ("id/organization/vlam", "changed", []),
    ("id/organization/nooit", "never-existed", []),
    ("doc/source/verzinsel", "current", []),
    ("ns/governance#Administration", "current", []),
]


def test_what_became_of_identifiers(world: World, served: Server) -> None:
    assert len(STATUS) >= 7
    iris = [f"{BASE}/{path}" for path, *_ in STATUS]
    address = f"{served.url}/uris/status?since={world.ids[0]}"
    for body, kind in (("\n".join(iris), "text/plain"), (json.dumps(iris), "application/json")):
        status, _, answer = fetch(address, body.encode(), {"Content-Type": kind})
        assert status == 200
        found = [(row["iri"], row["status"], row["successors"]) for row in json.loads(answer)["uris"]]
        assert found == [(f"{BASE}/{path}", s, successors) for path, s, successors in STATUS]
    status, headers, answer = fetch(
        address, "\n".join(iris).encode(), {"Content-Type": "text/plain", "Accept": "text/csv"}
    )
    assert headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.decode())))
    assert [row["status"] for row in rows] == [s for _, s, _ in STATUS]
    assert rows[2]["dates"] == "2026-02-03"
    assert rows[2]["acts"] == "not known"
    one = json.loads(served.get("/uris/status?iri=http://data.example.org/id/organization/water&iri=mailto:a@b")[2])
    assert [row["status"] for row in one["uris"]] == ["current", "not-ours"], "http and https name the same thing"


def test_a_list_of_addresses_as_people_have_them(world: World, served: Server) -> None:
    """With byte order marks, ends of lines of every system, and the addresses that a browser shows after a redirect."""
    water = f"{BASE}/id/organization/water"
    shown = ["/doc/organization/water", "/nl/doc/organization/water", "/doc/organization/water.ttl"]
    lines = [water, *(f"{BASE}{path}" for path in shown), f"http{BASE.removeprefix('https')}{shown[1]}"]
    lines += [f"{served.url}{path}" for path in shown] + [f"{served.url}{shown[1]}?release={world.ids[0]}#x"]
    lines += [f"{BASE}/fr/doc/organization/nooit", "https://elsewhere.example/doc/organization/water", f"\ufeff{water}"]
    for mark, end in (("\ufeff", "\n"), ("", "\r\n"), ("\ufeff", "\r")):
        body = (mark + f"# our links{end}" + end.join(lines)).encode()
        status, _, answer = fetch(f"{served.url}/uris/status", body, {"Content-Type": "text/plain"})
        rows = json.loads(answer)["uris"]
        assert status == 200
        assert [row["iri"] for row in rows] == [line.lstrip("\ufeff") for line in lines]
        assert [row["status"] for row in rows] == ["current"] * 9 + ["never-existed", "not-ours", "current"]
        assert [row.get("resource") for row in rows[:10]] == [None, *[water] * 8, f"{BASE}/id/organization/nooit"]
    array = ("\ufeff" + json.dumps([water])).encode()
    answer = fetch(f"{served.url}/uris/status", array, {"Content-Type": "application/json"})[2]
    assert json.loads(answer)["uris"][0]["status"] == "current"


@pytest.mark.parametrize(
    ("language", "said"),
    [("nl", "Opvolgers"), ("fr", "Successeurs"), ("de", "Nachfolger"), ("en", "Successors")],
)
def test_a_person_gets_a_page_of_what_became_of_identifiers(
    language: str, said: str, world: World, served: Server
) -> None:
    iris = [f"{BASE}/id/organization/water", f"{BASE}/nl/doc/organization/water", "javascript:alert(1)"]
    address = "/uris/status?" + urllib.parse.urlencode([("iri", iri) for iri in iris])
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    status, headers, body = served.get(address, Accept=browser, Accept_Language=language)
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-language"] == language
    assert "accept-language" in headers["vary"].lower()
    text = body.decode()
    assert said in text
    assert text.count("(current)") == 2
    assert "(not-ours)" in text
    assert 'href="javascript:' not in text
    assert served.get(address)[1]["content-type"] == "application/json"
    posted = fetch(f"{served.url}/uris/status", iris[0].encode(), {"Content-Type": "text/plain", "Accept": browser})
    assert posted[0] == 200
    assert posted[1]["content-type"] == "application/json"


def test_a_request_for_too_many_or_no_identifiers_is_refused(served: Server) -> None:
    plain = {"Content-Type": "text/plain"}
    many = "\n".join(f"{BASE}/id/organization/{n}" for n in range(10_000)).encode()
    began = time.monotonic()
    status, _, body = fetch(f"{served.url}/uris/status", many, plain)
    assert status == 200
    assert len(json.loads(body)["uris"]) == 10_000
    assert time.monotonic() - began < LONG  # grows with the number, not with its square
    cases = [
        (many + b"\nx", plain, 413),
        (b"", plain, 400),
        (b'{"a": 1}', {"Content-Type": "application/json"}, 400),
        (b"[1]", {"Content-Type": "application/json"}, 400),
        (b"x", {"Content-Type": "application/xml"}, 415),
        (b"\xff", plain, 400),
    ]
    assert len(cases) >= 6
    for data, headers, expected in cases:
        assert fetch(f"{served.url}/uris/status", data, headers)[0] == expected
    for wrong in ("?iri=", "?iri=a&since=nope", "?iri=a&format=xml"):
        assert served.get(f"/uris/status{wrong}")[0] in {200, 400, 404, 406}


REFUSALS = [
    ("", None, "", 400, "bad-parameter", "iri="),
    ("", "text/plain", "# nothing", 400, "bad-parameter", "iri="),
    ("?iri=a&format=xml", None, "", 400, "bad-parameter", "format=json"),
    ("?iri=a&since=nope", None, "", 404, "release-unknown", "since="),
    ("", "text/plain", "a\n" * 10_001, 413, "body-too-large", "10000"),
    ("", "text/plain", "\xff", 400, "bad-encoding", "UTF-8"),
    ("", "application/json", "{}", 400, "bad-request", "JSON array"),
    ("", "text/csv", "a\nb\n", 400, "bad-request", "column="),
    ("?column=x", "text/csv", "a\nb\n", 400, "bad-parameter", "column="),
    ("", "text/csv", "a", 400, "bad-request", "CSV"),
    ("", "application/xml", "a", 415, "unsupported-media-type", "the detail names"),
]


@pytest.mark.parametrize(("parameters", "kind", "body", "status", "code", "said"), REFUSALS)
def test_the_remedy_of_a_refusal_speaks_of_the_parameters_of_this_address(
    parameters: str, kind: str | None, body: str, status: int, code: str, said: str, served: Server
) -> None:
    data, headers = (body.encode("latin-1"), {"Content-Type": kind}) if kind else (None, {})
    found, _, answer = fetch(f"{served.url}/uris/status{parameters}", data, headers)
    problem = json.loads(answer)
    assert (found, problem["code"]) == (status, code)
    assert said in problem["remedy"]
    assert "SPARQL" not in problem["remedy"].upper()


@pytest.mark.parametrize(("language", "said"), [("nl", "Geef"), ("fr", "Donnez"), ("de", "Geben"), ("en", "Give each")])
def test_a_person_reads_the_remedy_on_the_page_of_a_refusal(language: str, said: str, served: Server) -> None:
    status, _, body = served.get("/uris/status", Accept="text/html", Accept_Language=language)
    assert status == 400
    assert said in body.decode()
    assert "iri=…" in body.decode()
    missing = served.get("/uris/status?iri=a&since=nope", Accept="text/html", Accept_Language=language)
    assert missing[0] == 404
    assert "2026-01-31" in missing[2].decode()


def test_renamed_split_and_replaced_are_told_with_date_and_act(release, server: Server) -> None:
    """On the real data: what its change events say, and no more."""
    expected = {
        "organization/gob": ("renamed", {"2014-10-24", "2015-07-02"}, 0),
        "organization/brussel-gewestelijke-coordinatie": ("split", {"2019-11"}, 4),
        "organization/mrbc": ("withdrawn", {"2026-11-28"}, 1),
        "organization/brussel-mobiliteit": ("current", set(), 0),
    }
    address = "/uris/status?" + urllib.parse.urlencode([("iri", f"{BASE}/id/{path}") for path in expected])
    rows = json.loads(server.get(address)[2])["uris"]
    assert len(rows) == len(expected) >= 3
    for row, (status, dates, successors) in zip(rows, expected.values(), strict=True):
        assert row["status"] == status
        assert dates <= set(row["dates"])
        assert len(row["successors"]) >= successors
    assert any("2015" in act for act in rows[0]["acts"])
    assert rows[1]["acts"] == ["not known"]
    assert {row["status"] for row in rows} <= set(STATUSES)


def test_mementos(world: World, served: Server) -> None:
    log = publications(world.folder)
    status, headers, body = served.get("/timemap/doc/organization/vlam")
    assert (status, headers["content-type"]) == (200, "application/link-format")
    assert body.decode().count("memento") == 2, "only of releases that say something of it"
    assert served.get("/timemap/doc/organization/nooit")[0] == 404
    early, late = "Wed, 01 Jan 2020 00:00:00 GMT", "Tue, 01 Jan 2080 00:00:00 GMT"
    for when, release in ((early, log[0].release), (late, log[-1].release)):
        status, headers, _ = served.get("/timegate/doc/organization/water", Accept_Datetime=when)
        assert status == 302
        assert f"release={release}" in headers["location"]
        assert "accept-datetime" in headers["vary"].lower()
    for malformed in (
        "yesterday",
        "2026-01-31T12:00:00Z",
        "Sat, 31 Jan 2026 12:00:00 +0000",
        "Sat, 31 Jan 2026 12:00:00 EST",
        "Sam, 31 Jan 2026 12:00:00 GMT",
        "Saturday, 31-Jan-26 12:00:00 GMT",
        "Sat Jan 31 12:00:00 2026",
        "31 Jan 2026 12:00:00 GMT",
        "Sat, 31 Feb 2026 12:00:00 GMT",
        "Sat, 31 Jan 2026 25:00:00 GMT",
        "sat, 31 jan 2026 12:00:00 gmt",
    ):
        status, _, body = served.get("/timegate/doc/organization/water", Accept_Datetime=malformed)
        assert (status, json.loads(body)["code"]) == (400, "bad-parameter"), malformed
        assert "RFC 7089" in json.loads(body)["detail"]


def test_a_server_falls_back_to_the_release_before_a_damaged_one(tmp_path, start: Starter) -> None:
    world = made(tmp_path)
    with (world.folder / world.ids[3] / "dataset.nq").open("ab") as stream:
        stream.write(b"#\n")
    served = start(world.settings)
    status, _, body = served.get("/health/ready")
    assert status == 200
    assert world.ids[2] in body.decode()
    assert "degraded" in body.decode()
    assert "SERVING AN EARLIER RELEASE" in served.log.read_text()
    assert labels(served) == ["Dienst", "Vuur", "Waters"]
    roll_back(world.folder, world.ids[2])
