"""A blank between CONCAT or COALESCE and its arguments, which the engine refuses, comes before the function.

SPARQL 1.1 (production 121) allows it like any other. Every character behind the arguments' bracket keeps its place.
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from gob_graph.endpoint.engine.tokens import tokens

_FUNCTIONS: Final = {"CONCAT", "COALESCE"}
_GAP: Final = re.compile(r"\b(?:CONCAT|COALESCE)\s+\(", re.IGNORECASE)


def readable(text: str) -> str:
    """The query with such blanks moved; a blank that holds a comment stays."""
    if not _GAP.search(text):
        return text
    found = list(tokens(text))
    for word, bracket in itertools.pairwise(found):
        gap = text[word.end : bracket.start]
        if gap.isspace() and bracket.text == "(" and word.upper in _FUNCTIONS:
            text = text[: word.start] + gap + word.text + text[bracket.start :]
    return text
