"""The values that a table may hold, and how the lexical form of a literal becomes one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value = str | int | Decimal | bool | date | None | list[object]
WIDEST = 2**63
"""The whole numbers below it, and down to its negative, fit a column."""
DIGITS, SCALE = 38, 6
"""A decimal number has so many digits, so many of them after the point."""


def _integer(text: str) -> int:
    number = int(text)
    if not -WIDEST <= number < WIDEST:
        raise ValueError(text)
    return number


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if round(number, SCALE) != number or abs(number) >= 10 ** (DIGITS - SCALE):
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text]


READ: Mapping[str, Callable[[str], Value]] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": date.fromisoformat,
}
"""How the lexical form of a literal is read; others are kept as they are."""
