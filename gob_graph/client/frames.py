"""Columns of a result as a table: Arrow types, pandas, polars. No value is changed on the way.

A column has one type when all its values have: text, int64, double, truth values, days, moments, exact decimals.
In pandas a column of several types holds Python objects; Arrow and polars have none, and get the lexical forms.
The languages of texts stand in a column ``name@lang`` behind theirs: "@" is in no name of a variable.
"""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gob_graph.client.failures import LexicalFormWarning, MissingPackage
from gob_graph.client.terms import read_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas
    import polars

    from gob_graph.client.terms import Column, Term

WIDEST = 76
"""Digits of a decimal of Arrow."""
PLAIN: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    dt.date: pa.date32(),
}


@dataclass(slots=True)
class Table:
    """A whole result: Arrow arrays by name; `mixed` holds, by name, the Python values of columns of several types."""

    arrays: dict[str, pa.Array]
    rows: int
    mixed: dict[str, list[object]] = field(default_factory=dict)
    lexical: dict[str, int] = field(default_factory=dict)
    datatypes: dict[str, list[str]] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)

    def arrow(self) -> pa.Table:
        """As an Arrow table; columns of several types hold the lexical forms."""
        if self.mixed:
            warnings.warn(
                f"several types in one column, kept as text: {', '.join(self.mixed)}", LexicalFormWarning, stacklevel=3
            )
        return pa.table(self.arrays)

    def pandas(self) -> pandas.DataFrame:
        """As a DataFrame whose columns have Arrow types; those of several types hold Python objects."""
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingPackage("pandas is not installed", "pip install pandas.") from error
        if not self.arrays:
            return pd.DataFrame(index=range(self.rows))
        frame = as_pandas(pa.table(self.arrays))
        for name, values in self.mixed.items():
            frame[name] = pd.Series(values, dtype=object)
        frame.attrs |= {**self.attributes, "lexical": self.lexical, "datatypes": self.datatypes}
        return frame

    def polars(self) -> polars.DataFrame:
        """As a DataFrame of polars, through Arrow."""
        try:
            import polars as pl
        except ImportError as error:
            raise MissingPackage("polars is not installed", "pip install polars.") from error
        return pl.DataFrame(self.arrow())


def as_pandas(table: pa.Table) -> pandas.DataFrame:
    """An Arrow table as a DataFrame with its types; decimals are objects of Python.

    The mean of an Arrow decimal is rounded to the digits of the column: of 1 and 2 it would be 2.
    """
    import pandas as pd

    frame: pandas.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    for field_ in table.schema if table.num_rows else ():
        if pa.types.is_decimal(field_.type):
            frame[field_.name] = pd.Series(table[field_.name].to_pylist(), dtype=object)
    return frame


def table_of(body: bytes) -> Table:
    """The table of a result in TSV; tells with a `LexicalFormWarning` which cells keep their lexical form.

    Raises:
        IncompleteAnswer: the result is cut.
        WrongForm: it is no result of a SELECT.
    """
    columns, rows = read_columns(body)
    table = Table({}, rows)
    for column in columns:
        table.datatypes[column.name] = sorted(column.datatypes)
        _add(table, column)
    if table.lexical:
        cells = ", ".join(f"{name} ({count})" for name, count in table.lexical.items())
        warnings.warn(f"kept as text, as no type of the column holds them: {cells}", LexicalFormWarning, stacklevel=4)
    return table


def _add(table: Table, column: Column) -> None:
    if column.ready is not None:
        table.arrays[column.name] = column.ready
        if column.languages is not None:
            table.arrays[f"{column.name}@lang"] = column.languages
        return
    values: Sequence[object] = [term.value for term in column.terms]
    kept = pa.array([term.kept for term in column.terms], pa.bool_())
    count = int(sum(kept.take(column.indices.drop_null()).to_pylist())) if any(t.kept for t in column.terms) else 0
    if count:
        table.lexical[column.name] = count
    array = _typed(values)
    if array is None:
        indices = column.indices.to_pylist()
        table.mixed[column.name] = [None if i is None else values[i] for i in indices]
        array = pa.array([term.lexical for term in column.terms], pa.string())
    table.arrays[column.name] = array.take(column.indices)
    if any(term.language for term in column.terms):
        table.arrays[f"{column.name}@lang"] = _languages(column.terms).take(column.indices)


def _languages(terms: Sequence[Term]) -> pa.Array:
    return pa.array([term.language for term in terms], pa.string())


def _typed(values: Sequence[object]) -> pa.Array | None:
    """The values in the one Arrow type that they all have; None where there is no such type."""
    kinds = {type(value) for value in values}
    if not kinds:
        return pa.array([], pa.string())
    if len(kinds) > 1:
        return None
    (kind,) = kinds
    try:
        return pa.array(values, PLAIN[kind] if kind in PLAIN else _special(values))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return None  # beyond the range of the type


def _special(values: Sequence[Any]) -> pa.DataType:
    if isinstance(values[0], dt.datetime):
        zones = {value.tzinfo is not None for value in values}
        if len(zones) > 1:
            raise pa.ArrowInvalid("moments with and without time zone")
        return pa.timestamp("us", tz="UTC" if zones == {True} else None)
    parts = [value.as_tuple() for value in values]
    scale = max(max(0, -part.exponent) for part in parts)
    whole = max(len(part.digits) + part.exponent for part in parts)
    width = max(1, scale + max(whole, 0))
    if width > WIDEST:
        raise pa.ArrowInvalid("too many digits")
    return pa.decimal128(38, scale) if width <= 38 else pa.decimal256(WIDEST, scale)


def with_types(table: Table, types: Mapping[str, pa.DataType]) -> Table:
    """A table without rows, whose columns have the types that their values would have."""
    table.arrays = {name: pa.array([], types.get(name, pa.string())) for name in table.arrays}
    return table
