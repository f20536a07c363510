"""Law: the first rows by a text are among those with the first texts, where there are as many.

In `SELECT ?x ?l { ?x a <C> ; <p> ?l FILTER(LANG(?l) = "fr") } ORDER BY ?l LIMIT 20` every solution has a text of <p> in
French. With `VALUES ?l { … }` of the 256 first such texts in the data, the solutions are those with one of these texts;
all others come behind them. So if that gives all the rows that LIMIT allows, they are the answer; else the query is
evaluated as it stands. Rows with equal keys stand in any order, as SPARQL leaves it open.

Counter-examples, which stay as they are: no FILTER on the language, a pattern with a constant other than a large class
(from which an evaluation should begin), a text in an OPTIONAL, a first key other than the text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser.projection import projection, tail
from gob_graph.endpoint.engine.normaliser.terms import RDF_TYPE
from gob_graph.endpoint.engine.normaliser.tree import Block, Group, UnknownFormError, Verbatim, is_variable
from gob_graph.endpoint.engine.normaliser.writer import written

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.normaliser.tree import Query, Triple
    from gob_graph.statistics import Statistics

DEEPEST: Final = 128
"""Rows, those that are passed over among them, up to which the first texts are tried."""
LARGE: Final = 1000
"""Members of a class from which on it is no place where an evaluation should begin."""


def apply(query: Query, terms: Terms, known: Statistics) -> tuple[str, int]:
    """The query over the first texts, and the rows that it must have to be the answer.

    Raises:
        UnknownFormError: it is of another form, or the statistics do not hold the first texts.
    """
    head, end = projection(query), tail(query)
    if end.group or not end.keys or end.limit is None or end.limit + end.offset > DEEPEST:
        raise UnknownFormError
    if query.star is not None or any(column.counted for column in head.columns):
        raise UnknownFormError
    name, downwards = end.keys[0]
    triples, language = _parts(query.group, name)
    predicate = _predicate(triples, name, terms, known)
    ends = known.ends.get(predicate, {}).get(language)
    if ends is None:
        raise UnknownFormError
    texts = " ".join(str(ox.Literal(text, language=language)) for text in ends[downwards])
    values = Verbatim("values", f"VALUES {name} {{ {texts} }}", frozenset({name}))
    return written(replace(query, group=Group((values, *query.group.elements)))), end.limit


def _parts(group: Group, name: str) -> tuple[list[Triple], str]:
    """The patterns of a group, and the language of a variable by its only FILTER; nothing else stands in the group."""
    triples: list[Triple] = []
    found: list[str] = []
    for element in group.elements:
        match element:
            case Block(opaque=()):
                triples += element.triples
            case Verbatim(kind="filter"):
                tokens = element.tokens
                marks = ["?" + t.text[1:] if t.kind == "variable" else t.upper for t in tokens]
                if marks != ["FILTER", "(", "LANG", "(", name, ")", "=", "", ")"] or tokens[7].kind != "string":
                    raise UnknownFormError
                found.append(tokens[7].text[1:-1])
            case _:
                raise UnknownFormError
    if len(found) != 1:
        raise UnknownFormError
    return triples, found[0]


def _predicate(triples: list[Triple], name: str, terms: Terms, known: Statistics) -> str:
    """The predicate of the text, if all patterns are about one variable, with variables or large classes."""
    objects = [triple.object for triple in triples if is_variable(triple.object)]
    subjects = {triple.subject for triple in triples}
    if len(subjects) != 1 or not is_variable(next(iter(subjects))) or {*objects} & subjects:
        raise UnknownFormError
    if len(objects) != len({*objects}) or objects.count(name) != 1:
        raise UnknownFormError
    found = ""
    for triple in triples:
        predicate = RDF_TYPE if triple.path.text == "a" else terms.iri(triple.path.text)
        if not triple.path.simple or predicate is None:
            raise UnknownFormError
        if triple.object == name:
            found = predicate
        elif not is_variable(triple.object):
            cls = terms.iri(triple.object) if predicate == RDF_TYPE else None
            if cls is None or (known.classes or {}).get(cls, 0) < LARGE:
                raise UnknownFormError
    return found
