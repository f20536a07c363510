"""The data of a very large graph, held once for all runs of pyshacl-turbo: in a dataset of rdflib-turbo.

pyshacl-turbo reads a text anew in each run, and holds text, list and index at once: 0.8 KiB a triple and run. Both
packages are built from one engine, which validates such a dataset where it lies, in half of the room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyshacl_turbo import _native as engine  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rdflib_turbo import Dataset

_FINGERPRINT: Final = "SHACL_ENGINE_FINGERPRINT"


def shared(text: list[str]) -> Dataset | None:
    """N-Triples as a dataset; its parts are given up one after the other as they are read.

    None, and the text stays, where that cannot be done: the packages are not from the same engine (each checks that
    itself, and refuses), or there may be blank nodes, as each part would be read with nodes of its own.
    """
    try:
        from rdflib_turbo import Dataset, _native
    except ImportError:
        return None
    if getattr(_native, _FINGERPRINT, None) != getattr(engine, _FINGERPRINT, "") or _may_have_blank_nodes(text):
        return None
    data = Dataset()
    text.reverse()
    while text:
        data.parse(data=text.pop(), format="nt")
    return data


def _may_have_blank_nodes(text: Iterable[str]) -> bool:
    return any(part.startswith("_:") or "\n_:" in part or " _:" in part for part in text)
