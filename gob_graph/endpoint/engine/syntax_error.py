"""Where a query stops being SPARQL, and what a person can do about it.

The engine's parser tells how far it looked ahead, which lies behind the fault, and what it would have taken there. The
exact place is found by asking it for beginnings of the text: a beginning that can be continued is read up to its very
end, one that cannot is given up before. Everything here runs in a query process, for it parses user SPARQL.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.endpoint.engine.tokens import tokens as tokenise
from gob_graph.endpoint.engine.tokens import used_prefixes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gob_graph.endpoint.engine.tokens import Token

AHEAD = 64
"""Spaces behind a beginning: more than the parser looks ahead for a keyword."""
END = "\x01"
"""No query holds it outside of a string, so that no beginning is ever a whole query, which would be evaluated."""
_NOTHING = ox.Store()
SHOWN = 20
"""Characters that are quoted before and behind the place of a fault."""
_SAID = re.compile(r"[A-Z][a-z]+(?: [\w:?]+)+|The \w+(?: [\w:?]+)+")
"""A sentence among what the engine expected; the rest are characters and keywords, and misleading."""
_CLOSING = {"{": "}", "(": ")", "[": "]"}
_LOWER_CASE = frozenset({"TRUE", "FALSE", "A"})
"""Words that are read in lower case only, other than the keywords."""
KEYWORDS = sorted(
    """ASK AVG BASE BIND BOUND BY COALESCE CONCAT CONSTRUCT CONTAINS COUNT DATATYPE DESC DESCRIBE DISTINCT EXISTS FILTER
    FROM GRAPH GROUP GROUP_CONCAT HAVING LANG LANGMATCHES LIMIT MINUS NAMED NOT OFFSET OPTIONAL ORDER PREFIX REDUCED
    REGEX REPLACE SAMPLE SELECT SEPARATOR STRENDS STRLANG STRSTARTS SUBSTR UNDEF UNION VALUES WHERE""".split()  # noqa: SIM905 - words
)
"""What a misspelt word is compared with."""


def explain(engine_said: str, query: str, base: str, known: Mapping[str, str]) -> dict[str, Any]:
    """What is wrong with a query that the engine refused: detail, line and column (from 1), the text around it.

    `known` holds the prefixes that can be proposed. A query whose parts are all right but not together is explained in
    the engine's words, at the end of what it read.
    """
    tokens = list(tokenise(query))
    place = _cause(tokens, _first_fault(tokens, query, base), engine_said)
    missing = _undeclared(tokens)
    if place < len(tokens):
        start, said = tokens[place].start, _about(tokens[place], missing, known)
    else:
        start, said = len(query), _sentence(engine_said) or _unfinished(tokens)
    line, column = _line_and_column(query, start)
    answer: dict[str, Any] = {
        "detail": f"line {line}, column {column}: {said}",
        "line": line,
        "column": column,
        "near": query[max(0, start - SHOWN) : start + SHOWN],
    }
    if place < len(tokens) and tokens[place].prefix in missing:
        answer["undeclared"] = {name: known.get(name) for name in missing}
    return answer


def _first_fault(tokens: Sequence[Token], query: str, base: str) -> int:
    """The first token that no query can have at its place; their number when all can be continued."""
    low, high = 0, len(tokens)
    while low < high:
        middle = (low + high) // 2
        token = tokens[middle]
        if _continues(query[: token.end], base):
            low = middle + 1
        else:
            high = middle
    return low


def _continues(beginning: str, base: str) -> bool:
    try:
        _NOTHING.query(beginning + " " * AHEAD + END, base_iri=base)
    except SyntaxError as error:
        found = re.search(r"error at (\d+):(\d+)", str(error))
        lines = re.split(r"\n", beginning)
        last = (len(lines), len(lines[-1]) + AHEAD)
        return found is None or (int(found[1]), int(found[2])) >= last
    return True


def _cause(tokens: Sequence[Token], fault: int, engine_said: str) -> int:
    """A string or an address without an end is noticed late; the fault is where it begins."""
    for number, token in enumerate(tokens[:fault]):
        if token.kind == "unclosed":
            return number
    if "IRI parsing failed" in engine_said and fault < len(tokens) and tokens[fault].text == ">":
        return max(number for number, token in enumerate(tokens[:fault]) if token.text == "<")
    return fault


def _undeclared(tokens: Sequence[Token]) -> list[str]:
    used, declared = used_prefixes(tokens)
    return [prefix for prefix in used if prefix not in declared]


def _about(token: Token, missing: Sequence[str], known: Mapping[str, str]) -> str:
    if token.prefix in missing:
        proposed = known.get(token.prefix or "")
        remedy = f"add PREFIX {token.prefix}: <{proposed}>" if proposed else f"add PREFIX {token.prefix}: <its address>"
        return f"the prefix {token.prefix}: is not declared; {remedy}"
    if token.kind == "unclosed":
        return "the string that begins here does not end"
    if token.text == "<":
        return "the address that begins here is not written as one: no spaces, quotes or braces, and > at the end"
    if token.kind == "label":
        return f"the blank node {token.text} was used in another group already; take another label, or a variable"
    if token.upper in _LOWER_CASE:
        return f"'{token.text}' is not expected here; write {token.text.lower()}, in lower case"
    similar = difflib.get_close_matches(token.upper, KEYWORDS, 1, 0.7) if token.kind == "word" else []
    if similar and similar[0] != token.text.upper():
        return f"'{token.text}' is not expected here; did you mean {similar[0]}?"
    return f"'{token.text[:60]}' is not expected here"


def _sentence(engine_said: str) -> str:
    found = _SAID.search(engine_said.partition("expected")[2])
    return found[0] if found and found[0] != "Prefix not found" else ""


def _unfinished(tokens: Sequence[Token]) -> str:
    opened = []
    for token in tokens:
        if token.text in _CLOSING:
            opened.append(token)
        elif opened and token.text == _CLOSING[opened[-1].text]:
            opened.pop()
    if opened:
        return f"the query ends too early: a '{_CLOSING[opened[-1].text]}' is missing"
    return "the query ends too early"


def _line_and_column(query: str, start: int) -> tuple[int, int]:
    """Counted as the engine does: lines end with a line feed, columns are characters."""
    before = query[:start]
    return before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1
