"""Queries of shapes, parsed once: rdflib's parser takes tenths of a second, and pySHACL asks for every focus node."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rdflib import plugin
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor
from rdflib.query import Processor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rdflib.plugins.sparql.sparql import Query

Prefixes = tuple[tuple[str, Any], ...]


@lru_cache(maxsize=512)
def prepared(text: str, prefixes: Prefixes = (), base: str | None = None) -> Query:
    """The query in SPARQL's algebra (SPARQL 1.1 section 18.2), which evaluation does not change.

    Raises:
        ParseBaseException: the text is no query.
    """
    return prepareQuery(text, dict(prefixes), base)


class PreparedProcessor(SPARQLProcessor):
    """rdflib's evaluation, with a memory for what it parses."""

    def query(  # type: ignore[override]
        self,
        query: str | Query,
        initBindings: Mapping[str, Any] | None = None,  # noqa: N803 - the names of rdflib
        initNs: Mapping[str, Any] | None = None,  # noqa: N803
        base: str | None = None,
        DEBUG: bool = False,  # noqa: N803, FBT001, FBT002
    ) -> Mapping[str, Any]:
        """Evaluate a query; see `rdflib.plugins.sparql.processor.SPARQLProcessor.query`."""
        if isinstance(query, str):
            query = prepared(query, tuple(sorted((initNs or {}).items())), base)
        return super().query(query, initBindings, None, base, DEBUG)


def use_prepared_queries() -> None:
    """Make this processor the one that graphs of rdflib use in this process."""
    plugin.register("sparql", Processor, __name__, PreparedProcessor.__name__)
