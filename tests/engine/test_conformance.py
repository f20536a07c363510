"""Published shapes that we did not write, over a release and its catalogue; the deviations are those of the documentation."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph import catalogue
from gob_graph.endpoint.feeds import release_list
from gob_graph.formats import offers
from gob_graph.pipeline.validation import Report, validate
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.tables import SPREADSHEET
from gob_graph.vocab import DCAT, RDF, SH, SPDX, VCARD
from tests.conftest import SHARED, Server
from tests.parts import needs

ROOT = Path(__file__).parent.parent.parent
STANDARDS = SHARED / "standards"
SERVICE = "https://graph.example.net"


def shapes(name: str) -> tuple[list[ox.Triple], int]:
    """The shapes, without references to property shapes that the file does not hold, and how many those were."""
    triples = [q.triple for q in ox.parse(path=str(needs(STANDARDS / name)), format=ox.RdfFormat.TURTLE)]
    defined = {t.subject for t in triples if t.predicate == SH.path}
    kept = [t for t in triples if t.predicate != SH.property or t.object in defined]
    return kept, len(triples) - len(kept)


def looked_at(report: Report) -> Counter[str]:
    return Counter({re.split(r"[#/]", shape)[-1]: count for shape, count in report.targets.items() if count})


@pytest.fixture(scope="module")
def deployed(settings: Settings) -> Settings:
    return replace(settings, service_url=SERVICE, contact="graph@example.net")


@pytest.fixture(scope="module")
def document(release: Release, deployed: Settings) -> list[ox.Triple]:
    return catalogue.document(release, deployed)


def test_the_graph_conforms_to_cpov(release: Release) -> None:
    graph = {q.triple for q in ox.parse(path=str(release.dataset), format=ox.RdfFormat.N_QUADS)}
    triples, dangling = shapes("cpov-ap-2.1.2-shacl.ttl")
    assert dangling == 0
    report = validate(graph, triples)
    assert report.findings == ()
    found = looked_at(report)
    # Every class of CPOV that the graph has instances of is looked at, and all of them.
    held = Counter(t.object for t in graph if t.predicate == RDF.type)
    targets = {t.subject: t.object for t in triples if t.predicate == SH.targetClass}
    counted = {cls: report.targets[shape.value] for shape, cls in targets.items() if held[cls]}  # type: ignore[union-attr]
    assert counted == {cls: held[cls] for cls in counted}
    assert len(counted) >= 9
    assert found["PublicOrganisationShape"] >= 14


def test_the_catalogue_conforms_to_dcat_ap(document: list[ox.Triple], release: Release) -> None:
    triples, dangling = shapes("dcat-ap-3.0.1-shacl.ttl")
    assert dangling == 2
    report = validate(document, triples)
    assert report.findings == ()
    found = looked_at(report)
    assert (found["dcat:CatalogShape"], found["dcat:DatasetShape"], found["dcat:DataServiceShape"]) == (1, 1, 1)
    # The endpoint is a distribution, too, and has no checksum.
    assert found["dcat:DistributionShape"] - 1 == found["spdx:ChecksumShape"] >= 19
    assert all(found[f"dct:{name}Shape"] for name in ("LicenseDocument", "PeriodOfTime", "Standard", "Location"))
    assert found["foaf:AgentShape"] == found["vcard:KindShape"] == 1


def test_the_list_of_releases_conforms_to_dcat_ap(release: Release, deployed: Settings) -> None:
    listed = release_list.dcat(release_list.rows(deployed), release, deployed)
    report = validate(listed, shapes("dcat-ap-3.0.1-shacl.ttl")[0])
    assert report.findings == ()
    found = looked_at(report)
    files = release.manifest["files"]
    dumps = [name for name in files if catalogue.content_of(name)]
    assert (found["dcat:DatasetShape"], found["spdx:ChecksumShape"]) == (2, len(dumps) + len(files))


def test_the_graph_itself_conforms_to_dcat_ap(release: Release) -> None:
    """Every checksum of the dump, not of the catalogue alone, has an algorithm of the class that DCAT-AP demands."""
    graph = {q.triple for q in ox.parse(path=str(release.dataset), format=ox.RdfFormat.N_QUADS)}
    report = validate(graph, shapes("dcat-ap-3.0.1-shacl.ttl")[0])
    assert report.findings == ()
    assert looked_at(report)["spdx:ChecksumShape"] >= 91


def test_the_catalogue_deviates_from_the_belgian_profile_as_documented(document: list[ox.Triple]) -> None:
    text = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
    table = text.partition("## Deviations from the Belgian profile")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `\w+:(\w+)` \| `(\w+)` \| \S.+ \|$", table, re.M))
    triples, dangling = shapes("be-dcat-ap2-shacl.ttl")
    assert dangling == 0
    report = validate(document, triples)
    found = {(re.split(r"[#/]", f.path or "")[-1], f.component) for f in report.findings}
    assert found == documented
    assert len(documented) == 4
    assert looked_at(report)["DatasetShape"] == 1


def test_a_catalogue_without_licence_would_be_found_out(document: list[ox.Triple]) -> None:
    spoiled = [t for t in document if t.predicate not in {DCAT.endpointURL, DCAT.accessURL}]
    report = validate(spoiled, shapes("dcat-ap-3.0.1-shacl.ttl")[0])
    assert len(report.of_severity("Violation")) >= 20


def test_each_file_has_its_address_size_and_digest(document: list[ox.Triple], release: Release) -> None:
    said: dict[object, dict[ox.NamedNode, object]] = {}
    for t in document:
        said.setdefault(t.subject, {})[t.predicate] = t.object
    files = [node for node, facts in said.items() if DCAT.downloadURL in facts]
    names = set()
    for node in files:
        address = said[node][DCAT.downloadURL].value  # type: ignore[attr-defined]
        assert address.startswith(f"{SERVICE}/releases/{release.id}/")
        name = address.removeprefix(f"{SERVICE}/releases/{release.id}/")
        names.add(name)
        entry = release.manifest["files"][name]
        assert said[node][DCAT.byteSize].value == str(entry["bytes"])  # type: ignore[attr-defined]
        assert said[said[node][SPDX.checksum]][SPDX.checksumValue].value == entry["sha256"]  # type: ignore[attr-defined]
    dumps = {n for n in release.manifest["files"] if re.fullmatch(r"dataset\.\w+(\.gz)?", n)}
    assert len(dumps) == 12
    assert dumps < names
    assert {"tables/figures.csv", "tables/figures.parquet"} < names
    assert not any(name.endswith(SPREADSHEET) for name in names), "the same once more is no distribution"


def test_a_server_gives_its_catalogue_in_every_format(server: Server, settings: Settings, release: Release) -> None:
    expected = set(catalogue.document(release, replace(settings, service_url=server.url)))
    assert len(expected) >= 400
    for target in offers("graph"):
        status, headers, body = server.get("/catalogue", Accept=target.media_type)
        assert (status, headers["content-type"]) == (200, target.content_type)
        assert {q.triple for q in ox.parse(body, format=target.rdf)} == expected
    dump = next(t.object.value for t in expected if t.predicate == DCAT.downloadURL and t.object.value.endswith(".nq"))  # type: ignore[union-attr]
    assert server.get(dump.removeprefix(server.url))[2] == release.dataset.read_bytes()
    assert server.get("/catalogue", Accept="image/png")[0] == 406


def test_nothing_of_a_deployment_is_in_the_release(release: Release, settings: Settings) -> None:
    text = (release.path / "meta.ttl").read_text(encoding="utf-8")
    assert settings.service_url not in text
    assert not any(
        word in text for word in ("dcat:accessURL", "dcat:downloadURL", "dcat:endpointURL", "dcat:contactPoint")
    )


def test_without_a_contact_there_is_none_and_a_page_is_no_mailbox(release: Release, settings: Settings) -> None:
    def added(contact: str) -> list[ox.Triple]:
        return catalogue.served(release.manifest, release.id, replace(settings, contact=contact))

    assert not [t for t in added("") if t.predicate == DCAT.contactPoint]
    mail = [t.object for t in added("a@example.net") if t.predicate == VCARD.hasEmail]
    assert mail == [ox.NamedNode("mailto:a@example.net")]
    page = [t.object for t in added("https://example.net/ask") if t.predicate == VCARD.hasURL]
    assert page == [ox.NamedNode("https://example.net/ask")]


PER_CLASS = """SELECT ?c ?n ?counted WHERE {
    ?d void:classPartition ?p . ?p void:class ?c ; void:entities ?n .
    { SELECT ?c (COUNT(DISTINCT ?s) AS ?counted) WHERE { GRAPH ?g { ?s a ?c } FILTER(?g != graph:meta) } GROUP BY ?c } }"""
PER_PROPERTY = """SELECT ?c ?n ?counted WHERE {
    dataset:gob-kg void:propertyPartition ?p . ?p void:property ?c ; void:triples ?n .
    { SELECT ?c (COUNT(*) AS ?counted) WHERE { GRAPH ?g { ?s ?c ?o } FILTER(?g != graph:meta) } GROUP BY ?c } }"""
PER_CLASS_AND_PROPERTY = """SELECT (CONCAT(STR(?class), " ", STR(?property)) AS ?c) ?n ?counted WHERE {
    ?d void:class ?class ; void:propertyPartition ?p . ?p void:property ?property ; void:triples ?n .
    { SELECT ?class ?property (COUNT(*) AS ?counted) WHERE {
        GRAPH ?g { ?s ?property ?o } FILTER(?g != graph:meta) GRAPH ?h { ?s a ?class } FILTER(?h != graph:meta) }
      GROUP BY ?class ?property } }"""
PER_LAYER = """SELECT ?c ?n ?counted WHERE {
    ?c a sd:NamedGraph ; void:triples ?n .
    { SELECT ?c (COUNT(*) AS ?counted) WHERE { GRAPH ?c { ?s ?p ?o } } GROUP BY ?c } }"""
WHOLE = """SELECT ?c ?n ?counted WHERE {
    BIND(dataset:gob-kg AS ?c)
    { ?c void:triples ?n . { SELECT (COUNT(*) AS ?counted) WHERE { GRAPH ?g { ?s ?p ?o } FILTER(?g != graph:meta) } } }
    UNION { ?c void:distinctSubjects ?n . { SELECT (COUNT(DISTINCT ?s) AS ?counted) WHERE { GRAPH ?g { ?s ?p ?o } FILTER(?g != graph:meta) } } }
    UNION { ?c void:distinctObjects ?n . { SELECT (COUNT(DISTINCT ?o) AS ?counted) WHERE { GRAPH ?g { ?s ?p ?o } FILTER(?g != graph:meta) } } }
    UNION { ?c void:properties ?n . { SELECT (COUNT(DISTINCT ?p) AS ?counted) WHERE { GRAPH ?g { ?s ?p ?o } FILTER(?g != graph:meta) } } }
    UNION { ?c void:classes ?n . { SELECT (COUNT(DISTINCT ?o) AS ?counted) WHERE { GRAPH ?g { ?s a ?o } FILTER(?g != graph:meta) } } }
    UNION { ?c void:entities ?n . { SELECT (COUNT(DISTINCT ?s) AS ?counted) WHERE { GRAPH ?g { ?s a ?o } FILTER(?g != graph:meta) } } } }"""


@pytest.mark.parametrize(
    ("query", "floor"),
    [(PER_CLASS, 40), (PER_PROPERTY, 90), (PER_CLASS_AND_PROPERTY, 500), (PER_LAYER, 6), (WHOLE, 6)],
)
def test_statistics_equal_count_queries(query: str, floor: int, store: ox.Store) -> None:
    prefixes = {
        "void": "http://rdfs.org/ns/void#",
        "sd": "http://www.w3.org/ns/sparql-service-description#",
        "graph": "https://data.example.org/id/graph/",
        "dataset": "https://data.example.org/id/dataset/",
    }
    rows = list(store.query(query, prefixes=prefixes))
    assert len(rows) >= floor
    assert [(row["c"].value, row["n"].value) for row in rows if row["n"].value != row["counted"].value] == []
