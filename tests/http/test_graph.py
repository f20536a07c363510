"""`Graph`: a server and a release on disk give the same answers; what cannot be answered is a typed error."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal
from rdflib.compare import isomorphic

from gob_graph import Graph
from gob_graph.client import (
    ClientError,
    CurrentOnly,
    Damaged,
    IncompleteAnswer,
    QueryRefused,
    ReleaseNotFound,
    ServerUnreachable,
    TooCostly,
    UnknownName,
    WrongForm,
)
from gob_graph.publication import publications
from gob_graph.release import Release
from tests.conftest import Server, Starter, free_port
from tests.world import World, made

GOB = "https://data.example.org/id/organization/gob"
DATA = GOB.removesuffix("/id/organization/gob")
SHOWN = (
    "doc/organization/gob",
    "nl/doc/organization/gob.ttl",
    "doc/organization/nooit",
    "doc/ns/governance",
    "id/dataset/catalogue",
    "ns/governance/shape/Address-address",
)
"""Addresses of documents, and what is described beside the dataset."""
WATER = "https://data.example.org/id/organization/water"


@pytest.fixture(scope="module")
def here(release: Release) -> Iterator[Graph]:
    with Graph(release.path) as graph:
        yield graph


@pytest.fixture(scope="module")
def there(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return Graph(server.url, cache=tmp_path_factory.mktemp("cache"))


QUESTIONS = (
    "administrations",
    "staff-figures",
    "events",
    "board-members",
    "stated-count-matches",
    "organisations-as-rdf",
)
SAME: dict[str, Callable[[Graph], Any]] = {
    **{name: lambda g, name=name: g.question(name, "fr") for name in QUESTIONS},
    "select": lambda g: g.select("SELECT * { ?s ?p ?o FILTER(ISLITERAL(?o)) } ORDER BY ?s ?p ?o LIMIT 500"),
    "empty": lambda g: g.select("SELECT ?s (COUNT(?o) AS ?n) { ?s <urn:none> ?o } GROUP BY ?s"),
    "ask": lambda g: g.ask(f"ASK {{ <{GOB}> ?p ?o }}"),
    "construct": lambda g: g.construct(f"CONSTRUCT WHERE {{ <{GOB}> ?p ?o }}"),
    "describe": lambda g: g.describe(GOB),
    "tables": lambda g: g.tables(),
    "table of figures": lambda g: g.table("figures"),
    "questions": lambda g: g.questions("de"),
    "status": lambda g: g.status([GOB, "urn:x", GOB.replace("https", "http")]),
    "status of documents": lambda g: g.status([f"{DATA}/{path}" for path in SHOWN]),
    "reconcile": lambda g: g.reconcile(["Bruxelles Mobilité", "xyzzy", "0316381039"], language="fr"),
    "lookup": lambda g: [g.lookup(text) for text in ("0316381039", "0316381030", "NUTS BE1", "nothing")],
    "releases": lambda g: g.releases(),
    "manifest": lambda g: g.manifest,
    "release": lambda g: g.release,
    "reconcile as of now": lambda g: g.as_of("current").reconcile(["Bruxelles Mobilité"]),
    "as_of": lambda g: g.as_of(g.release[:12]).select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"),
}


@pytest.mark.parametrize("name", SAME)
def test_disk_and_server_give_the_same_answer(name: str, here: Graph, there: Graph) -> None:
    one, other = SAME[name](here), SAME[name](there)
    if hasattr(one, "columns"):
        assert_frame_equal(one, other)
        assert one.attrs == other.attrs
        assert len(one.columns)
    elif hasattr(one, "triples"):
        assert len(one) > 3
        assert isomorphic(one, other)
    else:
        assert one == other
        assert one


def test_the_address_of_a_document_stands_for_its_thing_without_a_server(here: Graph) -> None:
    frame = here.status([f"{DATA}/{path}" for path in SHOWN])
    assert frame["resource"].tolist()[:2] == [GOB] * 2
    assert frame["status"].tolist() == ["renamed", "renamed", "never-existed", *["current"] * 3]


def test_the_administrations_are_typed_in_one_line(there: Graph) -> None:
    frame = there.question("administrations", "fr")
    assert frame["position"].tolist() == list(range(1, 9))
    assert [str(kind) for kind in frame.dtypes] == ["int64[pyarrow]", *["string[pyarrow]"] * 3]
    assert set(frame["label@lang"]) == {"fr"}
    assert frame.attrs["title"] == "Quelles administrations forment le SPRB\u00a0?"


def test_a_table_of_the_release_is_typed(there: Graph) -> None:
    frame = there.table("administrations")
    assert len(frame) == 8
    assert {"iri", "label"} <= set(frame.columns)
    years = there.table("figures")["reference_date_year"].dropna()
    assert sorted({int(year) for year in years})[-1] == 2022
    assert "int" in str(years.dtype)


def test_an_empty_answer_that_is_right_is_explained(there: Graph) -> None:
    frame = there.question("board-members", "en")
    assert frame.empty
    assert all(str(kind) == "string[pyarrow]" for kind in frame.dtypes)
    assert frame.attrs["empty"]


def test_polars_gets_the_same_table(there: Graph) -> None:
    import polars

    frame = there.select_polars("SELECT ?n { VALUES ?n { 1 2 } }")
    assert frame.schema == {"n": polars.Int64}


REFUSED: dict[str, tuple[Callable[[Graph], object], type[ClientError], str]] = {
    "syntax": (lambda g: g.select("SELECT"), QueryRefused, "query-syntax"),
    "update": (lambda g: g.select("INSERT DATA { <urn:a> <urn:a> <urn:a> }"), QueryRefused, "update-refused"),
    "service": (
        lambda g: g.select("SELECT * { SERVICE <http://x.test/> { ?s ?p ?o } }"),
        QueryRefused,
        "service-refused",
    ),
    "too long": (lambda g: g.ask(f"ASK {{ <{'x' * 70000}> ?p ?o }}"), QueryRefused, "query-too-long"),
    "graph for table": (lambda g: g.select("CONSTRUCT WHERE { ?s ?p ?o }"), WrongForm, "wrong-form"),
    "ask for table": (lambda g: g.select("ASK {}"), WrongForm, "wrong-form"),
    "table for ask": (lambda g: g.ask("SELECT * {}"), WrongForm, "wrong-form"),
    "question": (lambda g: g.question("administration"), UnknownName, "unknown-name"),
    "table": (lambda g: g.table("nonsense"), UnknownName, "unknown-name"),
    "thing": (lambda g: g.describe("urn:nothing"), UnknownName, "unknown-name"),
    "no IRI": (lambda g: g.describe("a b"), UnknownName, "unknown-name"),
    "dump": (lambda g: g.dump("x.xlsx"), UnknownName, "unknown-name"),
    "release": (lambda g: g.as_of("0" * 64), ReleaseNotFound, "release-unknown"),
    "before": (lambda g: g.as_of("1900-01-01"), ReleaseNotFound, "release-unknown"),
    "type": (lambda g: g.reconcile(["x"], of_type="nonsense"), ClientError, "type-unknown"),
    "no identifier": (lambda g: g.lookup(" "), ClientError, "bad-parameter"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_disk_and_server_refuse_alike(name: str, here: Graph, there: Graph) -> None:
    call, kind, code = REFUSED[name]
    for graph in (here, there):
        with pytest.raises(kind) as caught:
            call(graph)
        assert caught.value.code == code
        assert caught.value.remedy
        assert caught.value.remedy in str(caught.value)


def test_a_near_name_is_offered(there: Graph) -> None:
    with pytest.raises(UnknownName, match="Did you mean administrations"):
        there.question("administration")


def test_a_result_beyond_the_limit_is_refused_and_never_cut(there: Graph) -> None:
    with pytest.raises(TooCostly, match="LIMIT") as caught:
        there.select("SELECT * { ?s ?p ?o . ?t ?q ?r } LIMIT 200000")
    assert caught.value.code in {"result-too-large", "query-timeout"}


def test_a_server_that_is_gone_is_told() -> None:
    with pytest.raises(ServerUnreachable, match="cannot be reached"):
        Graph(f"http://127.0.0.1:{free_port()}", cache=None).ask("ASK {}")


def test_a_folder_without_a_release_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReleaseNotFound, match="download"):
        Graph(tmp_path)


@pytest.mark.parametrize("name", ["graph.nq", "graph.ttl.gz", "graph.trig"])
def test_a_dump_is_proved(name: str, there: Graph, tmp_path: Path) -> None:
    proof = there.dump(tmp_path / name)
    assert proof.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert proof.identity == (None if ".ttl" in name else there.release)
    assert proof.release in str(proof)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_download_answers_without_the_server(there: Graph, tmp_path: Path) -> None:
    with Graph(there.download(tmp_path)) as offline:
        assert_frame_equal(offline.question("staff-figures"), there.question("staff-figures"))
    dataset = tmp_path / there.release / "dataset.nq"
    dataset.write_bytes(dataset.read_bytes()[:-1])
    with pytest.raises(Damaged, match=r"dataset\.nq"):
        Graph(tmp_path / there.release)


# Over several releases.


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return made(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def both(world: World, start: Starter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Graph, Graph]]:
    server = start(world.settings)
    with Graph(world.folder) as disk:
        yield disk, Graph(server.url, cache=tmp_path_factory.mktemp("cache"))


def test_changes_between_releases(both: tuple[Graph, Graph], world: World) -> None:
    disk, remote = (graph.changes(world.ids[0], "current", "nl") for graph in both)
    assert_frame_equal(disk, remote)
    assert disk.attrs == remote.attrs
    assert {"label", "withdrawn"} <= set(disk["kind"])
    assert disk.attrs["counts"]["quads"]["added"] > 0
    empty = both[0].changes(world.ids[0], world.ids[0])
    assert empty.empty
    assert list(empty.columns) == list(disk.columns)


def test_an_older_release_answers_as_it_did(both: tuple[Graph, Graph], world: World) -> None:
    label = f"SELECT ?l {{ <{WATER}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }}"
    at = publications(world.folder)[1].at
    for graph in both:
        assert graph.select(label)["l"].tolist() == ["Waters"]
        for name in (world.ids[0], world.ids[0][:10], at - timedelta(microseconds=1)):
            assert graph.as_of(name).select(label)["l"].tolist() == ["Water"]
        assert graph.as_of(at).release == world.ids[1]
        assert len(graph.as_of(world.ids[0]).describe(WATER)) > 0
        assert_frame_equal(graph.as_of(world.ids[2]).changes(world.ids[0]), graph.changes(world.ids[0], world.ids[2]))


NOW_ONLY: dict[str, Callable[[Graph], object]] = {
    "status": lambda g: g.status([WATER]),
    "reconcile": lambda g: g.reconcile(["Water"]),
    "lookup": lambda g: g.lookup("0316381039"),
}


@pytest.mark.parametrize("name", NOW_ONLY)
def test_what_only_the_current_release_tells_is_not_told_as_of_another(
    name: str, both: tuple[Graph, Graph], world: World
) -> None:
    for graph in both:
        if name != "reconcile":  # the names of this small world cannot be matched
            NOW_ONLY[name](graph.as_of("current"))
        with pytest.raises(CurrentOnly, match=rf"\.{name} knows the current release") as caught:
            NOW_ONLY[name](graph.as_of(world.ids[0]))
        assert (caught.value.code, bool(caught.value.remedy)) == ("current-only", True)


def test_what_became_of_a_withdrawn_identifier(both: tuple[Graph, Graph], world: World) -> None:
    fire = "https://data.example.org/id/organization/vuur"
    disk, remote = (graph.status([fire], since=world.ids[0][:12]) for graph in both)
    assert_frame_equal(disk, remote)
    assert disk["status"].tolist() == ["withdrawn"]
    assert disk["changed_since"].tolist() == [True]


# A server that misbehaves.


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    """A server of few words: /busy is busy once, /cut sends half, /proxy does not say how much."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind = self.path.split("/")[1]
            seen.append(kind)
            busy = kind == "busy" and seen.count("busy") == 1
            self.send_response(503 if busy else 200)
            body = b"?x\n1\n"
            if kind != "proxy":
                self.send_header("Content-Length", str(len(body) + (kind == "cut")))
            self.send_header("Retry-After", "0" if busy else "9")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_busy_server_is_asked_again(odd: str) -> None:
    assert Graph(f"{odd}/busy", cache=None).select("SELECT * {}")["x"].tolist() == [1]


@pytest.mark.parametrize("kind", ["cut", "proxy"])
def test_an_answer_that_may_be_cut_is_refused(odd: str, kind: str) -> None:
    with pytest.raises(IncompleteAnswer):
        Graph(f"{odd}/{kind}", cache=None).select("SELECT * {}")
