"""Queries that give what a rule adds to a graph, and little of what stands there already.

`not_yet` leaves out what is known. `against_new` is what a rule gives because of new facts: its query with one pattern
after the other held against those alone. This is for bodies of plain triple patterns, groups, UNION, VALUES, BIND and
FILTER only: what such a rule gives, and did not give before some facts were new, has a new fact for one of its patterns
at least. NOT EXISTS, MINUS, OPTIONAL, sub-selects and paths are not of that kind, and whatever else is not read here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN: Final = re.compile(
    r"""(?x) \#[^\n]*
    | (?P<text> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<term> <[^<>"{}|^`\\\s]*> | [?$]\w+ | (?:[A-Za-z][\w-]*)?:[\w-]*(?:\.[\w-]+)* | a(?![\w:-]) )
    | (?P<word> [A-Za-z]\w* )
    | (?P<mark> \S )"""
)
_HEAD: Final = re.compile(r"(?is)(.*?\bCONSTRUCT\s*\{(?P<template>[^{}]*)\}\s*WHERE\s*)\{")
_UNNAMED: Final = re.compile(r"_:|\[")
_INNER: Final = {"EXISTS", "SELECT"}

Pattern: TypeAlias = tuple[str, ...]
"""Subject, predicate, object."""
Group: TypeAlias = "list[str | Pattern | list[Group]]"
"""What stands between two braces: other text as it is written, patterns, and groups of which one applies (UNION)."""


class _OtherBody(Exception):
    """The body holds what is not read here."""


def not_yet(query: str) -> str:
    """The query without the solutions all of whose triples are known; the same query where it is written otherwise.

    A variable without value matches anything, but makes no triple either. A blank node of the template would match as
    well, and such a rule is to be refused, so that its query stays.
    """
    body = re.sub(r"(?m)^#.*\n", "", query)
    head = _HEAD.match(body)
    if head is None or not body.rstrip().endswith("}") or _UNNAMED.search(head["template"]):
        return query
    where = body[head.end() - 1 :].rstrip()
    return f"{head[1]}{{ {where}\nFILTER NOT EXISTS {{ {head['template']} }} }}"


def against_new(query: str, graph: str) -> tuple[str, ...] | None:
    """The queries that together give what follows from the default graph and at least one triple of a named graph.

    The named graph is a part of the default graph.

    Returns:
        One query per pattern; None for a rule that must be run whole.
    """
    query = re.sub(r"(?m)^#.*\n", "", query)
    head = _HEAD.match(query)
    if head is None:
        return None
    try:
        body = _Body(query, head.end()).read()
    except _OtherBody:
        return None
    return tuple(head[1] + variant for variant in _variants(body, graph))


def _variants(group: Group, graph: str) -> Iterator[str]:
    """The group once for each of its patterns, which then stands for what is new."""
    for number, part in enumerate(group):
        before, after = group[:number], group[number + 1 :]
        if isinstance(part, tuple):
            yield _written([*before, f"GRAPH <{graph}> {{ {' '.join(part)} }}", *after])
        elif isinstance(part, list):
            for alternative in part:
                for variant in _variants(alternative, graph):
                    yield _written([*before, variant, *after])


def _written(group: Group) -> str:
    return "\n".join(("{", *map(_part, group), "}"))


def _part(part: str | Pattern | list[Group]) -> str:
    if isinstance(part, list):
        return " UNION ".join(map(_written, part))
    return part if isinstance(part, str) else f"{' '.join(part)} ."


class _Body:
    """Reads a body from the first token after its brace; what is read is gone."""

    def __init__(self, query: str, start: int) -> None:
        self._query = query
        self._tokens = [found for found in _TOKEN.finditer(query, start) if found.lastgroup][::-1]

    def read(self) -> Group:
        """The whole body, after which nothing may follow: no LIMIT and its like."""
        group = self._group()
        if self._tokens:
            raise _OtherBody
        return group

    def _group(self) -> Group:
        group: Group = []
        while True:
            found = self._next()
            word = found[0].upper()
            if word == "}":
                return group
            if found.lastgroup == "term":
                group += self._patterns(found[0])
            elif word == "{":
                group.append(self._alternatives())
            elif word in {"FILTER", "BIND"}:
                group.append(self._query[found.start() : self._closed("(", ")")])
            elif word == "VALUES":
                self._closed("(", ")") if self._peek() == "(" else self._term()
                group.append(self._query[found.start() : self._closed("{", "}")])
            elif word != ".":
                raise _OtherBody

    def _alternatives(self) -> list[Group]:
        found = [self._group()]
        while self._peek().upper() == "UNION":
            self._next()
            if self._next()[0] != "{":
                raise _OtherBody
            found.append(self._group())
        return found

    def _patterns(self, subject: str) -> Iterator[Pattern]:
        """The patterns of one subject, up to the end of its list."""
        predicate = self._term()
        while True:
            yield subject, predicate, self._term()
            if self._peek() not in {";", ","}:
                return
            if self._next()[0] == ";":
                if self._peek() in {".", "}"}:
                    return
                predicate = self._term()

    def _closed(self, opening: str, closing: str) -> int:
        """Where the mark ends that closes the next one."""
        depth = 0
        while True:
            found = self._next()
            depth += (found[0] == opening) - (found[0] == closing)
            if found[0].upper() in _INNER or (not depth and found[0] != closing):
                raise _OtherBody
            if not depth:
                return found.end()

    def _term(self) -> str:
        found = self._next()
        if found.lastgroup != "term":
            raise _OtherBody
        return found[0]

    def _peek(self) -> str:
        return self._tokens[-1][0] if self._tokens else ""

    def _next(self) -> re.Match[str]:
        if not self._tokens:
            raise _OtherBody
        return self._tokens.pop()
