"""An index of names: which of a million names may be the one that is meant, in a few milliseconds.

A word leads to the names that hold it, and three letters lead to the words that hold them, so that a misspelt word is
found among the words and not among the names. Names are numbered by their length: of a word that half of them hold,
only those are looked at that are about as long as what is asked for. Arrays of the standard library, in memory or
mapped from a file.
"""

from __future__ import annotations

import heapq
import math
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple, Self

from rapidfuzz.distance import OSA

from gob_graph.endpoint.reconciliation.array_file import joined, part_of
from gob_graph.endpoint.reconciliation.folding import fold
from gob_graph.endpoint.reconciliation.texts import Lists, Texts, TextsDraft, by_hash, hash_of
from gob_graph.endpoint.reconciliation.words import Words, append, grams

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gob_graph.endpoint.reconciliation.array_file import Arrays
    from gob_graph.endpoint.reconciliation.folding import Folded

RARE = 3000
"""Names that hold a word up to which all of them are looked at."""
KEPT = 40
"""Candidates that are compared letter by letter."""
TOGETHER, LOOKED_AT = 3, 16_000
"""Of common words, so many are looked for together, in so many of the names that hold one, those about as long."""
MISSPELT = 4
"""Letters of a word from which on it may be misspelt; a shorter one would be like too many others."""
ALIKE = 0.7
"""How alike two words are of which one may be the other misspelt (1 − edits / letters)."""
REMEMBERED = 4096
"""Words whose weight is kept."""
VARIANTS = 8
"""Words that a misspelt one may stand for at most."""
BEGINNING = 3
"""Letters from which on a word may be the beginning of a longer one."""


class Name(NamedTuple):
    """A name of a thing: number of the thing, what the name is to it, language, as it is written."""

    owner: int
    kind: int
    language: int
    text: str


