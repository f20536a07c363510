"""The types of the columns of a result without rows: what the values would be, as far as that can be told.

A COUNT is a whole number. A variable that stands for the object of a predicate has the type of the values that the
graph has with this predicate, where that is one type. Everything else is text.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gob_graph.client.terms import STRING
from gob_graph.typed_values import XSD, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

COUNTS = frozenset({"Aggregate_Count"})
DATATYPES = """SELECT DISTINCT ?p (STR(DATATYPE(?o)) AS ?type) WHERE {{
    VALUES ?p {{ {predicates} }} ?s ?p ?o FILTER(ISLITERAL(?o)) }}"""
SAMPLES: Mapping[str, str] = {"date": "2000-01-01", "dateTime": "2000-01-01T00:00:00Z", "boolean": "true"}
"""A lexical form of the datatypes that "1" is none of."""


def types_of(query: str, datatypes: Callable[[str], list[tuple[str, str]]]) -> dict[str, pa.DataType]:
    """The types by variable; `datatypes` answers the query `DATATYPES` with pairs of predicate and datatype."""
    from rdflib.plugins.sparql import prepareQuery
    from rdflib.term import URIRef, Variable

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            algebra = prepareQuery(query).algebra
        except Exception:  # noqa: BLE001 - a query that only the endpoint understands has columns of text
            return {}
    found: dict[str, pa.DataType] = {}
    predicates: dict[str, str] = {}
    for node in _nodes(algebra):
        if node.name in COUNTS:
            found[str(node.res)] = pa.int64()
        elif node.name == "BGP":
            for _, predicate, value in node.triples:
                if isinstance(value, Variable) and isinstance(predicate, URIRef):
                    predicates[str(value)] = str(predicate)
    _renamed(algebra, found)
    wanted = " ".join(f"<{iri}>" for iri in sorted(set(predicates.values())))
    held: dict[str, set[str]] = {}
    for predicate, datatype in datatypes(DATATYPES.format(predicates=wanted)) if wanted else ():
        held.setdefault(predicate, set()).add(datatype)
    for name, predicate in predicates.items():
        kinds = {arrow_type(datatype) for datatype in held.get(predicate, ())}
        if len(kinds) == 1:
            found.setdefault(name, kinds.pop())
    return found


def arrow_type(datatype: str) -> pa.DataType:
    """The type of Arrow that values of a datatype come in."""
    if datatype == STRING:
        return pa.string()
    name = datatype.removeprefix(XSD)
    if name == "decimal":
        return pa.decimal128(38, 2)
    if name == "dateTime":
        return pa.timestamp("us", tz="UTC")
    try:
        value = value_of(SAMPLES.get(name, "1"), datatype)
    except ValueError:
        return pa.string()
    kind: pa.DataType = pa.scalar(value).type
    return kind


def _renamed(algebra: Any, found: dict[str, pa.DataType]) -> None:  # noqa: ANN401 - rdflib has no types here
    """An aggregate has an inner name; `AS` extends it to the name of the column."""
    from rdflib.term import Variable

    for node in _nodes(algebra):
        if node.name == "Extend" and isinstance(node.expr, Variable) and str(node.expr) in found:
            found[str(node.var)] = found[str(node.expr)]


def _nodes(value: Any) -> Iterator[Any]:  # noqa: ANN401 - rdflib has no types here
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(value, CompValue):
        yield value
        for inner in value.values():
            yield from _nodes(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _nodes(inner)
