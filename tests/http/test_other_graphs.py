"""Folders of other organisations: the whole site of each answers, and nothing on it speaks of the institution of ours."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest

from gob_graph import Graph
from gob_graph.agents.facts import facts_of
from gob_graph.new_command import make
from gob_graph.pipeline.build import build_release
from gob_graph.settings import Settings
from gob_graph.vocab import OA, PROV, RDF
from tests import world
from tests.browser.pages import HTML, LANGUAGES, PAGES
from tests.conftest import Server, Starter, patient
from tests.http.test_crawl import LINK, pattern

SOFTWARE = re.compile(r"gob[-_]graph", re.IGNORECASE)
OURS = re.compile(r"gob(?!lin)|bruss?el|brüssel|bruxelles|directieraad|sprb", re.IGNORECASE)
FIXED = [
    path
    for path in PAGES
    if "?" not in path and not re.match("(browse|source|questions|tables|neighbourhood|model/term)/", path)
]
"""Pages that every graph has; the others are found by their links."""
FOR_MACHINES = (
    "/llms.txt", "/sitemap.xml", "/robots.txt", "/api/openapi.json", "/.well-known/void", "/changes.atom", "/reconcile",
    "/changes.atom?language=fr", "/releases",
)  # fmt: skip


def starter(folder: Path) -> Settings:
    make(folder / "files")
    return patient(source_dir=folder / "files", release_dir=folder / "releases", shacl_engine="turbo")


def small_world(folder: Path) -> Settings:
    settings = world.copied(folder)
    world.edit(settings, "data/release.ttl", "dataset:gob-kg", "dataset:small")
    return settings


@pytest.fixture(scope="module", params=[starter, small_world, world.registry_folder], ids=["new", "world", "registry"])
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, start: Starter) -> Server:
    """A server of a graph that is not ours, built from a folder of its own."""
    settings = request.param(tmp_path_factory.mktemp("other"))
    build_release(settings)
    return start(replace(settings, page_workers=2, client_running=4))


def links(server: Server, path: str, text: str) -> list[str]:
    """The addresses on this server, without a query, that a page leads to."""
    found = (m[1].partition("#")[0].removeprefix(server.url) for m in LINK.finditer(text))
    return [link for link in found if link.startswith("/") and "?" not in link]


def test_the_whole_site_of_another_organisation(other: Server) -> None:
    """One page of each template in each language, and what programs read: 200, and no word of our institution."""
    todo = [f"/{code}/{path}" for code in LANGUAGES for path in FIXED] + list(FOR_MACHINES)
    seen = {(path[:4], pattern(path)) for path in todo}
    broken, told, pages = [], [], 0
    with ThreadPoolExecutor(4) as several:
        while todo:
            answers = list(several.map(lambda path: (path, *other.get(path, Accept=f"{HTML},*/*;q=0.5")), todo))
            todo = []
            for path, status, headers, body in answers:
                text = SOFTWARE.sub("", body.decode(errors="replace"))
                broken += [f"{status} {path}"] if status >= 400 else []
                told += [f"{path}: {text[max(m.start() - 60, 0) : m.end() + 40]}" for m in OURS.finditer(text)][:2]
                pages += headers.get("content-type", "").startswith("text/html") and status == 200
                for link in links(other, path, text) if "html" in headers.get("content-type", "") else ():
                    if (link[:4], pattern(link)) not in seen:
                        seen.add((link[:4], pattern(link)))
                        todo.append(link)
    assert broken == []
    assert told == []
    assert pages >= 4 * len(FIXED)


NEEDED = """SELECT ?s ?p ?o ?g WHERE {
    GRAPH ?g { ?s ?p ?o }
    FILTER(REGEX(STR(?g), "/(source|external|history|inferred)$") && CONTAINS(STR(?s), "/id/organization/"))
} ORDER BY ?s ?p ?o LIMIT 500"""


def test_each_fact_of_a_thing_is_given_with_its_evidence(other: Server) -> None:
    """In its document, its page, to a client and to an agent: evidence of its own, or that of the file it stands in."""
    status, _, body = other.get("/sparql?" + urlencode({"query": NEEDED}), Accept="application/sparql-results+json")
    assert status == 200
    solutions = list(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))
    thing = solutions[0]["s"]
    facts = {(row["p"], row["o"]) for row in solutions if row["s"] == thing}
    assert len(facts) >= 4
    address = "/doc/" + thing.value.partition("/id/")[2]
    triples = {q.triple for q in ox.parse(other.get(f"{address}.nt")[2], format=ox.RdfFormat.N_TRIPLES)}
    bodies = {t.object for t in triples if t.predicate == OA.hasBody}
    sourced = {
        t.subject for t in triples if t.predicate in {PROV.hadPrimarySource} or t.predicate.value.endswith("derivedBy")
    }
    part = {
        key: {t.subject: t.object for t in triples if t.predicate == key}
        for key in (RDF.subject, RDF.predicate, RDF.object)
    }
    given = {
        (part[RDF.predicate][node], part[RDF.object][node])
        for node, subject in part[RDF.subject].items()
        if subject == thing and node in bodies | sourced
    }
    assert given == facts
    page = other.get(f"/en{address}", Accept=HTML)[2].decode()
    assert all(f'href="{t.object.value}"' in page for t in triples if t.predicate == PROV.hadPrimarySource)
    graph = Graph(other.url)
    told = {(fact.property, fact.value): fact.evidence for fact in facts_of(graph, thing.value, "en")}
    assert all(told[p.value, o.value] for p, o in facts)
    assert {e.kind for several in told.values() for e in several} <= {"statement", "document", "rule"}
