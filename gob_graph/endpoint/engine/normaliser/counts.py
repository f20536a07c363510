"""Law: a count over one triple pattern, and the different values of one, are a table of the statistics.

`SELECT ?c (COUNT(?x) AS ?n) { ?x a ?c } GROUP BY ?c` is `SELECT ?c ?n { VALUES (?c ?n) { … } }`: the groups of the
solutions of one pattern are the keys of the statistics, each with the number of its solutions, for a graph holds a
triple once. Rows stay rows, so that ORDER BY, LIMIT and OFFSET stay as they are.

Counter-examples, which stay as they are: two patterns, a FILTER, HAVING, a variable twice in a pattern
(`?x ?p ?x`), a dataset of the query's own, `COUNT(DISTINCT ?s)` over everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gob_graph.endpoint.engine.normaliser.projection import projection, tail
from gob_graph.endpoint.engine.normaliser.terms import RDF_TYPE
from gob_graph.endpoint.engine.normaliser.tree import Block, UnknownFormError, Verbatim, is_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.normaliser.projection import Column, Projection, Tail
    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Query, Triple
    from gob_graph.statistics import Statistics

ROWS: Final = 1000
"""Rows of the longest table that is written."""


class Solutions(NamedTuple):
    """The solutions of a pattern: how many, and by the values of those variables for which it is known."""

    total: int
    groups: Mapping[str, Mapping[str, int]]
    """For a variable, or the tokens of `LANG ( variable )`: its values in SPARQL, each with its solutions."""
    variables: frozenset[str]
    single: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a variable and another that has a value once for each value of the first."""


def apply(query: Query, terms: Terms, known: Statistics) -> str:
    """The query as a table.

    Raises:
        UnknownFormError: it is of another form, or the statistics do not know its numbers.
    """
    triple, languages = _pattern(query)
    found = _solutions(triple, terms, known)
    head, end = projection(query), tail(query)
    key, name = _key(end.group, languages)
    if {variable for variable, _ in end.keys} - {column.name for column in head.columns}:
        raise UnknownFormError
    if not key and not any(column.counted for column in head.columns):
        (column,) = head.columns if head.distinct and len(head.columns) == 1 else (None,)
        if column is None or column.name not in found.groups:
            raise UnknownFormError
        key = name = column.name
    rows = _rows(head, key, name, found)
    return _table(head, end, rows)


def _pattern(query: Query) -> tuple[Triple, dict[str, str]]:
    """The only pattern of a query, and the variables that BIND gives the language of another."""
    languages: dict[str, str] = {}
    triples: list[Triple] = []
    for element in query.group.elements:
        match element:
            case Block(opaque=()):
                triples += element.triples
            case Verbatim(kind="bind"):
                if not triples:
                    raise UnknownFormError
                tokens = ["?" + t.text[1:] if t.kind == "variable" else t.upper for t in element.tokens]
                if tokens[:4] != ["BIND", "(", "LANG", "("] or tokens[5:7] != [")", "AS"]:
                    raise UnknownFormError
                languages[tokens[7]] = tokens[4]
            case _:
                raise UnknownFormError
    if len(triples) != 1:
        raise UnknownFormError
    return triples[0], languages


def _solutions(triple: Triple, terms: Terms, known: Statistics) -> Solutions:
    """What the statistics know of the solutions of a pattern."""
    places = [triple.subject, *([triple.path.text] if is_variable(triple.path.text) else []), triple.object]
    names = frozenset(place for place in places if is_variable(place))
    if not triple.path.simple or len(names) != sum(map(is_variable, places)) or not is_variable(triple.subject):
        raise UnknownFormError
    if is_variable(triple.path.text):
        if not is_variable(triple.object):
            raise UnknownFormError
        return Solutions(known.triples, {triple.path.text: _iris(known.predicates)}, names)
    predicate = RDF_TYPE if triple.path.text == "a" else terms.iri(triple.path.text)
    if predicate is None:
        raise UnknownFormError
    if is_variable(triple.object):
        groups: dict[str, dict[str, int]] = {}
        if predicate == RDF_TYPE and known.classes is not None:
            groups[triple.object] = _iris(known.classes)
        elif predicate in known.languages:
            groups[f"LANG {triple.object}"] = {f'"{code}"': n for code, n in known.languages[predicate].items()}
        single = frozenset({(triple.object, triple.subject)})
        return Solutions(known.predicates.get(predicate, 0), groups, names, single)
    cls = terms.iri(triple.object)
    if predicate != RDF_TYPE or cls is None or known.classes is None:
        raise UnknownFormError
    return Solutions(known.classes.get(cls, 0), {}, names)


def _iris(counts: Mapping[str, int]) -> dict[str, int]:
    return {f"<{iri}>": count for iri, count in counts.items()}


def _key(group: tuple[str, ...], languages: Mapping[str, str]) -> tuple[str, str]:
    """By what solutions are grouped, and the variable that holds it; two empty texts where they are not."""
    match group:
        case ():
            found = "", ""
        case ("(", "LANG", "(", variable, ")", "AS", name, ")"):
            found = f"LANG {variable}", name
        case (variable,) if is_variable(variable):
            of = languages.get(variable)
            found = (f"LANG {of}" if of else variable), variable
        case _:
            raise UnknownFormError
    if languages and found[1] not in languages:
        raise UnknownFormError
    return found


def _rows(head: Projection, key: str, name: str, found: Solutions) -> list[list[str]]:
    groups = found.groups.get(key) if key else {"": found.total}
    if groups is None or len(groups) > ROWS:
        raise UnknownFormError
    if any(not column.counted and column.name != name for column in head.columns):
        raise UnknownFormError
    if key and name in found.variables and name != key:
        raise UnknownFormError
    return [[_cell(column, value, count, key, found) for column in head.columns] for value, count in groups.items()]


def _cell(column: Column, value: str, count: int, key: str, found: Solutions) -> str:
    if not column.counted:
        return value
    if column.counted != "*" and column.counted not in found.variables:
        raise UnknownFormError
    if not column.distinct or (key, column.counted) in found.single:
        return str(count)
    if not key and column.counted in found.groups:
        return str(len(found.groups[column.counted]))
    raise UnknownFormError


def _table(head: Projection, end: Tail, rows: list[list[str]]) -> str:
    names = " ".join(column.name for column in head.columns)
    body = " ".join(f"({' '.join(row)})" for row in rows)
    form = "SELECT DISTINCT" if head.distinct else "SELECT"
    return f"{head.prologue}{form} {names} {{ VALUES ({names}) {{ {body} }} }} {end.text}"
