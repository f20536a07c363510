"""What is said of one IRI: its facts, what refers to it, labels of all that is mentioned, and where each fact stands.

An `Entity` is plain values, for pages and documents alike; `entity.describe` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pyoxigraph as ox

from gob_graph.vocab import DCT, FALLBACK, FOAF, RDF, RDFS, SCHEMA, SKOS, Namespace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value = ox.NamedNode | ox.Literal
Said = dict[ox.NamedNode, list[Value]]
"""Values by predicate."""

FIRST: Sequence[ox.NamedNode] = (
    SKOS.prefLabel,
    SKOS.altLabel,
    RDFS.label,
    DCT.term("title"),
    FOAF.name,
    SCHEMA.alternateName,
    SKOS.hiddenLabel,
    SKOS.notation,
    DCT.identifier,
    SKOS.definition,
    DCT.description,
    RDFS.comment,
    SCHEMA.term("text"),
    RDF.type,
)
"""The predicates that a description begins with, in this order; the others follow by their label."""
LANGUAGE_ORDER = {"nl": 0, "fr": 1, "de": 2, "en": 3}


@dataclass(frozen=True, slots=True)
class Quote:
    """A statement of the source page that a fact was drawn from."""

    iri: str
    identifier: str
    """As the project numbers it: ``S62``."""
    words: ox.Literal | None
    """The words or the gist, with their language."""
    page: str
    """IRI of the source page (ours)."""
    address: str | None
    """Address of the live page, with the text fragment that highlights the words; None when it is not known."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An inference rule. `Entity.label` has its sentence in the languages that there are."""

    iri: str
    sentence: str
    """In English where there is one."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a fact comes from. `fact` is the IRI of the reified statement, which has a page of its own.

    A fact that a register gave with many others has none: `dataset` is the IRI of the file that it stands in.
    """

    fact: str | None
    dataset: str | None = None
    quotes: tuple[Quote, ...] = ()
    documents: tuple[str, ...] = ()
    """Addresses of primary sources; `Entity.label` has their titles."""
    rules: tuple[Rule, ...] = ()
    """For inferred facts: why."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One triple that mentions the thing, and the layer that it stands in."""

    subject: ox.NamedNode
    predicate: ox.NamedNode
    value: Value
    layer: str
    """source, external, history, vocab, evidence, inferred or meta; titles: ``entity.label(entity.layers[layer])``."""
    evidence: Evidence | None = None
    """None in the layers that have none: vocab, evidence, meta."""

    @property
    def triple(self) -> ox.Triple:
        """The triple."""
        return ox.Triple(self.subject, self.predicate, self.value)


@dataclass(frozen=True, slots=True)
class Group:
    """The facts with one predicate. `total` is larger than their number where a long list was cut: say so."""

    predicate: ox.NamedNode
    facts: tuple[Fact, ...]
    total: int

    @property
    def cut(self) -> bool:
        """Whether there are more than are here."""
        return self.total > len(self.facts)


@dataclass(frozen=True, slots=True)
class Label:
    """A text and its language; no language where it is a code or an address."""

    text: str
    language: str | None = None
    gloss: str | None = None
    """A rendering in the project's own words, where no source gives a name in the language asked for."""
    own: bool = False
    """Whether the name itself is the project's wording, of a thing that sources name in other languages only."""
    found: bool = True
    """False where the graph names the thing in no way and the end of its IRI stands in."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The value of a key figure, so that a page can say “more than 1600” and not “1600”."""

    kind: Literal["exact", "more-than", "approximately"]
    value: str
    """The number in its lexical form (xsd:decimal)."""
    hedge: ox.Literal | None
    """The words of the source that hedge it (“Méér dan”, “nearly”)."""
    unit: str | None
    """IRI of the unit or of the currency; `Entity.label` has its name."""
    is_currency: bool
    date: str | None
    """Lexical form of the reference date: a day, a month or a year, as precise as the source."""
    indicator: str | None
    """IRI of what is counted."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change in which the thing took part."""

    iri: str
    date: str | None
    """Lexical form: a day, a month or a year."""
    qualifier: str | None
    """IRI of a concept that narrows the date (“end of”)."""
    change: str | None
    """IRI of the type of change."""
    originals: tuple[str, ...]
    results: tuple[str, ...]
    ended: bool
    """Whether the thing ended with it; `results` then succeeded it."""


