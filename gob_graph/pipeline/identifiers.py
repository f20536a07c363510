"""data/ids.csv, the registry of minted IRIs: what was once minted keeps its meaning for ever.

Columns: ``path`` (below the base, e.g. ``id/organization/name``), ``minted`` (version), ``status`` (`current` or
`withdrawn`), ``changed`` (date of the last change of status), ``successor`` (path), ``reason``, ``meaning``.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.errors import SourceError
from gob_graph.pipeline.files import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    Place = Callable[[str], tuple[Path, int | None, int | None]]
    """Where the files use an IRI of ours, given its path below the base."""

COLUMNS = ("path", "minted", "status", "changed", "successor", "reason", "meaning")
STATUSES = ("current", "withdrawn")
MADE = re.compile(r"^id/(?:statement|triple|selector|rule|graph|dataset)/|^ns/")
"""Made by the pipeline, or terms of the ontology: outside the registry."""
PATTERN = re.compile(r"^(?:id|auth|doc)/[a-z][a-z0-9-]*(?:/[a-z0-9][a-z0-9.-]*)*$")


@dataclass(frozen=True, slots=True)
class Identifier:
    """One row of the registry."""

    path: str
    minted: str
    status: str
    changed: str
    successor: str
    reason: str
    meaning: str


def read_registry(path: Path) -> dict[str, Identifier]:
    """The registry by path.

    Raises:
        SourceError: at its line: wrong columns, a path twice or against the URI policy, an unknown status or
            successor, a withdrawal without date and reason, no meaning.
    """
    rows: dict[str, Identifier] = {}
    for line, cells in read_rows(path, COLUMNS):
        row = Identifier(*cells)
        fault = _fault(row) or (row.path in rows and f"{row.path} stands here twice")
        if fault:
            raise SourceError(path, str(fault), line)
        rows[row.path] = row
    for number, row in enumerate(rows.values(), 2):
        if row.successor and row.successor not in rows:
            raise SourceError(path, f"the successor {row.successor} is not in the registry", number)
    return rows


def _fault(row: Identifier) -> str | None:
    if not PATTERN.match(row.path):
        return f"{row.path!r} is against the URI policy (lower-case ASCII, id/ auth/ or doc/)"
    if row.status not in STATUSES:
        return f"status {row.status!r} is none of {', '.join(STATUSES)}"
    if row.status == "withdrawn" and not (row.changed and row.reason):
        return f"{row.path} is withdrawn: give the date in 'changed' and the reason"
    if not row.meaning or not row.minted:
        return f"{row.path} needs a meaning and the version that minted it"
    return None


def check_minted(
    triples: Iterable[ox.Triple], registry: dict[str, Identifier], base_iri: str, place: Place, path: Path
) -> None:
    """Every IRI of ours that a fact uses is registered, and every registered one that is not withdrawn is described.

    Raises:
        SourceError: naming the IRI, the place where a fact uses it, and what to do.
    """
    start = f"{base_iri}/"
    used, described = _ours(triples, start)
    for name in sorted(used):
        if MADE.match(name):
            continue
        if name not in registry:
            raise _misuse(place(name), f"<{start}{name}> is not in {path}; add a row there, or mend the IRI")
        if registry[name].status == "withdrawn":
            raise _misuse(place(name), f"<{start}{name}> is withdrawn ({path}); use another IRI")
        if name not in described:
            raise _misuse(place(name), f"<{start}{name}> is used here but nothing is said of it anywhere")
    for number, (name, row) in enumerate(registry.items(), 2):
        if row.status == "current" and name not in described:
            reason = f"<{start}{name}> is minted but nothing is said of it; withdraw it (status, date, reason) instead"
            raise SourceError(path, reason, number)


def check_kept(registry: dict[str, Identifier], earlier: Path, version: str, path: Path) -> None:
    """Every identifier of an earlier release is still in the registry, and what it withdrew stays withdrawn.

    Raises:
        SourceError: naming the identifier, the version that published it, and what to do.
    """
    with earlier.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            name, now = row["path"], registry.get(row["path"])
            if now is None:
                reason = (
                    f"{name} was published in version {version}; keep its row, and withdraw it (status, date, reason)"
                )
                raise SourceError(path, reason)
            if row["status"] == "withdrawn" and now.status != "withdrawn":
                raise SourceError(
                    path, f"{name} was withdrawn in version {version}; it is never used again, mint another"
                )


def _ours(triples: Iterable[ox.Triple], start: str) -> tuple[set[str], set[str]]:
    """The paths of our IRIs that are used anywhere, and of those that something is said of."""
    subjects: set[object] = set()
    others: set[object] = set()
    for subject, predicate, thing in triples:
        subjects.add(subject)
        others.add(predicate)
        if isinstance(thing, ox.NamedNode):
            others.add(thing)
    described = {s.value.removeprefix(start) for s in subjects if isinstance(s, ox.NamedNode)}
    names = (term.value for term in subjects | others if isinstance(term, ox.NamedNode))
    return {name.removeprefix(start) for name in names if name.startswith(start)}, described


def _misuse(place: tuple[Path, int | None, int | None], reason: str) -> SourceError:
    return SourceError(place[0], reason, *place[1:])
