"""Parameters and bodies of the API, as schemas: one row for each, whatever the operations that take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gob_graph.formats import FORMATS
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.endpoint.web.pages.operations import Operation

Schema = dict[str, Any]
TEXT: Final = {"type": "string"}
NAMED: Final = {"type": "string", "minLength": 1}
IRI: Final = {"type": "string", "format": "uri"}
IRIS: Final = {"type": "array", "items": IRI}
LANGUAGE: Final = {"type": "string", "enum": list(LANGUAGES)}
RELEASE: Final = {"type": "string", "pattern": "^[0-9a-f]{8,64}$"}
COUNT: Final = {"type": "integer", "minimum": 0, "maximum": 1000}
PARAMETERS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "query": ("The query, in SPARQL 1.1.", TEXT),
    "default-graph-uri": ("A graph of the default dataset; may be given more than once.", IRIS),
    "named-graph-uri": ("A named graph of the dataset; may be given more than once.", IRIS),
    "format": ("Short name of the format, in place of the Accept header.", {"enum": [f.name for f in FORMATS]}),
    "release": ("The release that is queried: its id, or the first characters of it.", RELEASE),
    "lang": ("The language of the texts.", LANGUAGE),
    "language": ("The language of the texts.", LANGUAGE),
    "iri": ("An identifier; may be given more than once.", {"type": "array", "items": TEXT, "minItems": 1}),
    "identifier": ("An identifier, in any spelling, or an address.", {"type": "string", "pattern": r"\S"}),
    "queries": ("A batch of queries, as JSON.", TEXT),
    "extend": ("Things and properties, as JSON.", TEXT),
    "prefix": ("The beginning of a word.", TEXT),
    "cursor": ("How many are left out.", COUNT),
    "limit": ("How many are given at most.", COUNT),
    "id": ("A thing, type or property.", TEXT),
    "type": ("A type.", TEXT),
    "since": ("A release or a day: tell what changed since.", TEXT),
    "column": ("The column of a table that holds the identifiers.", TEXT),
    "kind": ("", {"type": "string", "enum": ["entity", "type", "property"]}),
    "number": ("", {"type": "integer", "minimum": 1}),
    "extension": ("", {"type": "string", "enum": ["ttl", "jsonld", "nt", "rdf", "html"]}),
    "identity": ("", RELEASE),
    "old": ("", RELEASE),
    "new": ("", RELEASE),
}
"""Parameters in query strings, and those of paths that need words or are not any text."""
HEADERS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "If-None-Match": ("Entity tags of representations that the client has.", TEXT),
    "Accept-Datetime": ("The moment as of which a description is asked for (RFC 7089).", TEXT),
    "Range": ("The bytes of a file that are asked for.", {"type": "string", "pattern": r"^bytes=\d+-\d*$"}),
}
"""Request headers that OpenAPI describes as parameters; Accept is told by the media types of the answers."""
OF_ONE_PATH: Final[Mapping[str, Mapping[str, Any]]] = {
    "/{language}/model/used/{kind}": {"kind": {"type": "string", "enum": ["classes", "properties"]}},
    "/reconcile/1.0-draft/{name}": {"name": {"type": "string", "enum": ["match", "reconcile"]}},
    "/uris/status": {"format": {"type": "string", "enum": ["json", "csv", "html"]}},
}
"""Parameters that are another thing on one path."""
FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = {"query": TEXT, "default-graph-uri": IRIS, "named-graph-uri": IRIS, "release": RELEASE}
_CONDITIONS: Final = {"type": "object", "required": ["queries"], "properties": {"queries": {"type": "array"}}}
_EXTEND: Final = {
    "type": "object",
    "required": ["ids", "properties"],
    "properties": {"ids": {"type": "array", "items": TEXT}, "properties": {"type": "array"}},
}
BODIES: Final[Mapping[tuple[str, str], Schema]] = {
    ("/sparql", FORM): {"type": "object", "required": ["query"], "properties": _QUERY},
    ("/reconcile", FORM): {"type": "object", "properties": {"queries": TEXT, "extend": TEXT}},
    ("/registries", FORM): {
        "type": "object",
        "properties": {"lines": TEXT, "column": TEXT, "as": {"type": "string", "enum": ["", "csv"]}},
    },
    ("/uris/status", "application/json"): {"type": "array", "items": TEXT, "minItems": 1},
    ("/reconcile/1.0-draft/{name}", "application/json"): _CONDITIONS,
    ("/reconcile/1.0-draft/extend", "application/json"): _EXTEND,
}
"""Bodies that are not any text, by path without the language and media type."""


def body(row: Operation, media: str) -> Schema:
    """The schema of a body of an operation."""
    return dict(BODIES.get((plain(row.path), media), TEXT))


def plain(path: str) -> str:
    """A path without the language before it."""
    return path.removeprefix("/{language}")


def parameter(row: Operation, name: str, where: str, example: str | None = None) -> Schema:
    """A parameter of an operation, in its path or query string."""
    text, schema = PARAMETERS.get(name, ("", NAMED if where == "path" else TEXT))
    schema = OF_ONE_PATH.get(plain(row.path), {}).get(name, schema)
    if name == "format" and schema == PARAMETERS["format"][1]:
        schema = {"type": "string", "enum": _formats(row)}
    required = where == "path" or name in row.required
    found: Schema = {"name": name, "in": where, "required": required, "schema": dict(schema)}
    if text:
        found["description"] = text
    if example:
        found["example"] = int(example) if schema.get("type") == "integer" else example
    return found


def header(name: str) -> Schema:
    """A request header, as a parameter."""
    text, schema = HEADERS[name]
    return {"name": name, "in": "header", "required": False, "schema": dict(schema), "description": text}


def _formats(row: Operation) -> list[str]:
    """The short names of the formats of an operation; one that leads elsewhere hands them on."""
    given: Iterable[str] = (*row.media, *row.others)
    found = [f.name for f in FORMATS if f.media_type in given or (f.name == "html" and 302 in row.also)]
    return found or [f.name for f in FORMATS if "changes" in f.kinds]
