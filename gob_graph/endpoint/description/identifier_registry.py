"""The registry of minted IRIs as a release carries it (`ids.csv`): what was withdrawn, what is like a mistake."""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from gob_graph.endpoint.description.minted import MINTED
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.vocab import RDFS, SKOS

if TYPE_CHECKING:
    from gob_graph.endpoint.description.minted import Minted, Registry
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.release import Release

NEAR = 5
"""Near names that are offered at most."""
ALIKE = 0.7
"""How alike two texts are at least, from 0 to 1."""
COMPARED = 20_000
"""Rows that a near name is looked for in, so that a mistake costs little in a large registry too."""
NAMES = f"""SELECT ?thing ?name WHERE {{
    {{ ?thing {SKOS.prefLabel} ?name }} UNION {{ ?thing {SKOS.altLabel} ?name }} UNION {{ ?thing {RDFS.label} ?name }}
}} LIMIT {4 * COMPARED}"""


def registry(release: Release) -> Registry:
    """The rows of a release by path.

    Raises:
        RequestError: ``not-prepared``: their index is being made.
    """
    return MINTED.of(release)


@per_release
def names(engine: Engine) -> dict[str, set[str]]:
    """The names of the first registered things, folded, by path."""
    start, found = f"{engine.release.base_iri}/", registry(engine.release)
    some = list(itertools.islice(found.all(), COMPARED + 1))
    named: dict[str, set[str]] = {row.path: set() for row in some[:COMPARED] if not row.withdrawn}
    if len(some) > COMPARED:  # a query for names would be one over the whole graph; paths alone are compared
        return named
    for row in rows(engine, NAMES):
        path = row["thing"].value.removeprefix(start)
        if path in named:
            named[path].add(fold(row["name"].value))
    return named


def near(path: str, engine: Engine) -> list[Minted]:
    """Current rows whose path or name resembles a path that does not exist, the most similar first."""
    wanted = path.strip("/").lower()
    words = fold(wanted.rsplit("/", 1)[-1])
    scored = []
    for known, texts in names(engine).items():
        alike = _likeness(wanted, known)
        score = max([alike, *(_likeness(words, text) for text in texts)])
        if score > 0:
            scored.append((-score, -alike, known))
    return [registry(engine.release)[known] for *_, known in sorted(scored)[:NEAR]]


def fold(text: str) -> str:
    """Lower case without accents, words apart."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", plain.lower()))


def _likeness(wanted: str, known: str) -> float:
    return fuzz.ratio(wanted, known, score_cutoff=100 * ALIKE) / 100
