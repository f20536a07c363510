"""Every IRI opens: over real HTTP, on the real release, in every representation."""

import csv
import json
import re
import shutil
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from playwright.sync_api import Browser

from gob_graph.endpoint.description.identifier_registry import registry
from gob_graph.endpoint.web.routes.linked_data import OFFERS
from gob_graph.pipeline.build import build_release
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.vocab import DCT, FOAF, LANGUAGES, OA, OWL, PROV, RDF, RDFS
from tests.conftest import Server, Starter, fetch, patient

RDF_OFFERS = OFFERS[:-1]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
GOB = "id/organization/gob"
FORMER = "id/organization/brussel-gewestelijke-coordinatie"
WITHDRAWN = "auth/mission/minted-in-error"


def document_of(path: str) -> str:
    """Written here once more, as the policy says it: docs/uris.md."""
    if path.startswith("id/"):
        return "/doc/" + path.removeprefix("id/")
    return f"/{path}" if path.startswith("doc/") else f"/doc/{path}"


def parse(body: bytes, media: str) -> set[ox.Triple]:
    form = ox.RdfFormat.from_media_type(media)
    assert form is not None
    return {q.triple for q in ox.parse(body, format=form)}


def made(store: ox.Store, base: str) -> list[str]:
    """IRIs that the pipeline makes: one of each kind and more."""
    found: dict[str, list[str]] = {}
    for (subject,) in store.query("SELECT DISTINCT ?s WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?s"):
        kind = re.match(
            rf"{re.escape(base)}/(id/(?:statement|triple|selector|rule|graph|dataset)|ns/governance/rule)/",
            subject.value,
        )
        if kind:
            found.setdefault(kind[1], []).append(subject.value.removeprefix(f"{base}/"))
    assert len(found) == 7
    return [path for paths in found.values() for path in paths[:2] + paths[-1:]]


@pytest.fixture(scope="module")
def paths(release: Release, store: ox.Store) -> list[str]:
    return [*(path for path, row in registry(release).items() if not row.withdrawn), *made(store, release.base_iri)]


def test_every_iri_opens_in_every_representation_with_the_same_triples(
    server: Server, release: Release, paths: list[str]
) -> None:
    assert len(paths) > 170

    def opened(numbered: tuple[int, str]) -> int:
        place, path = numbered
        iri = ox.NamedNode(f"{release.base_iri}/{path}")
        if not path.startswith("doc/"):
            status, headers, _ = server.get(f"/{path}")
            assert (status, headers["location"]) == (303, document_of(path)), path
        graphs = []
        for form in RDF_OFFERS:
            status, headers, body = server.get(document_of(path), Accept=form.media_type)
            assert status == 200, (path, form.name)
            assert headers["content-type"] == form.content_type
            assert headers["content-location"] == f"{release.base_iri}{document_of(path)}.{form.extension}"
            graphs.append(parse(body, form.media_type))
            if place % 10 == 0:
                assert server.get(f"{document_of(path)}.{form.extension}")[2] == body
        assert all(graph == graphs[0] for graph in graphs), path
        assert any(t.subject == iri for t in graphs[0]), path
        status, headers, body = server.get(f"/en{document_of(path)}")
        assert status == 200
        assert iri.value.encode() in body
        return len(graphs[0])

    with ThreadPoolExecutor(4) as pool:
        sizes = list(pool.map(opened, enumerate(paths)))
    assert min(sizes) > 3
    assert max(sizes) > 500


def test_a_description_is_complete(server: Server, release: Release, store: ox.Store) -> None:
    """What is said of it, what refers to it, labels, layer and evidence: compared with the store."""
    checked = 0
    for path in (GOB, "id/organization/directieraad", "id/key-figure/workforce", "id/post/secretaris-generaal", FORMER):
        iri = ox.NamedNode(f"{release.base_iri}/{path}")
        graph = parse(server.get(document_of(path) + ".nt")[2], "application/n-triples")
        said = {q.triple for q in store.quads_for_pattern(iri, None, None, ox.DefaultGraph())}
        reified = {RDF.subject, RDF.predicate, RDF.object}
        refers = {
            q.triple for q in store.quads_for_pattern(None, None, iri, ox.DefaultGraph()) if q.predicate not in reified
        }
        assert said | refers <= graph
        for triple in said | refers:
            layer = next(
                q.graph_name for q in store.quads_for_pattern(*triple, None) if q.graph_name != ox.DefaultGraph()
            )
            nodes = [
                t.subject
                for t in graph
                if t.predicate == RDF.object
                and t.object == triple.object
                and ox.Triple(t.subject, RDF.predicate, triple.predicate) in graph
                and ox.Triple(t.subject, RDF.subject, triple.subject) in graph
            ]
            if layer.value.rsplit("/", 1)[-1] in {"source", "external", "history", "inferred"}:
                (node,) = nodes
                assert ox.Triple(node, DCT.isPartOf, layer) in graph
                assert any(
                    (t.subject == node and t.predicate.value.endswith(("hadPrimarySource", "derivedBy")))
                    or (t.predicate == OA.hasBody and t.object == node)
                    for t in graph
                ), triple
                checked += 1
        for thing in {t.object for t in said if isinstance(t.object, ox.NamedNode)}:
            label = next(
                store.quads_for_pattern(
                    thing, ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"), None, ox.DefaultGraph()
                ),
                None,
            )
            assert label is None or label.triple in graph
    assert checked > 150


