"""The tables of the real release, read by what analysts and portals read them with."""

import csv
import hashlib
import io
import json
import shutil
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyoxigraph as ox
import pytest

from gob_graph.pipeline.assembled import Assembled
from gob_graph.pipeline.shape_files import read_shapes
from gob_graph.pipeline.tables.make import table_files
from gob_graph.release import Release
from gob_graph.settings import Settings
from gob_graph.tables import FOLDER, PACKAGE, SPREADSHEET
from gob_graph.vocab import LANGUAGES

COUNTS = {
    "administrations": 8,
    "claims": 11,
    "events": 4,
    "evidence": 90,
    "figures": 15,
    "identifiers": 2,
    "mission-components": 13,
    "missions": 7,
    "organisations": 15,
    "responsibilities": 8,
}
LONG = {"facts", "list-values", "names"}


@pytest.fixture(scope="module")
def folder(release: Release) -> Path:
    return release.path / FOLDER


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    text = (folder / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def ask(store: ox.Store, query: str) -> list[tuple[str | None, ...]]:
    prefixes = {
        "gov": "https://data.example.org/ns/governance#",
        "org": "http://www.w3.org/ns/org#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "schema": "http://schema.org/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    }
    found = store.query(query, prefixes=prefixes, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    return [tuple(None if v is None else v.value for v in solution) for solution in found]


def test_there_is_a_table_for_what_people_ask_for(folder: Path) -> None:
    names = {path.name.partition(".")[0] for path in folder.glob("*.csv")}
    assert names == {*COUNTS, *LONG}
    for name in names:
        for ending in (".csv", SPREADSHEET, ".parquet"):
            assert (folder / f"{name}{ending}").is_file()
    assert {name: len(rows(folder, name)) for name in COUNTS} == COUNTS


def test_two_makings_give_the_same_bytes(assembled: Assembled, release: Release, settings: Settings) -> None:
    made = dict(table_files(assembled, read_shapes(settings).all, settings))
    assert len(made) >= 40
    listed = {name: e["sha256"] for name, e in release.manifest["files"].items() if name.startswith(FOLDER)}
    assert {name: hashlib.sha256(body).hexdigest() for name, body in made.items()} == listed


def test_the_rows_are_what_the_graph_says(folder: Path, store: ox.Store) -> None:
    units = ask(
        store,
        "SELECT DISTINCT ?a ?p ?nl ?fr WHERE { ?a a gov:Administration ; schema:position ?p ; skos:prefLabel ?nl ."
        ' FILTER(LANG(?nl) = "nl") OPTIONAL { ?a skos:prefLabel ?fr FILTER(LANG(?fr) = "fr") } } ORDER BY ?p',
    )
    told = [(r["iri"], r["position"], r["name_nl"], r["name_fr"]) for r in rows(folder, "administrations")]
    assert told == units
    figures = ask(
        store,
        "SELECT DISTINCT ?f ?v ?b ?n WHERE { ?f a gov:KeyFigure OPTIONAL { ?f gov:exactValue ?v }"
        " OPTIONAL { ?f gov:exclusiveLowerBound ?b } OPTIONAL { ?f gov:approximateValue ?n } } ORDER BY ?f",
    )
    assert [(r["iri"], *(r[c] or None for c in ("exact_value", "more_than", "approximate_value"))) for r in (
        rows(folder, "figures")
    )] == figures  # fmt: skip
    values = ask(store, "SELECT DISTINCT ?f ?o WHERE { ?f a rdf:Statement ; rdf:object ?o }")
    assert Counter((r["iri"], r["object"]) for r in rows(folder, "facts")) == Counter(values)


def test_values_that_spreadsheets_spoil_are_kept(folder: Path) -> None:
    numbers = {r["agency"]: r["notation"] for r in rows(folder, "identifiers")}
    assert numbers["KBO/BCE"] == "0316381039"
    dates = {r["date"]: r["date_year"] for r in rows(folder, "events")}
    assert dates["2019-11"] == "2019"
    (institution,) = [r for r in rows(folder, "organisations") if r["telephone"]]
    assert institution["telephone"].startswith("+32")
    marked = (folder / f"organisations{SPREADSHEET}").read_text(encoding="utf-8-sig")
    assert "'+32" in marked
    assert ",+32" not in marked


def test_a_csv_is_the_parquet_without_lists(folder: Path) -> None:
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path)
        flat = [f.name for f in table.schema if not str(f.type).startswith("list")]
        told = rows(folder, path.stem)
        assert list(told[0]) == flat, path.stem
        assert table.num_rows == len(told)
        for name in flat:
            texts = ["" if v is None else str(v) for v in table.column(name).to_pylist()]
            given = [r[name] for r in told]
            if str(table.schema.field(name).type).startswith("decimal"):
                assert [t and float(t) for t in texts] == [g and float(g) for g in given]
            else:
                assert texts == given, f"{path.stem}.{name}"


def test_the_lists_of_parquet_are_the_rows_of_list_values(folder: Path) -> None:
    found: Counter[tuple[Any, ...]] = Counter()
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path)
        for f in table.schema:
            if str(f.type).startswith("list"):
                for iri, values in zip(table.column("iri").to_pylist(), table.column(f.name).to_pylist(), strict=True):
                    for number, v in enumerate(values, 1):
                        found[path.stem, iri, f.name, str(number), v["value"] if isinstance(v, dict) else v] += 1
    told = rows(folder, "list-values")
    assert len(told) >= 1000
    assert found == Counter((r["table"], r["iri"], r["column"], r["number"], r["value"]) for r in told)


def test_metadata_name_release_licence_and_source(folder: Path, release: Release) -> None:
    inside = {k.decode(): v.decode() for k, v in pq.read_schema(folder / "figures.parquet").metadata.items()}
    assert inside["release"] == release.id
    assert inside["license"] == release.manifest["license"]
    assert inside["source"].endswith(f"/id/dataset/gob-kg/{release.version}")
    csvw = json.loads((folder / "csv-metadata.json").read_text(encoding="utf-8"))
    assert csvw["dc:identifier"] == release.id
    assert csvw["dc:license"] == {"@id": release.manifest["license"]}
    package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
    assert package["id"] == release.id
    for table in csvw["tables"]:
        for column in table["tableSchema"]["columns"]:
            for key in ("rdfs:label", "dc:description"):
                assert {v["@language"] for v in column[key]} == set(LANGUAGES), (table["url"], column["name"])
    columns = {c["name"]: c for t in csvw["tables"] for c in t["tableSchema"]["columns"] if t["url"] == "figures.csv"}
    assert columns["exact_value"]["datatype"] == "decimal"
    assert columns["title_fr"]["lang"] == "fr"
    assert columns["figure_of"]["required"] is True


def valid_csvw(folder: Path) -> bool:
    """Whether csvw accepts every table by the metadata beside it, with the references between them."""
    from csvw import TableGroup

    group = TableGroup.from_file(folder / "csv-metadata.json")
    assert group.tables
    told: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            for table in group.tables:
                assert list(table.iterdicts(strict=True))
            if not group.check_referential_integrity():
                told.append("a reference leads nowhere")
        except (ValueError, UserWarning) as error:
            told.append(str(error))
    return not told


def valid_package(folder: Path) -> bool:
    """Whether frictionless accepts the Data Package: types, demanded values, keys, references, sizes, digests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from frictionless import Package

        return bool(Package(str(folder / PACKAGE)).validate().valid)


def test_csvw_and_frictionless_accept_the_tables(folder: Path) -> None:
    for name, key in (("csv-metadata.json", "tables"), (PACKAGE, "resources")):
        assert len(json.loads((folder / name).read_text(encoding="utf-8"))[key]) == len(COUNTS) + len(LONG)
    assert valid_csvw(folder)
    assert valid_package(folder)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("figures.csv", ",1518,", ",many,"),
        ("administrations.csv", "/organization/gob,", "/organization/nobody,"),
    ],
)
def test_they_refuse_tables_that_are_wrong(folder: Path, tmp_path: Path, name: str, old: str, new: str) -> None:
    shutil.copytree(folder, tmp_path / "tables")
    for described, key in (("csv-metadata.json", "tables"), (PACKAGE, "resources")):
        whole = json.loads((folder / described).read_text(encoding="utf-8"))
        whole[key] = [t for t in whole[key] if (t.get("path") or t.get("url")) in {name, "organisations.csv"}]
        for t in whole[key]:
            keys = t.get("schema", t.get("tableSchema"))
            keys["foreignKeys"] = [k for k in keys.get("foreignKeys", []) if "organisations" in json.dumps(k)]
        (tmp_path / "tables" / described).write_text(json.dumps(whole), encoding="utf-8")
    assert valid_csvw(tmp_path / "tables")
    assert valid_package(tmp_path / "tables")
    path = tmp_path / "tables" / name
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())
    assert not valid_csvw(tmp_path / "tables")
    assert not valid_package(tmp_path / "tables")
