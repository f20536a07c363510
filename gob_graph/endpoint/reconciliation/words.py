"""Many different words in order: one is found by itself, by how it begins, and by what it is nearly spelt like.

Three letters lead to the words that hold them, so that a misspelt word is compared with a few of them and not with all.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Self, overload

from gob_graph.endpoint.reconciliation.array_file import joined, part_of
from gob_graph.endpoint.reconciliation.texts import Lists, Texts

if TYPE_CHECKING:
    from gob_graph.endpoint.reconciliation.array_file import Arrays

LOOKED_UP: Final = 300_000
"""Places that are counted for one word at most: those of its rarest letters first."""


class Words(Sequence[str]):
    """Words, unchangeable; a word is known by its place in the order."""

    __slots__ = ("_grams", "_holding", "_words")

    def __init__(self, words: Iterable[str]) -> None:
        self._words = Texts(sorted(words))
        holding: dict[str, array[int]] = {}
        for place, word in enumerate(self._words):
            for gram in grams(word):
                append(holding, gram, place)
        self._grams = Texts(sorted(holding))
        self._holding = Lists(holding.pop(gram) for gram in self._grams)

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The words that `arrays` gave."""
        made = cls.__new__(cls)
        made._words, made._grams = Texts.of(part_of(arrays, "words")), Texts.of(part_of(arrays, "grams"))
        made._holding = Lists.of(part_of(arrays, "holding"))
        return made

    def arrays(self) -> Arrays:
        """The arrays that hold the words."""
        return joined(words=self._words.arrays(), grams=self._grams.arrays(), holding=self._holding.arrays())

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
        known = (place for gram in grams(word) if (place := self._grams.find(gram)) is not None)
        for places in sorted((self._holding[place] for place in known), key=len):
            if len(places) > left:
                break
            left -= len(places)
            shared.update(places.tolist())
        return [place for place, count in shared.items() if count >= least]

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self._words.size + self._grams.size + self._holding.size


def append(lists: dict[str, array[int]], key: str, number: int) -> None:
    """Add a number to the list of a key."""
    found = lists.get(key)
    if found is None:
        found = lists[key] = array("I")
    found.append(number)


def grams(word: str) -> set[str]:
    """The three letters that follow each other, the beginning and the end among them."""
    marked = f"^{word}$"
    return {marked[n : n + 3] for n in range(len(marked) - 2)}
