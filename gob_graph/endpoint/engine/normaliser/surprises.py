"""Finds the places of a query where the standard itself surprises; nothing is changed, and nothing is refused.

Expressions are looked at token by token, wherever they stand; groups in the tree of the query. A form of query that the
parser does not know has no surprises.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from gob_graph.endpoint.engine.normaliser import visibility
from gob_graph.endpoint.engine.normaliser.cursor import Cursor
from gob_graph.endpoint.engine.normaliser.parser import parse
from gob_graph.endpoint.engine.normaliser.terms import Terms
from gob_graph.endpoint.engine.normaliser.tree import UnknownFormError
from gob_graph.endpoint.engine.normaliser.variable_kinds import Kinds, triples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyoxigraph as ox

    from gob_graph.endpoint.engine.normaliser.tree import Query
    from gob_graph.endpoint.engine.tokens import Token

Code = Literal["truth", "concat", "values", "language", "minus", "offset", "scope"]
AGGREGATES: Final = {"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"}
MOST: Final = 20
"""Places that are told of one query."""
_LOGICAL: Final = {"&&", "||", "!"}
_OPERATORS: Final = {"=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "IN", "NOT"}


class Surprise(NamedTuple):
    """A place where a query means something else than most people expect."""

    code: Code
    start: int
    """The character at which it stands, from 0."""
    about: str = ""
    """The variable or the text that it is about, as it is written."""


def surprises(text: str, store: ox.Store) -> list[Surprise]:
    """The surprising places of a query over this data, in their order; none where its form is not known."""
    try:
        query = parse(text)
    except UnknownFormError:
        return []
    found = Cursor(text).tokens
    kinds = Kinds(query, Terms(query.prefixes, query.names, lambda _: 0), store, _computed(found))
    told = {
        *_truth(found, kinds),
        *_concatenations(found, kinds),
        *_equalities(found, kinds),
        *_patterns(query, kinds),
        *(Surprise("minus", start) for start in visibility.idle_minus(query.group)),
        *(Surprise("scope", start, name) for start, name in visibility.unseen(query.group)),
        *_modifiers(query, text),
    }
    return sorted(told, key=lambda surprise: surprise.start)[:MOST]


def _variable(token: Token) -> str:
    return "?" + token.text[1:] if token.kind == "variable" else ""


def _computed(found: Sequence[Token]) -> frozenset[str]:
    """The variables that stand behind AS."""
    return frozenset(_variable(token) for before, token in pairwise(found) if before.upper == "AS")


def _truth(found: Sequence[Token], kinds: Kinds) -> Iterator[Surprise]:
    """A variable that is itself a condition, and may hold what is neither true nor false."""
    for token in _conditions(found):
        if kinds.of(_variable(token)) & {"language", "iri"}:
            yield Surprise("truth", token.start, token.text)


def _conditions(found: Sequence[Token]) -> Iterator[Token]:
    """The variables that are conditions: `FILTER(?label)`, `!?label`, `?label && …`."""
    open_brackets: list[bool] = []
    """For each, whether a condition stands in it."""
    before = ""
    for place, token in enumerate(found):
        within = bool(open_brackets) and open_brackets[-1]
        if token.upper in {"(", "{", "["}:
            logical = before in {"FILTER", "HAVING", *_LOGICAL} or (before == "(" and within)
            open_brackets.append(token.upper == "(" and logical)
        elif token.upper in {")", "}", "]"} and open_brackets:
            open_brackets.pop()
        elif token.kind == "variable" and within and before in {"(", *_LOGICAL}:  # noqa: SIM102 - one question each
            if _ends_condition(found, place + 1, len(open_brackets)):
                yield token
        before = token.upper


def _ends_condition(found: Sequence[Token], place: int, depth: int) -> bool:
    """Whether an operand ends here: at `&&` or `||`, or at brackets with no other operator behind them."""
    while depth and place < len(found) and found[place].upper == ")":
        place, depth = place + 1, depth - 1
        if place < len(found) and found[place].upper in _OPERATORS:
            return False
    closed = found[place - 1].upper == ")"
    return closed or (place < len(found) and found[place].upper in {"&&", "||"})


def _concatenations(found: Sequence[Token], kinds: Kinds) -> Iterator[Surprise]:
    """GROUP_CONCAT of a variable that holds more than texts."""
    for place, token in enumerate(found):
        if token.upper != "GROUP_CONCAT":
            continue
        inner = [t for t in found[place + 1 : place + 5] if t.upper != "DISTINCT"]
        if [t.upper for t in inner[:3]] in (["(", "", ")"], ["(", "", ";"]):
            name = _variable(inner[1])
            if kinds.of(name) & {"iri", "other"}:
                yield Surprise("concat", token.start, inner[1].text)


def _equalities(found: Sequence[Token], kinds: Kinds) -> Iterator[Surprise]:
    """A text without language that is compared with a variable whose values all have one."""
    listed = ""
    """The variable before the list of IN that is open."""
    for place, token in enumerate(found):
        marks = [found[place + step].upper if 0 <= place + step < len(found) else "" for step in (-1, 1)]
        if token.upper == "(" and marks[0] == "IN":
            listed = _variable(found[place - 2])
        elif token.upper == ")":
            listed = ""
        elif token.kind == "string" and _is_plain(found, place):
            names = [listed if marks[0] in {"(", ","} else ""]
            names += [_variable(found[place - 2])] if marks[0] == "=" else []
            names += [_variable(found[place + 2])] if marks[1] == "=" and place + 2 < len(found) else []
            if any(_only_with_language(kinds, name) for name in names):
                yield Surprise("language", token.start, token.text)


def _is_plain(found: Sequence[Token], place: int) -> bool:
    """Whether a string has neither a language nor a datatype."""
    return place + 1 == len(found) or (found[place + 1].kind != "language" and found[place + 1].upper != "^^")


def _only_with_language(kinds: Kinds, name: str) -> bool:
    found = kinds.of(name)
    return "language" in found and "text" not in found


def _patterns(query: Query, kinds: Kinds) -> Iterator[Surprise]:
    """A text without language as the object of a predicate whose values all have one."""
    for triple in triples(query.group):
        if triple.object[0] in "\"'" and triple.object[-1] == triple.object[0]:
            found = kinds.values(triple.path)
            if "language" in found and "text" not in found:
                yield Surprise("language", triple.start, triple.object)


def _modifiers(query: Query, text: str) -> Iterator[Surprise]:
    """VALUES behind an aggregate that does not group by its variables, and OFFSET without ORDER BY."""
    begin = len(text.rstrip()) - len(query.tail)
    tail = Cursor(query.tail)
    marks = [token.upper for token in tail.tokens]
    if "OFFSET" in marks and "ORDER" not in marks:
        yield Surprise("offset", begin + tail.tokens[marks.index("OFFSET")].start)
    if "VALUES" not in marks:
        return
    place = marks.index("VALUES")
    header = marks[place:].index("{") + place
    names, other = tail.variables(place, header), tail.variables(0, place)
    if not names <= other and any(token.upper in AGGREGATES for token in Cursor(query.head).tokens):
        yield Surprise("values", begin + tail.tokens[place].start)
