"""Many different words in order: one is found by itself, by how it begins, and by what it is nearly spelt like.

Three letters lead to the words that hold them, so that a misspelt word is compared with a few of them and not with all.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, overload

from gob_graph.endpoint.reconciliation.texts import Texts

LOOKED_UP: Final = 300_000
"""Places that are counted for one word at most: those of its rarest letters first."""


class Words(Sequence[str]):
    """Words, unchangeable; a word is known by its place in the order."""

    __slots__ = ("_grams", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        self._words = Texts(sorted(words))
        self._grams: dict[str, array[int]] = {}
        for place, word in enumerate(self._words):
            for gram in grams(word):
                self._grams.setdefault(gram, array("I")).append(place)

    def __len__(self) -> int:
        """How many words."""
        return len(self._words)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        """The word at a place."""
        return self._words[place]

    def find(self, word: str) -> int | None:
        """The place of a word."""
        return self._words.find(word)

    def beginning(self, start: str, most: int) -> list[int]:
        """The places of words that begin so, in order, at most so many."""
        place = bisect_left(self._words, start)
        found: list[int] = []
        while place < len(self._words) and len(found) < most and self._words[place].startswith(start):
            found.append(place)
            place += 1
        return found

    def sharing(self, word: str, least: float) -> list[int]:
        """The places of words that hold at least so many of the same three letters."""
        shared: Counter[int] = Counter()
        left = LOOKED_UP
        for places in sorted((self._grams.get(gram, array("I")) for gram in grams(word)), key=len):
            if len(places) > left:
                break
            left -= len(places)
            shared.update(places)
        return [place for place, count in shared.items() if count >= least]

    @property
    def size(self) -> int:
        """Bytes of memory, without what Python needs for the few objects that hold them."""
        return self._words.size + sum(len(found) * found.itemsize + 160 for found in self._grams.values())


def grams(word: str) -> set[str]:
    """The three letters that follow each other, the beginning and the end among them."""
    marked = f"^{word}$"
    return {marked[n : n + 3] for n in range(len(marked) - 2)}
