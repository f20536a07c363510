r"""Parses a query to its tree: by recursive descent over the one tokeniser, as far as the laws need it.

Expressions, solution modifiers, templates and data blocks are taken as they are written. Forms that are not known here
(updates, SERVICE, reifiers and triple terms, `\u` escapes) are refused, so that such a query stays untouched.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gob_graph.endpoint.engine.normaliser.cursor import Cursor
from gob_graph.endpoint.engine.normaliser.statements import Statements, absolute
from gob_graph.endpoint.engine.normaliser.tree import (
    NOTHING,
    Element,
    Group,
    Nested,
    Query,
    Select,
    Union,
    UnknownFormError,
    Verbatim,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gob_graph.endpoint.engine.tokens import Token

DEPTH = 40
"""Groups within groups that are followed; a deeper query stays untouched."""
_FORMS: Final = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_PROLOGUE: Final = {"PREFIX", "BASE", "VERSION"}


def parse(text: str) -> Query:
    """The tree of a query.

    Raises:
        UnknownFormError: it is not of a form that is known here.
    """
    if "\\u" in text or "\\U" in text:
        raise UnknownFormError
    cursor = Cursor(text)
    if _counts_different_rows(cursor):
        raise UnknownFormError
    prefixes = _prologue(cursor)
    if cursor.upper not in _FORMS:
        raise UnknownFormError
    star = _head(cursor)
    head = text[: cursor.token.start].rstrip()
    group = _Parser(cursor).group()
    tail = text[cursor.token.start :].rstrip() if not cursor.done else ""
    return Query(head, group, tail, star, prefixes, cursor.variables(0, len(cursor.tokens)))


def _counts_different_rows(cursor: Cursor) -> bool:
    """Whether `COUNT(DISTINCT *)` stands in it, which sees every variable of a row, new ones too."""
    marks = [token.upper for token in cursor.tokens]
    return any(mark == "*" and marks[place - 2 : place] == ["(", "DISTINCT"] for place, mark in enumerate(marks))


def _prologue(cursor: Cursor) -> dict[str, str]:
    prefixes: dict[str, str] = {}
    while cursor.upper in _PROLOGUE:
        keyword = cursor.take().upper
        if keyword == "PREFIX":
            name, iri = cursor.take(), cursor.take()
            if absolute(iri.text):
                prefixes[name.text] = iri.text[1:-1]
            else:
                prefixes.pop(name.text, None)
        else:
            cursor.take()
    return prefixes


def _plain(tokens: Sequence[Token]) -> frozenset[str]:
    """The variables of a projection that are projected as they are."""
    depth, found = 0, set()
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.kind == "variable" and not depth:
            found.add("?" + token.text[1:])
    return frozenset(found)


def _head(cursor: Cursor) -> int | None:
    """Go to the group of the query; returns the character at which the `*` of the projection stands."""
    form, star = cursor.take().upper, None
    if form == "CONSTRUCT":
        if cursor.upper != "{":
            raise UnknownFormError
        cursor.balanced()
    if form == "SELECT" and cursor.upper in {"DISTINCT", "REDUCED"}:
        cursor.take()
    if cursor.upper == "*":
        star = cursor.take().start
        if form != "SELECT":
            raise UnknownFormError
    while cursor.upper != "{":
        cursor.step()
    return star


class _Parser:
    """The groups of one query."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.statements = Statements(cursor)
        self.depth = 0
        self.known: dict[str, Callable[[], Element]] = {
            "FILTER": self._filter,
            "BIND": self._bind,
            "VALUES": self._values,
            "MINUS": self._minus,
            "OPTIONAL": self._optional,
            "GRAPH": self._graph,
            "{": self._nested,
        }

    def group(self) -> Group:
        """`{` … `}`."""
        self.depth += 1
        if self.depth > DEPTH:
            raise UnknownFormError
        cursor, elements = self.cursor, []
        cursor.expect("{")
        while cursor.upper != "}":
            if cursor.upper == ".":
                cursor.take()
            else:
                elements.append(self.known.get(cursor.upper, self.statements.block)())
        cursor.take()
        self.depth -= 1
        return Group(tuple(elements))

    def _filter(self) -> Verbatim:
        cursor, start = self.cursor, self.cursor.place
        cursor.take()
        exists = self._exists() if cursor.upper == "EXISTS" else None
        if exists is None:
            while cursor.upper not in {"(", "{"}:
                cursor.take()
            cursor.balanced()
        return replace(self._verbatim("filter", start), exists=exists)

    def _exists(self) -> Group | None:
        """The group of EXISTS; None, with nothing read, if it is of no form that is known."""
        start, depth = self.cursor.place, self.depth
        self.cursor.take()
        try:
            return self.group()
        except UnknownFormError:
            self.cursor.place, self.depth = start, depth
            return None

    def _bind(self) -> Verbatim:
        start = self.cursor.place
        self.cursor.take()
        self.cursor.balanced()
        return self._verbatim("bind", start)

    def _values(self) -> Verbatim:
        cursor, start = self.cursor, self.cursor.place
        cursor.take()
        if cursor.upper == "(":
            cursor.balanced()
        else:
            cursor.take()
        names = cursor.variables(start, cursor.place)
        rows = cursor.place
        cursor.balanced()
        free = any(token.upper == "UNDEF" for token in cursor.tokens[rows : cursor.place])
        return self._verbatim("values", start, NOTHING if free else names)

    def _minus(self) -> Verbatim:
        start = self.cursor.place
        self.cursor.take()
        self.cursor.balanced()
        return self._verbatim("minus", start)

    def _verbatim(self, kind: str, start: int, certain: frozenset[str] = NOTHING) -> Verbatim:
        cursor = self.cursor
        return Verbatim(
            kind,  # type: ignore[arg-type]
            cursor.between(start, cursor.place),
            cursor.variables(start, cursor.place),
            certain,
            tuple(cursor.tokens[start : cursor.place]),
        )

    def _optional(self) -> Nested:
        self.cursor.take()
        return Nested("OPTIONAL", self.group())

    def _graph(self) -> Nested:
        self.cursor.take()
        term = self.statements.term()
        return Nested("GRAPH", self.group(), term)

    def _nested(self) -> Element:
        if self.cursor.ahead(1).upper == "SELECT":
            return self._select()
        groups = [self.group()]
        while self.cursor.upper == "UNION":
            self.cursor.take()
            if self.cursor.ahead(1).upper == "SELECT":
                raise UnknownFormError
            groups.append(self.group())
        return Union(tuple(groups)) if len(groups) > 1 else Nested("", groups[0])

    def _select(self) -> Element:
        cursor, start = self.cursor, self.cursor.place
        cursor.take()
        first = cursor.place
        if _head(cursor) is not None:
            return self._untouched(start)
        head, names = cursor.between(first, cursor.place), cursor.variables(first, cursor.place)
        projected = _plain(cursor.tokens[first : cursor.place])
        group = self.group()
        last = cursor.place
        cursor.close()
        tail, other = cursor.between(last, cursor.place), cursor.variables(last, cursor.place)
        cursor.take()
        if cursor.upper == "UNION" or "VALUES" in tail.upper():
            return self._untouched(start)
        return Select(head, group, tail, projected, names | other)

    def _untouched(self, start: int) -> Verbatim:
        """A sub-select from its `{` on, and what UNION ties to it, as it is written."""
        self.cursor.place = start
        self.cursor.balanced()
        while self.cursor.upper == "UNION":
            self.cursor.take()
            self.cursor.balanced()
        return self._verbatim("select", start)
