"""No IRI of ours that is published anywhere is a 404: a crawl over two successive releases, as machines read them."""

import csv
import json
import re
from collections import defaultdict
from dataclasses import replace
from urllib.parse import quote

import pyoxigraph as ox
import pytest

from gob_graph.endpoint.description.served import beside, lifecycle_of
from gob_graph.endpoint.web.former import PUBLISHED
from gob_graph.publication import publications
from gob_graph.release import Release, open_release
from tests.conftest import Server, Starter
from tests.world import World, with_earlier

BASE = "https://data.example.org"
TURTLE, JSON, HTML = "text/turtle", "application/json", "text/html"
OLD = "0.0.1"
VERSION = f"/id/dataset/gob-kg/{OLD}"
NAMED_IN = (
    ("/catalogue", TURTLE),
    ("/sparql", TURTLE),
    ("/.well-known/void", TURTLE),
    ("/doc/dataset/gob-kg", TURTLE),
    (f"/doc/dataset/gob-kg/{OLD}", TURTLE),
    ("/releases", TURTLE),
    ("/releases", JSON),
    ("/releases/latest/quality.ttl", TURTLE),
    ("/releases/latest/shapes.ttl", TURTLE),
    ("/releases/latest/report.ttl", TURTLE),
    ("/linkset", "application/linkset+json"),
    ("/mappings.csv", "text/csv"),
    ("/mappings.sssom.tsv", "text/tab-separated-values"),
    ("/feed", TURTLE),
    ("/feed/1", "application/n-quads"),
    ("/feed/2", "application/n-quads"),
    ("/changes.atom", "application/atom+xml"),
    ("/sitemap.xml", "application/xml"),
    (f"/timemap/doc/dataset/gob-kg/{OLD}", "application/link-format"),
    ("/ns/governance", TURTLE),
    ("/ns/context.jsonld", "application/ld+json"),
    ("/en/cite", HTML),
    ("/robots.txt", "text/plain"),
)
"""What machines and people find our IRIs in."""
OF_ONE_KIND = 5
"""Addresses that differ in a name only and are followed; files, checksums, graphs, releases and what is gone all are."""
PAGE = re.compile(r"/(?:nl|fr|de|en)/")
"""Pages are followed elsewhere, from link to link; of the sitemap one of a kind is."""
ALL = re.compile(r"/gone$|/file/|/graph/|^/releases|^/id/dataset/gob-kg/[^/]*$")


@pytest.fixture(scope="module")
def world(release: Release, tmp_path_factory: pytest.TempPathFactory) -> World:
    return with_earlier(release, tmp_path_factory.mktemp("addresses") / "releases", OLD)


@pytest.fixture(scope="module")
def served(world: World, start: Starter) -> Server:
    return start(world.settings)


def ours(server: Server, path: str, media: str) -> set[str]:
    """The IRIs of ours that a document names, without fragments, as paths on the server."""
    status, headers, body = server.get(path, Accept=media)
    if status == 302:
        status, headers, body = server.get(headers["location"], Accept=media)
    assert status == 200, (path, status, body[:200])
    form = ox.RdfFormat.from_media_type(media)
    text = body.decode()
    if form in {ox.RdfFormat.TURTLE, ox.RdfFormat.N_QUADS}:  # the terms alone: prefixes name no resource
        text = " ".join(str(quad) for quad in ox.parse(body, format=form))
    starts = "|".join(map(re.escape, (BASE, server.url)))
    found = re.findall(rf"""(?:{starts})(/[^\s<>"'#&,;)]*)""", text)
    return {iri.rstrip(".}") for iri in found if not iri.endswith("/") or iri == "/" or PAGE.fullmatch(iri)}


def kind(path: str) -> str:
    """What addresses have in common that differ in a name only."""
    parts = path.split("?")[0].strip("/").split("/")
    return "/".join(parts[:-1] if len(parts) > 1 else parts)


