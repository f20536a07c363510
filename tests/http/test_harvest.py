"""The dataset as a data portal imports it: read by the parser of CKAN's harvester (ckanext-dcat)."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pyoxigraph as ox
import pytest

from gob_graph import catalogue
from gob_graph.documents import serialize
from gob_graph.formats import by_name
from gob_graph.pipeline.build import build_release
from gob_graph.release import Release, open_release
from gob_graph.settings import Settings
from gob_graph.vocab import DCAT, DCT, LANGUAGE_IRIS, VOID
from tests.conftest import LONG, ROOT, Server, Starter
from tests.world import World, append, copied, rename_water

DATASET = "https://data.example.org/id/dataset/gob-kg"
FORMATS = {"ttl": "text/turtle", "xml": "application/rdf+xml", "jsonld": "application/ld+json"}
"""The formats as ckanext-dcat calls them."""
Dataset = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two releases."""
    settings = copied(tmp_path_factory.mktemp("world"))
    languages = " , ".join(f"<{LANGUAGE_IRIS[code]}>" for code in ("en", "de", "fr", "nl"))
    append(settings, "data/release.ttl", f'dataset:gob-kg dct:title "Small world"@en ; dct:language {languages} .\n')
    return World(settings, [build_release(settings)[0].id, rename_water(settings).id])


@pytest.fixture(scope="module")
def served(world: World, start: Starter) -> Server:
    return start(world.settings)


@pytest.fixture(scope="module")
def imported(world: World, served: Server) -> dict[str, list[Dataset]]:
    """What CKAN would import from each document, by a name for it."""
    documents = {}
    for path in ("/catalogue", "/doc/dataset/gob-kg", "/releases"):
        for form, media_type in FORMATS.items():
            status, _, body = served.get(path, Accept=media_type)
            assert status == 200
            documents[f"{path} {form}"] = [form, body.decode()]
    first = open_release(world.folder / world.ids[0])
    documents["before"] = ["ttl", written(first, world.settings, served.url)]
    run = subprocess.run(
        [sys.executable, "-m", "tests.ckan_reader"],
        input=json.dumps(documents), capture_output=True, text=True, check=False, cwd=ROOT, timeout=LONG,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def written(release: Release, settings: Settings, url: str) -> str:
    turtle = by_name("turtle")
    assert turtle
    document = catalogue.document(release, replace(settings, service_url=url))
    return serialize(document, turtle, release.manifest["prefixes"]).decode()


def extras(dataset: Dataset) -> dict[str, str]:
    return {item["key"]: item["value"] for item in dataset["extras"]}


def test_a_portal_imports_one_dataset_that_stays_the_same(imported: dict[str, list[Dataset]]) -> None:
    (before,) = imported["before"]
    for name in [name for name in imported if name.startswith(("/catalogue", "/doc"))]:
        (now,) = imported[name]
        assert extras(now)["identifier"] == extras(now)["uri"] == extras(before)["identifier"] == DATASET, name
        assert now["title"].startswith("Small world"), "English, where a reader asks for it"
        assert (before["version"], now["version"]) == ("1.0.0", "1.0.1")
        assert json.loads(extras(now)["language"]) == list(LANGUAGE_IRIS.values()), "the main one first"
        assert extras(now)["modified"] == extras(now)["issued"]


@pytest.mark.parametrize("path", ["/catalogue", "/doc/dataset/gob-kg"])
def test_each_resource_can_be_fetched(
    path: str, imported: dict[str, list[Dataset]], world: World, served: Server
) -> None:
    ((turtle,), (xml,), (jsonld,)) = (imported[f"{path} {form}"] for form in FORMATS)
    resources = {resource["uri"]: resource for resource in turtle["resources"]}
    assert resources == {r["uri"]: r for r in xml["resources"]} == {r["uri"]: r for r in jsonld["resources"]}
    (endpoint,) = [r for r in resources.values() if "download_url" not in r]
    assert endpoint["access_url"] == f"{served.url}/sparql"
    assert endpoint["name"] == "SPARQL endpoint"
    assert f"{served.url}/sparql" in json.dumps(endpoint["access_services"])
    files, folder = (
        open_release(world.folder / world.ids[1]).manifest["files"],
        f"{served.url}/releases/{world.ids[1]}/",
    )
    downloads = [r for r in resources.values() if "download_url" in r]
    assert len(downloads) >= 19
    for one in downloads:
        address, name = one["url"][: len(folder)], one["url"][len(folder) :]
        assert address == folder
        assert (one["size"], one["hash"]) == (files[name]["bytes"], files[name]["sha256"])
        assert one["name"]
        assert one["license"]
        assert one["mimetype"]


def test_the_list_of_releases_is_whole_by_itself(
    imported: dict[str, list[Dataset]], world: World, served: Server
) -> None:
    by_iri = {extras(d)["uri"]: d for d in imported["/releases ttl"]}
    assert by_iri.keys() == {DATASET, *(f"{served.url}/releases/{i}" for i in world.ids)}
    assert extras(by_iri[DATASET])["identifier"] == DATASET
    for identity in world.ids:
        one = by_iri[f"{served.url}/releases/{identity}"]
        assert extras(one)["identifier"] == identity
        assert one["title"] == f"{by_iri[DATASET]['title']} {one['version']}"
        files = open_release(world.folder / identity).manifest["files"]
        assert {r["url"]: r["size"] for r in one["resources"]} == {
            f"{served.url}/releases/{identity}/{name}": entry["bytes"] for name, entry in files.items()
        }
        assert all(r["name"] and r["access_url"] and r["license"] for r in one["resources"])


def test_a_release_of_before_has_the_same_identifier(world: World) -> None:
    """Older software wrote the id of the release for the identifier of the dataset."""
    release = open_release(world.folder / world.ids[1])
    dataset = ox.NamedNode(DATASET)
    old = ox.Triple(dataset, DCT.identifier, ox.Literal(release.id))
    found = catalogue.completed([old], DATASET, release, world.settings)
    assert [t.object.value for t in found if t.subject == dataset and t.predicate == DCT.identifier] == [DATASET]


def test_the_document_of_the_edition_has_its_files(world: World, served: Server) -> None:
    status, _, body = served.get("/doc/dataset/gob-kg/1.0.1", Accept="application/n-triples")
    assert status == 200
    found = [q.triple for q in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)]
    edition = ox.NamedNode(f"{DATASET}/1.0.1")
    files = {t.object for t in found if t.subject == edition and t.predicate == DCAT.distribution}
    assert len(files) >= 19
    assert files == {t.subject for t in found if t.predicate == DCAT.downloadURL}
    assert world.ids[1] in {t.object.value for t in found if t.subject == edition and t.predicate == DCT.identifier}


