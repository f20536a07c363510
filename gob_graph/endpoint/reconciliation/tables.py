"""Tables of other people, as CSV: read as they are, given back with their columns kept and ours behind them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

DELIMITERS: Final = ";,\t|"
"""What stands between cells: that of spreadsheets in Belgium first, as the first one wins a draw."""
MARK: Final = "\ufeff"
"""What some spreadsheets begin a file with, and need to find at the beginning of the answer."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it came: the first row names the columns; all rows have as many cells as the longest."""

    header: list[str]
    rows: list[list[str]]
    delimiter: str
    newline: str
    marked: bool

    def column(self, named: str, likely: Callable[[str], bool]) -> int:
        """The place of a column by name; without one, the column of which most cells are likely.

        Raises:
            RequestError: there is no such column (bad-parameter), or no cell of any is likely (bad-request).
        """
        if named:
            if named not in self.header:
                columns = ", ".join(self.header)[:200]
                raise RequestError("bad-parameter", f"there is no column {named[:60]!r}; the columns are: {columns}")
            return self.header.index(named)
        counts = [sum(likely(row[n]) for row in self.rows) for n in range(len(self.header))]
        if not counts or not max(counts):
            raise RequestError("bad-request", "no column holds addresses of this graph; name it: ?column=…")
        return counts.index(max(counts))

    def with_columns(self, names: Sequence[str], cells: Iterable[Sequence[str]]) -> str:
        """The table in the shape that it came in, with columns of ours behind its own."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.newline)
        writer.writerow([*self.header, *_apart(names, self.header)])
        writer.writerows([*row, *more] for row, more in zip(self.rows, cells, strict=True))
        return (MARK if self.marked else "") + out.getvalue()


def read_table(text: str) -> Table:
    """Read a table with a header row.

    Raises:
        RequestError: it is no CSV, or has no row (bad-request).
    """
    marked = text.startswith(MARK)
    plain = text.removeprefix(MARK)
    first = plain.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        lines = [row for row in csv.reader(io.StringIO(plain, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise RequestError("bad-request", f"not CSV: {error}") from error
    if len(lines) < 2:
        raise RequestError("bad-request", "a table needs a row of column names and at least one row")
    width = max(map(len, lines))
    header, *rows = [row + [""] * (width - len(row)) for row in lines]
    return Table(header, rows, delimiter, "\r\n" if "\r\n" in plain else "\n", marked)


def _apart(names: Sequence[str], header: Sequence[str]) -> list[str]:
    """Names for columns that the table does not have yet."""
    found = []
    for name in names:
        chosen, number = name, 2
        while chosen in header:
            chosen, number = f"{name}_{number}", number + 1
        found.append(chosen)
    return found