def test_from_one_iri_to_the_source_words_by_content_negotiation_alone(server: Server, release: Release) -> None:
    """A program that knows one IRI finds where “more than 1600” comes from, following IRIs only."""

    def follow(iri: str) -> set[ox.Triple]:
        path = urllib.parse.urlsplit(iri).path
        status, headers, body = server.get(path, Accept="text/turtle")
        if status == 303:
            status, headers, body = server.get(headers["location"], Accept="text/turtle")
        assert status == 200, iri
        return parse(body, headers["content-type"].split(";")[0])

    gov = f"{release.manifest['ontology_base']}/ns/governance#"
    bound = ox.NamedNode(f"{gov}exclusiveLowerBound")
    start = follow(f"{release.base_iri}/{GOB}")
    figures = {t.subject.value for t in start if t.predicate.value == f"{gov}figureOf"}
    assert len(figures) > 5
    facts = {t for iri in figures for t in follow(iri)}
    found = {t.subject.value for t in facts if t.predicate == bound and t.object.value == "1600"}
    assert found
    graph = {t for iri in found for t in follow(iri)}
    nodes = {t.subject for t in graph if t.predicate == RDF.predicate and t.object == bound}
    statements = {t.subject for t in graph if t.predicate == OA.hasBody and t.object in nodes}
    pages = {t.object.value for t in graph if t.subject in statements and t.predicate == FOAF.page}
    assert any("#:~:text=" in page and "1600" in page for page in pages)
    terms = follow(gov)
    assert ox.Triple(bound, RDFS.isDefinedBy, ox.NamedNode(gov.rstrip("#"))) in terms
    assert len(terms) > 500


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        (BROWSER, "text/html"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ("application/rdf+xml;q=0.9, text/turtle;q=0.1", "application/rdf+xml"),
        ("text/html;q=0, */*;q=0.1", "text/turtle"),
        ("application/n-triples", "application/n-triples"),
    ],
)
def test_negotiation(server: Server, accept: str | None, media: str) -> None:
    status, headers, _ = server.get("/doc/organization/gob", **({"Accept": accept} if accept else {}))
    assert status == 200
    assert headers["content-type"].split(";")[0] == media
    assert "Accept" in headers["vary"]


def test_nothing_acceptable_lists_the_offers(server: Server) -> None:
    status, headers, body = server.get("/doc/organization/gob", Accept="image/png")
    assert status == 406
    assert json.loads(body)["offers"] == [f.media_type for f in OFFERS]
    assert "Accept" in headers["vary"]
    assert server.get("/doc/organization/nothing", Accept="image/png")[0] == 404


def test_headers_of_a_document(server: Server, release: Release) -> None:
    _, headers, body = server.get("/doc/organization/gob", Accept="text/turtle")
    links = re.findall(r'<([^>]+)>; rel="([^"]+)"((?:; [a-z]+="[^"]*")*)', headers["link"])
    relations = {rel: target for target, rel, _ in links}
    assert relations["canonical"] == f"{release.base_iri}/doc/organization/gob"
    assert relations["license"] == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert f'</doc/organization/gob>; rel="describedby"; anchor="{release.base_iri}/{GOB}"' in headers["link"]
    alternates = [(target, rest) for target, rel, rest in links if rel == "alternate"]
    assert len(alternates) == len(OFFERS)
    for target, rest in alternates:
        kind = re.search(r'type="([^"]+)"', rest)[1]
        assert server.get(target)[1]["content-type"].split(";")[0] == kind
    assert headers["access-control-allow-origin"] == "*"
    assert re.fullmatch(r'"[0-9a-f]+"', headers["etag"])
    assert server.get("/doc/organization/gob", Accept="text/turtle", If_None_Match=headers["etag"])[0] == 304
    again = fetch(f"{server.url}/doc/organization/gob", method="HEAD", headers={"Accept": "text/turtle"})
    assert (again[0], again[2], again[1]["etag"]) == (200, b"", headers["etag"])
    assert int(again[1]["content-length"]) == len(body)
    other = server.get("/doc/organization/gob", Accept="application/n-triples")[1]["etag"]
    assert other != headers["etag"]


