"""Sorted N-Quads read where they lie, compared with the same lines in memory."""

import random
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from gob_graph import digests, sorted_lines
from gob_graph.digests import sorted_id
from gob_graph.errors import ReleaseError
from gob_graph.release import release_id
from gob_graph.sorted_lines import SortedLines, differences, subject_of

NAMES = [f"urn:{a}{b}" for a in ("x", "x-1", "x1", "é", "𝄞", "z/") for b in ("", "!", "-", "~", "long" * 40)]


def lines(seed: int) -> list[str]:
    """Lines of some subjects, from none to many, from short to longer than a block."""
    chance = random.Random(seed)
    count = chance.choice([0, 1, 2, 60])
    made = {
        f'<{chance.choice(NAMES)}> <urn:p> "{chance.choice("abé") * chance.choice([0, 1, 9, 300])}" <urn:g> .\n'
        for _ in range(count)
    }
    return sorted(made)


@pytest.fixture(params=range(24))
def pair(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    monkeypatch.setattr(sorted_lines, "BLOCK", 64)
    paths = [tmp_path / "old.nq", tmp_path / "new.nq"]
    for number, path in enumerate(paths):
        path.write_text("".join(lines(request.param * 2 + number)), encoding="utf-8")
    return paths


def test_each_subject_is_found_with_its_lines_and_no_other(pair: list[Path]) -> None:
    for path in pair:
        content = path.read_text(encoding="utf-8").splitlines(keepends=True)
        wanted = {iri: tuple(found) for iri, found in groupby(content, subject_of)}
        found = SortedLines(path)
        assert {iri: found.get(iri) for iri in NAMES} == {iri: wanted.get(iri) for iri in NAMES}
        assert (dict(found.groups()), list(found), len(found)) == (wanted, list(wanted), len(wanted))
        assert all((iri in found) == (iri in wanted) for iri in [*NAMES, "", "urn:", "zzz"])


def test_two_files_are_merged_into_what_only_one_of_them_holds(pair: list[Path]) -> None:
    old, new = (set(path.read_bytes().splitlines(keepends=True)) for path in pair)
    found = list(differences(*pair))
    assert [line for line, _ in found] == sorted(old ^ new)
    assert {line for line, came in found if came} == new - old


def test_a_look_reads_a_few_blocks_and_not_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.nq"
    path.write_text("".join(f"<urn:{n:07}> <urn:p> <urn:o> <urn:g> .\n" for n in range(50_000)), encoding="ascii")
    found, looks = SortedLines(path), []
    read = SortedLines._read

    def counted(self: SortedLines, start: int) -> bytes:
        looks.append(start)
        return read(self, start)

    monkeypatch.setattr(SortedLines, "_read", counted)
    assert found["urn:0031234"] == ("<urn:0031234> <urn:p> <urn:o> <urn:g> .\n",)
    assert "urn:0031234x" not in found
    assert len(looks) < 200


def test_a_file_that_was_cut_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.nq"
    path.write_text("".join(f"<urn:{n:05}> <urn:p> <urn:o> <urn:g> .\n" for n in range(5_000)), encoding="ascii")
    found = SortedLines(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ReleaseError, match="was cut"):
        found["urn:04000"]


def test_the_id_is_that_of_the_same_lines_in_memory_and_none_where_they_are_not_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "BLOCK", 100)
    path, base = tmp_path / "some.nq", "https://data.example.org"
    graphs = ("meta", "source")
    made = sorted(f"<urn:{n}> <urn:p> <urn:o> <{base}/id/graph/{graph}> ." for n in range(30) for graph in graphs)
    for content in ([], made[:1], made, made[1::2]):
        path.write_text("".join(f"{line}\n" for line in content), encoding="ascii")
        assert sorted_id(path, base) == release_id(content, base)
    for wrong in (made[::-1], [*made, made[-1]], [*made[:40], made[39], *made[40:]]):
        path.write_text("".join(f"{line}\n" for line in wrong), encoding="ascii")
        assert sorted_id(path, base) == "(not sorted)"
    path.write_text("\n".join(made), encoding="ascii")
    assert sorted_id(path, base) == "(not sorted)", "the last line has no end"
