"""Why an identifier was withdrawn, in the language of a reader.

The registry (`data/ids.csv`) gives each reason in English. Those of our own data are in the catalogues, by the English
text; a reason that no catalogue has stays English and is marked so.
"""

from __future__ import annotations

import re
from typing import Final

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.i18n import message
from gob_graph.lifecycle import NOT_KNOWN
from gob_graph.vocab import LANGUAGES

LAST: Final = message("Later releases no longer say anything about it; version %(version)s was the last that did.")
"""The reason for an IRI that no registry lists, which the graph states no longer."""
UNKNOWN: Final = message("not known")
_LAST: Final = re.compile(re.escape(LAST).replace(re.escape("%(version)s"), "(?P<version>[^ ]+)"))


def last(version: str) -> str:
    """The reason, in English, that a version was the last to describe an IRI."""
    return LAST % {"version": version}


def reason(text: str, language: str | None = None) -> Label:
    """A reason in a language (that of the page); English where it has no translation."""
    code = language or i18n.language()
    known = i18n.translations(code)
    if text == NOT_KNOWN:
        return Label(known.gettext(UNKNOWN), code)
    if found := _LAST.fullmatch(text):
        return Label(known.gettext(LAST) % found.groupdict(), code)
    told = known.gettext(text) if text else ""
    return Label(told, code if told != text or code == "en" else "en")


def in_all_languages(text: str) -> dict[str, str]:
    """A reason in each language that has it."""
    found = {code: reason(text, code) for code in LANGUAGES}
    return {label.language or "": label.text for label in found.values()}
