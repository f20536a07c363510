"""Applies the laws to the text of a query, and remembers recent texts.

The engine has the last word about the text of a client: what it refuses is never rewritten, so that a fault is
explained at its place in that text; and a rewritten form that it refuses, or that has other columns, is not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser import alternatives, constant_ends, equality, exists, joins_first
from gob_graph.endpoint.engine.normaliser.parser import parse
from gob_graph.endpoint.engine.normaliser.spelling import readable
from gob_graph.endpoint.engine.normaliser.terms import FEW, Terms
from gob_graph.endpoint.engine.normaliser.tree import UnknownFormError
from gob_graph.endpoint.engine.normaliser.writer import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from gob_graph.endpoint.engine.normaliser.terms import Pattern
    from gob_graph.endpoint.engine.normaliser.tree import Group, Query

MEANING: Final = (alternatives.apply,)
"""Laws without which the engine departs from the standard."""
PLAN: Final = (joins_first.apply, exists.apply, equality.apply, constant_ends.apply)
"""Laws for the sake of speed."""
LONGEST = 16384
"""Characters of the longest text that is rewritten."""
REMEMBERED = 256
"""Texts that are remembered."""
_NOTHING: Final = ox.Store()
_ADDRESS: Final = re.compile(r"""<[^<>\s"{}|^`\\]*>""")
_WORTH: Final = re.compile(r"[/|]|(?<!\^)\^(?!\^)|!(?!=)|[\w>)][*+]|(?<![<>!])=|(?i:OPTIONAL|EXISTS|SAMETERM|\bIN\b)")
"""Without one of these no law applies; with one, the query is parsed."""


class Form(NamedTuple):
    """What is evaluated for a text."""

    text: str
    """The normalised query."""
    standard: str
    """The query as the standard translates it, before any law for the sake of speed."""


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Makes the forms of queries; `matches` counts the matches of a pattern, up to `FEW`."""

    matches: Callable[[Pattern], int]
    _known: dict[tuple[str, str], Form] = field(default_factory=dict)

    @classmethod
    def of(cls, store: ox.Store) -> Normaliser:
        """One that counts matches in this store."""
        return cls(lambda pattern: sum(1 for _ in islice(store.quads_for_pattern(*pattern, None), FEW)))

    def form(self, text: str, base: str) -> Form:
        """The forms of a query; the text itself where no law applies."""
        key = (text, base)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(text, base)
            if len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)))
        return found

    def _made(self, text: str, base: str) -> Form:
        text = readable(text)
        if len(text) > LONGEST or not _WORTH.search(_ADDRESS.sub("<>", text)):
            return Form(text, text)
        try:
            query = parse(text)
            terms = Terms(query.prefixes, query.names, self.matches)
            standard = _applied(query.group, MEANING, terms)
            final = _applied(standard, PLAN, terms)
            if final == query.group:
                return Form(text, text)
            columns = _columns(text, base)
            query = _without_star(query, columns)
            form = Form(
                written(replace(query, group=final)),
                text if standard == query.group else written(replace(query, group=standard)),
            )
            same = all(_columns(other, base) == columns for other in form)
        except (UnknownFormError, SyntaxError, ValueError, RuntimeError, OSError):
            return Form(text, text)
        return form if same else Form(text, text)


def _applied(group: Group, laws: tuple[Callable[[Group, Terms], Group], ...], terms: Terms) -> Group:
    for law in laws:
        group = law(group, terms)
    return group


def _columns(text: str, base: str) -> list[str] | None:
    """The variables of the result, by asking the engine about nothing; None when it is no table.

    Raises:
        SyntaxError: the engine refuses the query.
    """
    answer = _NOTHING.query(text, base_iri=base)
    return [variable.value for variable in answer.variables] if isinstance(answer, ox.QuerySolutions) else None


def _without_star(query: Query, columns: list[str] | None) -> Query:
    """The query with the variables that its `*` stands for, as a law may add some."""
    if query.star is None:
        return query
    if not columns:
        raise UnknownFormError
    names = " ".join("?" + name for name in columns)
    return replace(query, head=query.head[: query.star] + names + query.head[query.star + 1 :])
