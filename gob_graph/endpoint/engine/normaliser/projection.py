"""What stands before and behind the group of a query: its columns, its grouping, its order, its part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gob_graph.endpoint.engine.normaliser.cursor import Cursor
from gob_graph.endpoint.engine.normaliser.tree import UnknownFormError

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.tree import Query

_ORDER: Final = {"ASC", "DESC"}


class Column(NamedTuple):
    """A column: a variable as it is, or the count of something (`*`, or a variable) under the name of a variable."""

    name: str
    counted: str = ""
    distinct: bool = False


class Projection(NamedTuple):
    """The text before SELECT, whether rows are distinct, the columns."""

    prologue: str
    distinct: bool
    columns: tuple[Column, ...]


class Tail(NamedTuple):
    """The grouping, and what follows it: text, keys of the order, rows, rows that are passed over."""

    group: tuple[str, ...]
    """The tokens behind GROUP BY, variables with a question mark."""
    text: str
    keys: tuple[tuple[str, bool], ...]
    """Each a variable, and whether it goes downwards."""
    limit: int | None
    offset: int


def projection(query: Query) -> Projection:
    """The columns of a query.

    Raises:
        UnknownFormError: it says more than variables and counts, is no SELECT, or has a dataset of its own.
    """
    cursor = Cursor(query.head)
    while not cursor.done and cursor.upper != "SELECT":
        cursor.take()
    prologue = query.head[: cursor.token.start] if not cursor.done else ""
    cursor.expect("SELECT")
    distinct = _taken(cursor, "DISTINCT")
    columns = []
    while not cursor.done and cursor.upper != "WHERE":
        columns.append(_column(cursor))
    if not cursor.done:
        cursor.expect("WHERE")
    if not cursor.done or not columns or len({column.name for column in columns}) < len(columns):
        raise UnknownFormError
    return Projection(prologue, distinct, tuple(columns))


def _column(cursor: Cursor) -> Column:
    if cursor.token.kind == "variable":
        return Column(_variable(cursor))
    for mark in ("(", "COUNT", "("):
        cursor.expect(mark)
    distinct = _taken(cursor, "DISTINCT")
    counted = "*" if _taken(cursor, "*") else _variable(cursor)
    for mark in (")", "AS"):
        cursor.expect(mark)
    name = _variable(cursor)
    cursor.expect(")")
    return Column(name, counted, distinct)


def tail(query: Query) -> Tail:
    """What stands behind the group.

    Raises:
        UnknownFormError: there is more than GROUP BY, ORDER BY of variables, LIMIT and OFFSET.
    """
    cursor, group, keys = Cursor(query.tail), [], []
    if _taken(cursor, "GROUP"):
        cursor.expect("BY")
        while not cursor.done and cursor.upper not in {"ORDER", "LIMIT", "OFFSET"}:
            token = cursor.take()
            group.append("?" + token.text[1:] if token.kind == "variable" else token.upper)
    text = query.tail[cursor.token.start :] if not cursor.done else ""
    if _taken(cursor, "ORDER"):
        cursor.expect("BY")
        while not cursor.done and cursor.upper not in {"LIMIT", "OFFSET"}:
            keys.append(_key(cursor))
    numbers: dict[str, int] = {}
    while not cursor.done:
        word, number = cursor.take().upper, cursor.take().text
        if word not in {"LIMIT", "OFFSET"} or word in numbers or not number.isdecimal():
            raise UnknownFormError
        numbers[word] = int(number)
    return Tail(tuple(group), text, tuple(keys), numbers.get("LIMIT"), numbers.get("OFFSET", 0))


def _key(cursor: Cursor) -> tuple[str, bool]:
    if cursor.token.kind == "variable":
        return _variable(cursor), False
    word = cursor.take().upper
    if word not in _ORDER:
        raise UnknownFormError
    cursor.expect("(")
    name = _variable(cursor)
    cursor.expect(")")
    return name, word == "DESC"


def _taken(cursor: Cursor, word: str) -> bool:
    if cursor.upper != word:
        return False
    cursor.take()
    return True


def _variable(cursor: Cursor) -> str:
    token = cursor.take()
    if token.kind != "variable":
        raise UnknownFormError
    return "?" + token.text[1:]
