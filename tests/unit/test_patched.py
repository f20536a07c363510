"""A patch applied to a file that is read where it lies gives what it gives to the same lines in memory."""

import gzip
import hashlib
import random
import stat
import tracemalloc
from pathlib import Path

import pytest
from click.testing import CliRunner

from gob_graph import digests
from gob_graph import patched as module
from gob_graph.changes import apply_patch
from gob_graph.cli import main
from gob_graph.errors import GobGraphError, SourceError
from gob_graph.patched import patched
from gob_graph.proof import read_lines
from gob_graph.rdf_patch import Patch, read_patch
from gob_graph.release import release_id

BASE = "https://data.example.org"
GRAPHS = ("meta", "source", "external")
ALL = sorted(
    f'<urn:{thing}> <urn:p> "{value}"{tail} <{BASE}/id/graph/{graph}> .'
    for thing in ("x", "x-1", "é", "𝄞")
    for value in ("", "a\\n", "é\u2028", "long" * 40)
    for tail in ("", "@nl", "^^<urn:type>")
    for graph in GRAPHS
)
Outcome = tuple[bytes, int, str, bool] | str


def bodied(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def made(old: list[str], new: list[str], rows: list[str]) -> str:
    """The text of a patch of ours with these rows."""
    head = [
        f"H id <urn:sha256:{release_id(new, BASE)}> .",
        f"H prev <urn:sha256:{release_id(old, BASE)}> .",
        f"H base <{BASE}> .",
        f'H sha256 "{hashlib.sha256(bodied(new)).hexdigest()}" .',
    ]
    return "".join(f"{row}\n" for row in [*head, "TX .", *rows, "TC ."])


def drawn(seed: int) -> tuple[list[str], list[str]]:
    chance = random.Random(seed)
    return tuple(sorted(chance.sample(ALL, chance.choice([0, 1, 40, 100]))) for _ in "ab")  # type: ignore[return-value]


def patches(old: list[str], new: list[str], seed: int) -> list[str]:
    """One that fits, one with its rows in disorder and with detours, and what is wrong with some of them."""
    chance = random.Random(seed)
    rows = [f"D {line}" for line in old if line not in new] + [f"A {line}" for line in new if line not in old]
    mixed = chance.sample(rows, len(rows))
    detour = [f"{a} {line}" for line in chance.sample(ALL, 5) for a in ("DA" if line in new else "AD")]
    twice = [*rows, *rows[:1]]
    found = [made(old, new, r) for r in (rows, [*mixed, *detour], twice, rows[1:], [f"D {ALL[0]}", f"A {ALL[0]}"])]
    found += [made(new, new, rows), made(old, old, rows), made(old, new, rows).replace("H base", "H other")]
    return found + ["".join(line + "\n" for line in text.split("\n") if line[:2] in {"A ", "D "}) for text in found]


def outcome(path: Path, patch: Patch) -> Outcome:
    try:
        found = patched(path, patch, "patch")
        return b"".join(found.body), found.count, found.sha256, found.proved
    except GobGraphError as error:
        return str(error)


def in_memory(path: Path, patch: Patch) -> Outcome:
    try:
        body = bodied(apply_patch(read_lines(path), patch, "patch"))
        return body, body.count(b"\n"), hashlib.sha256(body).hexdigest(), "sha256" in patch.head
    except GobGraphError as error:
        return str(error)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "BLOCK", 512)


