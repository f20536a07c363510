"""Compares the answers to both forms of a query, on live traffic, when a setting asks for it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Callable

    from gob_graph.endpoint.engine.normaliser.memory import Form

    Ask = Callable[[str], ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples]

UNDECIDED: Final = re.compile("LIMIT|OFFSET|SAMPLE|GROUP_CONCAT|REDUCED|RAND|NOW|UUID|BNODE|DESCRIBE", re.IGNORECASE)
"""With one of these, the standard leaves open which rows or values are given."""


def differs(form: Form, ask: Ask) -> bool:
    """Whether the normalised form has another answer than the form that the standard translates the query to."""
    if form.text == form.standard or UNDECIDED.search(form.text):
        return False
    return bool(_bag(ask(form.standard)) != _bag(ask(form.text)))


def _bag(answer: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> Any:  # noqa: ANN401 - it is only compared
    if isinstance(answer, ox.QueryBoolean):
        return bool(answer)
    if isinstance(answer, ox.QueryTriples):
        return {_plain(triple) for triple in answer}
    return Counter(tuple(map(str, row)) for row in answer)


def _plain(triple: ox.Triple) -> str:
    """Without the labels of blank nodes, which are new in each graph that is made."""
    return " ".join("_:" if isinstance(part, ox.BlankNode) else str(part) for part in triple)
