"""Batches as clients send them, checked and made plain: the dialect of 0.1 and 0.2, and that of the draft of 1.0."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gob_graph.endpoint.reconciliation import properties
from gob_graph.endpoint.reconciliation.prepare import catalogue
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.engine.engine import Engine

BATCH: Final = 100
"""Queries in one batch, and things in one request for properties."""
LIMIT, MOST = 5, 50
"""Candidates that are given where a query does not say how many, and at most."""
TEXT: Final = 1000
"""Characters of a query."""
STRICT: Final = ("should", "any", "all")


@dataclass(frozen=True, slots=True)
class Query:
    """One query: `types` are IRIs of classes, `properties` with the values that candidates should have."""

    text: str
    types: tuple[str, ...] = ()
    strict: str = "should"
    limit: int = LIMIT
    properties: tuple[tuple[properties.Property, tuple[str, ...]], ...] = ()


def parsed(text: str, what: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The value of a JSON text.

    Raises:
        RequestError: it is none (bad-request).
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError("bad-request", f"{what} is not JSON: {error}") from error


def batch(engine: Engine, given: object) -> dict[str, Query]:
    """The queries of a batch by key (0.2, “Sending reconciliation queries”).

    Raises:
        RequestError: bad-request, bad-parameter, batch-too-large, query-too-long, type-unknown, property-unknown.
    """
    if not isinstance(given, dict):
        raise RequestError("bad-request", "queries must be a JSON object of queries by key")
    _sized(len(given))
    return {key: _query(engine, one, f"queries.{key}") for key, one in given.items()}


def single(engine: Engine, text: str) -> Query:
    """The query of the parameter ``query`` (0.1): a JSON object, or the very text."""
    given = parsed(text, "query") if text.lstrip().startswith("{") else {"query": text}
    return _query(engine, given, "query")


def draft_batch(engine: Engine, given: object) -> list[Query]:
    """The queries of a batch of the draft of 1.0: ``{"queries": [{"conditions": [...]}]}``."""
    several = given.get("queries") if isinstance(given, dict) else None
    if not isinstance(several, list):
        raise RequestError("bad-request", 'the body must be a JSON object with a list "queries"')
    _sized(len(several))
    return [_draft_query(engine, one, f"queries[{n}]") for n, one in enumerate(several)]


def extension(engine: Engine, given: object) -> tuple[list[str], list[properties.Property]]:
    """The ids and properties of a request for values (both dialects).

    Raises:
        RequestError: bad-request, batch-too-large, property-unknown.
    """
    if not isinstance(given, dict):
        raise RequestError("bad-request", "extend must be a JSON object")
    ids, wanted = given.get("ids"), given.get("properties")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise RequestError("bad-request", "extend.ids must be a list of ids")
    if not isinstance(wanted, list) or not all(isinstance(p, dict) and isinstance(p.get("id"), str) for p in wanted):
        raise RequestError("bad-request", 'extend.properties must be a list of objects with an "id"')
    _sized(max(len(ids), len(wanted)))
    return ids, [properties.property_of(engine, one["id"]) for one in wanted]


def _sized(count: int) -> None:
    if count > BATCH:
        raise RequestError("batch-too-large", f"{count} in one batch; the limit is {BATCH}")


def _query(engine: Engine, given: object, place: str) -> Query:
    if not isinstance(given, dict):
        raise RequestError("bad-request", f"{place} must be a JSON object")
    text = given.get("query", "")
    if not isinstance(text, str):
        text = str(text) if isinstance(text, int | float) else _wrong(place, "query", "a text")
    strict = given.get("type_strict", "should")
    if strict not in STRICT:
        raise RequestError("bad-parameter", f"{place}.type_strict must be one of {', '.join(STRICT)}")
    types = given.get("type") or []
    several = [types] if isinstance(types, str | dict) else types
    if not isinstance(several, list):
        _wrong(place, "type", "a type or a list of types")
    return Query(
        _short(text, place),
        type_iris(engine, [_id(one, f"{place}.type") for one in several]),
        strict,
        _limit(given.get("limit"), place),
        _assigned(engine, given.get("properties") or [], f"{place}.properties"),
    )


def _draft_query(engine: Engine, given: object, place: str) -> Query:
    conditions = given.get("conditions") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(conditions, list) or not conditions:
        raise RequestError("bad-request", f'{place} must be a JSON object with a list "conditions" that is not empty')
    names, assigned = [], []
    for condition in conditions:
        kind = condition.get("matchType") if isinstance(condition, dict) else None
        if kind not in {"name", "property"} or "v" not in condition:
            raise RequestError("bad-request", f'{place}: a condition has a "matchType" (name or property) and a "v"')
        if kind == "name":
            names += _values(condition["v"])
        else:
            assigned.append(condition)
    types = [given["type"]] if given.get("type") else []
    return Query(
        _short(" ".join(names), place),
        type_iris(engine, [_id(one, f"{place}.type") for one in types]),
        "should",
        _limit(given.get("limit"), place),
        _assigned(engine, assigned, f"{place}.conditions"),
    )


def _assigned(engine: Engine, given: object, place: str) -> tuple[tuple[properties.Property, tuple[str, ...]], ...]:
    if not isinstance(given, list):
        raise RequestError("bad-request", f"{place} must be a list")
    found = []
    for one in given:
        if not isinstance(one, dict) or "v" not in one or not isinstance(one.get("pid"), str):
            raise RequestError("bad-request", f'each of {place} must have a "pid" and a "v"')
        found.append((properties.property_of(engine, one["pid"]), tuple(_values(one["v"]))))
    return tuple(found)


def _values(given: object) -> list[str]:
    """Values as texts: a text, a number, a truth value, a thing with its id, or several of them."""
    several = given if isinstance(given, list) else [given]
    return [str(one.get("id", "")) if isinstance(one, dict) else str(one) for one in several]


def _limit(given: object, place: str) -> int:
    if given is None:
        return LIMIT
    if isinstance(given, int | float) and not isinstance(given, bool) and 1 <= given < math.inf and given == int(given):
        return min(int(given), MOST)
    raise RequestError("bad-parameter", f"{place}.limit must be a whole number from 1 on")


def _short(text: str, place: str) -> str:
    if len(text) > TEXT:
        raise RequestError("query-too-long", f"{place} has {len(text)} characters; the limit is {TEXT}")
    return text


def _id(given: object, place: str) -> str:
    found = given.get("id") if isinstance(given, dict) else given
    return found if isinstance(found, str) else _wrong(place, "id", "a text")


def _wrong(place: str, name: str, wanted: str) -> str:
    raise RequestError("bad-request", f"{place}.{name} must be {wanted}")


def type_iris(engine: Engine, given: Iterable[str]) -> tuple[str, ...]:
    """The classes that ids or IRIs mean.

    Raises:
        RequestError: no thing is of it (type-unknown).
    """
    found = []
    classes = catalogue(engine).class_counts
    for one in given:
        iri = properties.expand(engine, one)
        if iri is None or iri not in classes:
            raise RequestError("type-unknown", f"no type {one[:100]!r}")
        found.append(iri)
    return tuple(found)
