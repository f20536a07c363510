"""Applies the laws to the text of a query, and remembers recent texts and their shapes.

The engine has the last word about the text of a client: what it refuses is never rewritten, so that a fault is
explained at its place in that text; and a rewritten form that it refuses, or that has other columns, is not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser import alternatives, constant_ends, equality, exists, joins_first, shapes
from gob_graph.endpoint.engine.normaliser.memory import Asked, Form, Shape
from gob_graph.endpoint.engine.normaliser.parser import parse
from gob_graph.endpoint.engine.normaliser.spelling import readable
from gob_graph.endpoint.engine.normaliser.terms import FEW, Terms
from gob_graph.endpoint.engine.normaliser.tree import UnknownFormError
from gob_graph.endpoint.engine.normaliser.writer import written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gob_graph.endpoint.engine.normaliser.terms import Pattern
    from gob_graph.endpoint.engine.normaliser.tree import Group, Query

MEANING: Final = (alternatives.apply,)
"""Laws without which the engine departs from the standard."""
PLAN: Final = (joins_first.apply, exists.apply, equality.apply, constant_ends.apply)
"""Laws for the sake of speed."""
LONGEST = 16384
"""Characters of the longest text that is rewritten."""
LONGEST_SHAPE: Final = 4096
"""Characters of the longest text whose shape is remembered."""
REMEMBERED = 256
"""Texts that are remembered, and shapes of texts."""
COUNTED: Final = 4096
"""Patterns whose number of matches is remembered."""
_NOTHING: Final = ox.Store()
_ADDRESS: Final = re.compile(r"""<[^<>\s"{}|^`\\]*>""")
_WORTH: Final = re.compile(r"[/|]|(?<!\^)\^(?!\^)|!(?!=)|[\w>)][*+]|(?<![<>!])=|(?i:OPTIONAL|EXISTS|SAMETERM|\bIN\b)")
"""Without one of these no law applies; with one, the query is parsed."""


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Makes the forms of queries; `matches` counts the matches of a pattern, up to `FEW`."""

    matches: Callable[[Pattern], int]
    _known: dict[tuple[str, str], Form] = field(default_factory=dict)
    _shapes: dict[tuple[tuple[str, ...], str], Shape] = field(default_factory=dict)

    @classmethod
    def of(cls, store: ox.Store) -> Normaliser:
        """One that counts matches in this store, which does not change."""

        @lru_cache(COUNTED)
        def matches(pattern: Pattern) -> int:
            return sum(1 for _ in islice(store.quads_for_pattern(*pattern, None), FEW))

        return cls(matches)

    def form(self, text: str, base: str) -> Form:
        """The forms of a query; the text itself where no law applies."""
        key = (text, base)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._new(text, base)
            if len(self._known) > REMEMBERED:
                self._known.pop(next(iter(self._known)))
        return found

    def _new(self, text: str, base: str) -> Form:
        """The forms of a text that is not known, by its shape where that decides."""
        cut = shapes.cut(text) if len(text) <= LONGEST_SHAPE else None
        if cut is None:
            return self._alone(text, base)
        key = (cut.parts, base)
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = _shape(cut.standing(), base)
            if len(self._shapes) > REMEMBERED:
                self._shapes.pop(next(iter(self._shapes)))
        if shape.idle:
            return Form(text, text)
        if not shape.sound or not shapes.valid(cut.values):
            return self._alone(text, base)
        try:
            found = shape.form(cut.values)
        except KeyError:
            found = self._taught(shape, cut.values, base)
        if found is None:
            return Form(text, text)
        standard = text if found.standard is shape.standing else shapes.filled(found.standard, cut.values)
        return Form(shapes.filled(found.text, cut.values), standard)

    def _alone(self, text: str, base: str) -> Form:
        """The forms of a text, whatever is known of others."""
        text = readable(text)
        plain = Form(text, text)
        if len(text) > LONGEST or not _WORTH.search(_ADDRESS.sub("<>", text)):
            return plain
        try:
            query = parse(text)
        except UnknownFormError:
            return plain
        return _form(query, text, base, Terms(query.prefixes, query.names, self.matches)) or plain

    def _taught(self, shape: Shape, values: Sequence[str], base: str) -> Form | None:
        """The forms of a shape with these values, which it learns."""
        try:
            query = parse(shape.standing)
        except UnknownFormError:
            return shape.learn((), None)
        shape.plain = Terms(query.prefixes, query.names, self.matches)
        asked = Asked.of(shape.plain, values)
        return shape.learn(asked.noted, _form(query, shape.standing, base, asked))


def _shape(standing: str, base: str) -> Shape:
    """What is known of a shape before any law was applied."""
    # What the engine accepts is cut between tokens, so that no value holds what a law is about.
    worth = bool(_WORTH.search(_ADDRESS.sub("<>", standing))) or readable(standing) != standing
    return Shape(standing, idle=not worth, sound=worth and shapes.sound(standing) and _accepted(standing, base))


def _accepted(text: str, base: str) -> bool:
    try:
        _columns(text, base)
    except (SyntaxError, ValueError, RuntimeError, OSError):
        return False
    return True


def _form(query: Query, text: str, base: str, terms: Terms) -> Form | None:
    """The forms of a query that is written so; None where no law applies."""
    try:
        standard = _applied(query.group, MEANING, terms)
        final = _applied(standard, PLAN, terms)
        if final == query.group:
            return None
        columns = _columns(text, base)
        query = _without_star(query, columns)
        form = Form(
            written(replace(query, group=final)),
            text if standard == query.group else written(replace(query, group=standard)),
        )
        return form if all(_columns(other, base) == columns for other in form) else None
    except (UnknownFormError, SyntaxError, ValueError, RuntimeError, OSError):
        return None


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
