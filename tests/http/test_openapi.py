"""The API description against the running server: everything in it is so, and everything that is so is in it."""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from gob_graph.endpoint.web import bundle
from gob_graph.endpoint.web.blueprints import BLUEPRINTS
from gob_graph.endpoint.web.pages.openapi import served
from gob_graph.endpoint.web.pages.operations import GROUPS, OPERATIONS
from gob_graph.errors import REFUSALS
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, Starter, fetch
from tests.parts import needs

BODILESS = {204, 302, 303}


@pytest.fixture(scope="module")
def server(start: Starter, settings: Settings, release: Release) -> Server:
    """A server whose deployer gave an address, so that all that a server may say is said."""
    assert release
    return start(replace(settings, contact="data@deployer.example"))


@pytest.fixture(scope="module")
def description(server: Server) -> dict[str, Any]:
    status, headers, body = server.get("/api/openapi.json")
    assert (status, headers["content-type"]) == (200, "application/json")
    return dict(json.loads(body))


def routes() -> dict[str, set[str]]:
    app = Flask("gob_graph.endpoint.web.app")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return served(app.url_map)


def test_every_route_is_described_and_nothing_else() -> None:
    found = {(path, method) for path, methods in routes().items() for method in methods}
    described = {(row.path, row.method) for row in OPERATIONS}
    assert len(found) >= 50
    assert found - described == set(), "add a row to operations.py"
    assert described - found == set(), "no route answers these rows of operations.py"


def test_rows_are_sound() -> None:
    assert len({row.id for row in OPERATIONS}) == len(OPERATIONS)
    for row in OPERATIONS:
        assert row.group in GROUPS
        assert set(row.errors) <= set(REFUSALS), row.path
        assert row.text


def test_document_is_whole(description: dict[str, Any], server: Server) -> None:
    assert description["openapi"] == "3.1.0"
    assert description["servers"] == [{"url": server.url}]
    names = [operation["operationId"] for path in description["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)
    for path, methods in description["paths"].items():
        for operation in methods.values():
            declared = {p["name"] for p in operation["parameters"] if p.get("in") == "path"}
            assert declared == set(re.findall(r"\{(\w+)\}", path))
            assert all(p["required"] for p in operation["parameters"] if p.get("in") == "path")
            assert operation["responses"]
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(description)):
        place: Any = description
        for part in reference.split("/"):
            place = place[part]


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.id)
def test_operation_answers_as_described(row: Any, description: dict[str, Any], server: Server) -> None:
    operation = description["paths"][row.path][row.method]
    address = server.url + operation["x-sample"]
    if row.path.startswith("/assets/"):
        needs(bundle.FOLDER / bundle.LICENCES)
    assert "{" not in operation["x-sample"], "the sample is filled in"
    success = operation["responses"][str(row.status)]
    if row.status in BODILESS:
        status, headers, _ = fetch(address, method=row.method.upper(), headers={"Accept": "text/turtle"})
        if row.path == "/changes" and status == 404:
            return  # one release only: told so, and described
        assert status == row.status
        assert ("location" in headers) == ("Location" in success.get("headers", {}))
        return
    assert success["content"].keys() == {*row.media, *row.others}
    for media in row.media:
        for body_type in row.accepts or (None,):
            if body_type == "text/csv" != media:
                continue  # a table comes back as a table
            status, headers, body = fetch(address, **_sent(row, media, body_type))
            assert status == row.status, body[:300]
            assert headers["content-type"].split(";")[0] == media
            if row.answer and media == "text/csv":
                assert body.decode() == row.answer
    if row.answer and "text/csv" not in row.media:
        assert fetch(address)[2].decode() == row.answer


def _sent(row: Any, media: str, body_type: str | None) -> dict[str, Any]:
    if body_type is None:
        return {"headers": {"Accept": media}}
    body = row.body.replace("{thing_iri}", "https://data.example.org/id/organization/gob")
    if body.startswith(("queries=", "lines=", "{")):
        body = body.replace("{thing_id}", "id/organization/gob")
        return {
            "data": quote(body, safe="=").encode() if body_type.endswith("urlencoded") else body.encode(),
            "headers": {"Accept": media, "Content-Type": body_type},
            "method": "POST",
        }
    text = {
        "application/x-www-form-urlencoded": f"query={quote(body)}",
        "application/json": json.dumps([body]),
        "text/csv": f"iri\n{body}\n",
    }
    return {
        "data": text.get(body_type, body).encode(),
        "headers": {"Accept": media, "Content-Type": body_type},
        "method": "POST",
    }


def test_what_does_not_exist_is_refused_as_described(description: dict[str, Any], server: Server) -> None:
    tried = 0
    for path, methods in description["paths"].items():
        unknown = {"not-found", "release-unknown"} & {
            code
            for response in methods.get("get", {}).get("responses", {}).values()
            for code in response.get("x-codes", ())
        }
        if "{" not in path.replace("{language}", "") or not unknown:
            continue
        address = re.sub(r"\{\w+\}", "none-such", path.replace("{language}", "de").replace("{number}", "999999"))
        status, headers, body = server.get(address, Accept="application/problem+json, */*;q=0.1")
        assert status == 404, address
        assert headers["content-type"] == "application/problem+json", address
        assert json.loads(body)["code"] in unknown
        tried += 1
    assert tried >= 12


def test_formats_that_are_not_offered_are_refused_as_described(description: dict[str, Any], server: Server) -> None:
    tried = 0
    for path, methods in description["paths"].items():
        operation = methods.get("get", {})
        codes = [c for response in operation.get("responses", {}).values() for c in response.get("x-codes", ())]
        if "not-acceptable" in codes:
            status, _, body = server.get(operation["x-sample"], Accept="image/png")
            assert status == 406, path
            assert json.loads(body)["code"] == "not-acceptable"
            tried += 1
    assert tried >= 6


def test_page_shows_every_operation(description: dict[str, Any], server: Server, release: Release) -> None:
    body = server.get("/nl/api")[2].decode()
    for row in OPERATIONS:
        assert row.path.replace("&", "&amp;") in body
    assert release.id in body
    assert "curl" in body
