"""A forbidden fact with its line of evidence ends the build with exit code 1, and the message names node, file and line."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.errors import ForbiddenFact, GobGraphError, SourceError, ValidationFailed
from gob_graph.pipeline import build as building
from gob_graph.pipeline import read_record
from gob_graph.pipeline.build import assemble, build_release
from gob_graph.pipeline.evidence import read_evidence
from gob_graph.pipeline.shape_files import Shapes, read_shapes
from gob_graph.pipeline.sources import find_sources, read_prefixes
from gob_graph.settings import Settings
from tests.conftest import copied
from tests.engine.test_corruptions import CASES, PREFIXES, SHAPE, only

MINTED = re.compile(r"<https://data\.example\.org/((?:id|auth)/[^>]+)>")
FACT = "organization:gob org:reportsTo organization:brussels-government ."


def add_with_evidence(copy: Settings, fact: str) -> int:
    """Append a fact to institution.ttl, and its line of evidence; gives the line of the fact."""
    path = copy.data_dir / "source" / "institution.ttl"
    path.write_text(path.read_text(encoding="utf-8").rstrip() + f"\n\n{fact}\n", encoding="utf-8")
    lines = copy.data_dir / "evidence" / "source.tsv"
    lines.write_text(lines.read_text(encoding="utf-8").rstrip() + f"\nS3\t{fact}\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").rstrip().count("\n") + 1


def build(copy: Settings, engine: str = "turbo") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "GOB_GRAPH_SHACL_ENGINE": engine,
        "GOB_GRAPH_SOURCE_DIR": str(copy.source_dir),
        "GOB_GRAPH_RELEASE_DIR": str(copy.release_dir),
    }
    command = [sys.executable, "-m", "gob_graph", "build"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("engine", ["pyshacl", "turbo"])
def test_a_forbidden_fact_with_evidence_is_refused_at_its_place(copy: Settings, engine: str) -> None:
    line = add_with_evidence(copy, FACT)
    result = build(copy, engine)
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
        ("S26,explicit,882,891,", "S26,explicit,882,4000,", "outside the page"),
        ("S26,explicit,882,891,", "S26,explicit,882,892,", "do not match"),
        ("S26,explicit,882,891,9f2f", "S26,explicit,882,891,9f20", "do not match"),
        ("S1,explicit,0,30,bf53", "S1,explicit,0,30,bf54", "do not match these words"),
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
    row = text[: text.index(old)].count("\n") + 1
    assert error.value.line in {1, 4} if old.startswith(("S1,", "S3,")) else {row}
    with pytest.raises(ForbiddenFact, match=reason):
        assemble(copy)


def turtle(text: str) -> list[ox.Triple]:
    return [q.triple for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]


def take_away(copy: Settings, pattern: str) -> list[ox.Triple]:
    """Drop the facts that match from the files of the copy, with their evidence; gives them."""
    prefixes = read_prefixes(copy)
    gone = []
    for source in find_sources(copy):
        triples = turtle(source.path.read_text(encoding="utf-8"))
        kept = [t for t in triples if not re.search(pattern, str(t))]
        if len(kept) < len(triples):
            gone += [t for t in triples if t not in kept]
            body = ox.serialize(kept, format=ox.RdfFormat.TURTLE, prefixes=prefixes)
            assert body is not None
            source.path.write_text(body.decode().replace(" .\n", " .\n\n"), encoding="utf-8")
    assert gone, "the case takes nothing away"
    prologue = "".join(f"@prefix {p}: <{n}> .\n" for p, n in prefixes.items())
    for path in (copy.data_dir / "evidence").glob("*.tsv"):
        lines = path.read_text(encoding="utf-8").split("\n")
        lines = [n for n in lines if "\t" not in n or turtle(prologue + n.partition("\t")[2])[0] not in gone]
        path.write_text("\n".join(lines), encoding="utf-8")
    return gone


def add(copy: Settings, facts: list[ox.Triple]) -> dict[ox.Triple, int]:
    """Append facts to institution.ttl, with evidence and with rows of ids.csv; gives the line of each."""
    path = copy.data_dir / "source" / "institution.ttl"
    text = path.read_text(encoding="utf-8").rstrip() + "\n"
    lines = {}
    for fact in facts:
        text += f"\n{fact} .\n"
        lines[fact] = text.count("\n")
    path.write_text(text, encoding="utf-8")
    evidence = copy.data_dir / "evidence" / "source.tsv"
    said = "".join(f"S3\t{fact} .\n" for fact in facts)
    evidence.write_text(evidence.read_text(encoding="utf-8").rstrip() + "\n" + said, encoding="utf-8")
    registry = copy.data_dir / "ids.csv"
    rows = registry.read_text(encoding="utf-8").rstrip() + "\n"
    known = {row.partition(",")[0] for row in rows.split("\n")}
    new = sorted({name for fact in facts for name in MINTED.findall(str(fact))} - known)
    registry.write_text(rows + "".join(f"{name},0.2.0,current,,,,new\n" for name in new), encoding="utf-8")
    return lines


def cite_what_is_left(copy: Settings) -> None:
    """A statement whose only fact was taken away is there to be read, no more."""
    used = {n.partition("\t")[0] for n in (copy.data_dir / "evidence" / "source.tsv").read_text("utf-8").split("\n")}
    path = copy.data_dir / "evidence" / "statements.csv"
    rows = [row.split(",", 2) for row in path.read_text("utf-8").split("\n")]
    rows = [[r[0], "evidence-only", r[2]] if len(r) == 3 and r[0] != "id" and r[0] not in used else r for r in rows]
    path.write_text("\n".join(",".join(r) for r in rows), encoding="utf-8")


APART = {"a blank node", "ninth administration without its position"}
"""Faults that another would hide."""
ADDED = [name for name, (pattern, _, _) in CASES.items() if not pattern and name not in APART]
"""Faults that only add facts: one build reports all of them."""


@pytest.fixture(scope="module")
def all_at_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[ox.Triple, int], str]:
    """A copy with all faults that only add facts; the line of each fact; and why its build is refused."""
    settings = copied(tmp_path_factory.mktemp("faults"))
    facts = dict.fromkeys(fact for name in ADDED for fact in turtle(PREFIXES + CASES[name][1]))
    lines = add(settings, list(facts))
    with pytest.raises(ValidationFailed) as error:
        build_release(settings)
    return settings, lines, str(error.value)


@pytest.mark.parametrize("name", ADDED)
def test_each_added_fault_with_evidence_is_refused_at_its_place(
    name: str, all_at_once: tuple[Settings, dict[ox.Triple, int], str]
) -> None:
    _, addition, shape = CASES[name]
    settings, lines, message = all_at_once
    own = {fact: lines[fact] for fact in turtle(PREFIXES + addition)}
    assert_names_the_place(message, subjects(own, shape), own, shape, settings)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ADDED])
def test_each_fault_with_evidence_is_refused_at_its_place(
    name: str, copy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern, addition, shape = CASES[name]
    gone = take_away(copy, pattern) if pattern else []
    lines = add(copy, turtle(PREFIXES + addition))
    cite_what_is_left(copy)
    shapes = only(read_shapes(copy).all, shape)
    monkeypatch.setattr(building, "read_shapes", lambda *_: Shapes(shapes, []))
    monkeypatch.setattr(building.validation, "check_gate", lambda *_: None)
    refusal: type[GobGraphError] = SourceError if name == "a blank node" else ValidationFailed
    with pytest.raises(refusal) as error:
        build_release(copy)
    assert_names_the_place(str(error.value), subjects([*gone, *lines], shape), lines, shape, copy)


def subjects(facts: Iterable[ox.Triple], shape: str) -> set[str]:
    """The nodes that a finding may name."""
    if shape == "StatedUnitCount-equal":  # the number stated, of the institution, is what does not fit
        return {"https://data.example.org/id/organization/gob"}
    return {str(fact.subject).strip("<>") for fact in facts}


def assert_names_the_place(
    message: str, faulty: set[str], lines: dict[ox.Triple, int], shape: str, copy: Settings
) -> None:
    """Some finding of the shape stands at the line of an added fact, or in what describes the faulty node."""
    places = re.findall(r"^(/\S+\.ttl):(\d+):.*\n    node: (\S+)\n(?:    .*\n)*?    shape: (\S+)$", message, re.M)
    found = [(path, int(line), node) for path, line, node, of in places if of == SHAPE + shape]
    added = str(copy.data_dir / "source" / "institution.ttl")
    if not found:  # the reader of Turtle refuses a blank node
        assert "blank node" in message
        assert re.search(rf"{re.escape(added)}:(\d+)", message)
        return
    for path, line, node in found:
        text = Path(path).read_text(encoding="utf-8").split("\n")
        start = next(n for n in range(line - 1, -1, -1) if text[n] and not text[n][0].isspace())
        if node in faulty and node.rpartition("/")[2] in text[start]:
            assert lines == {} or path != added or line in lines.values() or start + 1 < min(lines.values())
            return
    pytest.fail(f"no finding names {faulty} at its place:\n{message}")


def test_a_duplicate_position_names_both_administrations_at_their_positions(
    copy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern, addition, shape = CASES["duplicate position"]
    assert pattern
    take_away(copy, pattern)
    lines = add(copy, turtle(PREFIXES + addition))
    shapes = only(read_shapes(copy).all, shape)
    monkeypatch.setattr(building, "read_shapes", lambda *_: Shapes(shapes, []))
    monkeypatch.setattr(building.validation, "check_gate", lambda *_: None)
    with pytest.raises(ValidationFailed) as error:
        build_release(copy)
    places = re.findall(r"^(\S+\.ttl):(\d+):.*\n    node: \S+/organization/(\S+)$", str(error.value), re.M)
    both = {node: Path(path).read_text("utf-8").split("\n")[int(line) - 1] for path, line, node in places}
    assert len(both) == 2
    assert "brussel-synergie" in both
    assert all("position" in line and "7" in line for line in both.values()), both
    assert any(int(line) in lines.values() for _, line, _ in places)


def test_a_wrong_datatype_is_printed_once_with_its_datatype(copy: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern, addition, shape = CASES["wrong datatype"]
    assert pattern
    take_away(copy, pattern)
    add(copy, turtle(PREFIXES + addition))
    shapes = only(read_shapes(copy).all, shape)
    monkeypatch.setattr(building, "read_shapes", lambda *_: Shapes(shapes, []))
    monkeypatch.setattr(building.validation, "check_gate", lambda *_: None)
    with pytest.raises(ValidationFailed) as error:
        build_release(copy)
    (block,) = [b for b in re.split(r"\n(?=/)", str(error.value)) if f"{SHAPE}{shape}\n" in b + "\n"]
    assert block.count('"1452"^^<http://www.w3.org/2001/XMLSchema#integer>') == 1
    assert block.count("1452") == 1


def test_what_is_missing_is_reported_at_the_description_of_its_node(
    copy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away(copy, r"key-figure/workforce> .*(exclusiveLowerBound|hedge)>")
    cite_what_is_left(copy)
    shapes = only(read_shapes(copy).all, "KeyFigure-one")
    monkeypatch.setattr(building, "read_shapes", lambda *_: Shapes(shapes, []))
    monkeypatch.setattr(building.validation, "check_gate", lambda *_: None)
    with pytest.raises(ValidationFailed) as error:
        build_release(copy)
    path, line = re.findall(r"^(\S+\.ttl):(\d+): A key figure has exactly one", str(error.value), re.M)[0]
    assert path.endswith("source/key-figures.ttl")
    assert Path(path).read_text("utf-8").split("\n")[int(line) - 1].startswith("key-figure:workforce ")


def test_a_misspelt_term_is_refused_at_its_subject(copy: Settings) -> None:
    fact = turtle(PREFIXES + "o:directieraad gov:membercount 9 .")
    (line,) = add(copy, fact).values()
    result = build(copy)
    assert result.returncode == 1
    assert f"source/institution.ttl:{line}: The ontology does not define this property" in result.stderr
    assert "node: https://data.example.org/id/organization/directieraad\n" in result.stderr