class NameIndex:
    """The names, unchangeable; a name is known by its number here."""

    __slots__ = ("_hashed", "_hashes", "_lengths", "_postings", "_weights", "_words", "kinds", "languages", "owners",
                 "texts")  # fmt: skip

    def __init__(self, names: Iterable[Name], *, ordered: bool = False) -> None:
        """Index names; with `ordered` they come by their length, and are not held all at once."""
        texts, hashes = TextsDraft(), array("I")
        owners, kinds, languages, lengths = array("I"), array("B"), array("B"), array("H")
        postings: dict[str, array[int]] = {}
        for number, name in enumerate(names if ordered else sorted(names, key=lambda name: len(name.text))):
            texts.append(name.text)
            owners.append(name.owner)
            kinds.append(name.kind)
            languages.append(name.language)
            lengths.append(min(len(name.text), 65535))
            folded = fold(name.text)
            hashes.append(hash_of(folded.compact))
            for word in set(folded.words):
                append(postings, word, number)
        self.texts = Texts.of(texts.arrays())
        self.owners, self.kinds, self.languages = memoryview(owners), memoryview(kinds), memoryview(languages)
        self._lengths = memoryview(lengths)
        self._hashes, self._hashed = by_hash(hashes)
        self._words = Words(postings)
        self._postings = Lists(postings.pop(word) for word in self._words)
        self._weights: dict[str, float] = {}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The index that `arrays` gave."""
        made = cls.__new__(cls)
        made.texts, made._words = Texts.of(part_of(arrays, "texts")), Words.of(part_of(arrays, "words"))
        made._postings = Lists.of(part_of(arrays, "postings"))
        made.owners, made.kinds, made.languages = arrays["owners"], arrays["kinds"], arrays["languages"]
        made._lengths, made._hashes, made._hashed = arrays["lengths"], arrays["hashes"], arrays["hashed"]
        made._weights = {}
        return made

    def arrays(self) -> Arrays:
        """The arrays that hold the index."""
        return {
            **joined(texts=self.texts.arrays(), words=self._words.arrays(), postings=self._postings.arrays()),
            "owners": self.owners,
            "kinds": self.kinds,
            "languages": self.languages,
            "lengths": self._lengths,
            "hashes": self._hashes,
            "hashed": self._hashed,
        }

    def __len__(self) -> int:
        """How many names."""
        return len(self.owners)

    def same(self, folded: Folded) -> list[int]:
        """The names with the same letters and digits in the same order."""
        wanted = hash_of(folded.compact)
        start, end = bisect_left(self._hashes, wanted), bisect_right(self._hashes, wanted)
        return [n for n in self._hashed[start:end] if fold(self.texts[n]).compact == folded.compact]

    def near(self, folded: Folded, *, loose: bool) -> list[int]:
        """Names that share words with the one asked for, the most telling first; `loose` allows for misspelt words."""
        groups = [group for word in dict.fromkeys(folded.words) if (group := self._variants(word, loose=loose))]
        pairs = zip(folded.words, folded.words[1:], strict=False)
        groups += [[place] for one, two in pairs if (place := self._words.find(one + two)) is not None]
        weights: dict[int, float] = {}
        common: list[list[int]] = []
        for group in groups:
            count = sum(self._postings.length(place) for place in group)
            if count > RARE:
                common.append(group)
                continue
            weight = math.log(1 + len(self) / count)
            for number in {n for place in group for n in self._postings[place].tolist()}:
                weights[number] = weights.get(number, 0.0) + weight
        if common and (not weights or (loose and len(common) > 1)):
            for number in self._with_all(common, len(folded.text)):
                weights[number] = weights.get(number, 0.0) + 1.0
        length = len(folded.text)

        def telling(number: int) -> tuple[float, int]:
            return weights[number], -abs(self._lengths[number] - length)

        return heapq.nlargest(KEPT, weights, key=telling)

    def weight(self, word: str) -> float:
        """How much a word tells: the more, the fewer names hold it."""
        known = self._weights.get(word)
        if known is None:
            if len(self._weights) >= REMEMBERED:
                self._weights.clear()
            place = self._words.find(word)
            known = math.log(2 + len(self) / (1 + (self._postings.length(place) if place is not None else 0)))
            self._weights[word] = known
        return known

    def beginning_with(self, start: str, most: int) -> list[int]:
        """Names that hold a word which begins so, the shortest first."""
        found: set[int] = set()
        for place in self._words.beginning(start, most):
            found.update(self._postings[place][:most].tolist())
        return sorted(found)[: most * 4]

    def holding(self, word: str, most: int) -> set[int]:
        """Names that hold a word or a longer one that begins so; of each such word the `most` shortest names."""
        return {n for place in self._words.beginning(word, most) for n in self._postings[place][:most].tolist()}

    def holding_like(self, word: str, most: int) -> set[int]:
        """Names that hold a word of which the one asked for may be a misspelling; of each the `most` shortest."""
        return (
            {n for place in self._alike(word) for n in self._postings[place][:most].tolist()}
            if len(word) >= MISSPELT
            else set()
        )

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return sum(array.nbytes for array in self.arrays().values())

    def _variants(self, word: str, *, loose: bool) -> list[int]:
        """The places of a word, and of those that it may stand for."""
        place = self._words.find(word)
        if place is not None and not loose:
            return [place]
        found = [] if place is None else [place]
        if loose and len(word) >= BEGINNING:
            found += self._words.beginning(word, VARIANTS)
        if len(word) >= MISSPELT:
            found += self._alike(word)
        return list(dict.fromkeys(found))

    def _alike(self, word: str) -> list[int]:
        some = ((place, self._words[place]) for place in self._words.sharing(word, max(2, len(grams(word)) * 0.35)))
        scored = [
            (OSA.normalized_similarity(word, other, score_cutoff=ALIKE), place)
            for place, other in some
            if abs(len(other) - len(word)) <= 3
        ]
        return [place for score, place in heapq.nlargest(VARIANTS, scored) if score]

    def _with_all(self, groups: list[list[int]], length: int) -> Sequence[int]:
        """Names about as long that hold a word of each of the rarest groups, or of as many as leaves any."""
        rarest = sorted(groups, key=lambda group: sum(self._postings.length(place) for place in group))[:TOGETHER]
        found = set(self._as_long(rarest[0], length))
        for group in rarest[1:]:
            both = found.intersection(self._as_long(group, length))
            found = both or found
        if len(found) <= RARE:
            return list(found)
        ordered = sorted(found)
        return ordered[_around(ordered, bisect_left(self._lengths, length), RARE)]

    def _as_long(self, group: list[int], length: int) -> Sequence[int]:
        """Names that hold a word of a group, as many as are looked at, those that are about as long."""
        middle = bisect_left(self._lengths, length)
        share = LOOKED_AT // len(group)
        several = [self._postings[place] for place in group]
        parts = [numbers[_around(numbers, middle, share)].tolist() for numbers in several]
        return parts[0] if len(parts) == 1 else [number for part in parts for number in part]


def _around(ordered: Sequence[int], middle: int, most: int) -> slice:
    """Where so many of the numbers are, those that are next to one."""
    start = max(0, min(bisect_left(ordered, middle) - most // 2, len(ordered) - most))
    return slice(start, start + most)
