"""The change log in words, in Dutch, French, German and English: one sentence per entry of `news`.

What a change event says is told as such: “X is called Y since D, by act Z”. What only differs in the data is told as a
difference of the data. Dates are written as precisely as the source gives them, and no more.
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any, Final

from babel import Locale
from babel.dates import format_date, format_skeleton

from gob_graph.vocab import preference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.changes import Summary
    from gob_graph.news import Entry

# fmt: off
SENTENCES: Final[dict[str, dict[str, str]]] = {
    "renamed": {
        "nl": "{old} heet {new}{since}{act}.",
        "fr": "{old} s’appelle {new}{since}{act}.",
        "de": "{old} heißt {new}{since}{act}.",
        "en": "{old} is called {new}{since}{act}."},
    "since": {"nl": " sinds {date}", "fr": " depuis : {date}", "de": " seit: {date}", "en": " since {date}"},
    "act": {"nl": ", door {act}", "fr": ", par {act}", "de": ", durch {act}", "en": ", by {act}"},
    "event": {
        "nl": "Gebeurtenis ({type}{date}): {old} → {new}{act}.",
        "fr": "Événement ({type}{date}) : {old} → {new}{act}.",
        "de": "Ereignis ({type}{date}): {old} → {new}{act}.",
        "en": "Event ({type}{date}): {old} → {new}{act}."},
    "began": {
        "nl": "Gebeurtenis ({type}{date}): {new}{act}.",
        "fr": "Événement ({type}{date}) : {new}{act}.",
        "de": "Ereignis ({type}{date}): {new}{act}.",
        "en": "Event ({type}{date}): {new}{act}."},
    "ended": {
        "nl": "Gebeurtenis ({type}{date}): {old}; een opvolger is niet bekend{act}.",
        "fr": "Événement ({type}{date}) : {old} ; aucun successeur n’est connu{act}.",
        "de": "Ereignis ({type}{date}): {old}; ein Nachfolger ist nicht bekannt{act}.",
        "en": "Event ({type}{date}): {old}; no successor is known{act}."},
    "withdrawn": {
        "nl": "De identificator van {thing} is ingetrokken op {date}: {reason}.{use}",
        "fr": "L’identifiant de {thing} a été retiré le {date} : {reason}.{use}",
        "de": "Die Kennung von {thing} wurde am {date} zurückgezogen: {reason}.{use}",
        "en": "The identifier of {thing} was withdrawn on {date}: {reason}.{use}"},
    "use": {
        "nl": " Gebruik {new}.", "fr": " Utilisez {new}.", "de": " Verwenden Sie {new}.", "en": " Use {new}."},
    "label": {
        "nl": "In de gegevens luidt de naam ({language}) nu {new}; voordien {old}.",
        "fr": "Dans les données, le nom ({language}) est maintenant {new} ; auparavant {old}.",
        "de": "In den Daten lautet der Name ({language}) jetzt {new}; vorher {old}.",
        "en": "In the data, the name ({language}) is now {new}; before, it was {old}."},
    "label-added": {
        "nl": "{thing} heeft nu een naam ({language}): {new}.",
        "fr": "{thing} a maintenant un nom ({language}) : {new}.",
        "de": "{thing} hat jetzt einen Namen ({language}): {new}.",
        "en": "{thing} now has a name ({language}): {new}."},
    "label-removed": {
        "nl": "{thing} heeft niet langer de naam ({language}) {old}.",
        "fr": "{thing} n’a plus le nom ({language}) {old}.",
        "de": "{thing} hat nicht mehr den Namen ({language}) {old}.",
        "en": "{thing} no longer has the name ({language}) {old}."},
    "created": {
        "nl": "Nieuw in de gegevens: {thing}{cls}.", "fr": "Nouveau dans les données : {thing}{cls}.",
        "de": "Neu in den Daten: {thing}{cls}.", "en": "New in the data: {thing}{cls}."},
    "deleted": {
        "nl": "Niet meer in de gegevens: {thing}{cls}.", "fr": "N’est plus dans les données : {thing}{cls}.",
        "de": "Nicht mehr in den Daten: {thing}{cls}.", "en": "No longer in the data: {thing}{cls}."},
    "changed": {
        "nl": "Gewijzigd: {thing} – {values}.", "fr": "Modifié : {thing} – {values}.",
        "de": "Geändert: {thing} – {values}.", "en": "Changed: {thing} – {values}."},
    "moved": {
        "nl": "Gewijzigd: {thing} (plaats in de gegevens).",
        "fr": "Modifié : {thing} (place dans les données).",
        "de": "Geändert: {thing} (Platz in den Daten).",
        "en": "Changed: {thing} (its place in the data)."},
    "value": {
        "nl": "{property}: {old} → {new}", "fr": "{property} : {old} → {new}",
        "de": "{property}: {old} → {new}", "en": "{property}: {old} → {new}"},
    "value-added": {
        "nl": "{property}: {new} (nieuw)", "fr": "{property} : {new} (nouveau)",
        "de": "{property}: {new} (neu)", "en": "{property}: {new} (new)"},
    "value-removed": {
        "nl": "{property}: {old} (verwijderd)", "fr": "{property} : {old} (retiré)",
        "de": "{property}: {old} (entfernt)", "en": "{property}: {old} (removed)"},
    "more": {
        "nl": "en nog {count}", "fr": "et {count} autres", "de": "und {count} weitere", "en": "and {count} more"},
    "nothing": {
        "nl": "Geen wijziging van de feiten.", "fr": "Aucun changement des faits.",
        "de": "Keine Änderung der Fakten.", "en": "No change of the facts."},
    "unknown": {"nl": "niet bekend", "fr": "inconnu", "de": "nicht bekannt", "en": "not known"},
    "none": {"nl": "geen taal", "fr": "sans langue", "de": "ohne Sprache", "en": "no language"},
}
# fmt: on
QUOTES = {"nl": "“{}”", "fr": "« {} »", "de": "„{}“", "en": "“{}”"}
LOCALES = {"nl": "nl_BE", "fr": "fr_BE", "de": "de_BE", "en": "en_GB"}
TOLD = 6
"""Changed values of one thing that a sentence tells."""
RENAMING = "/auth/change-type/renaming"


def sentences(summary: Summary, language: str) -> list[str]:
    """The change log of one pair of releases."""
    told = [sentence(entry, language) for entry in summary["entries"]]
    return told or [SENTENCES["nothing"][language]]


def sentence(entry: Entry, language: str) -> str:
    """One entry in words."""
    tellers = {"event": _event, "withdrawn": _withdrawn, "label": _label, "changed": _changed}
    return tellers.get(entry["kind"], _thing)(entry, language)


def name(labels: Mapping[str, str], language: str) -> str:
    """A name in the language if there is one, else in another; never translated."""
    return next(
        (labels[code] for code in (*preference(language), "") if code in labels), next(iter(labels.values()), "")
    )


def day(text: str | None, language: str) -> str:
    """A date, a month or a year as the language writes it; what is no date stays as it is."""
    if text is None:
        return SENTENCES["unknown"][language]
    locale = LOCALES[language]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return str(format_date(datetime.date.fromisoformat(text), "long", locale))
    if re.fullmatch(r"\d{4}-\d\d", text):
        return str(format_skeleton("yMMMM", datetime.date.fromisoformat(f"{text}-01"), locale=locale))
    return text


def _event(entry: Entry, language: str) -> str:
    acts = ", ".join(name(act["label"], language) for act in entry["acts"])
    act = SENTENCES["act"][language].format(act=acts) if acts else ""
    old, new = (_list(entry[side], language) for side in ("from", "to"))
    date = day(entry["date"], language) if entry["date"] else ""
    if date and entry["date_qualifier"]:
        date = f"{date}, {name(entry['date_qualifier'], language)}"
    if old and new and (entry["type"] or "").endswith(RENAMING):
        since = SENTENCES["since"][language].format(date=date) if date else ""
        return SENTENCES["renamed"][language].format(old=old, new=new, since=since, act=act)
    kind = "event" if old and new else "began" if new else "ended"
    type_ = name(entry["type_label"], language) or SENTENCES["unknown"][language]
    return SENTENCES[kind][language].format(old=old, new=new, type=type_, date=f", {date}" if date else "", act=act)


def _withdrawn(entry: Entry, language: str) -> str:
    use = SENTENCES["use"][language].format(new=_list(entry["to"], language, address=True)) if entry["to"] else ""
    return SENTENCES["withdrawn"][language].format(
        thing=_list([entry], language, address=True),
        date=day(entry["date"], language),
        reason=entry["reason"].rstrip("."),
        use=use,
    )


def _label(entry: Entry, language: str) -> str:
    kind = "label" if entry["old"] and entry["new"] else "label-added" if entry["new"] else "label-removed"
    spoken = Locale.parse(LOCALES[language]).languages.get(entry["language"], entry["language"])
    return SENTENCES[kind][language].format(
        thing=_named(entry, language),
        language=spoken or SENTENCES["none"][language],
        old=", ".join(_quoted(text, language) for text in entry["old"]),
        new=", ".join(_quoted(text, language) for text in entry["new"]),
    )


def _thing(entry: Entry, language: str) -> str:
    cls = entry.get("class")
    return SENTENCES[entry["kind"]][language].format(
        thing=_named(entry, language),
        cls=f" ({name(cls['label'], language)})" if cls else "",
    )


def _changed(entry: Entry, language: str) -> str:
    told = [_changed_value(one, language) for one in entry["values"][:TOLD]]
    if len(entry["values"]) > TOLD:
        told.append(SENTENCES["more"][language].format(count=len(entry["values"]) - TOLD))
    return SENTENCES["changed" if told else "moved"][language].format(
        thing=_named(entry, language), values="; ".join(told)
    )


def _changed_value(one: Entry, language: str) -> str:
    kind = "value" if one["old"] and one["new"] else "value-added" if one["new"] else "value-removed"
    code = f" ({one['language']})" if one["language"] else ""
    old, new = (", ".join(value_text(v, language) for v in one[side]) for side in ("old", "new"))
    named = name(one["property"]["label"], language) + code
    return SENTENCES[kind][language].format(property=named, old=old, new=new)


def value_text(value: Entry, language: str) -> str:
    """A value in words: the name of a thing, a number or day as it stands, a text in quotation marks."""
    if "label" in value:
        return _named(value, language)
    return str(value["text"]) if "datatype" in value else _quoted(value["text"], language)


def _named(entry: Entry, language: str) -> str:
    return _quoted(name(entry["label"], language), language)


def _quoted(text: str, language: str) -> str:
    return QUOTES[language].format(text)


def _list(things: list[Any], language: str, *, address: bool = False) -> str:
    return ", ".join(_named(thing, language) + (f" <{thing['iri']}>" if address else "") for thing in things)
