"""The whole service over an engine that others run: the real `oxigraph serve`, filled, checked, served from, and ended."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from gob_graph.endpoint.engine.dataset import load as load_dataset
from gob_graph.endpoint.engine.engine import start_engine
from gob_graph.endpoint.engine.evaluation import answer
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.remote.probes import table
from gob_graph.errors import EngineError
from gob_graph.formats import offers
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Server, Starter
from tests.engine.others import Other, command, load, oxigraph, verdict


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    with oxigraph(tmp_path_factory.mktemp("oxigraph")) as engine:
        yield engine


@pytest.fixture(scope="module")
def chosen(settings: Settings, release: Release, other: Other) -> Settings:
    """The settings of a server that asks the engine, which holds the release."""
    assert release
    chosen = replace(settings, store=f"http://127.0.0.1:9/ {other.url}", query_timeout=5.0)
    done = load(chosen, other)
    assert (done.exit_code, done.stdout.count("and nothing else")) == (0, 1), done.output
    return chosen


@pytest.fixture(scope="module")
def served(chosen: Settings, other: Other, start: Starter, release: Release) -> Server:
    with pytest.raises(EngineError, match="was not checked"):
        start_engine(release, chosen)
    checked = command(chosen, "check-engine", other.url, "--seconds", "1")
    assert checked.exit_code == 0, checked.output
    assert "0 answered otherwise" in checked.output
    return start(chosen)


def test_it_answers_every_probe_and_question_as_the_embedded_engine(served: Server, chosen: Settings) -> None:
    assert served
    assert len(table().probes) >= 100
    found = verdict(chosen)
    assert (found["differences"], found["probes"]) == ([], table().digest)


def test_it_is_filled_once(chosen: Settings, other: Other) -> None:
    again = load(chosen, other)
    assert again.exit_code == 2
    assert "not empty" in again.output
    assert "DROP ALL" in again.output, "the message says what to do"


def test_every_format_is_as_exact_as_ever(served: Server, release: Release) -> None:
    dataset = load_dataset(release.dataset.read_bytes())
    prefixes = release.manifest["prefixes"]
    for query in ("SELECT * { ?s <http://schema.org/position> ?o } ORDER BY ?s ?o", "ASK {}", "DESCRIBE <urn:a>"):
        kind = {"S": "bindings", "A": "boolean", "D": "graph"}[query[0]]
        for form in offers(kind):  # type: ignore[arg-type]
            manner = Manner(None, None, Formats(form.name, form.name, form.name), f"{served.url}/sparql")
            _, body = answer(dataset, Job(query, manner), prefixes, Limits(1024, 8, 10.0))
            got = served.get(f"/sparql?query={quote(query)}", Accept=form.media_type)
            assert (got[0], got[2]) == (200, body), form.name


def test_what_is_served_says_that_another_engine_evaluates(served: Server) -> None:
    status, _, body = served.get("/sparql", Accept="text/turtle")
    described = body.decode()
    assert status == 200, described
    assert "Another engine evaluates them" in described
    assert "Oxigraph" not in described


def test_what_surprises_is_said_as_far_as_the_query_alone_shows_it(served: Server) -> None:
    query = 'SELECT (COUNT(*) AS ?n) (GROUP_CONCAT(?label) AS ?all) { ?x ?p ?label FILTER(?label) } VALUES ?x { "a" }'
    for language, word in (("en", "brace"), ("nl", "accolade"), ("fr", "accolade"), ("de", "Klammer")):
        said = json.loads(served.get(f"/evaluated?lang={language}&query={quote(query)}")[2])
        assert said["form"] is None
        (note,) = said["notes"]
        assert (note["line"], note["column"]) == (1, query.index("VALUES") + 1)
        assert word in note["text"]


def test_it_has_its_deadline_and_is_asked_no_more_than_sparql(served: Server) -> None:
    slow = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    assert problem(served, f"/sparql?query={slow}") == (504, "query-timeout")
    assert problem(served, f"/sparql?query={quote('SELECT (<bif:now>() AS ?x) {}')}") == (403, "extension-refused")


def problem(served: Server, path: str) -> tuple[int, str]:
    status, headers, body = served.get(path)
    assert headers["content-type"] == "application/problem+json"
    return status, json.loads(body)["code"]


def test_a_server_over_an_engine_that_is_gone_answers_from_its_cache(served: Server, other: Other) -> None:
    """Killed at last, so that this test comes last: what was asked before is answered, the rest is a clear 502."""
    page, query = served.get("/en/")[2], f"/sparql?query={quote('SELECT (1 AS ?x) {}')}"
    assert served.get(query)[0] == 200
    assert served.get("/health/ready")[0] == 200

    other.process.send_signal(signal.SIGSTOP)
    assert problem(served, f"/sparql?query={quote('SELECT (2 AS ?x) {}')}") == (504, "query-timeout")
    assert served.get("/en/")[::2] == (200, page)
    other.process.send_signal(signal.SIGCONT)
    assert served.get(f"/sparql?query={quote('SELECT (3 AS ?x) {}')}")[0] == 200

    other.process.kill()
    other.process.wait()
    assert problem(served, f"/sparql?query={quote('SELECT (4 AS ?x) {}')}") == (502, "engine-unreachable")
    assert served.get("/en/")[::2] == (200, page)
    assert served.get(query)[0] == 200
    assert served.get("/health/ready")[0] >= 500
    assert served.get("/health/live")[0] == 200
    assert Path(f"/proc/{served.front}").exists()
