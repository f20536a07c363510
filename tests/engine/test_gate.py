"""A forbidden fact with its line of evidence ends the build with exit code 1, and the message names node, file and line."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gob_graph.errors import ForbiddenFact
from gob_graph.pipeline import read_record
from gob_graph.pipeline.build import assemble
from gob_graph.pipeline.evidence import read_evidence
from gob_graph.settings import Settings

FACT = "organization:gob org:reportsTo organization:brussels-government ."


def add_with_evidence(copy: Settings, fact: str) -> int:
    """Append a fact to institution.ttl, and its line of evidence; gives the line of the fact."""
    path = copy.data_dir / "source" / "institution.ttl"
    path.write_text(path.read_text(encoding="utf-8").rstrip() + f"\n\n{fact}\n", encoding="utf-8")
    lines = copy.data_dir / "evidence" / "source.tsv"
    lines.write_text(lines.read_text(encoding="utf-8").rstrip() + f"\nS3\t{fact}\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").rstrip().count("\n") + 1


def build(copy: Settings) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "GOB_GRAPH_SOURCE_DIR": str(copy.source_dir),
        "GOB_GRAPH_RELEASE_DIR": str(copy.release_dir),
    }
    command = [sys.executable, "-m", "gob_graph", "build"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_forbidden_fact_with_evidence_is_refused_at_its_place(copy: Settings) -> None:
    line = add_with_evidence(copy, FACT)
    result = build(copy)
    assert result.returncode == 1
    assert f"source/institution.ttl:{line}: The institution is an instrument" in result.stderr
    assert "node: https://data.example.org/id/organization/gob\n" in result.stderr


def test_a_triple_in_two_layers_is_refused(copy: Settings) -> None:
    path = copy.data_dir / "history" / "board.ttl"
    text = path.read_text(encoding="utf-8").rstrip()
    path.write_text(
        f"{text}\n\n<https://data.example.org/id/organization/directieraad> "
        "<https://data.example.org/ns/governance#memberCount> 9 .\n",
        encoding="utf-8",
    )
    result = build(copy)
    assert result.returncode == 1
    assert re.search(r"(history/board|source/board)\.ttl:\d+:\d+: .*two layers", result.stderr), result.stderr


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("S1,explicit,0,30,", "S1,explicit,0,4000,", "outside the page"),
        ("S1,explicit,0,30,", "S1,explicit,0,31,", "do not match"),
        ("S1,explicit,0,30,bf53", "S1,explicit,0,30,bf54", "do not match"),
        ("S3,explicit,46,152,57d7", "S3,explicit,46,152,57d8", "not those that were checked"),
    ],
)
def test_a_statement_that_does_not_fit_the_page_is_refused(copy: Settings, old: str, new: str, reason: str) -> None:
    path: Path = copy.data_dir / "evidence" / "statements.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ForbiddenFact, match=reason) as error:
        read_record.check(read_evidence(copy), copy)
    assert error.value.line in {1, 2}
    with pytest.raises(ForbiddenFact, match=reason):
        assemble(copy)