@pytest.fixture
def streamed(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> list[str]:
        raise AssertionError(f"{path} is taken into memory")

    monkeypatch.setattr(module, "read_lines", refused)


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize("seed", range(16))
def test_the_result_and_the_refusals_are_those_of_memory(seed: int, tmp_path: Path) -> None:
    old, new = drawn(seed)
    plain, packed = tmp_path / "old.nq", tmp_path / "old.nq.gz"
    plain.write_bytes(bodied(old))
    packed.write_bytes(gzip.compress(bodied(old[:30])) + gzip.compress(bodied(old[30:])))
    seen = set()
    for text in patches(old, new, seed):
        patch = read_patch(text, "patch")
        wanted = in_memory(plain, patch)
        assert outcome(plain, patch) == outcome(packed, patch) == wanted
        seen.add(wanted if isinstance(wanted, str) else wanted[3])
    assert {True, False} <= seen
    assert len(seen) >= 4, "some were refused"


OTHERWISE = {
    "in another order": lambda lines: bodied(lines[::-1]),
    "a line twice": lambda lines: bodied([*lines, lines[-1]]),
    "another spelling": lambda lines: bodied(lines).replace(b"<urn:p> ", b"  <urn:\\u0070>\t"),
    "without the last end": lambda lines: bodied(lines)[:-1],
    "comments and empty lines": lambda lines: b"# first\n\n" + bodied(lines) + b"# last\n",
    "Windows": lambda lines: bodied(lines).replace(b"\n", b"\r\n"),
    "one line of meta in another spelling": lambda lines: bodied(lines).replace(b"/meta> .", b"/meta>  .", 1),
    "no N-Quads": lambda lines: bodied(lines) + b"\xff\xfe\n",
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", OTHERWISE)
def test_a_file_that_is_written_otherwise_is_taken_as_before(name: str, tmp_path: Path) -> None:
    old, new = ALL[:60], ALL[30:]
    assert any(line.endswith("/meta> .") for line in old)
    path = tmp_path / "old.nq"
    path.write_bytes(OTHERWISE[name](old))
    for text in patches(old, new, 1):
        patch = read_patch(text, "patch")
        if name == "no N-Quads" and "H other" in text:
            continue  # of two faults the first is told, which is the patch's
        assert outcome(path, patch) == in_memory(path, patch)


def test_what_can_only_be_held_whole_is_refused_above_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMIT", 100)
    path, patch = tmp_path / "old.nq", read_patch(f"A {ALL[0]}\n", "patch")
    for body, reason in (
        (bodied(ALL[::-1]), "is larger than 0 MiB and is not sorted"),
        (bodied(ALL).replace(b"\n", b" # x\n"), "and is not canonical"),
        (bodied(ALL) + b"\xff\n", "and is no N-Quads"),
    ):
        path.write_bytes(body)
        with pytest.raises(SourceError, match=reason):
            patched(path, patch, "patch")
    path.write_bytes(bodied(ALL))
    assert patched(path, patch, "patch").count == len(ALL)


def test_a_file_that_changes_between_the_two_readings_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "old.nq"
    for other in (ALL[2:], ALL[::-1], []):
        path.write_bytes(bodied(ALL[1:]))
        found = patched(path, read_patch(f"A {ALL[0]}\n", "patch"), "patch")
        path.write_bytes(bodied(other))
        with pytest.raises(SourceError, match="was changed while it was read"):
            b"".join(found.body)


def test_memory_is_taken_for_the_patch_and_not_for_the_file(tmp_path: Path) -> None:
    path, size = tmp_path / "old.nq", 0
    with path.open("wb") as stream:
        for n in range(100_000):
            size += stream.write(f'<urn:{n:07}> <urn:p> "{"x" * 300}" <urn:g> .\n'.encode())
    patch = read_patch('D <urn:none> <urn:p> "x" .\nA <urn:0099999> <urn:a> "x" <urn:g> .\n', "patch")
    tracemalloc.start()
    try:
        found = patched(path, patch, "patch")
        assert (sum(map(len, found.body)) > size, found.count) == (True, 100_001)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size / 4, "a few blocks of a MiB"


def applied(folder: Path, output: Path) -> str:
    arguments = ["patch", str(folder / "patch"), "--apply-to", str(folder / "old.nq"), "--output", str(output)]
    run = CliRunner().invoke(main, arguments)
    return run.output if run.exit_code == 0 else f"{run.exit_code} {run.output}"


def test_the_output_is_there_whole_or_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, output, link = tmp_path / "old.nq", tmp_path / "new.nq", tmp_path / "link.nq"
    old.write_bytes(bodied(ALL[:9]))
    output.write_text("before")
    output.chmod(0o640)
    link.symlink_to(output)
    (tmp_path / "patch").write_text(f"A {ALL[10]}\n")
    names = {p.name for p in tmp_path.iterdir()}
    broken = lambda self, wanted: iter([b"half", 1])  # noqa: E731 - what fails after a piece
    with monkeypatch.context() as fault:
        fault.setattr(module._Merge, "_again", broken)
        assert applied(tmp_path, link).startswith("2 ")
    assert (output.read_text(), {p.name for p in tmp_path.iterdir()}) == ("before", names)
    assert "10 quads" in applied(tmp_path, link)
    assert (output.read_bytes(), link.is_symlink()) == (bodied([*ALL[:9], ALL[10]]), True)
    assert stat.S_IMODE(output.stat().st_mode) == 0o640
    assert {p.name for p in tmp_path.iterdir()} == names
    assert "10 quads" in applied(tmp_path, tmp_path / "new.nq.gz")
    assert gzip.decompress((tmp_path / "new.nq.gz").read_bytes()) == output.read_bytes()
    assert "10 quads" in applied(tmp_path, Path("/dev/null"))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert "nowhere" in applied(tmp_path, tmp_path / "nowhere" / "new.nq")
    assert "10 quads" in applied(tmp_path, old), "into the file that is read"
    assert old.read_bytes() == output.read_bytes()
