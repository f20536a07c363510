"""Whether two answers in SPARQL's JSON say the same: the bag of their rows, whatever the spelling of a number."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

Bag = Counter[tuple[str, ...]]


def bag(body: bytes) -> Bag:
    """The rows of an answer, each as often as it comes; order of rows and columns is left out.

    Raises:
        ValueError: it is no answer in SPARQL's JSON.
    """
    document = json.loads(body)
    if "boolean" in document:
        return Counter([(str(bool(document["boolean"])),)])
    try:
        rows = document["results"]["bindings"]
        return Counter(tuple(f"{name}={_plain(row[name])}" for name in sorted(row)) for row in rows)
    except (KeyError, TypeError) as error:
        raise ValueError(body[:100]) from error


def _plain(term: dict[str, Any]) -> str:
    value = str(term["value"])
    if term["type"] in {"uri", "bnode"}:
        return value
    if language := term.get("xml:lang"):
        return f"{value}@{language.lower()}"
    try:
        return f"{float(value):.9g}"
    except ValueError:
        return value


def agree(one: Bag, other: Bag, *, any_rows: bool) -> bool:
    """Whether they say the same; with `any_rows`, whether they have as many rows."""
    return one.total() == other.total() if any_rows else one == other
