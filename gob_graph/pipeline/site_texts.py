"""data/site.toml: texts of the site that hold for the institution of this folder alone, each in four languages.

The file may be left out. The site then says what holds for any institution.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

from gob_graph.errors import SourceError
from gob_graph.pipeline.files import read_text
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

SITE_TEXTS = {
    "accessibility-law": "the law that the accessibility statement follows",
    "accessibility-complaints": "who hears complaints about accessibility",
}
"""The texts that a folder may bring, and what each is for."""


def site_texts(path: Path) -> bytes | None:
    """The file as JSON for a release, ``{name: {language: text}}``; None where there is no file.

    Raises:
        SourceError: it is no TOML, a name is unknown, or a text lacks a language.
    """
    if not path.exists():
        return None
    try:
        found = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise SourceError(path, f"is not TOML: {error}") from error
    for name, text in found.items():
        if name not in SITE_TEXTS:
            raise SourceError(path, f"[{name}] is no text of the site; possible: {', '.join(SITE_TEXTS)}")
        whole = isinstance(text, dict) and set(text) == set(LANGUAGES)
        if not whole or not all(isinstance(t, str) and t.strip() for t in text.values()):
            raise SourceError(path, f"[{name}] needs a text in each of {', '.join(LANGUAGES)}, and nothing else")
    return (json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
