"""Results as tables: each value in its type, or its lexical form with a warning; nothing cut, nothing guessed."""

import math
import warnings
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.parts import package

package("pyarrow")

import pandas as pd
import pyarrow as pa

from gob_graph.client.empty import types_of
from gob_graph.client.failures import IncompleteAnswer, LexicalFormWarning, WrongForm
from gob_graph.client.frames import table_of, with_types
from gob_graph.client.terms import read_term

XSD = "http://www.w3.org/2001/XMLSchema#"
VALUES = [
    # lexical form, datatype, value in a table (text where no type holds it), whether that is told
    ("1", "boolean", True, False),
    ("0", "boolean", False, False),
    ("TRUE", "boolean", "TRUE", True),
    ("2020-02-29", "date", date(2020, 2, 29), False),
    ("2020-02-29Z", "date", "2020-02-29Z", True),
    ("2020-02-29+02:00", "date", "2020-02-29+02:00", True),
    ("-0044-03-15", "date", "-0044-03-15", True),
    ("12020-01-01", "date", "12020-01-01", True),
    ("2021-02-29", "date", "2021-02-29", True),
    ("2021", "gYear", "2021", False),
    ("2021-01-01T00:00:00Z", "dateTime", datetime(2021, 1, 1, tzinfo=UTC), False),
    ("2021-01-01T01:00:00.25+01:00", "dateTime", datetime(2021, 1, 1, 0, 0, 0, 250000, UTC), False),
    ("2021-01-01T00:00:00", "dateTime", datetime(2021, 1, 1), False),
    ("2021-01-01T00:00:00.1234567Z", "dateTime", "2021-01-01T00:00:00.1234567Z", True),
    ("1.5", "float", 1.5, False),
    ("INF", "double", math.inf, False),
    ("-INF", "double", -math.inf, False),
    ("1e3", "double", 1000.0, False),
    ("1e999", "double", "1e999", True),
    ("inf", "double", "inf", True),
    ("1_000", "integer", "1_000", True),
    ("x", "integer", "x", True),
    (" 7 ", "int", 7, False),
    ("123456789012345678901234567890", "integer", 123456789012345678901234567890, False),
    ("9" * 5000, "integer", "9" * 5000, True),
    (f"0.{'1234567890' * 4}", "decimal", Decimal(f"0.{'1234567890' * 4}"), False),
    ("1.50", "decimal", Decimal("1.50"), False),
    ("-0.05", "decimal", Decimal("-0.05"), False),
    ("Infinity", "decimal", "Infinity", True),
    ("", "string", "", False),
]


def result(*rows: str, names: str = "?x") -> bytes:
    return "".join(f"{line}\n" for line in (names, *rows)).encode()


@pytest.mark.parametrize(("lexical", "datatype", "expected", "told"), VALUES, ids=lambda v: str(v)[:30])
def test_a_table_changes_no_value(lexical: str, datatype: str, expected: object, told: bool) -> None:
    body = result(f'"{lexical}"^^<{XSD}{datatype}>')
    if told:
        with pytest.warns(LexicalFormWarning, match=r"x \(1\)"):
            table = table_of(body)
    else:
        table = table_of(body)
    frame = table.pandas()
    (found,) = frame["x"].tolist()
    assert found == expected
    assert frame.attrs["lexical"] == ({"x": 1} if told else {})
    assert frame.attrs["datatypes"] == {"x": [XSD + datatype]}


def test_numbers_are_read_as_the_format_shortens_them() -> None:
    table = table_of(result("1\t1.50\t1.0e3\ttrue", "-2\t2.25\t-5E-1\tfalse", names="?i\t?d\t?f\t?b"))
    assert [str(kind) for kind in table.arrow().schema.types] == ["int64", "decimal128(38, 2)", "double", "bool"]
    assert table.pandas().values.tolist() == [
        [1, Decimal("1.50"), 1000.0, True],
        [-2, Decimal("2.25"), -0.5, False],
    ]


def test_languages_stand_beside_their_texts() -> None:
    frame = table_of(result('"naam"@nl', '"nom"@fr', '"plain"', "")).pandas()
    assert frame["x"].tolist()[:3] == ["naam", "nom", "plain"]
    assert frame["x@lang"].tolist()[:2] == ["nl", "fr"]
    assert frame["x"].isna().tolist() == [False, False, False, True]
    assert frame["x@lang"].isna().tolist() == [False, False, True, True]


ALIKE = ['"naam"@nl', '"na@nl am"@nl', '"\u20ac😀"@nl', '""@nl']