def test_no_iri_that_we_publish_is_a_404(served: Server) -> None:
    named: dict[str, str] = {}
    alike: dict[str, int] = defaultdict(int)
    for path, media in NAMED_IN:
        for iri in sorted(ours(served, path, media) - named.keys()):
            alike[kind(iri)] += 1
            if alike[kind(iri)] <= (1 if PAGE.match(iri) else OF_ONE_KIND) or ALL.search(iri):
                named[iri] = path

    def opened(iri: str) -> tuple[str, int]:
        status, headers, _ = served.get(quote(iri, safe="/?=&%:+"), Accept=f"{TURTLE}, */*;q=0.5")
        return iri, served.get(headers["location"], Accept=TURTLE)[0] if status == 303 else status

    states = dict(map(opened, named))
    wrong = {iri: (status, named[iri]) for iri, status in states.items() if status not in {200, 302, 410}}
    assert wrong == {}
    files = {iri for iri in states if iri.startswith("/id/dataset") and "/file/" in iri}
    graphs = {iri for iri in states if "/gob-kg/graph/" in iri}
    assert (len(files) >= 38, len(graphs), len(states) >= 300) == (True, 7, True), len(states)
    assert {"/id/organization/gone", VERSION, "/id/dataset/gob-kg"} <= states.keys()


IRI = re.compile(rf"<({re.escape(BASE)}/(?:id|auth|doc|ns)/[^>#]+)[^>]*>")


def test_every_iri_of_both_releases_has_a_document(world: World) -> None:
    """All of them, in the process of the test: a document is there for what has one of these statuses."""
    log = publications(world.folder)
    now, then = (open_release(world.folder / identity, verify=False) for identity in reversed(world.ids))
    settings = replace(world.settings, contact="data@deployer.example")
    named = {f"{BASE}/id/dataset/gob-kg/contact"}
    for release in (now, then):
        for name in ("dataset.nq", "shapes.ttl", "quality.ttl"):
            for quad in ox.parse(path=str(release.path / name)):
                named.update(IRI.findall(str(quad)))
        named.update(iri.partition("#")[0] for iri in beside(release.path, settings))
    life = lifecycle_of(now, world.settings, log)
    states = {iri: life.status(iri)["status"] for iri in named}
    assert {iri: state for iri, state in states.items() if state not in PUBLISHED | RENAMED} == {}
    assert len(states) >= 3000


RENAMED = {"renamed", "ended", "replaced", "merged", "split"}
"""Of things that the graph describes with what befell them."""


@pytest.mark.parametrize("path", ["ns/governance/shape/gone", "id/dataset/gob-kg/quality/gone"])
def test_what_only_the_files_of_an_earlier_release_describe_is_gone(path: str, served: Server) -> None:
    status, headers, _ = served.get(f"/{path}")
    assert status == 303
    for address in (headers["location"], f"/fr{headers['location']}"):
        status, _, body = served.get(address)
        assert (status, OLD in body.decode()) == (410, True)
    row = json.loads(served.get(f"/uris/status?iri={BASE}/{path}")[2])["uris"][0]
    assert row["status"] == "withdrawn"


def test_the_contact_point_leads_to_the_dataset_while_none_is_set(served: Server) -> None:
    for path in ("/doc/dataset/gob-kg/contact", "/en/doc/dataset/gob-kg/contact", "/doc/dataset/gob-kg/contact.ttl"):
        status, headers, _ = served.get(path)
        assert (status, headers["location"]) == (303, "/doc/dataset/gob-kg")
    assert served.get("/id/dataset/gob-kg/contact")[0] == 303


