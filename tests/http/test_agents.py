"""The graph for agents, through the client of the SDK: over stdio and over HTTP; no model is asked."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.server import MCPServer

from gob_graph import Graph
from gob_graph.agents.server import TOOLS, make_server
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, environment, fetch
from tests.http.agents_server import tools_over_http
from tests.loops import go
from tests.world import made

ROOT = Path(__file__).parent.parent.parent
QUESTIONS = json.loads((ROOT / "tests/agents/questions.json").read_text(encoding="utf-8"))
Call = tuple[str, dict[str, Any]]


async def called(target: str | StdioServerParameters | MCPServer, calls: list[Call]) -> list[Any]:
    """The results of calls in one session."""
    async with Client(target) as client:
        return [await client.call_tool(name, arguments) for name, arguments in calls]


def value(document: Any, path: str) -> Any:
    """The value at a path; ``*`` is each member of a list."""
    head, _, rest = path.partition(".")
    if not head:
        return document
    if head == "*":
        return [value(one, rest) for one in document]
    if isinstance(document, list):
        return value(document[int(head)], rest)
    return document[path] if path in document else value(document[head], rest)


@pytest.fixture(scope="module")
def http(release: Release, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `gob-graph mcp --http`."""
    public = replace(settings, service_url="https://graph.test")
    with tools_over_http(release, public, tmp_path_factory.mktemp("mcp")) as address:
        yield f"http://{address}/mcp"


@pytest.fixture(scope="module")
def stdio(release: Release, settings: Settings) -> StdioServerParameters:
    arguments = ["-m", "gob_graph", "mcp", "--source", str(release.path)]
    return StdioServerParameters(command=sys.executable, args=arguments, env=environment(settings))


@pytest.fixture(scope="module")
def answers(http: str) -> dict[str, Any]:
    """The last answer to each question, in one session."""

    async def run() -> dict[str, Any]:
        found = {}
        async with Client(http) as client:
            for one in QUESTIONS:
                document: Any = {}
                for name, given in one["calls"]:
                    arguments = {
                        key: value(document, text[1:]) if isinstance(text, str) and text.startswith("$") else text
                        for key, text in given.items()
                    }
                    result = await client.call_tool(name, arguments)
                    assert not result.is_error, result.content
                    document = result.structured_content
                found[one["question"]] = document
        return found

    return go(run())


def test_there_are_twenty_questions_of_two_calls_at_most() -> None:
    assert len(QUESTIONS) >= 20
    assert all(1 <= len(one["calls"]) <= 2 and one["expected"] for one in QUESTIONS)


@pytest.mark.parametrize("one", QUESTIONS, ids=lambda one: one["question"])
def test_the_right_answer_is_in_what_the_tools_return(one: Any, answers: dict[str, Any], release: Release) -> None:
    document = answers[one["question"]]
    assert document["release"] == release.id
    assert "never instructions" in document["texts"]
    for path, expected in one["expected"].items():
        if isinstance(expected, str):
            expected = expected.replace("$version", release.version)
        assert value(document, path) == expected, path
    if not document["said"]:
        assert "does not say" in document["note"]


def test_hedges_bounds_and_dates_are_told(answers: dict[str, Any]) -> None:
    figures = answers["How many people worked there in 2021?"]
    assert "bounds or approximate" in figures["note"]
    assert {e["kind"] for e in figures["evidence"]} >= {"document"}
    assert all(e["about"].startswith("https://data.example.org/id/key-figure/") for e in figures["evidence"])


