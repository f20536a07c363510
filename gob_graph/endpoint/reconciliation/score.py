"""How alike a name is to the one that is asked for: from 0 to 100, and why."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from gob_graph.endpoint.reconciliation.folding import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gob_graph.endpoint.reconciliation.folding import Folded

SAME, SAME_LETTERS, MOST = 100.0, 99.0, 98.0
"""Of the same words; of the same letters with other spaces; the most that anything else gets."""
UNLIKE = 40.0
"""The share of the same letters below which words are not looked at: no words in common make up for it."""
OTHER_ORDER = 1.0
"""What other words order or other spaces cost."""
SAME_WORD, SHORTENED, CONTRACTED, INITIAL = 0.75, 0.85, 0.75, 0.6
"""How alike two words are from which on one stands for the other; what the beginning of a word is worth, a contraction
(“hfdst” for “hoofdstedelijk”) and its first letter alone."""
REPLACED = 50.0
"""What it costs when both have words that the other lacks: then one stands in the place of another."""
SHORT_WORD = 4
"""Letters up to which a word is the same or another one: of acronyms, one letter makes another body."""


class Score(NamedTuple):
    """`letters` and `words` are from 0 to 100: how many letters, and how much of the telling words, both have."""

    score: float
    letters: float
    words: float

    @property
    def same(self) -> bool:
        """Whether it is the very name, but for case, accents, punctuation and spaces."""
        return self.score >= SAME_LETTERS


def compare(asked: Folded, text: str, weight: Callable[[str], float]) -> Score:
    """Compare a name as it is written with the one asked for; `weight` says how much a word tells."""
    name = fold(text)
    if name.words == asked.words:
        return Score(SAME, 100, 100)
    if name.compact == asked.compact:
        return Score(SAME_LETTERS, 100, 100)
    letters = max(
        fuzz.ratio(asked.text, name.text),
        fuzz.token_sort_ratio(asked.text, name.text) - OTHER_ORDER,
        fuzz.ratio(asked.compact, name.compact) - OTHER_ORDER,
    )
    if letters < UNLIKE:
        return Score(round(0.4 * letters, 1), round(letters, 1), 0.0)
    there = _covered(asked.words, name.words, weight)
    back = _covered(name.words, asked.words, weight)
    words = 200 * there * back / (there + back) if there and back else 0.0
    words = max(0.0, words - REPLACED * (1 - max(there, back)))
    if asked.compact and len(asked.compact) <= SHORT_WORD:
        letters = min(letters, words)
    # Joined or parted words have few words in common and nearly all letters.
    parted = fuzz.ratio(asked.compact, name.compact)
    words = max(words, parted - 5) if parted >= 90 and len(asked.words) != len(name.words) else words
    return Score(round(min(MOST, 0.4 * letters + 0.6 * words), 1), round(letters, 1), round(words, 1))


def _covered(words: Sequence[str], others: Sequence[str], weight: Callable[[str], float]) -> float:
    """The share of the words that the others have too, by what each tells."""
    whole = found = 0.0
    for word in words:
        worth = weight(word)
        whole += worth
        found += worth * max((_alike(word, other) for other in others), default=0.0)
    return found / whole if whole else 0.0


@lru_cache(maxsize=8192)
def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if long.startswith(short):
        return SHORTENED if len(short) >= 3 else INITIAL if len(short) == 1 else 0.0
    if len(short) <= SHORT_WORD and len(long) <= SHORT_WORD:
        return 0.0
    alike = OSA.normalized_similarity(one, other)
    if alike >= SAME_WORD:
        return alike
    return CONTRACTED if _contracts(short, long) else 0.0


def _contracts(short: str, long: str) -> bool:
    """Whether a word is made of letters of a longer one in their order, its first one and no other vowel."""
    if not 3 <= len(short) <= len(long) * 0.6 or short[0] != long[0] or set(short[1:]) & set("aeiou"):
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)