def test_a_memento_is_described_by_its_release(server: Server, release: Release) -> None:
    for form in OFFERS:
        status, headers, _ = server.get(f"/doc/organization/gob?release={release.id}", Accept=form.media_type)
        assert status == 200
        assert headers["content-location"].endswith(f"?release={release.id}")
        assert headers["gob-graph-release"] == release.id
        assert f"</doc/organization/gob.nt?release={release.id}>" in headers["link"]
    assert server.get("/doc/organization/gob?release=0000")[0] == 404


def test_the_page_comes_in_four_languages(server: Server, release: Release) -> None:
    for language in LANGUAGES:
        status, headers, body = server.get("/doc/organization/gob", Accept=BROWSER, Accept_Language=language)
        assert (status, headers["content-language"]) == (200, language)
        assert headers["content-location"] == f"{release.base_iri}/{language}/doc/organization/gob"
        assert f'<html lang="{language}">'.encode() in body
        for other in LANGUAGES:
            assert f'href="/{other}/doc/organization/gob"'.encode() in body
        assert server.get(f"/{language}/doc/organization/gob")[2] == body
        assert f'href="/{language}/doc/post/'.encode() in body
    assert b'href="/fr/doc/organization/gob"' in server.get("/doc/organization/gob.html")[2]


def test_the_ontology_opens_at_its_address(server: Server, release: Release, store: ox.Store) -> None:
    base = release.manifest["ontology_base"]
    terms = [
        s.value.removeprefix(f"{base}/ns/governance#")
        for (s,) in store.query(f"SELECT DISTINCT ?s WHERE {{ ?s <{RDFS.isDefinedBy.value}> <{base}/ns/governance> }}")
    ]
    assert len(terms) > 60
    graphs = []
    for form in RDF_OFFERS:
        status, headers, body = server.get("/ns/governance", Accept=form.media_type)
        assert (status, headers["content-location"]) == (200, f"{base}/ns/governance.{form.extension}")
        graphs.append(parse(body, form.media_type))
        assert server.get(f"/ns/governance.{form.extension}")[0] == 200
    assert all(graph == graphs[0] for graph in graphs)
    assert {t.subject.value for t in graphs[0]} == {
        f"{base}/ns/governance",
        *(f"{base}/ns/governance#{t}" for t in terms),
    }
    page = server.get("/ns/governance", Accept=BROWSER)[2].decode()
    assert all(f'id="{term}"' in page for term in terms)
    assert server.get("/fr/ns/governance")[1]["content-language"] == "fr"
    (version,) = (t.object.value for t in graphs[0] if t.predicate == OWL.versionIRI)
    assert server.get(urllib.parse.urlsplit(version).path)[1]["location"] == "/ns/governance"


def test_the_context_reads_documents_as_they_are(server: Server) -> None:
    """A document with the whole context of /ns/context.jsonld means the same as with its own part of it."""
    whole = json.loads(server.get("/ns/context.jsonld")[2])["@context"]
    document = json.loads(server.get("/doc/organization/gob.jsonld")[2])
    assert document["@graph"][0]["id"].endswith(f"/{GOB}")
    assert document["@graph"][0]["prefLabel"]["nl"] == "Gewestelijke Overheidsdienst Brussel"
    assert all(whole[name] == value for name, value in document["@context"].items())
    with_whole = json.dumps(document | {"@context": whole}).encode()
    assert parse(with_whole, "application/ld+json") == parse(json.dumps(document).encode(), "application/ld+json")


