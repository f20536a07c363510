"""The texts of the interface in four languages, from message catalogues: ``locale/<language>/<area>.po``.

Message ids are the English texts, so English needs no catalogue. Catalogues are read as they are written (Babel);
there is no compiled form to keep in step. A catalogue is split by area so that each stays short enough to proofread.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations
from flask import g
from werkzeug.datastructures import LanguageAccept

from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from flask import Flask

FOLDER = Path(__file__).parent.parent / "locale"
ENDONYMS = {"nl": "Nederlands", "fr": "Français", "de": "Deutsch", "en": "English"}
_BEFORE = re.compile(r" (?=[:;?!»])|(?<=«) ")
DEFAULT = "nl"
"""The language of the source: what a client gets that asks for no language of ours."""


@cache
def translations(language: str) -> NullTranslations:
    """The merged catalogues of a language."""
    merged: Translations | None = None
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=language)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        one = Translations(fp=compiled)
        merged = one if merged is None else merged.merge(one)
    return merged or NullTranslations()


def message(text: str) -> str:
    """Mark a text that is translated where it is shown, not where it stands."""
    return text


def gettext(text: str) -> str:
    """The text in the language of the page."""
    return translations(language()).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The text for a number of things, in the language of the page."""
    return translations(language()).ngettext(one, many, number)


def pgettext(context: str, text: str) -> str:
    """The text in the language of the page, where the English alone is ambiguous."""
    return str(translations(language()).pgettext(context, text))


def semicolon() -> str:
    """What parts the items of a list, as the language of the page sets it."""
    return "\u00a0; " if language() == "fr" else "; "


def colon() -> str:
    """The colon after a text, as the language of the page sets it: in French after a space that does not break."""
    return "\u00a0:" if language() == "fr" else ":"


def spaced(text: str, language: str | None) -> str:
    """A text of ours as a page sets it: in French, lines do not break before : ; ? ! » or after «."""
    return _BEFORE.sub("\u00a0", text) if language == "fr" else text


def quoted(text: str) -> str:
    """A text in the quotation marks of the language of the page."""
    opening, closing = {"fr": ("«\u00a0", "\u00a0»"), "de": ("„", "“")}.get(language(), ("“", "”"))
    return f"{opening}{text}{closing}"


def language() -> str:
    """The language of the page that is being made."""
    return str(g.get("language", DEFAULT))


def choose(accepted: LanguageAccept) -> str:
    """The language for an Accept-Language header (RFC 4647 lookup: ``fr-BE`` is answered with ``fr``)."""
    wanted = sorted(accepted, key=lambda pair: -pair[1])
    for tag, quality in wanted:
        primary = tag.lower().split("-")[0]
        if quality > 0 and primary in LANGUAGES:
            return primary
    return DEFAULT


def number(value: int | float | Decimal) -> str:
    """A number as the language of the page writes it."""
    return str(format_decimal(value, locale=_locale()))


def day(value: date) -> str:
    """A date as the language of the page writes it."""
    text = str(format_date(value, format="long", locale=_locale()))
    # CLDR writes the first of a month as any other day, French does not.
    return text.replace("1 ", "1er ", 1) if language() == "fr" and value.day == 1 else text


def month(value: date) -> str:
    """A month of a year as the language of the page writes it."""
    return str(format_skeleton("yMMMM", value, locale=_locale()))


def money(value: Decimal, currency: str) -> str:
    """An amount as the language of the page writes it; the currency as its ISO 4217 code."""
    pattern = "¤\xa0#,##0.##" if language() in {"nl", "en"} else "#,##0.##\xa0¤"
    return str(format_currency(value, currency, format=pattern, locale=_locale(), currency_digits=False))


def _locale() -> str:
    return {"nl": "nl_BE", "fr": "fr_BE", "de": "de_BE", "en": "en_GB"}[language()]


def attach(app: Flask) -> None:
    """Let templates use ``_``, ``ngettext``, ``pgettext`` and the filters ``number`` and ``day``."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext
    )
    app.jinja_env.filters["number"] = number
    app.jinja_env.filters["day"] = day
    app.jinja_env.globals["page_language"] = language
    app.jinja_env.globals["colon"] = colon
    app.jinja_env.globals["semicolon"] = semicolon
