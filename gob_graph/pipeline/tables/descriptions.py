"""What describes the tables: metadata of CSV on the Web, and a Data Package.

Each is written for its own readers: a reader of one that takes the other over loses part of what it says.
https://www.w3.org/TR/tabular-metadata/ and https://datapackage.org/profiles/1.0/
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gob_graph.pipeline.tables.fields import LIST_VALUES, LONG
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.pipeline.tables.fields import Field
    from gob_graph.pipeline.tables.rows import Filled
    from gob_graph.pipeline.tables.shapes import Texts

Document = dict[str, Any]
LISTED_KEY = ("table", "iri", "column", "number")


@dataclass(frozen=True, slots=True)
class About:
    """What holds for all tables of a release; `dataset` is the edition they are made from."""

    identity: str
    version: str
    issued: str
    license: str
    base_iri: str
    dataset: str
    title: Texts


def inside(table: Filled, about: About) -> dict[str, str]:
    """The metadata inside a Parquet file."""
    return {
        "title": json.dumps(table.titles, ensure_ascii=False),
        "description": json.dumps(table.texts, ensure_ascii=False),
        "release": about.identity,
        "version": about.version,
        "issued": about.issued,
        "license": about.license,
        "source": about.dataset,
    }


def csvw(tables: Iterable[Filled], about: About) -> bytes:
    """The metadata of all CSV files, in the file that readers look for beside a table."""
    tables = list(tables)
    homes = _homes(tables)
    document = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": _values(about.title),
        "dc:identifier": about.identity,
        "dc:hasVersion": about.version,
        "dc:issued": {"@value": about.issued, "@type": "xsd:date"},
        "dc:license": {"@id": about.license},
        "dc:source": {"@id": about.dataset},
        "tables": [_csvw_table(table, homes) for table in tables],
    }
    return _json(document)


def _csvw_table(table: Filled, homes: Mapping[str, str]) -> Document:
    described = table.fields is not LONG and table.name != LIST_VALUES
    schema: Document = {"columns": [_csvw_column(f) for f in _flat(table)]}
    if described:
        schema["aboutUrl"] = "{+iri}"
    if key := _key(table):
        schema["primaryKey"] = key
    if keys := _foreign(table, homes):
        schema["foreignKeys"] = [
            {"columnReference": name, "reference": {"resource": f"{home}.csv", "columnReference": "iri"}}
            for name, home in keys
        ]
    made: Document = {
        "url": f"{table.name}.csv",
        "dc:title": _values(table.titles),
        "dc:description": _values(table.texts),
        "void:entities": table.rows,
        "dialect": {"encoding": "utf-8", "header": True, "delimiter": ",", "lineTerminators": ["\r\n"]},
        "tableSchema": schema,
    }
    return made if described else made | {"suppressOutput": True}


def _csvw_column(field: Field) -> Document:
    made: Document = {
        "name": field.name,
        # The title is the name: readers compare it with the header, and some fill templates by it.
        "titles": field.name,
        "datatype": field.type,
        "required": field.required,
        "rdfs:label": _values(field.titles),
        "dc:description": _values(field.texts),
    }
    if field.lang:
        made["lang"] = field.lang
    if field.predicate is None:
        return made | {"suppressOutput": True}
    made["propertyUrl"] = field.predicate.value
    if field.address and field.required:
        made["valueUrl"] = f"{{+{field.name}}}"
    return made


def data_package(tables: Iterable[Filled], files: Mapping[str, tuple[int, str]], about: About) -> bytes:
    """The Data Package of all CSV files; `files` says of each table how many bytes its file has, and the SHA-256."""
    tables = list(tables)
    homes = _homes(tables)
    document = {
        "profile": "tabular-data-package",
        "name": "gob-graph-tables",
        "id": about.identity,
        "title": about.title["en"],
        "titles": about.title,
        "version": about.version,
        "created": f"{about.issued}T00:00:00Z",
        "licenses": [{"path": about.license}],
        "sources": [{"title": about.title["en"], "path": about.dataset}],
        "resources": [_resource(table, files[table.name], homes) for table in tables],
    }
    return _json(document)


def _resource(table: Filled, file: tuple[int, str], homes: Mapping[str, str]) -> Document:
    schema: Document = {"fields": [_package_field(f) for f in _flat(table)], "missingValues": [""]}
    if key := _key(table):
        schema["primaryKey"] = key
    if keys := _foreign(table, homes):
        schema["foreignKeys"] = [
            {"fields": [name], "reference": {"resource": "" if home == table.name else home, "fields": ["iri"]}}
            for name, home in keys
        ]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"{table.name}.csv",
        # Readers that know other schemes and formats take a resource without them for a plain file.
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file[0],
        "hash": f"sha256:{file[1]}",
        "title": table.titles["en"],
        "titles": table.titles,
        "description": table.texts["en"],
        "descriptions": table.texts,
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": schema,
    }


def _package_field(field: Field) -> Document:
    kinds = {"decimal": "number"}
    made: Document = {
        "name": field.name,
        "type": kinds.get(field.type, field.type),
        "title": field.titles["en"],
        "titles": field.titles,
        "description": field.texts["en"],
        "descriptions": field.texts,
    }
    if field.required:
        made["constraints"] = {"required": True}
    if field.predicate:
        made["rdfType"] = field.predicate.value
    return made


def _flat(table: Filled) -> list[Field]:
    return [f for f in table.fields if not f.several]


def _key(table: Filled) -> list[str]:
    if table.name == LIST_VALUES:
        return list(LISTED_KEY)
    return [] if table.fields is LONG else ["iri"]


def _homes(tables: Iterable[Filled]) -> dict[str, str]:
    """Which table has a row for every instance of a class."""
    return {cls.value: table.name for table in tables if table.fields is not LONG for cls in table.classes}


def _foreign(table: Filled, homes: Mapping[str, str]) -> list[tuple[str, str]]:
    """The columns whose values are rows of another table."""
    return [(f.name, homes[f.cls.value]) for f in _flat(table) if f.address and f.cls and f.cls.value in homes]


def _values(texts: Texts) -> list[Document]:
    return [{"@value": texts[code], "@language": code} for code in LANGUAGES if code in texts]


def _json(document: Document) -> bytes:
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()
