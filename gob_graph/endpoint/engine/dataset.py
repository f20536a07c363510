"""The data of a release in one store, and how the default graph of a query comes about.

The store holds the named graphs only. The default graph is their union: the engine makes it when it is asked to, and
then ignores every dataset clause, so that a query with one is asked without.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser.normaliser import Normaliser
from gob_graph.endpoint.engine.normaliser.prepared import PreparedAnswers
from gob_graph.endpoint.engine.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.endpoint.engine.job import Manner
    from gob_graph.endpoint.engine.tokens import Token

_FROM: Final = re.compile(r"(?:ASK|CONSTRUCT)?FROM", re.IGNORECASE)
"""The engine needs no blank between this keyword and its neighbours."""
_GRAPH: Final = re.compile(rb" <[^<>\s]*> \.\n")


class Dataset(NamedTuple):
    """The store of a release, and the normaliser of queries over it."""

    store: ox.Store
    normaliser: Normaliser
    union: bool = True
    """Whether the engine is to make the default graph; where it is not, the store holds that graph as well."""
    prepared: PreparedAnswers = PreparedAnswers()
    """What the statistics of the release answer."""

    @classmethod
    def of(cls, store: ox.Store, *, union: bool = True) -> Dataset:
        """With a normaliser that remembers nothing yet."""
        return cls(store, Normaliser.of(store), union)

    def seen_by(self, text: str, manner: Manner) -> dict[str, Any]:
        """What the engine is told of the dataset of a query.

        A dataset of the protocol replaces FROM and FROM NAMED, and then both parts are given (Protocol 2.1.4).
        """
        if manner.default_graphs is not None or manner.named_graphs is not None:
            return {
                "default_graph": [ox.NamedNode(iri) for iri in manner.default_graphs or ()],
                "named_graphs": [ox.NamedNode(iri) for iri in manner.named_graphs or ()],
            }
        return {"use_default_graph_as_union": self.union and not has_dataset_clause(text)}


def load(quads: bytes) -> Dataset:
    """The dataset of sorted N-Quads, in memory."""
    store = ox.Store()
    return Dataset.of(store, union=fill(store, quads))


def fill(store: ox.Store, quads: bytes) -> bool:
    """Load sorted N-Quads; says whether the engine is to make the default graph.

    Its union would give a triple as often as there are graphs that hold it. A release of ours holds each in one; where
    another does not, the store is given the default graph too.
    """
    # As text: objects for the terms take longer, and memory that is never returned.
    store.bulk_load(input=quads, format=ox.RdfFormat.N_QUADS)
    once = not stand_in_two_graphs(quads)
    if not once:
        store.bulk_load(input=_GRAPH.sub(b" .\n", quads), format=ox.RdfFormat.N_TRIPLES)
    return once


def stand_in_two_graphs(quads: bytes) -> bool:
    """Whether any triple of these sorted N-Quads does: its lines, equal up to the graph, follow each other."""
    before = b""
    for line in io.BytesIO(quads):
        triple = line[: line.rfind(b" <")]
        if triple == before:
            return True
        before = triple
    return False


def has_dataset_clause(text: str) -> bool:
    """Whether a query has FROM or FROM NAMED: behind its form and before its first group."""
    return "from" in text.lower() and any(_begins_clause(token) for token in _head(text))


def _head(text: str) -> Iterator[Token]:
    """The tokens of a query before its first group, without prologue, template, and what stands in brackets."""
    depth, before, declared = 0, "", set[str]()
    for token in tokens(text):
        if token.text == "{" and not depth and before != "CONSTRUCT":
            return
        if token.kind == "mark":
            depth += (token.text in "({") - (token.text in ")}")
        if before == "PREFIX" and token.prefix is not None:
            declared.add(token.prefix)
        elif not depth and token.prefix not in declared:
            yield token
        before = token.upper


def _begins_clause(token: Token) -> bool:
    return token.kind in {"word", "name"} and _FROM.match(token.text) is not None
