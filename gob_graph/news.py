"""The entries of the change log between two states, as facts: what happened to which thing, with its names.

An entry says what changed *in the data*. Only a change event says that something changed in the world, when, and by
which act; a label that differs is no renaming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.vocab import CV, DCT, ORG, RDF, SKOS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.state import State

Entry = dict[str, Any]
ORDER = ("event", "withdrawn", "label", "created", "deleted", "changed")
STATEMENT = "/id/statement/"
"""Statements of the source page are made from evidence, and yet news: they are what the page says."""


def entries(before: State, after: State) -> list[Entry]:
    """What a reader should know, the most telling first."""
    found: list[Entry] = []
    told: set[str] = set()
    for path, row in after.registry.items():
        earlier = before.registry.get(path, {}).get("status")
        if row["status"] == "withdrawn" and earlier == "current":
            found.append(_withdrawn(before, after, path, row))
            told.add(f"{after.release.base_iri}/{path}")
    for iri in sorted(before.lines.keys() | after.lines.keys()):
        if iri not in told:
            found += _of_thing(before, after, iri)
    return sorted(found, key=lambda e: ORDER.index(e["kind"]))


def events_of(state: State) -> list[str]:
    """The change events of a state."""
    marker = f"{RDF.type} {ORG.ChangeEvent} "
    return [iri for iri, lines in state.lines.items() if any(marker in line for line in lines)]


def event(state: State, iri: str) -> Entry:
    """A change event: what became of what, when, and by which act, as far as a source says so."""
    date = state.values(iri, DCT.date)
    types = state.iris(iri, _property(state, "changeType"))
    qualifiers = state.iris(iri, _property(state, "dateQualifier"))
    return {
        "kind": "event",
        "iri": iri,
        "type": types[0] if types else None,
        "type_label": state.labels(types[0]) if types else {},
        "date": date[0].value if date else None,
        "date_qualifier": state.labels(qualifiers[0]) if qualifiers else {},
        "acts": _things(state, state.iris(iri, CV.hasFormalFramework)),
        "from": _called(state, iri, ORG.originalOrganization, "nameBefore"),
        "to": _called(state, iri, ORG.resultingOrganization, "nameAfter"),
    }


def _property(state: State, name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{state.release.manifest['ontology_base']}/ns/governance#{name}")


def _called(state: State, iri: str, side: ox.NamedNode, name: str) -> list[Entry]:
    """The organisations of one side of an event, under the name that a renaming gives for it."""
    values = state.values(iri, _property(state, name))
    names = {v.language or "": v.value for v in values if isinstance(v, ox.Literal)}
    things = _things(state, state.iris(iri, side))
    return [{**thing, "label": names} for thing in things] if names else things


def _things(state: State, iris: Iterable[str]) -> list[Entry]:
    return [{"iri": iri, "label": state.labels(iri)} for iri in iris]


def _withdrawn(before: State, after: State, path: str, row: Any) -> Entry:  # noqa: ANN401 - a row of the registry
    iri = f"{after.release.base_iri}/{path}"
    successor = f"{after.release.base_iri}/{row['successor']}" if row["successor"] else None
    return {
        "kind": "withdrawn",
        "iri": iri,
        "label": before.labels(iri),
        "date": row["changed"] or None,
        "reason": row["reason"],
        "to": _things(after, [successor]) if successor else [],
    }


def _of_thing(before: State, after: State, iri: str) -> list[Entry]:
    if STATEMENT in iri:
        old, new = (frozenset(state.lines.get(iri, ())) for state in (before, after))
    else:
        old, new = before.asserted(iri), after.asserted(iri)
    if old == new:
        return []
    if not new:
        return [{"kind": "deleted", "iri": iri, "label": before.labels(iri), "class": _class(before, iri)}]
    if not old and ORG.ChangeEvent.value in after.classes(iri):
        return [event(after, iri)]
    if not old:
        return [{"kind": "created", "iri": iri, "label": after.labels(iri), "class": _class(after, iri)}]
    labels = _label_changes(before, after, iri)
    rest = len(old ^ new) - sum(len(e["old"]) + len(e["new"]) for e in labels)
    if rest:
        numbers = {"added": len(new - old), "removed": len(old - new)}
        labels.append({"kind": "changed", "iri": iri, "label": after.labels(iri), **numbers})
    return labels


def _label_changes(before: State, after: State, iri: str) -> list[Entry]:
    """Names that differ, language by language."""
    old, new = (
        {v for v in state.values(iri, SKOS.prefLabel) if isinstance(v, ox.Literal)} for state in (before, after)
    )
    found: list[Entry] = []
    for language in sorted({v.language or "" for v in old ^ new}):
        pair = [sorted(v.value for v in side if (v.language or "") == language) for side in (old - new, new - old)]
        found.append(
            {
                "kind": "label",
                "iri": iri,
                "label": after.labels(iri),
                "language": language,
                "old": pair[0],
                "new": pair[1],
            }
        )
    return found


def _class(state: State, iri: str) -> Entry | None:
    """The class that says most: one of ours before a general one."""
    classes = sorted(state.classes(iri), key=lambda c: (not c.startswith(state.release.manifest["ontology_base"]), c))
    if not classes:
        return None
    return {"iri": classes[0], "label": state.labels(classes[0])}