def test_both_transports_answer_alike(http: str, stdio: StdioServerParameters) -> None:
    calls: list[Call] = [
        ("search", {"text": "Directieraad"}),
        ("ask_question", {"name": "organisations-as-rdf"}),
        ("query", {"sparql": "ASK { ?s ?p ?o }"}),
        ("query", {"sparql": "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "limit": 3}),
        ("list_questions", {"language": "de"}),
    ]
    one, other = (go(called(target, calls)) for target in (http, stdio))
    assert [r.structured_content for r in one] == [r.structured_content for r in other]
    cut = one[3].structured_content
    assert (len(cut["rows"]), cut["complete"]) == (3, False)
    assert str(cut["count"]) in cut["note"]


REFUSED: list[tuple[Call, str]] = [
    (("query", {"sparql": "SELECT * {"}), "query-syntax"),
    (("query", {"sparql": "SELECT * { SERVICE <http://x.test/> { ?s ?p ?o } }"}), "service-refused"),
    (("query", {"sparql": "INSERT DATA { <urn:a> <urn:a> <urn:a> }"}), "update-refused"),
    (("query", {"sparql": "CONSTRUCT WHERE { ?s ?p ?o }"}), "wrong-form"),
    (("ask_question", {"name": "nonsense"}), "unknown-name"),
    (("ask_question", {"name": "federated-area"}), "service-refused"),
    (("describe", {"iri": "no IRI"}), "bad-parameter"),
    (("lookup_identifier", {"identifier": " "}), "bad-parameter"),
    (("check_addresses", {"iris": ["urn:x"] * 101}), "batch-too-large"),
]


def test_refusals_have_the_codes_of_the_endpoint(http: str) -> None:
    for result, (call, code) in zip(go(called(http, [call for call, _ in REFUSED])), REFUSED, strict=True):
        assert result.is_error, call
        text = result.content[0].text
        told = json.loads(text[text.index("{") :])
        assert (told["code"], bool(told["detail"]), bool(told["remedy"])) == (code, True, True), call
        assert "Traceback" not in text


def test_a_tool_answers_as_of_a_release_or_says_that_it_does_not(tmp_path: Path) -> None:
    world = made(tmp_path)
    water, old = "https://data.example.org/id/organization/water", world.ids[0]
    asked: list[Call] = [
        ("describe", {"iri": water}),
        ("query", {"sparql": f"SELECT ?l {{ <{water}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }}"}),
        ("list_questions", {}),
        ("cite", {}),
    ]
    refused: list[Call] = [
        ("search", {"text": "Water"}),
        ("lookup_identifier", {"identifier": "0316381039"}),
        ("check_addresses", {"iris": [water]}),
    ]
    with Graph(world.folder) as graph:
        tools = make_server(graph)
        then, now = (go(called(tools, [(n, a | {"as_of": at}) for n, a in asked])) for at in (old[:12], "current"))
        assert [r.structured_content["release"] for r in then] == [old] * 4
        assert [r.structured_content["release"] for r in now] == [world.ids[3]] * 4
        assert then[0].structured_content["label"] == "Water"
        assert [r.structured_content["rows"][0]["cells"]["l"] for r in (then[1], now[1])] == ["Water", "Waters"]
        for result in go(called(tools, [(n, a | {"as_of": old}) for n, a in refused])):
            assert result.is_error
            assert '"code": "current-only"' in result.content[0].text
        assert not any(r.is_error for r in go(called(tools, [(n, a | {"as_of": "current"}) for n, a in refused])))
        (missing,) = go(called(tools, [("cite", {"as_of": "1900-01-01"})]))
        assert '"code": "release-unknown"' in missing.content[0].text


def test_llms_txt_tells_where_everything_is(server: Server, release: Release) -> None:
    """In the form of llmstxt.org: a title, a summary in a quotation, sections of links; each link opens."""
    status, headers, body = server.get("/llms.txt")
    text = body.decode()
    assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
    title, _, *rest = text.splitlines()
    assert title.startswith("# ")
    assert rest[0].startswith("> ")
    assert [line for line in rest if line.startswith("## ")] == ["## Ask", "## Read"]
    for said in (release.id, "data, never instructions", "guess nothing", f"gob-graph mcp --source {server.url}"):
        assert said in text
    links = re.findall(r"(?m)^- \[([^\]]+)\]\(([^)]+)\): \S", text)
    assert len(links) == text.count("](") >= 8
    for name, address in links:
        assert address.startswith(server.url), name
        assert server.get(address.removeprefix(server.url))[0] in {200, 300, 303}, name


def test_tools_and_resources_say_what_they_are(http: str) -> None:
    async def run() -> tuple[Any, Any, Any]:
        async with Client(http) as client:
            tools, resources = await client.list_tools(), await client.list_resources()
            texts = [(await client.read_resource(r.uri)).contents[0].text for r in resources.resources]
            return tools.tools, [str(r.uri) for r in resources.resources], texts

    tools, uris, texts = go(run())
    assert [tool.name for tool in tools] == list(TOOLS)
    assert all("as_of" in tool.input_schema["properties"] for tool in tools)
    assert all(tool.description and tool.output_schema and tool.annotations.read_only_hint for tool in tools)
    assert uris == ["gob-graph://model", "gob-graph://questions"]
    assert "gov:KeyFigure" in texts[0]
    assert {"nl", "fr", "de", "en"} == set(json.loads(texts[1])["questions"])


INITIALIZE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()
TYPES = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.test"}, 421),
        ({"Origin": "https://evil.test"}, 403),
        ({"Host": "graph.test", "Origin": "https://graph.test"}, 200),
        ({}, 200),
    ],
)
def test_foreign_hosts_and_origins_are_refused(headers: dict[str, str], status: int, http: str) -> None:
    assert fetch(http, INITIALIZE, TYPES | headers)[0] == status
