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
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"})
_SERVICE = re.compile(r"(?:(?:true|false)\.?)?service(?:silent)?", re.IGNORECASE)
"""The keyword; the engine needs nothing between it and what stands before and behind it."""
_BEFORE_A_GRAPH = frozenset({"GRAPH", "FROM", "NAMED", "DESCRIBE"})
_CHANGING = ("rand", "now", "uuid", "bnode", "construct")
CHANGING = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE"})
"""Functions whose answers differ from one call to the next, so that none is kept."""
_PROLOGUE = frozenset({"BASE", "PREFIX", "VERSION"})


def keywords(text: str) -> Iterator[str]:
    """The bare words of a query, in upper case: keywords and functions, not what stands in strings, IRIs or names."""
    return (token.upper for token in tokens(text, words_only=True) if token.kind == "word")


def reaches_out(text: str) -> bool:
    """Whether the query holds a SERVICE clause, however it is spelled."""
    versions = {text, _decoded(text)} if "\\" in text else {text}
    # Nearly every query is done with here.
    return any(_has_service(version) for version in versions if "service" in version.lower())


def _has_service(text: str) -> bool:
    before, suspect = "", False
    for token in tokens(text, words_only=True):
        if suspect and token.text == "{":
            return True
        if token.kind == "word" and _SERVICE.fullmatch(token.text):
            return True
        # The engine also takes a keyword that nothing parts from the name behind it; only there stands a name that
        # begins like that before a group (and in the clauses that are excepted).
        suspect = token.kind == "name" and before not in _BEFORE_A_GRAPH and bool(_SERVICE.match(token.text))
        before = token.upper
    return False


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


def is_update(text: str) -> bool:
    """Whether the text begins like an update."""
    return form(text) in UPDATES


def _decoded(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number < 0x110000 else "\ufffd"

    return _ESCAPE.sub(character, text)