def test_what_was_reorganised_stays_and_tells_what_followed_but_no_end(server: Server, release: Release) -> None:
    status, _, body = server.get(f"/en{document_of(FORMER)}")
    assert status == 200
    text = body.decode()
    assert "2019" in text
    graph = parse(server.get(f"{document_of(FORMER)}.ttl")[2], "text/turtle")
    # No source says that it ended then, so it is not said here.
    assert not [t for t in graph if t.predicate.value.endswith("#endEvent")]
    assert [t for t in graph if t.predicate.value.endswith("#formerUnitOf")]
    assert 'href="/en/doc/organization/brussel-synergie"' in text


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/id/organisation/gob", "/doc/organization/gob"),
        ("/id/Organization/gob", "/doc/organization/gob"),
        ("/doc/organization/gob/", "/doc/organization/gob"),
        ("/doc/organization/brussel-mobilitiet", "/doc/organization/brussel-mobiliteit"),
        ("/auth/mission/public-finance", "/doc/auth/mission/public-finances"),
        ("/nl/doc/organization/directiraad", "/doc/organization/directieraad"),
        ("/doc/organization/bruxelles-mobilite", "/doc/organization/brussel-mobiliteit"),
    ],
)
def test_a_mistake_is_told_with_near_names(server: Server, path: str, near: str) -> None:
    status, headers, body = server.get(path, Accept="text/turtle")
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    problem = json.loads(body)
    assert problem["code"] == "not-found"
    assert near in [other["document"] for other in problem["near"]]
    assert "location" not in headers
    status, _, page = server.get(path, Accept=BROWSER, Accept_Language="fr")
    assert status == 404
    language = path[1:3] if path.startswith("/nl/") else "fr"
    assert f'href="/{language}{near}"'.encode() in page


TRICKS = [
    "/doc/%2e%2e/%2e%2e/etc/passwd",
    "/doc/../../etc/passwd",
    "/id//evil.example",
    "//evil.example/id/x",
    "/id/%2F%2Fevil.example",
    "/id/%5C%5Cevil.example",
    "/id/x%0d%0aSet-Cookie:%20a=b",
    "/id/organization/gob%0a",
    "/id/organization/gob%00",
    "/id/organization/gob%20",
    "/id/organisation/%C3%A9",
    "/id/%ff%fe",
    "/doc/organization/gob.exe",
    "/doc/organization/gob.ttl.ttl",
    "/id/auth/mission",
    "/doc/organization/%3Cscript%3Ealert(1)%3C/script%3E",
    "/id/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
    "/id/" + "a" * 3000,
    "/nl/doc/%3Cscript%3E",
    "/ns/governance/%3Cscript%3E",
    "/ns/governance.exe",
    "/ns/governance%23Mission",
    "/auth/",
    "/doc/",
]


def test_tricks_with_the_path_lead_nowhere(server: Server) -> None:
    assert len(TRICKS) > 20
    for path in TRICKS:
        for accept in ("*/*", BROWSER):
            status, headers, body = server.get(path, Accept=accept, Host="evil.example")
            assert status in {400, 404}, (path, status)
            assert "location" not in headers
            assert "set-cookie" not in headers
            assert headers["content-type"] in {"application/problem+json", "text/html; charset=utf-8"}
            assert accept != BROWSER or (b"<script>alert" not in body and b"<img src=x" not in body)


def test_the_host_header_is_believed_nowhere(server: Server) -> None:
    for path in ("/id/organization/gob", "/doc/organization/gob", "/nl/doc/organization/gob", "/ns/governance",
                 "/sitemap.xml", "/robots.txt", "/nl", "/", "/doc/organization/gob.jsonld", "/id/nothing"):  # fmt: skip
        status, headers, body = server.get(path, Accept=BROWSER, Host="evil.example", X_Forwarded_Host="evil.example")
        assert status < 500
        assert "evil.example" not in str(headers) + body.decode(), path


@pytest.fixture(scope="module")
def other(start: Starter, tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, Release]:
    """A deployment with its own base, with a withdrawn IRI, and with a name and a home page that attack."""
    folder = tmp_path_factory.mktemp("other")
    root = Path(__file__).parent.parent.parent
    for name in ("ontology", "data"):
        shutil.copytree(root / name, folder / name)
    with (folder / "data" / "ids.csv").open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow(
            [
                WITHDRAWN,
                "0.1.0",
                "withdrawn",
                "2026-11-25",
                "auth/mission/all",
                'a "duplicate" <b>of all</b>',
                "mission: all",
            ]
        )
    (folder / "data" / "vocab" / "probe.ttl").write_text(PROBE, encoding="utf-8")
    settings = patient(
        source_dir=folder,
        release_dir=folder / "releases",
        base_iri="https://data.my.org",
        contact="a@my.org",
        shacl_engine="turbo",
    )
    release = build_release(settings)[0]
    return start(settings), release