@pytest.mark.parametrize(
    "odd",
    [
        r'"a\"@nl"@nl',
        r'"\\"@nl',
        '"nom"@fr',
        '"naam"@nl-BE',
        '"naam"@en-nl',
        '"naam"',
        f'"1"^^<{XSD}date>',
        "1",
        "<urn:a@nl>",
        "",
    ],
)
def test_a_column_of_texts_that_end_alike_is_read_as_its_terms_are(odd: str) -> None:
    for cells in (ALIKE, [*ALIKE, odd], [odd, *ALIKE], [cell.removesuffix("@nl") for cell in [*ALIKE, odd]]):
        expected = [read_term(cell) if cell else None for cell in cells]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LexicalFormWarning)
            found = table_of(result(*cells)).pandas()
        assert [None if pd.isna(cell) else cell for cell in found["x"]] == [t and t.value for t in expected]
        if "x@lang" in found:
            tags = [None if pd.isna(cell) else cell for cell in found["x@lang"]]
            assert tags == [t and t.language for t in expected]
        else:
            assert not any(t and t.language for t in expected)


def test_an_empty_text_is_no_unbound_cell() -> None:
    assert table_of(result('""', "")).arrow()["x"].to_pylist() == ["", None]


def test_escapes_are_read_once() -> None:
    body = result(r'"a\tb\nc\r\"d\\n\u20AC\U0001F600"')
    assert table_of(body).arrow()["x"].to_pylist() == ['a\tb\nc\r"d\\n€😀']


def test_an_iri_and_a_quoted_triple_stay_as_they_are() -> None:
    cells = table_of(result("<urn:a>", "_:b", "<< <urn:a> <urn:b> 1 >>")).arrow()["x"].to_pylist()
    assert cells == ["urn:a", "_:b", "<< <urn:a> <urn:b> 1 >>"]


def test_several_types_in_a_column_keep_their_values_in_pandas_and_are_told_in_arrow() -> None:
    table = table_of(result(f'"NaN"^^<{XSD}double>', "9007199254740993", ""))
    nan, large, gap = table.pandas()["x"].tolist()
    assert math.isnan(nan)
    assert large == 2**53 + 1
    assert gap is None
    with pytest.warns(LexicalFormWarning, match="several types"):
        arrow = table.arrow()
    assert arrow["x"].to_pylist() == ["NaN", "9007199254740993", None]


def test_a_gap_makes_no_other_number_of_a_whole_one() -> None:
    assert table_of(result("9007199254740993", "")).pandas()["x"].dtype.pyarrow_dtype == pa.int64()
    assert table_of(result("9007199254740993", "")).pandas()["x"].tolist()[0] == 2**53 + 1


def test_rows_without_columns_are_counted() -> None:
    assert len(table_of(b"\n\n\n").pandas()) == 2


@pytest.mark.parametrize("body", [b"", b"?x", b"?x\n<urn:a>\n<urn:b", b"?x\t?y\n1\t2\n3\n", b"<html>\n"])
def test_what_is_cut_is_refused(body: bytes) -> None:
    with pytest.raises(IncompleteAnswer):
        table_of(body)


def test_yes_or_no_is_no_table() -> None:
    with pytest.raises(WrongForm, match=r"\.ask"):
        table_of(b"true")


def test_a_table_without_rows_has_the_types_of_its_values() -> None:
    query = """PREFIX : <urn:> SELECT ?s ?d ?m ?t (COUNT(?q) AS ?n) WHERE {
        ?s :day ?d ; :money ?m ; :text ?t ; :many ?q } GROUP BY ?s ?d ?m ?t"""
    asked: list[str] = []

    def datatypes(text: str) -> list[tuple[str, str]]:
        asked.append(text)
        return [
            ("urn:day", XSD + "date"),
            ("urn:money", XSD + "decimal"),
            ("urn:text", XSD + "string"),
            ("urn:many", XSD + "integer"),
            ("urn:many", XSD + "string"),
        ]

    empty = with_types(table_of(result(names="?s\t?d\t?m\t?t\t?n")), types_of(query, datatypes))
    types = [str(kind) for kind in empty.arrow().schema.types]
    assert types == ["string", "date32[day]", "decimal128(38, 2)", "string", "int64"]
    assert "<urn:day>" in asked[0]
    assert str(empty.pandas().dtypes["s"]) == "string[pyarrow]"


def test_a_query_that_only_the_endpoint_understands_gives_columns_of_text() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert types_of("SELECT nonsense", lambda _: []) == {}


def test_texts_that_are_read_at_once_are_those_that_are_read_singly() -> None:
    rows = ['"naam"@nl', '"nom"@fr-BE', '"plain @nl"', '""', "", '"Dienst van het Gewest"@nl']
    at_once = table_of(result(*rows))
    singly = table_of(result(*rows, r'"with an \"escape\""@nl'))
    for name in ("x", "x@lang"):
        assert at_once.arrow()[name].to_pylist() == singly.arrow()[name].to_pylist()[:-1]
    assert at_once.datatypes == singly.datatypes


def test_the_mean_of_decimals_is_not_rounded() -> None:
    whole, half = (f'"{n}"^^<{XSD}decimal>' for n in (1, 2))
    frame = table_of(result(whole, half, "")).pandas()
    assert frame["x"].mean() == Decimal("1.5")
    assert frame["x"].isna().tolist() == [False, False, True]
    assert frame["x"].describe()["count"] == 2
