"""Tables from a server: DuckDB reads the columns that it needs, pages tell in four languages what a table holds."""

import json
import re
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import pytest
from rdflib import DCAT, DCTERMS, RDF, Graph, Namespace, URIRef

from gob_graph.endpoint.web.pages import i18n
from gob_graph.release import Release
from gob_graph.tables import FOLDER, table_names
from tests.browser.pages import LANGUAGES, page
from tests.conftest import Server

SPDX = Namespace("http://spdx.org/rdf/terms#")


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    """DuckDB with its extension for HTTP, as PyPI brings it: nothing is fetched from elsewhere."""
    (extension,) = Path(duckdb_extension_httpfs.__file__).parent.rglob("*.duckdb_extension")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.load_extension(str(extension))
    return connection


def requests(server: Server) -> list[dict[str, object]]:
    """The requests for files of a release that the server has logged."""
    return [row for row in server.requests() if row["route"] == "releases"]


def test_duckdb_reads_parquet_by_ranges(server: Server, release: Release, database: duckdb.DuckDBPyConnection) -> None:
    before = len(requests(server))
    url = f"{server.url}/releases/{release.id}/{FOLDER}"
    found = database.sql(
        f"SELECT reference_date_year, exact_value FROM '{url}figures.parquet' "
        "WHERE indicator LIKE '%people-in-service' AND exact_value IS NOT NULL ORDER BY 1"
    ).fetchall()
    assert [(year, int(value)) for year, value in found] == [(2020, 1452), (2021, 1466), (2022, 1518)]
    facts = f"{url}facts.parquet"
    assert database.sql(f"SELECT count(DISTINCT predicate) FROM '{facts}'").fetchall()[0][0] >= 100
    made = requests(server)[before:]
    assert len([r for r in made if r["status"] == 206]) >= 2, made
    assert all(r["method"] == "HEAD" for r in made if r["status"] == 200), "a whole file was sent"


def test_a_csv_names_its_metadata(server: Server, release: Release) -> None:
    status, headers, body = server.get(f"/releases/{release.id}/tables/figures.csv")
    assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert body == (release.path / "tables/figures.csv").read_bytes()
    link = f'</releases/{release.id}/tables/csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
    assert link in headers["link"]
    assert server.get(f"/releases/{release.id}/tables/csv-metadata.json")[1]["content-type"] == "application/csvm+json"
    headers = server.get(f"/releases/{release.id}/tables/figures.parquet")[1]
    assert headers["content-type"] == "application/vnd.apache.parquet"
    assert "link" not in headers or "describedby" not in headers["link"]


def test_each_table_is_a_distribution_of_the_catalogue(server: Server, release: Release) -> None:
    body = server.get("/doc/dataset/gob-kg", Accept="text/turtle")[2]
    graph = Graph().parse(data=body, format="turtle")
    named = [f"{FOLDER}{name}.{kind}" for name in table_names(release.manifest["files"]) for kind in ("csv", "parquet")]
    assert len(named) >= 26
    for name in named:
        download = URIRef(f"{server.url}/releases/{release.id}/{name}")
        (distribution,) = graph.subjects(DCAT.downloadURL, download)
        assert (distribution, RDF.type, DCAT.Distribution) in graph
        (checksum,) = graph.objects(graph.value(distribution, SPDX.checksum), SPDX.checksumValue)
        assert str(checksum) == release.manifest["files"][name]["sha256"]
        kind = str(graph.value(distribution, DCAT.mediaType)).partition("media-types/")[2]
        assert server.get(f"/releases/{release.id}/{name}")[1]["content-type"].partition(";")[0] == kind
        titles = {title.language for title in graph.objects(distribution, DCTERMS.title)}
        assert titles == set(LANGUAGES)
    status, headers, _ = server.get(f"/releases/latest/{named[0]}")
    assert (status, headers["location"]) == (302, f"/releases/{release.id}/{named[0]}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_explains_each_column(site: Server, release: Release, language: str) -> None:
    described = json.loads((release.path / "tables/csv-metadata.json").read_text(encoding="utf-8"))["tables"]
    names = table_names(release.manifest["files"])
    assert len(names) == len(described) >= 10
    overview = page(site, f"/{language}/tables", language)
    for name in names:
        assert f'href="/{language}/tables/{name}"' in overview
    for table in described:
        if table["url"] not in {"figures.csv", "administrations.csv", "list-values.csv"}:
            continue
        text = page(site, f"/{language}/tables/{table['url'].removesuffix('.csv')}", language)
        for column in table["tableSchema"]["columns"]:
            assert f"<code>{column['name']}</code>" in text
            (meaning,) = [v["@value"] for v in column["dc:description"] if v["@language"] == language]
            assert i18n.spaced(meaning, language).replace("'", "&#39;") in text


def test_numbers_are_drawn_as_the_source_gives_them(site: Server) -> None:
    text = page(site, "/en/tables/figures")
    bars = re.findall(r'<g(?: class="(\w+)")?>(.*?)</g>', text, re.DOTALL)
    drawn = {(kind, re.findall(r"<text[^>]*>([^<]*)</text>", bar)[-1]) for kind, bar in bars}
    assert drawn >= {("", "1,518"), ("exclusiveLowerBound", "&gt; 1,600"), ("approximateValue", "≈ 1,600")}
    assert "<svg" not in page(site, "/en/tables/administrations").partition("<main")[2].partition("</main")[0]


def test_a_table_that_is_not_there(site: Server) -> None:
    assert site.get("/en/tables/nothing", Accept="text/html")[0] == 404
