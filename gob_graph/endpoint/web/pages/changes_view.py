"""What changed as a page shows it: what it was beside what it is, with every thing linked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from babel import Locale

from gob_graph.changelog import LOCALES, day
from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.i18n import gettext, message
from gob_graph.endpoint.web.pages.links import external_link, safe_link
from gob_graph.state import read_state
from gob_graph.vocab import preference

if TYPE_CHECKING:
    from gob_graph.changes import Summary
    from gob_graph.news import Entry

SHOWN: Final = 300
"""Rows of one pair of releases on the page; the JSON has all."""
WHAT: Final = {
    "created": message("new in the data"),
    "deleted": message("no longer in the data"),
    "withdrawn": message("identifier withdrawn"),
    "label": message("name"),
    "moved": message("its place in the data"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """A value before or after: its text, and where it leads."""

    label: Label
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One row: the thing, what of it (a property, or what happened), the values before and after, what is to add."""

    thing: Value
    what: Value
    old: list[Value] = field(default_factory=list)
    new: list[Value] = field(default_factory=list)
    remark: list[Value] = field(default_factory=list)


def rows(summary: Summary) -> list[Change]:
    """The rows of one pair of releases, the most telling first."""
    return [row for entry in summary["entries"] for row in _TOLD[entry["kind"]](entry)]


def _event(entry: Entry) -> list[Change]:
    what = _value({"iri": entry["type"], "label": entry["type_label"]}) if entry["type"] else _plain("–")
    date = [_plain(day(entry["date"], i18n.language()))] if entry["date"] else []
    qualifier = [_own(entry["date_qualifier"])] if entry["date_qualifier"] else []
    old, new, acts = ([_value(thing) for thing in entry[part]] for part in ("from", "to", "acts"))
    subject = Value(Label(gettext("Event"), i18n.language()), _address(entry["iri"]))
    return [Change(subject, what, old, new, [*date, *qualifier, *acts])]


def _withdrawn(entry: Entry) -> list[Change]:
    date = _plain(day(entry["date"], i18n.language()))
    return [Change(_value(entry), _what("withdrawn"), [_plain(entry["iri"])], [_value(t) for t in entry["to"]],
                   [date, _plain(entry["reason"])])]  # fmt: skip


def _label(entry: Entry) -> list[Change]:
    what = _in_language(_what("label").label.text, entry["language"])
    old, new = ([Value(Label(text, entry["language"] or None)) for text in entry[side]] for side in ("old", "new"))
    return [Change(_value(entry), what, old, new)]


def _came(entry: Entry) -> list[Change]:
    return [Change(_value(entry), _what(entry["kind"]), new=[_value(entry["class"])] if entry["class"] else [])]


def _went(entry: Entry) -> list[Change]:
    return [Change(_value(entry), _what(entry["kind"]), old=[_value(entry["class"])] if entry["class"] else [])]


def _changed(entry: Entry) -> list[Change]:
    found = []
    for one in entry["values"]:
        what = _value(one["property"])
        if one["language"]:
            what = Value(_in_language(what.label.text, one["language"]).label, what.address)
        old, new = ([_value(value, one["language"]) for value in one[side]] for side in ("old", "new"))
        found.append(Change(_value(entry), what, old, new))
    return found or [Change(_value(entry), _what("moved"))]


_TOLD: Final = {
    "event": _event,
    "withdrawn": _withdrawn,
    "label": _label,
    "created": _came,
    "deleted": _went,
    "changed": _changed,
}


def _value(value: Entry, language: str = "") -> Value:
    if "label" not in value:
        return Value(Label(value["text"], language or None))
    return Value(_own(value["label"]).label, _address(value["iri"]))


def _own(names: dict[str, str]) -> Value:
    """A name in the language of the page, or in the first other one that there is."""
    code = next((code for code in (*preference(i18n.language()), "") if code in names), next(iter(names)))
    return Value(Label(names[code], code or None))


def _plain(text: str) -> Value:
    return Value(Label(text))


def _what(kind: str) -> Value:
    return Value(Label(gettext(WHAT[kind]), i18n.language()))


def _in_language(text: str, code: str) -> Value:
    spoken = Locale.parse(LOCALES[i18n.language()]).languages.get(code, code) if code else gettext("no language")
    return Value(Label(f"{text} ({spoken})", i18n.language()))


def _address(iri: str) -> str | None:
    """The page of a thing of the release that is served; what only an earlier one knows has none, unless withdrawn."""
    if iri.startswith((f"{here().release.base_iri}/", f"{here().settings.ontology_base}/")):
        return safe_link(iri) if iri in read_state(here().release.path).lines else None
    return external_link(iri)


def view(summary: Summary) -> dict[str, Any]:
    """The rows that are shown, and how many there are."""
    found = rows(summary)
    return {"rows": found[:SHOWN], "total": len(found)}
