"""Names without what people write differently: case, accents, punctuation, spaces."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

LONGEST = 500
"""Characters of a name that are compared; no name of a body is longer."""
_WORD = re.compile(r"\w+")
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "_": " ", "’": " ", "'": " "})


class Folded(NamedTuple):
    """A name to be compared: `text` has one space between words, `compact` none."""

    text: str
    compact: str
    words: tuple[str, ...]


def fold(text: str) -> Folded:
    """Fold a name: lower case, no accents, words of letters and digits only."""
    short = text[:LONGEST]
    if short.isascii():
        plain = short.lower().translate(_LETTERS)
    else:
        apart = unicodedata.normalize("NFKD", short)
        plain = "".join(c for c in apart if not unicodedata.combining(c)).casefold().translate(_LETTERS)
    words = tuple(_WORD.findall(plain))
    return Folded(" ".join(words), "".join(words), words)
