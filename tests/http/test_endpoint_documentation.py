"""docs/endpoint.md and docs/operation.md against the tables that they describe."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gob_graph.endpoint.sparql.service_description import LIMITS
from gob_graph.errors import REFUSALS
from gob_graph.formats import FORMATS
from gob_graph.settings import Settings
from tests.conftest import Server
from tests.parts import ROOT

ENDPOINT = (ROOT / "docs/endpoint.md").read_text(encoding="utf-8")
OPERATION = (ROOT / "docs/operation.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / f"docs/{name}.md" for name in ("endpoint", "operation", "federation")]


def test_the_table_of_refusals_is_that_of_the_program() -> None:
    rows = re.findall(r"(?m)^\| (\d{3}) \| `([\w-]+)` \| (.+) \| (.+) \|$", ENDPOINT)
    assert len(rows) >= 30
    assert {code: (int(status), title, remedy) for status, code, title, remedy in rows} == {
        code: (row.status, row.title, row.remedy) for code, row in REFUSALS.items()
    }


def test_the_table_of_formats_is_that_of_the_program() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| `([^`]+)` \| (yes)? ?\| (yes)? ?\| (yes)? ?\|(.*)\|$", ENDPOINT)
    kinds = ("bindings", "boolean", "graph")
    offered = [f for f in FORMATS if f.kinds & set(kinds)]
    assert len(rows) >= 11
    assert [(name, media) for name, media, *_ in rows] == [(f.name, f.media_type) for f in offered]
    for row, form in zip(rows, offered, strict=True):
        assert [bool(cell) for cell in row[2:5]] == [kind in form.kinds for kind in kinds]
        assert re.findall("`([^`]+)`", row[5]) == list(form.aliases)


def test_the_limits_are_documented_with_their_defaults() -> None:
    for name in LIMITS:
        (row,) = re.findall(
            rf"(?m)^\| .+ \| (.+) \| .*`GOB_GRAPH_{name.upper()}`.* \| (\d{{3}}) `([\w-]+)` \|$", ENDPOINT
        )
        assert f"{getattr(Settings(), name):g}" in row[0]
        assert REFUSALS[row[2]].status == int(row[1])


def test_the_metrics_of_the_documentation_exist(server: Server) -> None:
    server.get("/sparql?query=ASK%7B%7D")
    found = {family.name for family in text_string_to_metric_families(server.get("/metrics")[2].decode())}
    named = {name.removesuffix("_total") for name in re.findall(r"(?m)^\| `(gob_graph_\w+)`", OPERATION)}
    assert len(named) >= 7
    assert named == {name for name in found if name.startswith("gob_graph_")}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_only_settings_that_exist_are_named(path: Path) -> None:
    named = set(re.findall(r"GOB_GRAPH_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8")))
    assert named <= {f"GOB_GRAPH_{name.upper()}" for name in Settings.__dataclass_fields__}
