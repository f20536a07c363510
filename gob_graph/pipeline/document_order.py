"""Sorted N-Quads in the order of documents (`documents.order`), as text: no term is made of a line."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from gob_graph.documents import FIRST, LANGUAGE_ORDER, short_enough

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Statement: TypeAlias = tuple[bytes, bytes, bytes, bytes]
"""Subject, predicate, object and graph as N-Quads writes them."""

_FIRST = {str(predicate).encode(): place for predicate, place in FIRST.items()}
_LANGUAGES = {name.encode(): place for name, place in LANGUAGE_ORDER.items()}
_LAST_PREDICATE, _LAST_LANGUAGE = 99, 9


def in_order(dataset: Path) -> Iterator[Statement]:
    """The statements of sorted N-Quads, what is said of each subject as documents say it."""
    for _, group in groupby(_statements(dataset), key=itemgetter(0)):
        yield from sorted(group, key=_place)


def namespaces(statements: Iterable[Statement]) -> set[str]:
    """As `documents.namespaces`, of triples: graphs are not looked at."""
    terms = set[bytes]()
    for subject, predicate, thing, _ in statements:
        terms.add(subject)
        terms.add(predicate)
        if thing.endswith(b">"):
            terms.add(thing if thing.startswith(b"<") else thing[thing.rindex(b"<") :])
    return short_enough({term[1:-1].decode() for term in terms if term.startswith(b"<") and term[1:2] != b"<"})


def _statements(dataset: Path) -> Iterator[Statement]:
    with dataset.open("rb") as lines:
        for line in lines:
            subject, predicate, rest = line.split(b" ", 2)
            thing, graph, _ = rest.rsplit(b" ", 2)
            yield subject, predicate, thing, graph


def _place(statement: Statement) -> tuple[int, bytes, int, bytes]:
    _, predicate, thing, _ = statement
    if thing.endswith(b">"):
        language = thing[1:-1]  # of the IRIs, a few are those of languages
    else:
        language = thing[thing.rindex(b'"') + 2 :].partition(b"--")[0] if thing.startswith(b'"') else b""
    return (
        _FIRST.get(predicate, _LAST_PREDICATE),
        predicate[1:-1],
        _LANGUAGES.get(language, _LAST_LANGUAGE),
        thing,
    )
