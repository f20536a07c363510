"""The smallest parts of an explained query: tokens, terms and conditions, in the language of the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from babel import Locale

from gob_graph.endpoint.engine.tokens import Token
from gob_graph.endpoint.engine.tokens import tokens as tokenise
from gob_graph.endpoint.web.pages.i18n import gettext as _
from gob_graph.endpoint.web.pages.i18n import language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.web.pages.labels import Labels

LONGEST_CONDITION = 60
"""Tokens; a longer condition is shown as it is written."""
_PAIRS = {"{": "}", "(": ")", "[": "]"}
_STEPS = {"*": "any", "+": "some", "?": "maybe"}


class NotExplainedError(Exception):
    """Here stands something that these modules have no words for."""


END = Token("mark", "", 0)


def tokens(text: str) -> list[Token]:
    """The tokens of a query, without spaces and comments.

    Raises:
        NotExplainedError: a string does not end.
    """
    found = list(tokenise(text))
    if unclosed := next((token for token in found if token.kind == "unclosed"), None):
        raise NotExplainedError(unclosed.text[:20])
    return found


def pairs(found: list[Token]) -> dict[int, int]:
    """Where each bracket closes, by number of the token.

    Raises:
        NotExplainedError: one does not close.
    """
    opened: list[int] = []
    closing = {}
    for number, token in enumerate(found):
        if token.kind != "mark":
            continue
        if token.text in _PAIRS:
            opened.append(number)
        elif token.text in _PAIRS.values():
            if not opened or _PAIRS[found[opened[-1]].text] != token.text:
                raise NotExplainedError(token.text)
            closing[opened.pop()] = number
    if opened:
        raise NotExplainedError(found[opened[-1]].text)
    return closing


@dataclass(slots=True)
class Wording:
    """Names for what a query mentions: labels of the graph in the language of the page."""

    text: str
    labels: Labels
    prefixes: dict[str, str] = field(default_factory=dict)

    def term(self, token: Token) -> str:
        """A variable, the label of an IRI, a literal, a number."""
        if token.kind == "iri":
            return self._labelled(token.text[1:-1], token.text)
        if token.kind == "name":
            prefix, _colon, local = token.text.partition(":")
            if prefix in self.prefixes:
                return self._labelled(self.prefixes[prefix] + local, token.text)
            return token.text
        if token.kind == "string":
            return f"“{token.text.strip(token.text[0])}”"
        if token.kind in {"variable", "number", "label"} or token.upper in {"TRUE", "FALSE", "UNDEF"}:
            return token.text
        raise NotExplainedError(token.text)

    def _labelled(self, iri: str, written: str) -> str:
        return f"“{self.labels.of(iri, language()).text}”" if self.labels.known(iri) else written

    def step(self, text: str, mark: str) -> str:
        """A step of a path, taken several times or perhaps not."""
        how = {
            "any": _("%(step)s, any number of times or not at all"),
            "some": _("%(step)s, once or more"),
            "maybe": _("%(step)s, or not"),
        }
        return how[_STEPS[mark]] % {"step": text}

    def condition(self, part: list[Token]) -> str:
        """A condition of a filter; the rarer ones as they are written."""
        inner = _stripped(part) if len(part) <= LONGEST_CONDITION else part
        kinds = " ".join(t.upper or t.kind for t in inner)
        for shape, say in _CONDITIONS.items():
            if re.fullmatch(shape, kinds):
                return _say(say, [t for t in inner if t.kind not in {"mark", "word", "language"}], self)
        return self.verbatim(part)

    def verbatim(self, part: list[Token]) -> str:
        """The text of tokens as written, on one line."""
        return " ".join(self.text[part[0].start : part[-1].end].split()) if part else ""


def _stripped(part: list[Token]) -> list[Token]:
    while len(part) > 2 and part[0].text == "(" and pairs(part).get(0) == len(part) - 1:
        part = part[1:-1]
    return part


_VALUE = r"(?:iri|name|number|string(?: language)?|string \^\^ (?:iri|name)|variable)"
_TEXT = r"(?:(?:STR|LCASE|UCASE) \( )*variable(?: \))*"
_CONDITIONS = {
    r"LANG \( variable \) = string": "language",
    r"LANG \( variable \) = variable": "language-of",
    rf"variable = {_VALUE}": "equal",
    rf"variable != {_VALUE}": "different",
    rf"variable < {_VALUE}": "less",
    rf"variable > {_VALUE}": "more",
    rf"variable <= {_VALUE}": "at-most",
    rf"variable >= {_VALUE}": "at-least",
    rf"CONTAINS \( {_TEXT} , (?:LCASE \( )?string(?: \))? \)": "contains",
    rf"STRSTARTS \( {_TEXT} , string \)": "begins",
    r"BOUND \( variable \)": "known",
    r"! BOUND \( variable \)": "not-known",
    rf"variable IN \( {_VALUE}(?: , {_VALUE})* \)": "among",
}
"""The shapes of the conditions that have words."""


def _say(what: str, of: list[Token], words: Wording) -> str:
    said: Mapping[str, str] = {
        "language": _("%(a)s is in %(b)s"),
        "language-of": _("%(a)s is in the language %(b)s"),
        "equal": _("%(a)s is %(b)s"),
        "different": _("%(a)s is not %(b)s"),
        "less": _("%(a)s is less than %(b)s"),
        "more": _("%(a)s is more than %(b)s"),
        "at-most": _("%(a)s is at most %(b)s"),
        "at-least": _("%(a)s is at least %(b)s"),
        "contains": _("%(a)s contains %(b)s"),
        "begins": _("%(a)s begins with %(b)s"),
        "known": _("%(a)s is known"),
        "not-known": _("%(a)s is not known"),
        "among": _("%(a)s is one of %(b)s"),
    }
    first, *others = (words.term(token) for token in of)
    if what == "language":
        return said[what] % {"a": first, "b": _language(of[1].text.strip("\"'"))}
    # A datatype stands behind its literal and says nothing to a reader.
    shown = others if what == "among" else others[:1]
    return said[what] % {"a": first, "b": ", ".join(shown)}


def _language(code: str) -> str:
    if not re.fullmatch(r"[a-z]{2}", code):
        return f"“{code}”"
    return str(Locale.parse(language()).languages.get(code, code))
