"""Queries that the statistics of a release answer: which they are, and what is evaluated in their place.

They hold for the union of the graphs: a query with a dataset of its own, or with GRAPH, is none of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser import counts, first_rows
from gob_graph.endpoint.engine.normaliser.parser import parse
from gob_graph.endpoint.engine.normaliser.terms import Terms
from gob_graph.endpoint.engine.normaliser.tree import UnknownFormError

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.tree import Query
    from gob_graph.statistics import Statistics

LONGEST: Final = 2048
"""Characters of the longest query that is looked at."""
REMEMBERED: Final = 256
"""Texts that are remembered."""
_NOTHING: Final = ox.Store()
_COUNTS: Final = re.compile(r"COUNT\s*\(|SELECT\s+DISTINCT\s", re.IGNORECASE)
_ONE_PATTERN: Final = re.compile(r"\{[^{};,]*\}[^{}]*\Z")
_FIRST_ROWS: Final = re.compile(r"\{[^{}]*LANG\s*\([^{}]*\}\s*ORDER\s+BY[^{}]*LIMIT\s", re.IGNORECASE)


class Prepared(NamedTuple):
    """What is evaluated in the place of a query."""

    text: str
    rows: int | None = None
    """It is the answer only if it has so many rows; None: it is in any case."""


@dataclass(frozen=True, slots=True)
class PreparedAnswers:
    """Finds what is evaluated in the place of a query; nothing without statistics."""

    known: Statistics | None = None
    _remembered: dict[tuple[str, str], Prepared | None] = field(default_factory=dict)

    def of(self, text: str, base: str) -> Prepared | None:
        """What is evaluated in the place of a query over the union of the graphs; None: the query itself."""
        if self.known is None or len(text) > LONGEST:
            return None
        if (text, base) not in self._remembered:
            self._remembered[text, base] = _prepared(text, base, self.known) if _worth(text) else None
            if len(self._remembered) > REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
        return self._remembered[text, base]


def _worth(text: str) -> bool:
    """Whether a query may be of a form that is prepared, so that it is worth to parse it."""
    upper = text.upper()
    if ("COUNT" in upper or "DISTINCT" in upper) and _ONE_PATTERN.search(text) and _COUNTS.search(text):
        return True
    return "ORDER" in upper and "LANG" in upper and _FIRST_ROWS.search(text) is not None


def _prepared(text: str, base: str, known: Statistics) -> Prepared | None:
    try:
        query = parse(text)
        terms = Terms(query.prefixes, query.names, lambda _: 0)
        found = _counted(query, terms, known) or _first(query, terms, known)
        # The engine has the last word: what it refuses is refused for the text of the client.
        return found if found and _columns(text, base) == _columns(found.text, base) else None
    except (UnknownFormError, SyntaxError, ValueError, RuntimeError, OSError):
        return None


def _columns(text: str, base: str) -> list[str]:
    answer = _NOTHING.query(text, base_iri=base)
    return [variable.value for variable in answer.variables] if isinstance(answer, ox.QuerySolutions) else []


def _counted(query: Query, terms: Terms, known: Statistics) -> Prepared | None:
    try:
        return Prepared(counts.apply(query, terms, known))
    except UnknownFormError:
        return None


def _first(query: Query, terms: Terms, known: Statistics) -> Prepared | None:
    try:
        return Prepared(*first_rows.apply(query, terms, known))
    except UnknownFormError:
        return None
