"""Literals as values of Python: numbers, truth values, days and moments; never another value.

What Python's type cannot hold is no value here, and its lexical form is kept by whatever asked for it.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_BLANKS = " \t\r\n"
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(rf"{_DECIMAL.pattern}(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONE = "(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_MOMENT = re.compile(rf"{_DATE.pattern}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?{_ZONE}")
_NO_NUMBERS = {"INF": math.inf, "+INF": math.inf, "-INF": -math.inf, "NaN": math.nan}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_LONGEST = 4000
"""Digits of a number that Python reads whatever its own limit is set to."""


def value_of(lexical: str, datatype: str) -> object:
    """The value of a literal; its lexical form where its datatype has no type of Python, as a year (`xsd:gYear`).

    A moment with a time zone comes in UTC.

    Raises:
        ValueError: Python's type cannot hold it: a day with a time zone or outside the years 1 to 9999, a number of
            more than 4000 digits, a double beyond the range of doubles, an ill-formed literal.
    """
    read = _READ.get(datatype)
    return read(lexical.strip(_BLANKS)) if read else lexical


def _matching(form: re.Pattern[str], text: str) -> str:
    if len(text) > _LONGEST or not form.fullmatch(text):
        raise ValueError(text[:80])
    return text


def _integer(text: str) -> int:
    return int(_matching(_INTEGER, text))


def _decimal(text: str) -> Decimal:
    return Decimal(_matching(_DECIMAL, text))


def _double(text: str) -> float:
    if text in _NO_NUMBERS:
        return _NO_NUMBERS[text]
    number = float(_matching(_DOUBLE, text))
    if math.isinf(number):
        raise ValueError(text[:80])
    return number


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(text[:80])
    return _BOOLEANS[text]


def _date(text: str) -> date:
    return date.fromisoformat(_matching(_DATE, text))


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(_matching(_MOMENT, text))
    try:
        return found if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text[:80]) from error


_WHOLE = (
    "integer nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger long int short byte "
    "unsignedLong unsignedInt unsignedShort unsignedByte"
)
_READ: Mapping[str, Callable[[str], object]] = {
    **{XSD + name: _integer for name in _WHOLE.split()},
    XSD + "decimal": _decimal,
    XSD + "double": _double,
    XSD + "float": _double,
    XSD + "boolean": _boolean,
    XSD + "date": _date,
    XSD + "dateTime": _moment,
}
"""How the lexical form of each datatype is read."""
