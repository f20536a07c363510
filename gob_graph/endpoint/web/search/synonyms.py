"""What people call what the graph calls otherwise: groups of words in four languages, from ``synonyms.txt``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from gob_graph.endpoint.reconciliation.folding import fold

FILE: Final = Path(__file__).with_name("synonyms.txt")
Phrases = tuple[str, ...]


def lines() -> list[tuple[Phrases, Phrases]]:
    """The groups as they are written: what is asked for, and what is looked for then."""
    found = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            asked, _, meant = line.partition(":")
            found.append((_phrases(asked), _phrases(meant)))
    return found


def _phrases(text: str) -> Phrases:
    return tuple(phrase.strip() for phrase in text.split(","))


@cache
def _table() -> dict[str, Phrases]:
    found: dict[str, list[str]] = {}
    for asked, meant in lines():
        for word in asked:
            found.setdefault(fold(word).text, []).extend(meant)
    return {word: tuple(dict.fromkeys(meant)) for word, meant in found.items()}


def meant_by(word: str) -> Phrases:
    """The phrases that a folded word may mean, besides itself."""
    return _table().get(word, ())
