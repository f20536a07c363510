"""The registry of minted IRIs as a release carries it (`ids.csv`): what was withdrawn, what is like a mistake."""

from __future__ import annotations

import csv
import difflib
import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gob_graph.release import Release

NEAR = 5
"""Near names that are offered at most."""
COMPARED = 20_000
"""Rows that a near name is looked for in, so that a mistake costs little in a large registry too."""
FIELDS = ("path", "status", "changed", "successor", "reason", "meaning")


@dataclass(frozen=True, slots=True)
class Minted:
    """One row: a path below the base and what became of it."""

    path: str
    status: str
    changed: str
    successor: str
    reason: str
    meaning: str

    @property
    def withdrawn(self) -> bool:
        """Whether the IRI was minted in error and stands for nothing any more."""
        return self.status == "withdrawn"


def registry(release: Release) -> dict[str, Minted]:
    """The rows by path; read once per release."""
    return _read(release.path / "ids.csv")


@lru_cache(maxsize=2)
def _read(path: Path) -> dict[str, Minted]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["path"]: Minted(*(row[name] for name in FIELDS)) for row in csv.DictReader(stream)}


def near(path: str, release: Release) -> list[Minted]:
    """Current rows whose path or meaning resembles a path that does not exist, the most similar first."""
    wanted = path.strip("/").lower()
    words = wanted.rsplit("/", 1)[-1].replace("-", " ")
    scored = []
    for row in itertools.islice((r for r in registry(release).values() if not r.withdrawn), COMPARED):
        meaning = row.meaning.rsplit(": ", 1)[-1].lower()
        alike = _likeness(wanted, row.path)
        score = max(alike, _likeness(words, meaning))
        if score > 0:
            scored.append((-score, -alike, row.path, row))
    return [row for *_, row in sorted(scored)[:NEAR]]


def _likeness(wanted: str, known: str) -> float:
    matcher = difflib.SequenceMatcher(None, wanted, known)
    if matcher.real_quick_ratio() < 0.7 or matcher.quick_ratio() < 0.7:
        return 0
    ratio = matcher.ratio()
    return ratio if ratio >= 0.7 else 0
