"""What became of an identifier: is it current, was its thing renamed, ended, merged, split, or was the IRI withdrawn.

Answers come from the registry (ids.csv), the change events of the current release, and what earlier releases said.
What no source says is ``not known``; nothing is concluded from a name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gob_graph.addresses import described_at
from gob_graph.editions import edition_of
from gob_graph.errors import ReleaseError
from gob_graph.news import event, events_of
from gob_graph.state import read_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gob_graph.news import Entry
    from gob_graph.publication import Publication
    from gob_graph.state import State

NOT_KNOWN = "not known"
STATUSES = (
    "current",
    "changed",
    "renamed",
    "merged",
    "split",
    "replaced",
    "ended",
    "withdrawn",
    "never-existed",
    "not-ours",
)
RENAMING = "/auth/change-type/renaming"
RENAMED = "renamed"
Status = dict[str, Any]


@lru_cache(maxsize=65_536)
def fingerprint(path: Path, iri: str) -> bytes | None:
    """A digest of what a release asserts of a thing, or of all that it says of one that is only made; None for nothing.

    Raises:
        ReleaseError: the release cannot be read.
    """
    state = read_state(path)
    lines = state.lines.get(iri)
    if lines is None:
        return None
    return hashlib.sha256("".join(sorted(state.asserted(iri) or lines)).encode()).digest()[:12]


@lru_cache(maxsize=8)
def _events(path: Path) -> Mapping[str, list[Entry]]:
    """The change events of a release by the organisation that they befell."""
    state = read_state(path)
    found: dict[str, list[Entry]] = {}
    for iri in sorted(events_of(state)):
        one = event(state, iri)
        for thing in one["from"]:
            found.setdefault(thing["iri"], []).append(one)
    return found


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What is known of identifiers in one folder of releases; `since` is what the asker saw last."""

    folder: Path
    now: State
    log: list[Publication]
    since: Publication | None = None
    compared: bool = False
    beside: Callable[[str], bool] = lambda _: False
    """Whether an IRI is described beside the releases, by the service that publishes them."""
    beside_then: Callable[[Publication, str], bool] = lambda _, __: False
    """The same of the release of an earlier publication: its files, shapes, measurements."""

    def status(self, given: str) -> Status:
        """What became of an IRI. `date`, `successors` and `acts` are lists, for several sources may differ."""
        iri = self._ours(given.strip())
        if iri is None:
            return _status(given, "not-ours")
        row = self.now.registry.get(iri.removeprefix(f"{self.now.release.base_iri}/"))
        if row and row["status"] == "withdrawn":
            return self._withdrawn(given, row) | self._since(iri)
        edition = edition_of(iri.removeprefix(f"{self.now.release.base_iri}/"), self.folder, self.log)
        if edition and (self.beside(iri) or self._print(edition, iri)):
            return self._edition(given, edition)
        if iri in self.now.lines:
            return self._described(given, iri)
        if self.beside(iri):
            return _status(given, "current")
        last = self.last_described(iri)
        if last is None:
            return _status(given, "never-existed")
        gone = self.log[last.number].at.date().isoformat() if last.number < len(self.log) else NOT_KNOWN
        return _status(given, "withdrawn", dates=[gone], successors=NOT_KNOWN, acts=NOT_KNOWN, reason=NOT_KNOWN) | (
            self._since(iri)
        )

    def status_at(self, given: str, service_url: str) -> Status:
        """What became of an IRI, or of the ``resource`` whose document's address on a server was given."""
        found = self.status(given)
        if found["status"] not in {"never-existed", "not-ours"}:
            return found
        base, ontology = (str(self.now.release.manifest[name]) for name in ("base_iri", "ontology_base"))
        resource = described_at(given, (base, service_url), base, ontology)
        return found if resource is None else self.status(resource) | {"iri": given, "resource": resource}

    def last_described(self, iri: str) -> Publication | None:
        """The last publication whose release says anything of an IRI."""
        return next((p for p in reversed(self.log) if self._says(p, iri)), None)

    def _edition(self, given: str, p: Publication) -> Status:
        """A version of the dataset, or a part of one: it stays as its release was published."""
        if not self.compared:
            return _status(given, "current")
        fresh = self.since is None or self.since.number < p.number
        dates = [p.at.date().isoformat()] if fresh else []
        return _status(given, "changed" if fresh else "current", dates=dates) | {"changed_since": fresh}

    def _ours(self, iri: str) -> str | None:
        """The IRI as we write it: with http and with https it names the same thing."""
        manifest = self.now.release.manifest
        for base in (manifest["base_iri"], manifest["ontology_base"]):
            _, _, rest = str(base).partition("://")
            for scheme in ("https://", "http://"):
                if iri.startswith(f"{scheme}{rest}/"):
                    return str(base) + iri.removeprefix(scheme + rest)
        return None

    def _withdrawn(self, given: str, row: Mapping[str, str]) -> Status:
        successor = [f"{self.now.release.base_iri}/{row['successor']}"] if row["successor"] else NOT_KNOWN
        dates = [row["changed"] or NOT_KNOWN]
        return _status(given, "withdrawn", dates=dates, successors=successor, acts=NOT_KNOWN, reason=row["reason"])

    def _since(self, iri: str) -> Status:
        """Of a withdrawn identifier: whether it was still described when the asker looked last."""
        if not self.compared:
            return {}
        return {"changed_since": bool(self.since and self._says(self.since, iri))}

    def _described(self, given: str, iri: str) -> Status:
        changed = self._changed(iri)
        events, kind = _befell(iri, _events(self.now.release.path).get(iri, []))
        if not events:
            found = _status(given, "changed" if changed else "current", dates=[changed] if changed else [])
        else:
            targets = sorted({t["iri"] for e in events for t in e["to"]} - {iri})
            acts = sorted({act["iri"] for e in events for act in e["acts"]})
            found = _status(
                given,
                kind,
                dates=[e["date"] or NOT_KNOWN for e in events],
                successors=targets or ([] if kind == RENAMED else NOT_KNOWN),
                acts=acts or NOT_KNOWN,
                events=[e["iri"] for e in events],
            )
        if self.compared:
            found["changed_since"] = changed is not None
        return found

    def _changed(self, iri: str) -> str | None:
        """The day of the first publication since then that says something else of it."""
        if not self.compared:
            return None
        seen = self._print(self.since, iri) if self.since else None
        start = self.since.number if self.since else 0
        for p in self.log[start:]:
            if self._print(p, iri) != seen:
                return p.at.date().isoformat()
        return None

    def _says(self, p: Publication, iri: str) -> bool:
        return self._print(p, iri) is not None or self.beside_then(p, iri)

    def _print(self, p: Publication, iri: str) -> bytes | None:
        try:
            return fingerprint(self.folder / p.release, iri)
        except ReleaseError:
            return None


def _befell(iri: str, events: list[Entry]) -> tuple[list[Entry], str]:
    """The events that led away from a thing, and what they are called; else those that gave it another name."""
    away = [e for e in events if iri not in [t["iri"] for t in e["to"]]]
    renamings = [e for e in events if e not in away and _is_renaming(e)]
    return (away, _kind(away)) if away else (renamings, RENAMED)


def _is_renaming(one: Entry) -> bool:
    return (one["type"] or "").endswith(RENAMING)


def _kind(events: list[Entry]) -> str:
    """One to many is a split, many to one a merger; only an event that says so is a renaming."""
    if all(_is_renaming(e) for e in events):
        return RENAMED
    if not any(e["to"] for e in events):
        return "ended"
    if any(len(e["to"]) > 1 for e in events):
        return "split"
    return "merged" if any(len(e["from"]) > 1 for e in events) else "replaced"


def _status(iri: str, status: str, **rest: object) -> Status:
    empty: Status = {"dates": [], "successors": [], "acts": [], "events": [], "reason": ""}
    lists = {k: [v] if v == NOT_KNOWN and k != "reason" else v for k, v in rest.items()}
    return {"iri": iri, "status": status, **empty, **lists}