PREFIXES = """SELECT DISTINCT ?prefix ?namespace WHERE {
    [] <http://www.w3.org/ns/shacl#namespace> ?namespace ; <http://www.w3.org/ns/shacl#prefix> ?prefix }"""
COMPLETIONS = """PREFIX void: <http://rdfs.org/ns/void#>
SELECT ?class ?property ?triples WHERE {
    ?part void:class ?class ; void:propertyPartition ?of . ?of void:property ?property ; void:triples ?triples }"""


@pytest.mark.parametrize("source", ["/sparql", "graph"])
def test_editors_find_prefixes_and_the_properties_of_each_class(source: str, world: World, served: Server) -> None:
    """In the service description, and with the queries that they send; both in the words of SHACL and VoID."""
    release = open_release(world.folder / world.ids[1])
    everything = ox.Store()
    everything.bulk_load(release.dataset.read_bytes(), format=ox.RdfFormat.N_QUADS)
    found = everything
    if source != "graph":
        found = ox.Store()
        found.bulk_load(served.get(source, Accept="text/turtle")[2], format=ox.RdfFormat.TURTLE)
    union = {"use_default_graph_as_union": True}
    declared = {r["prefix"].value: r["namespace"].value for r in found.query(PREFIXES, **union)}
    assert declared == release.manifest["prefixes"]
    assert len(declared) >= 9
    rows = list(found.query(COMPLETIONS, **union))
    assert len(rows) >= 30
    for row in rows:
        count = f"""SELECT (COUNT(*) AS ?n) WHERE {{ ?s a {row["class"]} ; {row["property"]} ?o
            FILTER NOT EXISTS {{ GRAPH <https://data.example.org/id/graph/meta> {{ ?s {row["property"]} ?o }} }} }}"""
        (counted,) = everything.query(count, **union)
        assert counted["n"].value == row["triples"].value, row
    if source != "graph":
        assert not any(q.predicate == VOID.distinctSubjects for q in found)
