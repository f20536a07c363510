"""Tables of registries: read as they are, given back with their columns and ours."""

import csv
import io

import pytest

from gob_graph.endpoint.reconciliation.tables import MARK, read_table
from gob_graph.errors import RequestError


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", MARK])
def test_the_shape_is_kept(delimiter: str, newline: str, mark: str) -> None:
    lines = [["id", "naam", "status"], ["1", f"a{delimiter}b", "x"], ["2", 'say "hi"', ""]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=newline).writerows(lines)
    table = read_table(mark + out.getvalue())
    assert [table.header, *table.rows] == lines
    answer = table.with_columns(["status", "more"], [["s", "m"], ["t", "n"]])
    assert answer.startswith(mark + "id")
    assert (newline == "\r\n") == ("\r\n" in answer)
    back = list(csv.reader(io.StringIO(answer.removeprefix(MARK), newline=""), delimiter=delimiter))
    assert back == [[*lines[0], "status_2", "more"], [*lines[1], "s", "m"], [*lines[2], "t", "n"]]


def test_the_column_with_the_links_is_found_and_may_be_named() -> None:
    table = read_table("a,b\nx,http://h/1\nhttp://h/2,http://h/3\n")
    assert table.column("", lambda cell: cell.startswith("http")) == 1
    assert table.column("a", bool) == 0
    with pytest.raises(RequestError, match="no column 'c'"):
        table.column("c", bool)
    with pytest.raises(RequestError, match="no column holds"):
        table.column("", lambda cell: cell == "none")


@pytest.mark.parametrize("text", ["", "a,b\n", 'a,b\n"x,1\n', "\n\n"])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_table(text)
    assert refused.value.code == "bad-request"


def test_short_rows_are_filled() -> None:
    assert read_table("a,b,c\n1\n2,3,4\n").rows == [["1", "", ""], ["2", "3", "4"]]
