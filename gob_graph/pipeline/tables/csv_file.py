"""A table as CSV (RFC 4180), exact, and in a variant that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from gob_graph.pipeline.tables.rows import Filled
    from gob_graph.pipeline.tables.values import Value

BOM = "\ufeff"
"""What a spreadsheet knows UTF-8 by."""
FORMULA = re.compile(r"""(^|[\t\r\n,;|"'])(\s*)(?=[=+\-@＝＋－＠])""")
"""Where a spreadsheet could begin to read a formula: at the start of a cell, and after what may end one for it.

Which character separates cells depends on the country that the spreadsheet is set to, whatever the file says.
"""
LIKE_A_FORMULA = re.compile("[\0\t\r\n,;|\"'][\\s]*[=+\\-@＝＋－＠]|\0[\t\r\n]")
"""The same, in texts that are joined by U+0000, which no text has."""


def exact(table: Filled) -> bytes:
    """The table as it is: UTF-8, comma, CR LF, a row of names; an empty cell is a missing value."""
    return _written(table).encode()


def for_spreadsheets(table: Filled, plain: bytes) -> bytes:
    """The table with a byte order mark, and an apostrophe before whatever a spreadsheet could read as a formula.

    `plain` is the exact form, which most tables need no change of.
    """
    suspect = {f.name for f in table.fields if f.type == "string" and not f.several and _suspect(table.columns[f.name])}
    return BOM.encode() + (_written(table, suspect).encode() if suspect else plain)


def without_formulas(text: str) -> str:
    """The text with an apostrophe before each character that could begin a formula."""
    marked = "'" if text[:1] in {"\t", "\r", "\n"} else ""
    return marked + FORMULA.sub(r"\1\2'", text)


def _suspect(values: list[Value]) -> bool:
    """Whether any of the texts would be changed; one search in all of them costs little."""
    texts = [v for v in values if isinstance(v, str)]
    return LIKE_A_FORMULA.search("\0".join(["", *texts])) is not None


def _written(table: Filled, marked: Collection[str] = ()) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    names = [f.name for f in table.fields if not f.several]
    writer.writerow(names)
    writer.writerows(zip(*(_texts(table.columns[name], marked=name in marked) for name in names), strict=True))
    return stream.getvalue()


def _texts(values: list[Value], *, marked: bool) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield without_formulas(value) if marked else value
        else:
            yield _text(value)


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)
