"""The API description (OpenAPI 3.1), made from the tables that the server itself works with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from gob_graph import __version__
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.sparql.service_description import LIMITS
from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.pages.institution import institution
from gob_graph.endpoint.web.pages.operations import GROUPS, OPERATIONS
from gob_graph.endpoint.web.pages.source_view import source_page
from gob_graph.errors import REFUSALS
from gob_graph.formats import FORMATS
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.routing import Map

    from gob_graph.endpoint.web.context import Context
    from gob_graph.endpoint.web.pages.operations import Operation

PROBLEM: Final = "application/problem+json"
TEXT: Final = {"type": "string"}
IRI: Final = {"type": "string", "format": "uri"}
LANGUAGE: Final = {"type": "string", "enum": list(LANGUAGES)}
PARAMETERS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "query": ("The query, in SPARQL 1.1.", TEXT),
    "default-graph-uri": ("A graph of the default dataset; may be given more than once.", IRI),
    "named-graph-uri": ("A named graph of the dataset; may be given more than once.", IRI),
    "format": ("Short name of the format, in place of the Accept header.", {"enum": [f.name for f in FORMATS]}),
    "lang": ("The language of the texts.", LANGUAGE),
    "language": ("The language of the texts.", LANGUAGE),
    "iri": ("An identifier; may be given more than once.", IRI),
    "identifier": ("An identifier, however it is spelled, or an address.", TEXT),
    "queries": ("A batch of queries, as JSON.", TEXT),
    "extend": ("Things and properties, as JSON.", TEXT),
    "prefix": ("What somebody begins to type.", TEXT),
    "cursor": ("How many are left out.", {"type": "integer", "minimum": 0}),
    "limit": ("How many are given at most.", {"type": "integer", "minimum": 0}),
    "id": ("A thing, type or property.", TEXT),
    "type": ("A type.", TEXT),
    "since": ("A release or a day: tell what changed since.", TEXT),
}
"""Parameters in query strings, and those of paths that need words; others are plain text."""
CONCEPTS: Final = "SELECT ?found WHERE { ?found a skos:ConceptScheme } ORDER BY ?found LIMIT 1"
VERSIONS: Final = "SELECT ?found WHERE { ?ontology a owl:Ontology ; owl:versionIRI ?found } ORDER BY ?found LIMIT 1"
_CONVERTER = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?(\w+)>")


def openapi_path(rule: str) -> str:
    """A rule of the URL map as OpenAPI writes paths."""
    return _CONVERTER.sub(r"{\1}", rule)


def served(rules: Map) -> dict[str, set[str]]:
    """The paths of an application, with their methods but HEAD, and OPTIONS only where it is a route of its own."""
    found: dict[str, set[str]] = {}
    for rule in rules.iter_rules():
        methods = {method.lower() for method in rule.methods or ()} - {"head"}
        found.setdefault(openapi_path(rule.rule), set()).update(methods - {"options"} or methods)
    return found


def operations(rules: Map) -> list[Operation]:
    """The rows of the table that this application serves."""
    known = served(rules)
    return [row for row in OPERATIONS if row.method in known.get(row.path, ())]


def samples(site: Context) -> dict[str, str]:
    """What the braces in samples stand for, from the release."""
    release = site.release
    iri = institution(site.engine, "en").iri
    path = iri.removeprefix(release.base_iri)
    statements = source_page(site.engine, "en").statements
    return {
        "thing": path,
        "thing_iri": iri,
        "thing_id": path.removeprefix("/"),
        "document": path.replace("/id/", "/doc/", 1),
        "concept": _path_of(site, CONCEPTS),
        "version": _path_of(site, VERSIONS),
        "release": release.id,
        "statement": statements[0].id if statements else "",
        "question": read_questions(release)[0].name,
        "class": "gov:Administration",
        "word": quote(path.rsplit("/", 1)[-1]),
    }


def _path_of(site: Context, query: str) -> str:
    """The path of what a query gives first."""
    found = rows(site.engine, query)
    return urlsplit(found[0]["found"].value).path if found else ""


def filled(text: str, given: Mapping[str, str]) -> str:
    """A sample with its braces filled in; braces of another kind stay."""
    return re.sub(r"\{(\w+)\}", lambda m: given.get(m[1], m[0]), text)


def document(site: Context, rules: Map) -> dict[str, Any]:
    """The whole description."""
    given = samples(site)
    paths: dict[str, dict[str, Any]] = {}
    for row in operations(rules):
        paths.setdefault(row.path, {})[row.method] = _operation(row, given)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gob-graph",
            "version": __version__,
            "summary": "A public service as a knowledge graph: SPARQL, linked data, releases, pages",
            "description": f"Limits of a public query: {site.limits}.",
            "license": {"name": "MIT", "identifier": "MIT"},
            "x-limits": {name: getattr(site.settings, name) for name in LIMITS},
        },
        "servers": [{"url": site.settings.service_url}],
        "tags": [{"name": name, "description": text} for name, text in GROUPS.items()],
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM_SCHEMA}},
    }


def _operation(row: Operation, given: Mapping[str, str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "tags": [row.group],
        "operationId": row.id,
        "summary": row.text,
        "parameters": [*_path_parameters(row.path), *(_parameter(name, "query") for name in row.parameters)],
        "responses": _responses(row),
        "x-sample": filled(row.address, given),
    }
    if row.accepts:
        described["requestBody"] = {"required": True, "content": {media: {"schema": TEXT} for media in row.accepts}}
    return described


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [_parameter(name, "path") for name in re.findall(r"\{(\w+)\}", path)]


def _parameter(name: str, where: str) -> dict[str, Any]:
    text, schema = PARAMETERS.get(name, ("", TEXT))
    found: dict[str, Any] = {"name": name, "in": where, "required": where == "path", "schema": dict(schema)}
    if text:
        found["description"] = text
    return found


def _responses(row: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": row.text}
    if row.media:
        success["content"] = {media: {"schema": TEXT if media != "application/json" else {}} for media in row.media}
    if row.status in {302, 303}:
        success["headers"] = {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}
    responses = {str(row.status): success}
    for status, codes in sorted(by_status(row.errors).items()):
        responses[str(status)] = {
            "description": "; ".join(f"{code}: {REFUSALS[code].title}" for code in codes),
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            "x-codes": codes,
        }
    return responses


def by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """The codes of refusals by HTTP status; codes that this version does not have are left out."""
    found: dict[int, list[str]] = {}
    for code in sorted(set(codes) & set(REFUSALS)):
        found.setdefault(REFUSALS[code].status, []).append(code)
    return found


_PROBLEM_SCHEMA: Final = {
    "type": "object",
    "description": "RFC 9457. `type` leads to what the code means.",
    "required": ["type", "title", "status", "code", "detail", "remedy", "request"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(REFUSALS)},
        "detail": TEXT,
        "remedy": TEXT,
        "request": TEXT,
    },
}
