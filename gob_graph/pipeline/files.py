"""Text files that people write, read with the place of what is wrong in them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from gob_graph.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, line ends as they are.

    Raises:
        SourceError: the file cannot be read, is not UTF-8 (at its line), or begins with a byte-order mark.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise SourceError(path, f"cannot be read: {error.strerror}") from error
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SourceError(path, "is not UTF-8; save it as UTF-8 without a byte-order mark", line) from error
    if text.startswith("\ufeff"):
        raise SourceError(path, "begins with a byte-order mark; save it as UTF-8 without one", 1)
    return text


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file after its header, each with the number of its last line.

    Raises:
        SourceError: as `read_text`, or the columns are others, a row has more or fewer cells, or there is a blank line
            before another row; at the end they are fine.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    if tuple(next(reader, ())) != columns:
        raise SourceError(path, f"the columns must be {','.join(columns)}", 1)
    blank = 0
    for cells in reader:
        if not "".join(cells).strip() and len(cells) < 2:
            blank = blank or reader.line_num
            continue
        if blank:
            raise SourceError(path, "a blank line stands between rows; take it out", blank)
        if len(cells) != len(columns):
            raise SourceError(path, f"{len(cells)} cells instead of {len(columns)}", reader.line_num)
        yield reader.line_num, cells
