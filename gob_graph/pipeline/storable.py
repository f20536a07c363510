"""The last gate: what the store gives back is what it was given, so that the id holds for what is served."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.errors import SourceError
from gob_graph.vocab import RDF, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BATCH: Final = 20_000
"""Terms that are put into a store at a time."""
_KEPT: Final = {XSD.string, RDF.langString}


def refuse_unstorable(terms: Iterable[object], path: Path) -> None:
    """Put all terms that the store does not keep as text into a store, each once, and compare.

    Those are the literals with another datatype than xsd:string. `sources.stored` says the same of what people write;
    this looks at what the pipeline made as well.

    Raises:
        SourceError: naming the smallest that would come back otherwise; `path` stands for all files.
    """
    rest = iter(set(_valued(terms)))
    while batch := set(islice(rest, BATCH)):
        store = ox.Store()
        store.bulk_extend(ox.Quad(RDF.nil, RDF.value, term) for term in batch)
        if changed := batch ^ {quad.object for quad in store}:
            raise SourceError(path, f"the store would rewrite {min(map(str, changed))}")


def _valued(terms: Iterable[object]) -> Iterator[ox.Literal | ox.Triple]:
    for term in terms:
        if isinstance(term, ox.Triple) or (isinstance(term, ox.Literal) and term.datatype not in _KEPT):
            yield term
