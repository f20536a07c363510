"""The state that a page of the feed leads to, written to a file; pages in any order, of which one is read in passing."""

import random
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest

from gob_graph import follow_page
from gob_graph.errors import ReleaseError
from gob_graph.follow_page import apply_page
from gob_graph.release import MANIFEST, release_id
from gob_graph.sorted_lines import subject_of
from gob_graph.vocab import DCT, SPDX

BASE = "https://data.example.org"
ADDRESS = f"{BASE}/feed/2"
META = f"<urn:set> <urn:p> <urn:o> <{BASE}/id/graph/meta> ."


def line(name: str, value: int) -> str:
    return f'<urn:{name}> <urn:p> "é {value}" <{BASE}/id/graph/source> .'


NAMES = ("x", "x!", "x-1", "x1", "é", "𝄞")
OLD = sorted([META, *(line(name, value) for name in NAMES for value in range(3))])
NEW = sorted([META, *(line(name, value) for name in (*NAMES[2:], "y", "y!") for value in range(1, 5) if name != "é")])


def blocks(old: list[str], new: list[str]) -> list[list[str]]:
    """The members of a page, as our server writes them."""
    before, after = ({s: list(lines) for s, lines in groupby(state, subject_of)} for state in (old, new))
    found = []
    for name in sorted({s for s in before | after if before.get(s) != after.get(s)}, key="<{}> ".format):
        member = f"<{ADDRESS}#{name.encode().hex()}>"
        head = [f"<{BASE}/feed#stream> <urn:member> {member} .", f"{member} {DCT.isVersionOf} <{name}> ."]
        found.append(head + [member + one[len(name) + 2 :] for one in after.get(name, [])])
    return found


def begin(new: list[str]) -> str:
    return f'<{BASE}/releases/{release_id(new, BASE)}/{MANIFEST}> {SPDX.checksumValue} "{"5" * 64}" .'


ORDERS: dict[str, Callable[[list[list[str]]], list[str]]] = {
    "as our servers write": lambda parts: [one for part in parts for one in part],
    "things in another order": lambda parts: [one for part in parts[::-1] for one in part],
    "each line before its member": lambda parts: [one for part in parts for one in part[::-1]],
    "any order": lambda parts: random.Random(1).sample(all_of := [one for p in parts for one in p], len(all_of)),
    "lines twice": lambda parts: [one for part in parts for one in part for _ in "ab"],
    "a line of no member": lambda parts: [
        *(one for part in parts for one in part),
        f"<{ADDRESS}#0> <urn:p> <urn:o> <urn:g> .",
    ],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("old", [OLD, None], ids=["a later page", "the first page"])
def test_a_page_in_any_order_leads_to_the_state(
    order: str, old: list[str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if order in {"as our servers write", "lines twice"}:
        monkeypatch.delattr(follow_page, "_in_any_order")
        monkeypatch.setattr(follow_page, "sorted", None, raising=False)
    before, page, into = tmp_path / "old.nq", tmp_path / "page.nq", tmp_path / "dataset.nq"
    before.write_text("".join(f"{one}\n" for one in OLD), encoding="utf-8")
    parts = blocks(old or [], NEW)
    assert len(parts) > 5
    for end in ("\n", "\r\n"):
        page.write_text(end.join([*ORDERS[order](parts), begin(NEW)]), encoding="utf-8", newline="")
        found = apply_page(before if old else None, page, ADDRESS, release_id(NEW, BASE), into)
        assert found == (BASE, "5" * 64)
        assert into.read_text(encoding="utf-8") == "".join(f"{one}\n" for one in NEW)
    assert not (tmp_path / follow_page.FRESH).exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda body: body.replace(b'"\xc3\xa9 4"', b'"\xc3\xa9 9"'), "does not lead to release"),
        (lambda body: body[: len(body) // 2], "does not lead to release|is no N-Quads"),
        (lambda _: b"", "does not lead to release"),
        (lambda body: b"no quad\n" + body, "is no N-Quads: 'no quad'"),
        (lambda body: body + b"\xff\n", "is not UTF-8"),
    ],
)
def test_a_page_that_leads_elsewhere_is_refused(spoil: Callable[[bytes], bytes], reason: str, tmp_path: Path) -> None:
    page, into = tmp_path / "page.nq", tmp_path / "dataset.nq"
    body = "".join(f"{one}\n" for one in [begin(NEW), *ORDERS["as our servers write"](blocks([], NEW))]).encode()
    page.write_bytes(spoil(body))
    with pytest.raises(ReleaseError, match=reason):
        apply_page(None, page, ADDRESS, release_id(NEW, BASE), into)
