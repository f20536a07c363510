"""Three releases from three real revisions of the data: a label corrected, an identifier withdrawn, a statement more."""

import json
import shutil
import urllib.parse
from dataclasses import replace
from pathlib import Path

import pytest

from gob_graph import follow as following
from gob_graph.changelog import sentences
from gob_graph.changes import apply_patch, changes
from gob_graph.publication import publications, roll_back
from gob_graph.rdf_patch import read_patch
from gob_graph.release import Release, current, open_release
from gob_graph.settings import Settings
from tests.conftest import Server, Starter
from tests.http.test_follow import quiet, same
from tests.parts import ROOT
from tests.world import World, copied, edit, rebuilt, state

BASE = "https://data.example.org"
OLD_NAME, NEW_NAME = '"Brussels Housing"@en', '"Brussels Housing (corrected)"@en'


@pytest.fixture(scope="module")
def world(release: Release, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> World:
    given, settings = settings, copied(tmp_path_factory.mktemp("real"), ROOT)
    shutil.copytree(given.release_dir, settings.release_dir, symlinks=True)
    ids = [release.id]
    for name in ("data/external/names.ttl", "data/evidence/external.tsv"):
        edit(settings, name, OLD_NAME, NEW_NAME)
    ids.append(rebuilt(settings).id)
    for name in ("data/source/strategic-plan.ttl", "data/evidence/source.tsv"):
        edit(settings, name, "period:2021-2026", "period:years-2021-2026")
    row = "id/period/2021-2026,0.1.0,current,,,,period: 2021 2026"
    gone = (
        "id/period/2021-2026,0.1.0,withdrawn,2026-12-01,id/period/years-2021-2026,minted under a name that sorts badly"
    )
    fresh = "id/period/years-2021-2026,0.2.0,current,,,,period: 2021 2026"
    edit(settings, "data/ids.csv", row, f"{gone},period: 2021 2026\n{fresh}")
    ids.append(rebuilt(settings).id)
    state(settings, "S90", "explicit", 1, "GOB", "GOB")
    edit(settings, "data/evidence/source.tsv", "S1\t", "S90\t", count=1)
    ids.append(rebuilt(settings).id)
    return World(settings, ids)


@pytest.fixture(scope="module")
def served(world: World, start: Starter) -> Server:
    return start(replace(world.settings, query_memory=256))


def test_each_patch_is_proved(world: World) -> None:
    assert len(set(world.ids)) == 4
    for old, new in ((0, 1), (1, 2), (2, 3), (0, 3), (3, 0)):
        before, after = (open_release(world.folder / world.ids[i]) for i in (old, new))
        patch, summary = changes(world.folder, before.id, after.id)
        result = apply_patch(before.dataset.read_text().splitlines(), read_patch(patch.decode(), "patch"), "patch")
        assert result == after.dataset.read_text().splitlines()
        assert len(patch) < len(after.dataset.read_bytes()) / 4
        assert summary["classes"] or summary["layers"]["evidence"]["added"]


def test_each_change_is_told_in_words(world: World) -> None:
    told = [
        "\n".join(sentences(changes(world.folder, *world.ids[n : n + 2])[1], language))
        for n, language in enumerate(("nl", "fr", "de"))
    ]
    assert "“Brussels Housing (corrected)”; voordien “Brussels Housing”" in told[0]
    assert "retiré le 1 décembre 2026" in told[1]
    assert "period/years-2021-2026" in told[1]
    assert "„S90“" in told[2]


def test_the_past_the_tombstone_and_the_status_are_served(world: World, served: Server) -> None:
    query = "SELECT ?l { <https://data.example.org/id/organization/brussel-huisvesting> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l FILTER(LANG(?l) = 'en') }"
    for identity, name in ((world.ids[0], "Brussels Housing"), (world.ids[3], "Brussels Housing (corrected)")):
        address = "/sparql?" + urllib.parse.urlencode({"query": query, "release": identity})
        assert served.get(address, Accept="text/csv")[2].decode().split("\r\n")[1] == name
        status, headers, body = served.get(
            f"/doc/organization/brussel-huisvesting?release={identity}", Accept="text/turtle"
        )
        assert status == 200
        assert f'"{name}"@en' in body.decode()
        assert headers["gob-graph-release"] == identity
        assert "memento-datetime" in headers
    assert served.get("/doc/period/2021-2026")[0] == 410
    assert served.get(f"/doc/period/2021-2026?release={world.ids[0]}")[0] == 200
    page = served.get(f"/en/doc/organization/brussel-huisvesting?release={world.ids[0]}", Accept="text/html")[
        2
    ].decode()
    assert "As it is now" in page
    assert "As it is now" not in served.get("/en/doc/organization/brussel-huisvesting", Accept="text/html")[2].decode()
    assert served.get(f"/en/chart?release={world.ids[0]}")[0] == 200
    assert served.get("/en/chart?release=ffffffffff")[0] == 404
    status, headers, _ = served.get("/timegate/doc/organization/gob", Accept_Datetime="Wed, 01 Jan 2020 00:00:00 GMT")
    assert status == 302
    assert served.get(headers["location"], Accept="text/turtle")[1]["gob-graph-release"] == world.ids[0]
    row = json.loads(served.get(f"/uris/status?iri={BASE}/id/period/2021-2026&since={world.ids[0]}")[2])["uris"][0]
    assert (row["status"], row["dates"]) == ("withdrawn", ["2026-12-01"])
    assert row["successors"] == [f"{BASE}/id/period/years-2021-2026"]
    assert row["changed_since"] is True


def test_a_second_server_follows_back_and_forward(world: World, served: Server, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert following.follow(served.url, copy, quiet) == len(publications(world.folder))
    assert same(world.folder, copy)
    assert roll_back(world.folder, back=3).id == world.ids[0]
    assert following.follow(served.url, copy, quiet) == 1
    assert current(copy).name == world.ids[0]
    assert roll_back(world.folder, world.ids[3]).id == world.ids[3]
    assert following.follow(served.url, copy, quiet) == 1
    assert same(world.folder, copy)
