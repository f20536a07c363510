"""What a step of the build gave up is not kept by the process."""

import ctypes
from pathlib import Path

import pyoxigraph as ox
import pytest

from gob_graph.pipeline.freed_memory import give_back

MIB = 1 << 20


def resident() -> int:
    """Bytes of this process in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


def test_the_memory_of_a_store_goes_back_to_the_system() -> None:
    store, name = ox.Store(), ox.NamedNode("urn:p")
    store.bulk_extend(ox.Quad(ox.NamedNode(f"urn:{n}"), name, ox.Literal(f"text {n}")) for n in range(40_000))
    full = resident()
    del store
    give_back()
    assert resident() < full - 4 * MIB


def test_a_system_without_the_call_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    give_back()
