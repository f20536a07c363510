"""The other clock: what existed on a day, as the sources say; not when we published it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.vocab import XSD

if TYPE_CHECKING:
    import datetime

    from gob_graph.endpoint.engine.engine import Engine

QUESTION = "queries/existed-on-date.rq"
NOT_KNOWN = "not known"
_VALUES = re.compile(r"VALUES \(\?organisation \?day\) \{[^}]*\}")


def existed_on(engine: Engine, iris: list[str], day: datetime.date) -> dict[str, str]:
    """Whether each of these organisations existed on a day: ``yes``, ``no`` or ``not known``.

    The question is the one of the release, so it is answered as its documentation says; terms are filled in in their
    N-Triples form, which no value can break out of.

    Raises:
        RequestError: the engine has no time or room for it now.
    """
    found = dict.fromkeys(iris, NOT_KNOWN)
    path = engine.release.path / QUESTION
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if not iris or not _VALUES.search(text):
        return found
    date = ox.Literal(day.isoformat(), datatype=XSD.date)
    values = " ".join(f"({ox.NamedNode(iri)} {date})" for iri in iris)
    filled = _VALUES.sub(lambda _: f"VALUES (?organisation ?day) {{ {values} }}", text)
    for row in rows(engine, filled):
        organisation, existed = row.get("organisation"), row.get("existed")
        if isinstance(organisation, ox.NamedNode) and isinstance(existed, ox.Literal):
            found[organisation.value] = existed.value
    return found
