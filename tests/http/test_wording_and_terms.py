"""Names fall back in one order everywhere, our own words are marked, and each term in use opens and has its query."""

import html
import re
import urllib.parse

import pyoxigraph as ox
import pytest

from gob_graph.release import Release
from gob_graph.vocab import FALLBACK, LANGUAGES, OWL, preference
from tests.browser.pages import page
from tests.conftest import Server

VALUE = "auth/value/customer-orientation"
GLOSS = {"de": "Kundenorientierung", "en": "customer orientation"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_gloss_stands_beside_the_name_and_is_marked(site: Server, language: str) -> None:
    shown = page(site, f"/{language}/about")
    name = "Orientation client" if language == "fr" else "klantgerichtheid"
    assert f">{name}</a>" in shown
    ours = {"de": "unsere Formulierung", "en": "our wording"}
    if language in GLOSS:
        assert f"({GLOSS[language]} – {ours[language]})" in shown
    else:
        assert not [text for text in GLOSS.values() if f"({text} –" in shown]


def label(store: ox.Store, iri: str, language: str) -> str:
    rows = list(store.query(f"SELECT ?l {{ <{iri}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }}"))
    known = {row["l"].language: row["l"].value for row in rows}
    return next(known[code] for code in preference(language) if code in known)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("question", ["administrations", "missions", "values"])
def test_pages_and_questions_fall_back_in_one_order(
    question: str, language: str, site: Server, store: ox.Store, release: Release
) -> None:
    text = (release.path / "queries" / f"{question}.rq").read_text(encoding="utf-8")
    rows = list(store.query(text.replace('BIND("nl" AS ?lang)', f'BIND("{language}" AS ?lang)')))
    assert len(rows) in {5, 7, 8}
    variable = {"administrations": "administration", "missions": "mission", "values": "value"}[question]
    shown = page(site, f"/{language}/{'chart' if question == 'administrations' else 'about'}")
    for row in rows:
        expected = label(store, row[variable].value, language)
        assert row["label"].value == expected
        assert f">{html.escape(expected, quote=False)}<" in html.unescape(shown).replace("&", "&amp;")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_model_page_states_the_order(site: Server, language: str) -> None:
    shown = page(site, f"/{language}/model")
    section = shown.partition('id="languages"')[2].partition("<h2")[0]
    assert re.findall(r'<span class="lang"[^>]*>(\w\w)</span>', section) == list(FALLBACK)


def test_the_model_page_has_a_query_for_each_class_and_property_in_use(site: Server, store: ox.Store) -> None:
    table = "".join(page(site, f"/en/model/used/{kind}") for kind in ("classes", "properties"))
    queries = [html.unescape(q) for q in re.findall(r"<code>(SELECT [^<]*)</code>", table)]
    used = list(store.query("""PREFIX void: <http://rdfs.org/ns/void#>
        SELECT DISTINCT ?term { ?d void:classPartition|void:propertyPartition ?p . ?p void:class|void:property ?term }"""))  # fmt: skip
    assert len(queries) == len(set(queries)) == len(used) >= 180
    for code in ("schema:text", "schema:position", "dct:audience", "skos:Collection", "gov:increaseOf", "oa:exact"):
        assert [q for q in queries if f" {code} " in q], code
    links = [html.unescape(a) for a in re.findall(r'<a href="(/sparql[?][^"]*)"><code>SELECT', table)]
    assert len(links) == len(queries)
    for address in links[::12]:
        status, headers, body = site.get(address)
        assert (status, headers["content-type"].partition(";")[0]) == (200, "text/csv")
        assert len(body.decode().split()) >= 2, urllib.parse.unquote_plus(address)


OLD = ("ns/governance/rule/inverse-governs", "ns/governance/rule/start-event")


@pytest.mark.parametrize("path", OLD)
def test_a_former_address_of_a_rule_still_opens(site: Server, path: str) -> None:
    status, headers, _ = site.get(f"/{path}")
    assert (status, headers["location"]) == (303, f"/doc/{path}")
    graph = [q.triple for q in ox.parse(site.get(f"/doc/{path}.ttl")[2], format=ox.RdfFormat.TURTLE)]
    assert [t for t in graph if t.predicate == OWL.deprecated]


def test_versions_and_display_labels_have_their_documents(site: Server) -> None:
    for path, document in (
        ("ns/governance/0.1.0", "/ns/governance"),
        ("ns/governance/0.2.0", "/ns/governance"),
        ("ns/display", "/doc/ns/display"),
    ):
        status, headers, _ = site.get(f"/{path}")
        assert (status, headers["location"]) == (303, document)
    assert site.get("/doc/ns/display.ttl")[0] == 200


def test_a_deprecated_term_is_marked_on_the_model_page(site: Server) -> None:
    assert "deprecated" in page(site, "/en/model").partition('id="currencyNote"')[2].partition("</div>")[0]
    section = page(site, "/en/model/term/currencyNote").partition('id="currencyNote"')[2].partition("</section>")[0]
    assert "deprecated" in section
    assert "/en/model/term/timelinessNote" in section


def test_what_more_of_and_by_what_means_is_on_the_page(site: Server) -> None:
    shown = re.sub(r"<[^>]+>", "", page(site, "/en/about"))
    for words in (
        "more of: co-operation",
        "for: sound management of finances",
        "by means of:",
        "what it does: decides",
    ):
        assert words in shown, words
    assert shown.count("The source closes this list") == 2
    assert "2014 or 2015" in shown
    assert "video" not in shown.lower()
