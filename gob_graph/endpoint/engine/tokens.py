r"""The one tokeniser of SPARQL: the terminals of the grammar (SPARQL 1.2 section 19.8), found in linear time.

The longest terminal wins, as the specification says: ``a:.SERVICE`` is a prefixed name without a local part, a dot and
a keyword, for no local part begins or ends with a dot; ``a:b.SERVICE`` is one name. What is no terminal is a mark of
one character, so that the tokens of any text, with the blanks between them, are the text.

No character is looked at again and again: the expressions do not backtrack into what they took, a triple quote that has
no end is looked for once, and a string that does not end in its line is one token.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Kind = Literal["iri", "string", "unclosed", "variable", "language", "number", "label", "name", "word", "mark"]

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
"""PN_CHARS_BASE."""
_MORE = "0-9\u00b7\u0300-\u036f\u203f\u2040"
"""What PN_CHARS adds, but for the underscore and the hyphen."""
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]"
_RUN = rf"[{_BASE}](?:\.*[{_BASE}_{_MORE}-])*+"
"""PN_PREFIX, as long as it can be; without a colon behind it, it is words, dots, hyphens and numbers."""
_NUMBER = r"(?P<number>(?:[0-9]++(?:\.[0-9]++|\.(?=[eE][+-]?[0-9]))?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)"
_LONG = {'"': r'"{3}(?:[^"\\]|\\.|"(?!""))*+"{3}', "'": r"'{3}(?:[^'\\]|\\.|'(?!''))*+'{3}"}


_BLANK = r"[\x20\t\r\n]++|\#[^\n\r]*+"
_PLAIN = rf"""
        (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*+>)
      | (?P<variable>[?$][{_BASE}_0-9][{_BASE}_{_MORE}]*+)
      | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?)
      | (?P<label>_:[{_BASE}_0-9](?:\.*[{_BASE}_{_MORE}-])*+)
      | {_NUMBER}"""


@cache
def _terminal(quotes: str, *, words_only: bool) -> re.Pattern[str]:
    """One terminal, behind what is skipped: blanks, or all but words, names, strings and opening braces.

    The long strings are those of the quotes given.
    """
    skipped = rf"{_BLANK}|{re.sub('[?]P<[a-z]+>', '?:', _PLAIN)}|[^{_BASE}_:{{\"']" if words_only else _BLANK
    string = "|".join([*(_LONG[quote] for quote in quotes), r'"(?:[^"\\\n\r]|\\.)*+"', r"'(?:[^'\\\n\r]|\\.)*+'"])
    return re.compile(
        rf"""(?:{skipped})*+(?:
        {_PLAIN}
      | (?P<string>{string})
      | (?P<unclosed>["'](?:[^\\\n\r]|\\.)*+\\?)
      | (?P<word>_[{_BASE}_{_MORE}]*+|[{_BASE}][{_BASE}_{_MORE}]*+(?![.:-]))
      | (?P<name>(?P<prefix>{_RUN})?:(?:(?:[{_BASE}_:0-9]|{_PLX})(?:\.*(?:[{_BASE}_:{_MORE}-]|{_PLX}))*+)?)
      | (?P<run>{_RUN})
      | (?P<mark>\^\^|&&|\|\||!=|<=|>=|.))""",
        re.VERBOSE | re.DOTALL,
    )


_IN_RUN: Final = re.compile(rf"{_NUMBER}|(?P<word>[{_BASE}_][{_BASE}_{_MORE}]*+)|(?P<mark>.)")


def prepare() -> None:
    """Compile all patterns, each of which takes some 40 ms, before the first query needs one."""
    for quotes in ("\"'", '"', "'", ""):
        for words_only in (False, True):
            _terminal(quotes, words_only=words_only)


class Token(NamedTuple):
    """A terminal: what it is, its text, the character at which it begins; the prefix of a name (none: `None`)."""

    kind: Kind
    text: str
    start: int
    prefix: str | None = None

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.start + len(self.text)

    @property
    def upper(self) -> str:
        """A bare word in upper case (keywords are written in any), a mark as it is; anything else is no keyword."""
        return self.text.upper() if self.kind == "word" else self.text if self.kind == "mark" else ""


def tokens(text: str, *, words_only: bool = False) -> Iterator[Token]:
    """The terminals of a query or update, without blanks and comments; any text has some.

    With `words_only` some of what is neither a word nor a name nor an opening brace is left out, which is faster.
    """
    quotes, place, plain = "\"'", 0, 0
    terminal = _terminal(quotes, words_only=words_only)
    while found := (_IN_RUN if place < plain else terminal).match(text, place):
        kind: Kind | Literal["run"] = found.lastgroup  # type: ignore[assignment]
        start, end = found.span(kind)
        if kind == "run":
            place, plain = start, end
            continue
        yield Token(kind, found[kind], start, (found["prefix"] or "") if kind == "name" else None)
        if kind == "string" and end - start == 2 and text.startswith(text[start], end):
            # An empty string with a quote behind it: three quotes have no end from here on, nor from further on.
            quotes = quotes.replace(text[start], "")
            terminal = _terminal(quotes, words_only=words_only)
        place = end


def used_prefixes(found: Iterable[Token]) -> tuple[list[str], list[str]]:
    """The prefixes that a query uses, and those that it declares, each once in the order of the text."""
    used: dict[str, None] = {}
    declared: dict[str, None] = {}
    before = ""
    for token in found:
        if token.prefix is not None:
            (declared if before == "PREFIX" else used)[token.prefix] = None
        before = token.upper
    return list(used), list(declared)