PROBE = """@prefix mission: <https://data.example.org/auth/mission/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

mission:all skos:note "</script><script>alert(1)</script><img src=x onerror=alert(1)>"@en ;
    skos:changeNote "\\"><svg onload=alert(1)>"@en ;
    rdfs:seeAlso <javascript:alert(1)> , <data:text/html,%3Cscript%3E> .

<javascript:alert(1)> a rdfs:Resource .

<data:text/html,%3Cscript%3E> a rdfs:Resource .
"""


def test_a_withdrawn_iri_is_gone_and_says_why(other: tuple[Server, Release]) -> None:
    server, release = other
    status, headers, _ = server.get(f"/{WITHDRAWN}")
    assert (status, headers["location"]) == (303, f"/doc/{WITHDRAWN}")
    iri = ox.NamedNode(f"{release.base_iri}/{WITHDRAWN}")
    graphs = []
    for form in RDF_OFFERS:
        for path, accept in ((f"/doc/{WITHDRAWN}", form.media_type), (f"/doc/{WITHDRAWN}.{form.extension}", "*/*")):
            status, headers, body = server.get(path, Accept=accept)
            assert (status, headers["content-type"]) == (410, form.content_type)
            graphs.append(parse(body, form.media_type))
    assert len(graphs) == 2 * len(RDF_OFFERS)
    assert all(graph == graphs[0] for graph in graphs)
    said = {t.predicate: t.object for t in graphs[0] if t.subject == iri}
    assert said[DCT.isReplacedBy] == ox.NamedNode("https://data.my.org/auth/mission/all")
    assert said[RDFS.comment].value == 'a "duplicate" <b>of all</b>'
    assert said[OWL.deprecated].value == "true"
    assert said[DCT.modified].value == "2026-11-25"
    assert PROV.invalidatedAtTime not in said
    status, headers, body = server.get(f"/doc/{WITHDRAWN}", Accept="application/problem+json")
    assert (status, headers["content-type"]) == (410, "application/problem+json")
    assert json.loads(body)["successor"] == "auth/mission/all"
    for language in LANGUAGES:
        status, headers, body = server.get(f"/{language}/doc/{WITHDRAWN}")
        assert (status, headers["content-type"]) == (410, "text/html; charset=utf-8")
        assert f'href="/{language}/doc/auth/mission/all"'.encode() in body
        assert b"<b>of all" not in body
        assert b'datetime="2026-11-25"' in body
    assert f"/doc/{WITHDRAWN}".encode() not in server.get("/sitemap.xml")[2]


def test_the_bases_are_never_mixed(other: tuple[Server, Release]) -> None:
    server, release = other
    assert (release.base_iri, release.manifest["ontology_base"]) == ("https://data.my.org", "https://data.example.org")
    _, headers, body = server.get("/doc/organization/gob", Accept="text/turtle")
    assert headers["content-location"] == "https://data.my.org/doc/organization/gob.ttl"
    assert b"https://data.my.org/id/" in body
    assert b"https://data.example.org/ns/governance#" in body
    assert b"https://data.example.org/id/" not in body
    assert server.url.encode() not in body
    _, headers, body = server.get("/ns/governance", Accept="text/turtle")
    assert headers["content-location"] == "https://data.example.org/ns/governance.ttl"
    page = server.get("/en/doc/auth/mission/all")[2].decode()
    assert 'href="/en/ns/governance#' in page
    assert re.findall(r'<(?:a|link)[^>]* href="(https://data\.[^"]*)"', page) == [
        "https://data.my.org/en/doc/auth/mission/all"
    ]


def test_what_the_data_says_stays_text(other: tuple[Server, Release]) -> None:
    server, _ = other
    page = server.get("/en/doc/auth/mission/all")[2].decode()
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<svg onload" not in page
    assert not re.search(r'(?:href|src|action)\s*=\s*"?\s*(?:javascript|data):', page)
    for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S):
        assert json.loads(block)["@id"] == "https://data.my.org/auth/mission/all"


