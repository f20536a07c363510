"""What a refusal says, in the language of the page; it is written in English, from these patterns."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.error_details import OF_PAGES, OF_QUERIES
from gob_graph.endpoint.web.pages.i18n import message

if TYPE_CHECKING:
    from flask import Flask

PLACE: Final = message("line %(line)s, column %(column)s: %(said)s")
PATTERNS: Final = (
    message("the prefix %(name)s: is not declared; add PREFIX %(again)s: <its address>"),
    message("the prefix %(name)s: is not declared; add PREFIX %(again)s: <%(address)s>"),
    message("the string that begins here does not end"),
    message("the address that begins here is not written as one: no spaces, quotes or braces, and > at the end"),
    message("the blank node %(label)s was used in another group already; take another label, or a variable"),
    message("'%(text)s' is not expected here; write %(right)s, in lower case"),
    message("'%(text)s' is not expected here; did you mean %(word)s?"),
    message("'%(text)s' is not expected here"),
    message("the query ends too early: a '%(bracket)s' is missing"),
    message("the query ends too early"),
)
"""Each sentence of `engine.syntax_error`; the first that fits is the one that was written."""


def expression(pattern: str) -> str:
    """The regular expression that finds the values of a pattern, for Python; scripts write ``(?<`` for ``(?P<``."""
    parts = re.split(r"%\((\w+)\)s", pattern)
    texts = [re.escape(part) if n % 2 == 0 else f"(?P<{part}>.*?)" for n, part in enumerate(parts)]
    return f"^{''.join(texts)}$"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(expression(pattern), re.DOTALL)


def told(detail: str) -> str | None:
    """The text of a refusal in the language of the page; nothing where it is not made of our patterns."""
    place = _compiled(PLACE).match(detail)
    said = place["said"] if place else detail
    for pattern in (*PATTERNS, *OF_QUERIES, *OF_PAGES):
        if found := _compiled(pattern).match(said):
            text = i18n.gettext(pattern) % found.groupdict()
            return i18n.gettext(PLACE) % {**place.groupdict(), "said": text} if place else text
    return None


def for_script() -> list[list[str]]:
    """Each pattern as an expression of JavaScript, and its text in the language of the page; the place first."""
    return [[expression(p).replace("(?P<", "(?<"), i18n.gettext(p)] for p in (PLACE, *PATTERNS, *OF_QUERIES)]


def attach(app: Flask) -> None:
    """Let templates use the filter ``told``."""
    app.jinja_env.filters["told"] = told
