"""The names of things in the language of a page: read once for a release, so that no page asks for them again.

The label of a thing is what it is called first (preferred label, label, title, words), in the first language of
`vocab.preference` that has one. Where that is not the language asked for, the project's own rendering (`gov:gloss`)
goes with it, marked as such; so is a name that is the project's own wording, of a thing that sources name in other
languages only. Evidence is left out: its labels stand on the page of the source.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph import curies
from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.vocab import preference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.endpoint.engine.engine import Engine

LABELS = """
SELECT ?thing ?rank ?label WHERE {
    VALUES (?property ?rank) {
        (display:label 0) (skos:prefLabel 1) (rdfs:label 2) (dct:title 3) (schema:text 4) (skos:notation 5)
        (dct:identifier 6)
    }
    ?thing ?property ?label .
    FILTER(ISIRI(?thing))
}
"""
KINDS = """
SELECT ?thing ?class WHERE {
    GRAPH ?graph { ?thing a ?class }
    FILTER(?graph IN (graph:source, graph:external, graph:history, graph:vocab, graph:meta))
}
"""
GLOSSES = """
SELECT ?thing ?text WHERE {
    ?thing gov:gloss ?text .
    FILTER(ISIRI(?thing))
}
"""
OWN = """
SELECT DISTINCT ?thing ?label WHERE {
    ?thing gov:wording ?wording .
    GRAPH graph:vocab { ?thing skos:prefLabel ?label }
    GRAPH ?graph { ?thing skos:prefLabel ?given }
    FILTER(?graph IN (graph:source, graph:external, graph:history) && LANG(?given) != LANG(?label))
    FILTER NOT EXISTS {
        GRAPH ?other { ?thing skos:prefLabel ?said }
        FILTER(?other IN (graph:source, graph:external, graph:history) && LANG(?said) = LANG(?label))
    }
}
"""
DEFINITIONS = """
SELECT ?thing ?text WHERE {
    ?thing skos:definition|rdfs:comment ?text .
    FILTER(ISIRI(?thing))
}
"""


class Labels:
    """The labels of every thing of a release, in all languages."""

    def __init__(
        self,
        found: Iterable[tuple[str, int, ox.Literal]],
        definitions: Mapping[str, list[ox.Literal]],
        kinds: Mapping[str, list[str]],
        prefixes: Mapping[str, str],
        glosses: Mapping[tuple[str, str], str],
        own: frozenset[tuple[str, ox.Literal]],
    ) -> None:
        self._glosses, self._own = glosses, own
        self._own_texts = frozenset(text for _, text in own)
        self._definitions, self._kinds = definitions, kinds
        self._ranked: dict[str, dict[str, tuple[int, str]]] = {}
        self._prefixes = prefixes
        self._members = Counter(c for several in kinds.values() for c in several)
        for thing, rank, literal in found:
            texts = self._ranked.setdefault(thing, {})
            language = literal.language or ""
            known = texts.get(language)
            if known is None or (rank, literal.value) < known:
                texts[language] = (rank, literal.value)

    def of(self, iri: str, language: str) -> Label:
        """The label for a page in a language; a compact IRI where nothing is said."""
        texts = self._ranked.get(iri, {})
        for code in (*preference(language), ""):
            if code in texts:
                gloss = self._glosses.get((iri, language)) if code != language else None
                text = texts[code][1]
                own = bool(code) and (iri, ox.Literal(text, language=code)) in self._own
                return Label(text, code or None, gloss, own=own)
        return Label(self.compact(iri))

    def language(self, iri: str, text: str) -> str | None:
        """The language in which a thing is called so; the first of the order of preference, where it is in several."""
        texts = self._ranked.get(iri, {})
        return next((code for code in preference("nl") if texts.get(code, (0, ""))[1] == text), None)

    def text(self, literal: ox.Literal) -> Label:
        """A text that a query found, marked where it is a name in the project's own wording."""
        return Label(literal.value, literal.language, own=literal in self._own_texts)

    def definitions(self, iri: str) -> list[ox.Literal]:
        """The definitions of a thing, in all languages."""
        return self._definitions.get(iri, [])

    def kind(self, iri: str) -> str | None:
        """The class of a thing that tells most: one of the project's ontology, else the one with the fewest members."""
        own = self._prefixes.get("gov", "")

        def place(name: str) -> tuple[bool, int, str]:
            return not name.startswith(own), self._members.get(name, 0), name

        return min(self._kinds.get(iri, ()), key=place, default=None)

    def notation(self, iri: str) -> str | None:
        """The code of a thing: its text without a language."""
        return self._ranked.get(iri, {}).get("", (0, None))[1]

    def known(self, iri: str) -> bool:
        """Whether anything gives this thing a label."""
        return iri in self._ranked

    def expand(self, name: str) -> str | None:
        """The IRI that a compact one stands for; None where its prefix is not known."""
        return curies.expand(name, self._prefixes)

    def compact(self, iri: str) -> str:
        """The IRI with a known prefix, or as it is."""
        return curies.compact(iri, self._prefixes) or iri


@per_release
def labels(engine: Engine) -> Labels:
    """The labels of the release that an engine answers from.

    Raises:
        RequestError: the engine has no time or room now.
    """
    found = []
    for row in rows(engine, LABELS):
        label, rank = row["label"], row["rank"]
        if isinstance(label, ox.Literal) and isinstance(rank, ox.Literal):
            found.append((row["thing"].value, int(rank.value), label))
    definitions: dict[str, list[ox.Literal]] = {}
    for row in rows(engine, DEFINITIONS):
        if isinstance(text := row["text"], ox.Literal):
            definitions.setdefault(row["thing"].value, []).append(text)
    kinds: dict[str, list[str]] = {}
    for row in rows(engine, KINDS):
        kinds.setdefault(row["thing"].value, []).append(row["class"].value)
    return Labels(found, definitions, kinds, engine.release.manifest["prefixes"], _glosses(engine), _own(engine))


def _glosses(engine: Engine) -> dict[tuple[str, str], str]:
    """The project's own renderings by thing and language."""
    texts = ((row["thing"].value, row["text"]) for row in rows(engine, GLOSSES))
    return {(thing, text.language or ""): text.value for thing, text in texts if isinstance(text, ox.Literal)}


def _own(engine: Engine) -> frozenset[tuple[str, ox.Literal]]:
    """The names in the project's own wording, of things that sources name in other languages only."""
    found = ((row["thing"].value, row["label"]) for row in rows(engine, OWN))
    return frozenset((thing, label) for thing, label in found if isinstance(label, ox.Literal))