@dataclass(frozen=True, slots=True)
class Entity:
    """Everything that the release says of one IRI."""

    iri: str
    types: tuple[str, ...]
    facts: tuple[Group, ...]
    """What is said of it, names first."""
    incoming: tuple[Group, ...]
    """What refers to it, by predicate; reified statements are left out, as they are the evidence."""
    labels: Mapping[str, tuple[tuple[int, ox.Literal], ...]]
    """For every IRI mentioned: (rank, label), best rank first. Use `label` instead."""
    layers: Mapping[str, str]
    """The graph IRI of each layer."""
    figure: Figure | None = None
    """The value, where the thing is a key figure."""
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """The values of the key figures of the thing, by the IRI of the figure."""
    events: tuple[Event, ...] = ()
    ended: Event | None = None
    """The event with which it ended, where it did."""
    cap: int = field(default=0)
    """How many facts of one predicate are given at most."""

    def label(self, iri: str, languages: Sequence[str] = FALLBACK) -> Label:
        """The name of a thing that is mentioned here, in the first of the languages that has one."""
        known = self.labels.get(iri, ())
        if not known:
            return Label(local_name(iri), found=False)

        def place(item: tuple[int, ox.Literal]) -> tuple[int, int, str]:
            rank, text = item
            tag = text.language or ""
            return rank, list(languages).index(tag) if tag in languages else len(languages), text.value

        best = min(known, key=place)[1]
        return Label(best.value, best.language)

    def title(self, languages: Sequence[str] = FALLBACK) -> Label:
        """The name of the thing itself."""
        return self.label(self.iri, languages)

    def names(self, iri: str) -> list[ox.Literal]:
        """The labels of the best kind, one or more per language, in the order of the languages."""
        known = self.labels.get(iri, ())
        best = min((rank for rank, _ in known), default=0)
        return sorted((t for rank, t in known if rank == best), key=lambda t: _language_place(t))

    def values(self, predicate: ox.NamedNode) -> list[Value]:
        """The values of one predicate."""
        return [f.value for g in self.facts if g.predicate == predicate for f in g.facts]

    def ordered(self, groups: Sequence[Group], languages: Sequence[str] = FALLBACK) -> list[Group]:
        """Groups as a page shows them: names, definition, types, then by the label of the property."""
        return sorted(
            groups,
            key=lambda g: (
                FIRST.index(g.predicate) if g.predicate in FIRST else len(FIRST),
                self.label(g.predicate.value, languages).text.casefold(),
                g.predicate.value,
            ),
        )


def _language_place(text: ox.Literal) -> tuple[int, str]:
    return LANGUAGE_ORDER.get(text.language or "", 9), text.value


def local_name(iri: str) -> str:
    """The end of an IRI, for things without a name."""
    return iri.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1] or iri


def value_of(said: Said, predicate: ox.NamedNode) -> Value | None:
    """One value, the smallest where there are several."""
    return min(said.get(predicate, ()), key=str, default=None)


def figure_of(said: Said, gov: Namespace) -> Figure | None:
    """The value of a key figure from what is said of it."""
    kinds: tuple[tuple[Literal["exact", "more-than", "approximately"], ox.NamedNode], ...] = (
        ("more-than", gov.exclusiveLowerBound),
        ("approximately", gov.approximateValue),
        ("exact", gov.exactValue),
    )
    hedge, date = value_of(said, gov.hedge), value_of(said, gov.referenceDate)
    currency, unit = value_of(said, gov.currency), value_of(said, gov.unitOfMeasure)
    measured, indicator = currency or unit, value_of(said, gov.indicator)
    for kind, predicate in kinds:
        number = value_of(said, predicate)
        if isinstance(number, ox.Literal):
            return Figure(
                kind,
                number.value,
                hedge if isinstance(hedge, ox.Literal) else None,
                measured.value if measured else None,
                currency is not None,
                date.value if date else None,
                indicator.value if indicator else None,
            )
    return None
