"""What is counted on several pages is the same number on each: home, browse, model, quality, VoID."""

import json
import re
from collections import Counter

import pyoxigraph as ox
import pytest

from gob_graph.release import Release
from gob_graph.vocab import LAYERS, RDF, VOID, layer_graph
from tests.browser.pages import page
from tests.conftest import Server

CARD = re.compile(r'<span class="count">([\d,]+)</span><a href="/en/browse/([^"]+)">')
ROW = re.compile(r'<tr><td>(?:(?!</tr>).)*?<code>([^<]+)</code></td><td class="number">([\d,]+)</td>', re.DOTALL)
STAT = re.compile(r'<a href="/en/(\w+)[^"]*"><b>([\d,]+)</b>')
TERM = re.compile(r'<div id="(\w+)">(?:(?!</div>).)*?data-uses="(\d+)"', re.DOTALL)


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.fixture(scope="module")
def browsed(site: Server) -> dict[str, int]:
    return {name: number(count) for count, name in CARD.findall(page(site, "/en/browse"))}


@pytest.fixture(scope="module")
def members(store: ox.Store, release: Release) -> dict[str, tuple[int, int]]:
    """The members of each class, in the whole graph and in all layers but the one about the dataset."""
    others = {ox.NamedNode(layer_graph(release.base_iri, layer).value) for layer in LAYERS if layer != "meta"}
    everywhere, told = set(), set()
    for quad in store.quads_for_pattern(None, ox.NamedNode(RDF.type.value), None, None):
        everywhere.add((short(quad.object.value, release), quad.subject))
        if quad.graph_name in others:
            told.add((short(quad.object.value, release), quad.subject))
    whole, without = Counter(c for c, _ in everywhere), Counter(c for c, _ in told)
    return {name: (whole[name], without[name]) for name in whole}


def short(iri: str, release: Release) -> str:
    found = [
        (len(n), f"{p}:{iri.removeprefix(n)}") for p, n in release.manifest["prefixes"].items() if iri.startswith(n)
    ]
    return max(found)[1]


def test_browse_counts_the_whole_graph(browsed: dict[str, int], members: dict[str, tuple[int, int]]) -> None:
    assert browsed == {name: whole for name, (whole, _) in members.items()}
    assert len(browsed) >= 60


def test_the_model_counts_as_browse_and_void(
    site: Server, browsed: dict[str, int], members: dict[str, tuple[int, int]], store: ox.Store, release: Release
) -> None:
    terms = {f"gov:{name}": int(uses) for name, uses in TERM.findall(page(site, "/en/model"))}
    classes = {name: uses for name, uses in terms.items() if name in browsed}
    assert classes == {name: browsed[name] for name in classes}
    assert len(classes) >= 15
    in_use = {name: number(count) for name, count in ROW.findall(page(site, "/en/model/used/classes"))}
    assert in_use == {name: told for name, (_, told) in members.items() if told}
    void: dict[str, int] = {}
    for kind, count in ((VOID.term("class"), VOID.entities), (VOID.property, VOID.triples)):
        for part in store.quads_for_pattern(None, ox.NamedNode(kind.value), None, None):
            whole = store.quads_for_pattern(None, ox.NamedNode(VOID.propertyPartition.value), part.subject, None)
            if any("/class/" in quad.subject.value for quad in whole):
                continue  # of one class
            (said,) = {q.object for q in store.quads_for_pattern(part.subject, ox.NamedNode(count.value), None, None)}
            void[short(part.object.value, release)] = int(said.value)
    used = {name: number(count) for name, count in ROW.findall(page(site, "/en/model/used/properties"))}
    assert {**in_use, **used} == void
    assert {name: uses for name, uses in terms.items() if uses and name not in browsed} == {
        name: used[name] for name in terms if name in used
    }


def test_quality_counts_as_browse(site: Server, browsed: dict[str, int], release: Release) -> None:
    report = json.loads((release.path / "quality.json").read_text(encoding="utf-8"))
    table = page(site, "/en/quality").partition('id="languages"')[2].partition("</table>")[0]
    shown = dict(re.findall(r'<code class="muted">([^<]+)</code></td><td class="number">([\d,]+)</td>', table))
    named = {short(row["class"], release): row["total"] for row in report["languages"]}
    assert {name: number(count) for name, count in shown.items()} == named
    assert {name: (count, browsed[name]) for name, count in named.items() if count > browsed[name]} == {}
    assert (named["skos:Concept"], named["gov:Administration"]) == (browsed["skos:Concept"], 8)
    facts = {row["layer"]: row["facts"] for row in report["evidence"]}
    assert facts == {layer: release.manifest["triples"][layer] for layer in facts}


def test_home_counts_as_the_pages_it_leads_to(site: Server, browsed: dict[str, int], release: Release) -> None:
    home = {name: number(count) for name, count in STAT.findall(page(site, "/en/"))}
    assert home["chart"] == browsed["gov:Administration"]
    told = page(site, "/en/browse").partition("<h2>")[2].partition("<h2>")[0]
    assert home["browse"] == len(CARD.findall(told))
    layers = re.findall(r'data-triples="(\d+)"', page(site, "/en/model"))
    assert home["downloads"] == sum(map(int, layers)) == release.manifest["distinct_triples"]
    described = ox.parse(site.get("/sparql", Accept="application/n-triples")[2], format=ox.RdfFormat.N_TRIPLES)
    triples = [int(q.object.value) for q in described if q.predicate == ox.NamedNode(VOID.triples.value)]
    assert max(triples) == home["downloads"]
