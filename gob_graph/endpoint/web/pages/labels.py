"""The names of things in the language of a page, from the page index.

The label of a thing is what it is called first (preferred label, label, title, words), in the first language of
`vocab.preference` that has one. Where that is not the language asked for, the project's own rendering (`gov:gloss`)
goes with it, marked as such; so is a name that is the project's own wording, of a thing that sources name in other
languages only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph import curies
from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.page_index.prepare import page_index
from gob_graph.vocab import preference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.web.page_index.opened import PageIndex

UNSAID = frozenset({"inferred", "evidence"})
"""Layers whose classes are not what a thing is called after."""


class Labels:
    """The labels of every thing of a release, in all languages."""

    def __init__(self, index: PageIndex, prefixes: Mapping[str, str]) -> None:
        self._index, self._prefixes = index, prefixes

    def of(self, iri: str, language: str) -> Label:
        """The label for a page in a language; a compact IRI where nothing is said."""
        entry = self._index.entry(iri)
        labels = entry.labels if entry else {}
        for code in (*preference(language), ""):
            if entry and code in labels:
                gloss = entry.glosses.get(language) if code != language else None
                return Label(labels[code], code or None, gloss, own=bool(code) and code in entry.own)
        return Label(self.compact(iri))

    def language(self, iri: str, text: str) -> str | None:
        """The language in which a thing is called so; the first of the order of preference, where it is in several."""
        labels = entry.labels if (entry := self._index.entry(iri)) else {}
        return next((code for code in preference("nl") if labels.get(code, "") == text), None)

    def text(self, literal: ox.Literal) -> Label:
        """A text that a query found, marked where it is a name in the project's own wording."""
        own = bool(literal.language) and self._index.is_own(literal.value, literal.language or "")
        return Label(literal.value, literal.language, own=own)

    def definitions(self, iri: str) -> list[ox.Literal]:
        """The definitions of a thing, in all languages."""
        found = self._index.definitions(iri)
        return [ox.Literal(text, language=code) if code else ox.Literal(text) for text, code in found]

    def kind(self, iri: str) -> str | None:
        """The class of a thing that tells most: one of the project's ontology, else the one with the fewest members."""
        own, entry = self._prefixes.get("gov", ""), self._index.entry(iri)
        types = self._index.signatures[entry.signature].types if entry and entry.signature else {}

        def place(name: str) -> tuple[bool, int, str]:
            return not name.startswith(own), self._index.classes[name], name

        return min((name for name, layers in types.items() if set(layers) - UNSAID), key=place, default=None)

    def notation(self, iri: str) -> str | None:
        """The code of a thing: its text without a language."""
        return entry.labels.get("") if (entry := self._index.entry(iri)) else None

    def known(self, iri: str) -> bool:
        """Whether anything gives this thing a label."""
        return bool((entry := self._index.entry(iri)) and entry.labels)

    def expand(self, name: str) -> str | None:
        """The IRI that a compact one stands for; None where its prefix is not known."""
        return curies.expand(name, self._prefixes)

    def compact(self, iri: str) -> str:
        """The IRI with a known prefix, or as it is."""
        return curies.compact(iri, self._prefixes) or iri


def labels(engine: Engine) -> Labels:
    """The labels of the release that an engine answers from.

    Raises:
        RequestError: ``not-prepared``: the page index is being made.
    """
    return Labels(page_index(engine.release), engine.release.manifest["prefixes"])
