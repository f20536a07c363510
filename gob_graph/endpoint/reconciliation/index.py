"""An index of names in memory: which of a million names may be the one that is meant, in a few milliseconds.

A word leads to the names that hold it, and three letters lead to the words that hold them, so that a misspelt word is
found among the words and not among the names. Names are numbered by their length: of a word that half of them hold,
only those are looked at that are about as long as what is asked for. Arrays of the standard library.
"""

from __future__ import annotations

import heapq
import math
import zlib
from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import OSA

from gob_graph.endpoint.reconciliation.folding import fold
from gob_graph.endpoint.reconciliation.texts import Texts
from gob_graph.endpoint.reconciliation.words import Words, grams

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

    __slots__ = ("_ends", "_hashed", "_hashes", "_lengths", "_postings", "_weights", "_words", "kinds",
                 "languages", "owners", "texts")  # fmt: skip

    def __init__(self, names: Iterable[Name]) -> None:
        ordered = sorted(names, key=lambda name: len(name.text))
        self.texts = Texts(name.text for name in ordered)
        self.owners = array("I", (name.owner for name in ordered))
        self.kinds = array("B", (name.kind for name in ordered))
        self.languages = array("B", (name.language for name in ordered))
        self._lengths = array("H", (min(len(name.text), 65535) for name in ordered))
        self._weights: dict[str, float] = {}
        self._index(ordered)

    def _index(self, ordered: Sequence[Name]) -> None:
        postings: dict[str, array[int]] = {}
        hashes = []
        for number, name in enumerate(ordered):
            folded = fold(name.text)
            hashes.append(_hash(folded))
            for word in set(folded.words):
                found = postings.get(word)
                if found is None:
                    found = postings[word] = array("I")
                found.append(number)
        order = sorted(range(len(hashes)), key=hashes.__getitem__)
        self._hashed = array("I", order)
        self._hashes = array("I", (hashes[number] for number in order))
        self._words = Words(postings)
        self._ends, self._postings = array("I", [0]), array("I")
        for word in self._words:
            self._postings.extend(postings.pop(word))
            self._ends.append(len(self._postings))

    def __len__(self) -> int:
        """How many names."""
        return len(self.owners)

    def same(self, folded: Folded) -> list[int]:
        """The names with the same letters and digits in the same order."""
        wanted = _hash(folded)
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
            count = sum(self._count(place) for place in group)
            if count > RARE:
                common.append(group)
                continue
            weight = math.log(1 + len(self) / count)
            for number in {n for place in group for n in self._names(place)}:
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
            known = math.log(2 + len(self) / (1 + (self._count(place) if place is not None else 0)))
            self._weights[word] = known
        return known

    def beginning_with(self, start: str, most: int) -> list[int]:
        """Names that hold a word which begins so, the shortest first."""
        found: set[int] = set()
        for place in self._words.beginning(start, most):
            found.update(self._names(place)[:most])
        return sorted(found)[: most * 4]

    def holding(self, word: str, most: int) -> set[int]:
        """Names that hold a word or a longer one that begins so; of each such word the `most` shortest names."""
        return {n for place in self._words.beginning(word, most) for n in self._names(place)[:most]}

    def holding_like(self, word: str, most: int) -> set[int]:
        """Names that hold a word of which the one asked for may be a misspelling; of each the `most` shortest."""
        return {n for place in self._alike(word) for n in self._names(place)[:most]} if len(word) >= MISSPELT else set()

    @property
    def size(self) -> int:
        """Bytes of memory, without what Python needs for the few objects that hold them."""
        arrays = (self.owners, self.kinds, self.languages, self._lengths, self._hashes, self._hashed, self._ends,
                  self._postings)  # fmt: skip
        return sum(len(a) * a.itemsize for a in arrays) + self.texts.size + self._words.size

    def _count(self, place: int) -> int:
        return self._ends[place + 1] - self._ends[place]

    def _names(self, place: int) -> array[int]:
        return self._postings[self._ends[place] : self._ends[place + 1]]

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
        rarest = sorted(groups, key=lambda group: sum(self._count(place) for place in group))[:TOGETHER]
        found = set(self._as_long(rarest[0], length))
        for group in rarest[1:]:
            both = found.intersection(self._as_long(group, length))
            found = both or found
        if len(found) <= RARE:
            return list(found)
        return _around(sorted(found), bisect_left(self._lengths, length), RARE)

    def _as_long(self, group: list[int], length: int) -> Sequence[int]:
        """Names that hold a word of a group, as many as are looked at, those that are about as long."""
        middle = bisect_left(self._lengths, length)
        share = LOOKED_AT // len(group)
        parts = [_around(self._names(place), middle, share) for place in group]
        return parts[0] if len(parts) == 1 else [number for part in parts for number in part]


def _around(ordered: Sequence[int], middle: int, most: int) -> Sequence[int]:
    """So many of the numbers, those that are next to one."""
    start = max(0, min(bisect_left(ordered, middle) - most // 2, len(ordered) - most))
    return ordered[start : start + most]


def _hash(folded: Folded) -> int:
    return zlib.crc32(folded.compact.encode())
