r"""Checks of a query that need no parser: whether it contains SERVICE or is an update.

A tokeniser only, over the text as written and over the text with its codepoint escapes decoded (SPARQL 1.1 section
19.2). It decides on clearer messages; what holds when it errs is that a worker can open no socket and the store is a
copy.

It runs in the front and holds the interpreter: the tokeniser is linear, and texts are measured before they come here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGINNING = re.compile(
    r"""
    (?:\s++ | \#[^\n\r]*+ | (?:PREFIX\s++[^\s:<>"']*+: | BASE)\s*+<[^<>"{}|^`\\\x00-\x20]*+>)*+
    (SELECT|ASK|CONSTRUCT|DESCRIBE)(?![\w.:-])
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""How nearly every query begins."""
UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"})
_CHANGING = ("rand", "now", "uuid", "bnode", "construct")
CHANGING = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE"})
"""Functions whose answers differ from one call to the next, so that none is kept."""
_PROLOGUE = frozenset({"BASE", "PREFIX", "VERSION"})


def keywords(text: str) -> Iterator[str]:
    """The bare words of a query, in upper case: keywords and functions, not what stands in strings, IRIs or names."""
    return (token.upper for token in tokens(text, words_only=True) if token.kind == "word")


def changes(text: str) -> bool:
    """Whether two evaluations may differ: by a function, or by the labels of blank nodes that a template makes."""
    lowered = text.lower()
    if not any(word in lowered for word in _CHANGING):
        return False
    words = set(keywords(text))
    return not CHANGING.isdisjoint(words) or ("CONSTRUCT" in words and ("_:" in text or "[" in text))


def form(text: str) -> str:
    """The first word behind the prologue: SELECT, ASK, INSERT …; empty when there is none."""
    if usual := _BEGINNING.match(text):
        return usual[1].upper()
    return next((word for word in keywords(text) if word not in _PROLOGUE), "")