def test_version_answers_from_its_own_release(served: Server, world: World) -> None:
    """Its IRI, its files, in every form; the current release says nothing of it."""
    old, new = world.ids
    for path in (
        VERSION,
        f"{VERSION}/file/dataset.nq",
        f"{VERSION}/file/meta.ttl",
        f"{VERSION}/file/meta.ttl/checksum",
    ):
        status, headers, _ = served.get(path)
        document = path.replace("/id/", "/doc/", 1)
        assert (status, headers["location"]) == (303, document)
        for address in (document, f"{document}.nt", f"/fr{document}"):
            status, headers, body = served.get(address, Accept="*/*")
            assert (status, headers["gob-graph-release"]) == (200, old), address
            assert f"{BASE}{path}" in body.decode()
        status, headers, _ = served.get(f"{document}?release={new}")
        assert status == 404, "the release that is named says nothing of it"
        assert served.get(f"/timemap{document}")[2].decode().count(old) == 1
        status, headers, _ = served.get(f"/timegate{document}", Accept_Datetime="Wed, 01 Jan 2120 12:00:00 GMT")
        assert (status, old in headers["location"]) == (302, True)
    assert old in served.get(f"/doc/dataset/gob-kg/{OLD}.nt")[2].decode()
    page = served.get(f"/en/doc/dataset/gob-kg/{OLD}")[2].decode()
    assert 'href="/en/doc/dataset/gob-kg"' in page, "the way to the dataset as it is now"


def test_latest_leads_to_every_file_of_the_release(served: Server, release: Release) -> None:
    names = [*release.manifest["files"], "manifest.json"]
    assert len(names) >= 40
    for name in names:
        status, headers, _ = served.get(f"/releases/latest/{name}")
        assert (status, headers["location"]) == (302, f"/releases/{release.id}/{name}")
        assert headers["cache-control"] == "no-cache"
    status, headers, body = served.get(served.get("/releases/latest/dataset.nq")[1]["location"])
    assert (status, body) == (200, release.dataset.read_bytes())
    status, headers, _ = served.get("/releases/latest?format=document")
    assert (status, headers["location"]) == (302, f"/releases/{release.id}?format=document")
    assert served.get("/releases/latest/none.nq")[0] == 404


def test_version_has_one_date_wherever_it_is_named(served: Server, world: World, release: Release) -> None:
    pages = ("releases", "changes", "", f"doc/dataset/gob-kg/{OLD}", "quality", "accessibility", "search?q=gob")
    pages += tuple(
        f"{path}?release={world.ids[0]}" for path in ("", "quality", "accessibility", "doc/organization/gob")
    )
    dates: dict[str, set[str]] = defaultdict(set)
    for path in pages:
        status, _, body = served.get(f"/en/{path}", Accept=HTML)
        assert status == 200, path
        text = re.sub(r"<[^>]*>", "", body.decode())
        for version, day in re.findall(r"[Vv]ersion (\d+\.\d+\.\d+)(?: of|,) (\d+ \w+ \d{4})", text):
            dates[version].add(day)
    assert dates[OLD] == {"3 February 2001"}
    assert {version: len(days) for version, days in dates.items()} == {OLD: 1, release.version: 1}


def test_status_says_the_same(served: Server, world: World) -> None:
    iris = [f"{BASE}{path}" for path in (VERSION, f"{VERSION}/file/dataset.nq", "/id/dataset/gob-kg/graph/meta")]
    iris += [f"{BASE}/id/dataset/gob-kg/9.9.9", f"{BASE}/id/organization/gone"]
    query = "&".join(f"iri={iri}" for iri in iris)
    rows = list(csv.DictReader(served.get(f"/uris/status?{query}", Accept="text/csv")[2].decode().splitlines()))
    assert [row["status"] for row in rows] == ["current", "current", "current", "never-existed", "withdrawn"]
    told = json.loads(served.get(f"/uris/status?{query}&since={world.ids[0]}")[2])["uris"]
    assert [row.get("changed_since") for row in told] == [False, False, None, None, True]
    assert served.get("/id/dataset/gob-kg/9.9.9")[0] == 404


def test_what_only_earlier_releases_say_something_of_is_gone_and_not_unknown(served: Server) -> None:
    status, headers, body = served.get("/doc/organization/gone", Accept=TURTLE)
    assert (status, headers["content-type"]) == (410, "text/turtle; charset=utf-8")
    assert OLD in body.decode()
    assert "deprecated" in body.decode()
    page = served.get("/nl/doc/organization/gone")
    assert page[0] == 410
    assert "Gone" in page[2].decode()
