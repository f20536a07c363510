"""The API description (OpenAPI 3.1), made from the tables that the server itself works with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from gob_graph import __version__
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.sparql.service_description import LIMITS
from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.pages import parameters
from gob_graph.endpoint.web.pages.institution import institution
from gob_graph.endpoint.web.pages.operations import EVERY, GROUPS, HTML, OF_RELEASE, OPERATIONS
from gob_graph.endpoint.web.pages.source_view import source_page
from gob_graph.errors import REFUSALS
from gob_graph.tables import table_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from werkzeug.routing import Map

    from gob_graph.endpoint.web.context import Context
    from gob_graph.endpoint.web.pages.operations import Operation

PROBLEM: Final = "application/problem+json"
STATUSES: Final = {
    206: "A part of the file.",
    300: "Several things may be meant: each with its address and name.",
    302: "Leads on.",
    303: "Leads on.",
    304: "The representation that the client has is still the same.",
    410: "What is left to say of an identifier that was withdrawn.",
}
"""What a status means wherever it is given."""
WAIT: Final = frozenset(
    {"client-busy", "client-budget", "engine-busy", "engine-down", "answers-unread", "not-prepared"}
)
CONDITIONAL: Final = ("precondition-failed",)
CONCEPTS: Final = "SELECT ?found WHERE { ?found a skos:ConceptScheme } ORDER BY ?found LIMIT 1"
VERSIONS: Final = "SELECT ?found WHERE { ?ontology a owl:Ontology ; owl:versionIRI ?found } ORDER BY ?found LIMIT 1"
_CONVERTER = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?(\w+)>")


def openapi_path(rule: str) -> str:
    """A rule of the URL map as OpenAPI writes paths."""
    return _CONVERTER.sub(r"{\1}", rule)


def served(rules: Map) -> dict[str, set[str]]:
    """The paths of an application, with their methods but HEAD and OPTIONS, which every path answers."""
    found: dict[str, set[str]] = {}
    for rule in rules.iter_rules():
        methods = {method.lower() for method in rule.methods or ()} - {"head", "options"}
        found.setdefault(openapi_path(rule.rule), set()).update(methods)
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
        "thing_name": path.removeprefix("/id/"),
        "document": path.replace("/id/", "/doc/", 1),
        "concept": _path_of(site, CONCEPTS),
        "version": _path_of(site, VERSIONS),
        "release": release.id,
        "statement": statements[0].id if statements else "",
        "question": next((question.name for question in read_questions(release)), "none"),
        "class": "gov:Administration",
        "table": next(iter(table_names(release.manifest["files"])), "administrations"),
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
        "components": {
            "schemas": {"Problem": _PROBLEM_SCHEMA},
            "responses": {str(status): _refusal(codes) for status, codes in by_status(EVERY).items()},
            "parameters": {name: parameters.header(name) for name in parameters.HEADERS},
        },
    }


def _operation(row: Operation, given: Mapping[str, str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "tags": [row.group],
        "operationId": row.id,
        "summary": row.text,
        "parameters": list(_parameters(row, given)),
        "responses": _responses(row),
        "x-sample": filled(row.address, given),
    }
    if row.accepts:
        content = {media: {"schema": parameters.body(row, media)} for media in row.accepts}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(row: Operation, given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Those of the path, with those of the sample as examples; of the query string; and of the head."""
    names = re.findall(r"\{(\w+)\}", row.path)
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(row.path))
    sample = re.fullmatch(pattern, filled(row.address, given).partition("?")[0])
    for name in names:
        yield parameters.parameter(row, name, "path", sample and unquote(sample[name]))
    for name in dict.fromkeys([*row.parameters, *(["release"] if row.of_release else [])]):
        yield parameters.parameter(row, name, "query")
    for name in _heads(row):
        yield {"$ref": f"#/components/parameters/{name}"}


def _heads(row: Operation) -> Iterator[str]:
    if row.method == "get" and row.status == 200:
        yield "If-None-Match"
    if row.path.startswith("/timegate/"):
        yield "Accept-Datetime"
    if 206 in row.also:
        yield "Range"


def _responses(row: Operation) -> dict[str, Any]:
    statuses = [row.status, *row.also, *([304] if row.method == "get" and row.status == 200 else [])]
    found = {str(status): _answer(row, status) for status in sorted(statuses)}
    codes = {*row.errors, *(OF_RELEASE if row.of_release else ()), *(CONDITIONAL if 304 in statuses else ())}
    every = by_status(EVERY)
    for status, listed in sorted(by_status([*codes, *EVERY]).items()):
        if listed == every.get(status):
            found[str(status)] = {"$ref": f"#/components/responses/{status}"}
        else:
            told = _refusal(listed)
            told["content"] = found.get(str(status), {}).get("content", {}) | told["content"]
            found[str(status)] = told
    return found


def _answer(row: Operation, status: int) -> dict[str, Any]:
    """What is sent with a status that is no refusal."""
    answer: dict[str, Any] = {"description": STATUSES.get(status, row.text)}
    if status in {302, 303}:
        location = {"required": True, "schema": {"type": "string", "format": "uri-reference"}}
        answer["headers"] = {"Location": location}
    elif status != 304 and (media := (*row.media, *row.others)):
        answer["content"] = {name: {"schema": _schema(name)} for name in media}
    return answer


def _schema(media: str) -> dict[str, Any]:
    """What can be said of every document of a media type."""
    if media == "application/sparql-results+json":
        return {"type": "object", "required": ["head"]}
    return {"type": ["object", "array"]} if media.endswith(("json", "+json")) else dict(parameters.TEXT)


def _refusal(codes: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": "; ".join(f"{code}: {REFUSALS[code].title}" for code in codes),
        "content": {
            PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}},
            HTML: {"schema": dict(parameters.TEXT)},
        },
        "x-codes": codes,
    }
    if not WAIT.isdisjoint(codes):
        found["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 0}}}
    return found


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
    "additionalProperties": True,
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": parameters.TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(REFUSALS)},
        "detail": parameters.TEXT,
        "remedy": parameters.TEXT,
        "request": parameters.TEXT,
    },
}
