"""The registry of minted IRIs as a release carries it (`ids.csv`): what was withdrawn, what is like a mistake."""

from __future__ import annotations

import csv
import difflib
import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.vocab import RDFS, SKOS

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.release import Release

NEAR = 5
"""Near names that are offered at most."""
COMPARED = 20_000
"""Rows that a near name is looked for in, so that a mistake costs little in a large registry too."""
NAMES = f"""SELECT ?thing ?name WHERE {{
    {{ ?thing {SKOS.prefLabel} ?name }} UNION {{ ?thing {SKOS.altLabel} ?name }} UNION {{ ?thing {RDFS.label} ?name }}
}} LIMIT {4 * COMPARED}"""
FIELDS = ("path", "status", "changed", "successor", "reason", "meaning")


@dataclass(frozen=True, slots=True)
class Minted:
    """One row: a path below the base and what became of it."""

    path: str
    status: str
    changed: str
    successor: str
    reason: str
    meaning: str

    @property
    def withdrawn(self) -> bool:
        """Whether the IRI was minted in error and stands for nothing any more."""
        return self.status == "withdrawn"


@per_release
def registry(release: Release) -> dict[str, Minted]:
    """The rows by path; read once per release."""
    with (release.path / "ids.csv").open(encoding="utf-8", newline="") as stream:
        return {row["path"]: Minted(*(row[name] for name in FIELDS)) for row in csv.DictReader(stream)}


@per_release
def names(engine: Engine) -> dict[str, set[str]]:
    """The names of the registered things, folded, by path."""
    start, found = f"{engine.release.base_iri}/", registry(engine.release)
    named: dict[str, set[str]] = {path: set() for path, row in found.items() if not row.withdrawn}
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
    for known, texts in itertools.islice(names(engine).items(), COMPARED):
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
    matcher = difflib.SequenceMatcher(None, wanted, known)
    if matcher.real_quick_ratio() < 0.7 or matcher.quick_ratio() < 0.7:
        return 0
    ratio = matcher.ratio()
    return ratio if ratio >= 0.7 else 0