def test_in_a_browser_the_view_is_data_and_attacks_are_text(other: tuple[Server, Release], browser: Browser) -> None:
    """`script-src 'self'` blocks scripts within a page, and a block of JSON-LD is none."""
    server, _ = other
    with browser.new_page() as page:
        heard: list[str] = []
        page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.add_init_script("addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))")
        for path in ("/en/doc/auth/mission/all", "/nl/doc/organization/gob"):
            page.goto(server.url + path, wait_until="networkidle")
            views = page.evaluate(
                """[...document.querySelectorAll('script[type="application/ld+json"]')].map(e => JSON.parse(e.textContent))"""
            )
            assert [view["@context"] for view in views] == ["https://schema.org"]
            links = page.evaluate("[...document.links].map(a => a.protocol)")
            assert len(links) > 10
            assert set(links) <= {"http:", "https:", "mailto:"}
    assert heard == []


def test_for_search_engines(server: Server, release: Release) -> None:
    page = server.get("/nl/doc/organization/gob")[2].decode()
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    view = json.loads(block)
    assert view["@type"] == "GovernmentOrganization"
    assert view["@id"] == f"{release.base_iri}/{GOB}"
    assert view["numberOfEmployees"]["minValue"] == "1600"
    assert "value" not in view["numberOfEmployees"]
    assert len(view["subOrganization"]) == 8
    assert {"@language": "nl", "@value": "GOB"} in view["alternateName"]
    assert {n["@language"] for n in view["name"]} == set(LANGUAGES) - {"de"}, "no source names it in German"


def test_robots_sitemap_security(server: Server, other: tuple[Server, Release], release: Release) -> None:
    assert f"Sitemap: {server.url}/sitemap.xml" in server.get("/robots.txt")[2].decode()
    tree = ElementTree.fromstring(server.get("/sitemap.xml")[2])  # our own
    name = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    addresses = [e.text or "" for e in tree.iter(name)]
    assert len(addresses) == len(set(addresses)) > 4 * 170
    assert all(a.startswith(f"{server.url}/") for a in addresses)
    documents = {f"{server.url}/nl{document_of(path)}" for path, row in registry(release).items() if not row.withdrawn}
    assert documents <= set(addresses)
    for address in addresses[:: len(addresses) // 20]:
        assert fetch(address)[0] == 200, address
    assert server.get("/.well-known/security.txt")[0] == 404
    text = other[0].get("/.well-known/security.txt")[2].decode()
    assert "Contact: mailto:a@my.org\n" in text
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT00:00:00Z$", text, re.M)


def test_no_two_things_share_a_document(release: Release) -> None:
    documents = [document_of(path) for path in registry(release)]
    assert len(documents) == len(set(documents)) > 150
    suffixes = tuple(f".{f.extension}" for f in OFFERS)
    assert not [path for path in registry(release) if path.endswith(suffixes)]
    assert not [path for path in registry(release) if path.startswith(("id/auth", "id/ns"))]


def test_a_long_list_is_cut_and_says_so(release: Release, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from gob_graph.endpoint.description import describe, rdf
    from gob_graph.endpoint.engine.engine import start_engine

    monkeypatch.setattr(describe, "CAP", 3)
    engine = start_engine(release, replace(settings, query_workers=1))
    try:
        found = describe.describe(engine, f"{release.base_iri}/{GOB}")
        assert found is not None
        cut = [g for g in (*found.facts, *found.incoming) if g.cut]
        assert len(cut) > 5
        assert all(len(g.facts) == 3 < g.total for g in cut)
        document = f"{release.base_iri}/doc/organization/gob"
        told = {t.object.value for t in rdf.description(found, document, release, None) if t.predicate == RDFS.comment}
        assert len(told) == len(cut)
        assert describe.describe(engine, f"{release.base_iri}/id/nothing/at-all") is None
    finally:
        engine.close()


def test_figures_keep_their_bounds(release: Release, settings: Settings) -> None:
    from gob_graph.endpoint.description import describe
    from gob_graph.endpoint.engine.engine import start_engine

    engine = start_engine(release, replace(settings, query_workers=1))
    try:
        gob = describe.describe(engine, f"{release.base_iri}/{GOB}")
        assert gob is not None
        kinds = {figure.kind for figure in gob.figures.values()}
        assert kinds == {"exact", "more-than", "approximately"}
        workforce = describe.describe(engine, f"{release.base_iri}/id/key-figure/workforce")
        assert workforce is not None
        figure = workforce.figure
        assert figure is not None
        assert (figure.kind, figure.value, str(figure.hedge), figure.date) == (
            "more-than",
            "1600",
            '"Méér dan"@nl',
            None,
        )
        assert workforce.label(figure.unit or "", ("nl",)).text == "persoon"
        assert gob.figures[workforce.iri] == figure
    finally:
        engine.close()
