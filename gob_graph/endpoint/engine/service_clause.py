r"""Whether a query holds a SERVICE clause, by the tokeniser: over the text as written, and with its escapes decoded.

It decides on clearer messages where a worker can open no socket. What is sent to another engine may reach out from
there, so that an operator allows it no connections.
"""

from __future__ import annotations

import re

from gob_graph.endpoint.engine.tokens import tokens

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_SERVICE = re.compile(r"(?:(?:true|false)\.?)?service(?:silent)?", re.IGNORECASE)
"""The keyword; the engine needs nothing between it and what stands before and behind it."""
_BEFORE_A_GRAPH = frozenset({"GRAPH", "FROM", "NAMED", "DESCRIBE"})


def reaches_out(text: str) -> bool:
    """Whether the query holds a SERVICE clause, however it is spelled."""
    versions = {text, decoded(text)} if "\\" in text else {text}
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


def decoded(text: str) -> str:
    r"""The text with its codepoint escapes (``\u…``, SPARQL 1.1 section 19.2) decoded."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number < 0x110000 else "\ufffd"

    return _ESCAPE.sub(character, text)
