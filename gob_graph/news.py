"""The entries of the change log between two states, as facts: what happened to which thing, with its names.

An entry says what changed *in the data*. Only a change event says that something changed in the world, when, and by
which act; a label that differs is no renaming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.vocab import CV, DCT, LANGUAGES, ORG, RDF, SKOS, XSD, preference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.state import State

Entry = dict[str, Any]
ORDER = ("event", "withdrawn", "label", "created", "deleted", "changed")
STATEMENT, FACT = "/id/statement/", "/id/triple/"
"""Statements of the source page are made from evidence, and yet news: they are what the page says."""


def entries(before: State, after: State, differing: Iterable[str]) -> list[Entry]:
    """What a reader should know of the subjects whose lines differ, the most telling first."""
    found: list[Entry] = []
    told: set[str] = set()
    for path, row in after.registry.items():
        earlier = before.registry.get(path, {}).get("status")
        if row["status"] == "withdrawn" and earlier == "current":
            found.append(_withdrawn(before, after, path, row))
            told.add(f"{after.release.base_iri}/{path}")
    for iri in sorted(differing):
        if iri not in told:
            found += _of_thing(before, after, iri)
    return sorted(found, key=lambda e: ORDER.index(e["kind"]))


def events_of(state: State) -> list[str]:
    """The change events of a state."""
    marker = f"{RDF.type} {ORG.ChangeEvent} "
    return [iri for iri, lines in state.lines.groups() if any(marker in line for line in lines)]


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
        values = _value_changes(before, after, (old - new, new - old))
        labels.append({"kind": "changed", "iri": iri, "label": after.labels(iri), **numbers, "values": values})
    return labels


def _value_changes(before: State, after: State, lines: tuple[frozenset[str], frozenset[str]]) -> list[Entry]:
    """What is said otherwise, property by property, and of texts language by language: the old values and the new.

    Names are left out, as they are entries of their own; so is what only went to another layer.
    """
    sides = [
        {(q.predicate.value, q.object) for q in ox.parse("".join(some).encode(), format=ox.RdfFormat.N_QUADS)}
        for some in lines
    ]
    found: dict[tuple[str, str], tuple[list[Entry], list[Entry]]] = {}
    for place, (state, side, other) in enumerate(((before, *sides), (after, *reversed(sides)))):
        for predicate, value in sorted(side - other, key=str):
            if predicate != SKOS.prefLabel.value:
                language = value.language or "" if isinstance(value, ox.Literal) else ""
                found.setdefault((predicate, language), ([], []))[place].append(_value(state, value))
    return [
        {"property": _lasting(before, after, predicate), "language": language, "old": old, "new": new}
        for (predicate, language), (old, new) in sorted(found.items())
    ]


def _value(state: State, value: object) -> Entry:
    """A value: a thing with its names, or a text with its datatype where that is not plain text."""
    if isinstance(value, ox.Literal):
        kind = value.datatype.value
        return {"text": value.value} if value.language or kind == XSD.string.value else {
            "text": value.value, "datatype": kind}  # fmt: skip
    iri = value.value if isinstance(value, ox.NamedNode) else str(value)
    return _fact(state, iri) if FACT in iri else _term(state, iri)


def _fact(state: State, iri: str) -> Entry:
    """A fact that was drawn from a statement, in words of each language: “Directieraad – telt leden: 9”."""
    found = [state.values(iri, part)[:1] for part in (RDF.subject, RDF.predicate, RDF.object)]
    parts = [_value(state, terms[0]) if terms else {"text": "?"} for terms in found]
    named = {}
    for language in LANGUAGES:
        one, how, other = (_called_in(part, language) for part in parts)
        named[language] = f"{one} – {how}: {other}"
    return {"iri": iri, "label": named}


def _called_in(value: Entry, language: str) -> str:
    names: dict[str, str] = value.get("label", {})
    return next((names[code] for code in (*preference(language), "") if code in names), str(value.get("text", "")))


def _lasting(before: State, after: State, iri: str) -> Entry:
    """A property with the names of today, those of before where it has none any more."""
    names = _displayed(after, iri) or _displayed(before, iri)
    return {"iri": iri, "label": names or (after if iri in after.lines else before).labels(iri)}


def _term(state: State, iri: str) -> Entry:
    """A thing with its names: those for display where it has them."""
    return {"iri": iri, "label": _displayed(state, iri) or state.labels(iri)}


def _displayed(state: State, iri: str) -> dict[str, str]:
    display = state.values(iri, ox.NamedNode(f"{state.release.manifest['ontology_base']}/ns/display#label"))
    return {v.language or "": v.value for v in display if isinstance(v, ox.Literal)}


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
