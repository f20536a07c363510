"""What can be told of a query without parsing it: whether it would reach out or change something.

A tokeniser only, over the text as written and over the text with its codepoint escapes decoded (SPARQL 1.1 section 19.2).
It decides on clearer messages; what holds when it errs is that a worker can open no socket and the store is a copy.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<skip>
        \#[^\n\r]*                                     # comment
      | <[^<>"{}|^`\\\x00-\x20]*>                      # IRI
      | \"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
      | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*'
      | [?$]\w+ | @[A-Za-z]+(?:-[A-Za-z0-9]+)* | _:[\w.-]+
      | (?:[^\W\d_][\w.-]*)?:(?:[\w.:%-]|\\.)*         # prefixed name
    )
  | (?P<word>[^\W\d]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_UPDATES = frozenset("INSERT DELETE LOAD CLEAR CREATE DROP COPY MOVE ADD WITH".split())
_PROLOGUE = frozenset({"BASE", "PREFIX", "VERSION"})


def keywords(text: str) -> list[str]:
    """The bare words of a query, in upper case: keywords and function names, not what stands in strings, IRIs or names."""
    return [m["word"].upper() for m in _TOKEN.finditer(text) if m["word"]]


def reaches_out(text: str) -> bool:
    """Whether the query holds a SERVICE clause, however it is spelled."""
    return any("SERVICE" in keywords(version) for version in {text, _decoded(text)})


def is_update(text: str) -> bool:
    """Whether the text begins like an update."""
    first = next((word for word in keywords(text) if word not in _PROLOGUE), "")
    return first in _UPDATES


def _decoded(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number < 0x110000 else "\ufffd"

    return _ESCAPE.sub(character, text)
