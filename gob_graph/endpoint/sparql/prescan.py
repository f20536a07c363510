r"""What can be told of a query without parsing it: whether it would reach out or change something.

A tokeniser only, over the text as written and over the text with its codepoint escapes decoded (SPARQL 1.1 section
19.2). It decides on clearer messages; what holds when it errs is that a worker can open no socket and the store is a
copy.

It runs in the front and holds the interpreter, so it is linear: no token is tried twice from the same character on.
That is why a string without an end is looked for once only, and why a word is taken together with the dots and hyphens
in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRINGS = {
    '"""': re.compile(r'"""(?:"{0,2}(?:[^"\\]|\\.))*"""', re.DOTALL),
    "'''": re.compile(r"'''(?:'{0,2}(?:[^'\\]|\\.))*'''", re.DOTALL),
    '"': re.compile(r'"(?:[^"\\\n\r]|\\.)*"', re.DOTALL),
    "'": re.compile(r"'(?:[^'\\\n\r]|\\.)*'", re.DOTALL),
}
_TOKEN = re.compile(
    r"""
    \#[^\n\r]*                                                          # comment
  | <(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>   # IRI, in which escapes stand as written
  | [?$]\w+ | @[A-Za-z]+(?:-[A-Za-z0-9]+)* | _:[\w.-]+
  | :(?:[\w.:%-]|\\.)*                                                  # name with the empty prefix
  | (?P<word>[^\W\d][\w.-]*)(?P<name>:(?:[\w.:%-]|\\.)*)?               # keyword, or prefixed name
  | (?P<quote>\"{3}|'{3}|"|')
    """,
    re.VERBOSE | re.DOTALL,
)
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
_CHANGING = ("rand", "now", "uuid", "bnode", "construct")
CHANGING = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE"})
"""Functions whose answers differ from one call to the next, so that none is kept."""
_PROLOGUE = frozenset({"BASE", "PREFIX", "VERSION"})


def keywords(text: str) -> list[str]:
    """The bare words of a query, in upper case: keywords and functions, not what stands in strings, IRIs or names."""
    return list(_words(text))


def _words(text: str) -> Iterator[str]:
    place = 0
    endless: set[str] = set()
    while found := _TOKEN.search(text, place):
        place = found.end()
        if found["quote"]:
            place = _string_end(text, found.start(), found["quote"], endless)
        elif found["word"] and not found["name"]:
            for word in re.split(r"[.-]", found["word"]):
                yield word.upper()


def _string_end(text: str, start: int, quote: str, endless: set[str]) -> int:
    """Where the string that begins here ends; a quote without an end is skipped, a triple one may be two strings."""
    for kind in (quote, quote[0]):
        if kind in endless:
            continue
        if string := _STRINGS[kind].match(text, start):
            return string.end()
        # What has no end from here has none further on, but for a short string, which ends with its line.
        if len(kind) == 3:
            endless.add(kind)
    return _after_unclosed(text, start)


def _after_unclosed(text: str, start: int) -> int:
    """No string begins with the quotes here: go on behind all that a short string could have held, quotes excepted.

    In a row of escaped quotes each would be tried anew up to the end of the line; such a text is no SPARQL anyhow.
    """
    run = re.compile(r"""["'](?:\\["'])*""").match(text, start)
    return run.end() if run else start + 1


def reaches_out(text: str) -> bool:
    """Whether the query holds a SERVICE clause, however it is spelled."""
    versions = {text, _decoded(text)} if "\\" in text else {text}
    # Nearly every query is done with here.
    return any("SERVICE" in _words(version) for version in versions if "service" in version.lower())


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
    return next((word for word in _words(text) if word not in _PROLOGUE), "")


def is_update(text: str) -> bool:
    """Whether the text begins like an update."""
    return form(text) in UPDATES


def _decoded(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number < 0x110000 else "\ufffd"

    return _ESCAPE.sub(character, text)
