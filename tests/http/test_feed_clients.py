"""Feeds and the past as clients of others read them: ldes-client, memento-client, feedparser."""

import itertools
import re
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pyoxigraph as ox
import pytest
from memento_client import MementoClient

from gob_graph.pipeline.build import build_release
from gob_graph.publication import publications, publish
from gob_graph.vocab import AS, DCT, LANGUAGES, RDF, XSD
from tests.conftest import LONG, ROOT, Server, Starter
from tests.node import NODE, WITH_NODE, installed
from tests.world import World, copied, rename_water

WATER = "https://data.example.org/id/organization/water"
FIRST, SECOND = datetime(2031, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two releases; then back and forward again within one second."""
    settings = copied(tmp_path_factory.mktemp("world"))
    world = World(settings, [build_release(settings)[0].id, rename_water(settings).id])
    publish(world.folder, world.ids[0], now=FIRST, rollback=True)
    publish(world.folder, world.ids[1], now=FIRST)
    return world


@pytest.fixture(scope="module")
def served(world: World, start: Starter) -> Server:
    return start(world.settings)


def test_moments_are_strictly_increasing(world: World) -> None:
    moments = [p.at for p in publications(world.folder)]
    assert len(moments) == 4
    assert all(a < b for a, b in itertools.pairwise(moments))
    assert {m.replace(microsecond=0) for m in moments[2:]} == {FIRST}


def members(served: Server, *options: str) -> dict[str, list[ox.Quad]]:
    """What ldes-client prints, by member."""
    program = installed(ROOT / "tests/ldes") / ".bin/ldes-client"
    run = subprocess.run(
        [NODE / "bin/node", program, f"{served.url}/feed", *options],
        capture_output=True, timeout=LONG, env=WITH_NODE, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found: dict[str, list[ox.Quad]] = {}
    # It prints N-Quads, but integers and booleans as Turtle abbreviates them.
    lines = re.sub(r"(?m)^(\S+ \S+) (\d+|true|false) ", typed, run.stdout.decode())
    for quad in ox.parse(lines, format=ox.RdfFormat.N_QUADS):
        found.setdefault(quad.subject.value, []).append(quad)
    return found


def typed(found: re.Match[str]) -> str:
    kind = XSD.integer if found[2].isdigit() else XSD.boolean
    return f'{found[1]} "{found[2]}"^^{kind} '


def thing(quads: list[ox.Quad]) -> str:
    (one,) = [q.object.value for q in quads if q.predicate == DCT.isVersionOf and q.graph_name == ox.DefaultGraph()]
    return one


def test_ldes_client_takes_the_last_of_two_versions_within_a_second(world: World, served: Server) -> None:
    found = members(served, "--last-version-only")
    assert max(Counter(map(thing, found.values())).values()) == 1, "one version of each thing"
    alive = {
        thing(quads): {ox.Quad(ox.NamedNode(thing(quads)), q.predicate, q.object, q.graph_name) for q in stated(quads)}
        for quads in found.values()
        if not any(q.predicate == RDF.type and q.object == AS.Delete for q in quads)
    }
    now = ox.parse(path=str(world.folder / world.ids[1] / "dataset.nq"), format=ox.RdfFormat.N_QUADS)
    assert set().union(*alive.values()) == set(now), "they are the current release"


def stated(quads: list[ox.Quad]) -> list[ox.Quad]:
    return [q for q in quads if q.graph_name != ox.DefaultGraph()]


def test_ldes_client_goes_on_where_it_was(world: World, served: Server, tmp_path: Path) -> None:
    """After a run that kept its state, a further publication is taken whole, and nothing twice."""
    state = ("--save", str(tmp_path / "state"))
    before = members(served, *state)
    assert sum(thing(quads) == WATER for quads in before.values()) == 4
    assert members(served, *state) == {}
    publish(world.folder, world.ids[0], now=SECOND, rollback=True)
    after = members(served, *state)
    assert after.keys() == {q.object.value for q in page(served, 5) if q.predicate.value.endswith("tree#member")}
    assert WATER in map(thing, after.values())


def page(served: Server, number: int) -> list[ox.Quad]:
    status, _, body = served.get(f"/feed/{number}", Accept="application/n-quads")
    assert status == 200
    return list(ox.parse(body, format=ox.RdfFormat.N_QUADS))


@pytest.mark.parametrize("own", [True, False])
def test_memento_client_finds_the_release_of_a_moment(own: bool, world: World, served: Server) -> None:
    """By the TimeGate that the document names, and by that of a server to which the address is given."""
    address = f"{served.url}/doc/organization/water"
    gate = f"{served.url}/timegate/"
    # The client is not to ask the aggregator that it knows: nothing listens at this address.
    options = {"timegate_uri": "http://127.0.0.1:9/"} if own else {"timegate_uri": gate, "check_native_timegate": False}
    client = MementoClient(**options)
    client.session.trust_env = False
    log = publications(world.folder)
    for moment, number in ((datetime(2020, 1, 1), 1), (FIRST.replace(tzinfo=None), 4)):
        found = client.get_memento_info(address, moment)
        assert found["original_uri"] == address
        assert found["timegate_uri"] == gate + ("doc/organization/water" if own else address)
        closest = found["mementos"]["closest"]
        assert closest["http_status_code"] == 200
        assert closest["datetime"] == log[number - 1].at.replace(tzinfo=None, microsecond=0)
        assert f"release={log[number - 1].release}" in closest["uri"][0]
        path = closest["uri"][0].removeprefix(served.url)
        label = "Water" if number == 1 else "Waters"
        assert f'"{label}"@nl' in served.get(path, Accept="text/turtle")[2].decode()
        assert found["mementos"]["first"]["datetime"] == log[0].at.replace(tzinfo=None, microsecond=0)
        assert client.get_original_uri(closest["uri"][0]) == address


def test_a_timegate_answers_for_descriptions_only(served: Server) -> None:
    for path in ("/timegate/doc/organization/nooit", "/timegate/sparql", "/timegate/http://elsewhere.example/doc/x"):
        assert served.get(path)[0] == 404
    status, headers, _ = served.get("/doc/organization/water", Accept_Datetime="Wed, 01 Jan 2020 00:00:00 GMT")
    assert status == 200, "the document itself does not depend on the header"
    assert "accept-datetime" not in headers["vary"].lower()
    links = [link for link in headers["link"].split(", <") if 'rel="time' in link or 'rel="original' in link]
    assert len(links) == 3
    assert all(link.lstrip("<").startswith(f"{served.url}/") for link in links)


@pytest.mark.parametrize("language", LANGUAGES)
def test_feedparser_reads_the_news(language: str, world: World, served: Server) -> None:
    status, headers, body = served.get(f"/changes.atom?language={language}")
    assert status == 200
    feed = feedparser.parse(body, response_headers=headers)
    assert (feed.bozo, feed.version) == (False, "atom10")
    assert (feed.feed.language, feed.feed.id) == (language, "https://data.example.org/id/dataset/gob-kg")
    log = publications(world.folder)
    assert [entry.id for entry in feed.entries] == [f"{served.url}/feed/{p.number}" for p in reversed(log)]
    moments = [datetime.fromisoformat(entry.updated) for entry in feed.entries]
    assert moments == sorted(moments, reverse=True)
    for entry in feed.entries:
        (alternate,) = [link for link in entry.links if link.rel == "alternate"]
        assert entry.link == alternate.href
        assert entry.link.startswith(f"{served.url}/")
        assert served.get(entry.link.removeprefix(served.url))[0] == 200
        assert entry.title
        assert entry.content[0].value
    assert "Waters" in feed.entries[-2].content[0].value
    assert feed.feed.author
