"""The change feed: a Linked Data Event Stream whose members, replayed, are exactly each state."""

import json
from collections import defaultdict

import pyoxigraph as ox
import pytest

from gob_graph.documents import nquads_lines
from gob_graph.publication import publications, roll_back
from gob_graph.release import release_id
from gob_graph.vocab import AS, DCT, LDES, RDF, SPDX, TREE
from tests.conftest import LONG, Server, Starter
from tests.world import World, made

BASE = "https://data.example.org"
FORMATS = {
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Four releases, then back and forward again."""
    world = made(tmp_path_factory.mktemp("world"))
    roll_back(world.folder, back=2)
    roll_back(world.folder, world.ids[3])
    return world


@pytest.fixture(scope="module")
def served(world: World, start: Starter) -> Server:
    return start(world.settings)


def quads(served: Server, path: str, media_type: str = "application/n-quads") -> list[ox.Quad]:
    status, headers, body = served.get(path, Accept=media_type)
    assert (status, headers["content-type"]) == (200, media_type)
    return list(ox.parse(body, format=FORMATS[media_type]))


def value(found: list[ox.Quad], subject: str, predicate: ox.NamedNode) -> str:
    (one,) = {q.object.value for q in found if q.subject.value == subject and q.predicate == predicate}
    return one


def test_the_root_leads_to_a_page_for_each_publication(world: World, served: Server) -> None:
    found = quads(served, "/feed", "application/n-quads")
    feed = f"{served.url}/feed"
    assert value(found, f"{feed}#stream", LDES.timestampPath) == DCT.created.value
    assert value(found, f"{feed}#stream", LDES.versionOfPath) == DCT.isVersionOf.value
    assert value(found, f"{feed}#stream", TREE.view) == feed
    policy = value(found, feed, LDES.retentionPolicy)
    assert value(found, policy, LDES.startingFrom) == value(found, f"{feed}#publication-1", TREE.value)
    pages = sorted(q.object.value for q in found if q.predicate == TREE.node)
    log = publications(world.folder)
    assert pages == [f"{feed}/{n}" for n in range(1, len(log) + 1)]
    assert len(log) == 6
    assert [value(found, f"{page}#state", SPDX.checksumValue) for page in pages] == [p.release for p in log]
    assert served.get("/feed")[1]["cache-control"] == "no-cache"


@pytest.mark.parametrize("media_type", FORMATS)
def test_the_members_replayed_are_exactly_each_state(world: World, served: Server, media_type: str) -> None:
    state: dict[str, list[ox.Quad]] = {}
    for p in publications(world.folder):
        found = quads(served, f"/feed/{p.number}", media_type)
        stream, node = f"{served.url}/feed#stream", f"{served.url}/feed/{p.number}"
        members = {q.object.value for q in found if q.predicate == TREE.member and q.subject.value == stream}
        versions = {q.subject.value: q.object.value for q in found if q.predicate == DCT.isVersionOf}
        assert members == versions.keys()
        assert len(set(versions.values())) == len(versions), "one member for each thing"
        described = defaultdict(list)
        for q in found:
            if q.graph_name != ox.DefaultGraph():
                assert q.subject.value in members, "each quad belongs to the member of its subject"
                described[q.subject.value].append(q)
        for member, thing in versions.items():
            kind = value([q for q in found if q.graph_name == ox.DefaultGraph()], member, RDF.type)
            expected = AS.Delete if member not in described else AS.Update if thing in state else AS.Create
            assert kind == expected.value
            state.pop(thing, None)
            if member in described:
                node_ = ox.NamedNode(thing)
                state[thing] = [ox.Quad(node_, q.predicate, q.object, q.graph_name) for q in described[member]]
        lines = nquads_lines(q for one in state.values() for q in one)
        assert release_id(lines, BASE) == p.release == value(found, f"{node}#state", SPDX.checksumValue)
        assert lines == (world.folder / p.release / "dataset.nq").read_text().splitlines()


def test_pages_never_change(tmp_path, start: Starter) -> None:
    world = made(tmp_path)
    served = start(world.settings)
    before = [served.get(f"/feed/{n}", Accept="application/n-quads") for n in range(1, 5)]
    assert all("immutable" in headers["cache-control"] for _, headers, _ in before)
    roll_back(world.folder)
    served.process.terminate()
    served.process.wait(LONG)
    again = start(world.settings)
    for n, (_, _, body) in enumerate(before, 1):
        now = again.get(f"/feed/{n}", Accept="application/n-quads")[2]
        assert now.decode().replace(again.url, served.url) == body.decode()
    assert again.get("/feed/5")[0] == 200
    for path, expected in (("/feed/6", 404), ("/feed/0", 404), ("/feed/x", 404), ("/feed/99999999999999999999", 404)):
        assert again.get(path)[0] == expected
    status, _, body = again.get("/feed/1", Accept="image/png")
    assert (status, json.loads(body)["code"]) == (406, "not-acceptable")
