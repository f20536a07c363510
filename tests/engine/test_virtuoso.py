"""Debian's Virtuoso 7 as an engine that others run: what differs is known and told, and nothing of it is silent."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gob_graph.endpoint.engine.remote.probes import QUESTION, meaning, table
from gob_graph.endpoint.engine.remote.verdict import cuts, refuse_unchecked
from gob_graph.endpoint.sparql.service_description import describe
from gob_graph.errors import EngineError
from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.engine.others import Other, command, load, verdict, virtuoso
from tests.parts import ROOT

KNOWN = frozenset(
    {
        "dataset",
        "describe",
        "graphs",
        "groups",
        "language-tags",
        "language-variable",
        "nothing",
        "numbers",
        "order",
        "paths",
        "paths-joined",
        "patterns",
        "row-cap",
        "strings",
        "terms",
        "years-and-dates",
    }
)
"""What docs/operation.md says of it."""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    with virtuoso(tmp_path_factory.mktemp("virtuoso")) as engine:
        yield engine


def test_it_is_filled_checked_and_served_from_only_by_name(settings: Settings, release: Release, other: Other) -> None:
    chosen = replace(settings, store=other.url)
    done = load(chosen, other)
    assert done.exit_code == 0, done.output

    checked = command(chosen, "check-engine", other.url, "--seconds", "3")
    assert checked.exit_code == 1, checked.output
    found = verdict(chosen)["differences"]
    assert isinstance(found, list)
    assert {name for name in found if not name.startswith(QUESTION)} == KNOWN
    assert all(meaning(name) for name in found)
    assert cuts(chosen.release_dir, other.url) == {other.url: 10_000}, "graphs are counted beside"

    with pytest.raises(EngineError, match="paths-joined"):
        refuse_unchecked(chosen.release_dir, other.url, release.id, "numbers, terms")
    accepting = replace(chosen, accepted_differences=", ".join(found))
    refuse_unchecked(chosen.release_dir, other.url, release.id, accepting.accepted_differences)
    told = "\n".join(str(triple.object) for triple in describe(release, accepting))
    for name in found:
        assert f"Difference “{name}”: {meaning(name)[:20]}" in told


def test_the_operator_reads_of_each_known_difference() -> None:
    text = (ROOT / "docs/operation.md").read_text(encoding="utf-8")
    assert table().texts.keys() >= KNOWN
    for name in table().texts:
        assert f"`{name}`" in text, name
