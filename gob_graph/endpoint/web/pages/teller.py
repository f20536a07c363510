"""Names, addresses and facts of the thing of a page, as its templates show them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.institution_graph import Reference
from gob_graph.endpoint.web.pages.institution_page import Item, moment
from gob_graph.endpoint.web.pages.inverse import inverse_label
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.links import external_link, safe_link
from gob_graph.vocab import DCT, LANGUAGES, RDFS, SKOS, XSD, preference

if TYPE_CHECKING:
    from gob_graph.endpoint.description.model import Entity, Fact, Group

SHOWN = 60
"""Facts of one property on a page; the other formats have more of them."""
NAMING = (SKOS.prefLabel, RDFS.label, DCT.term("title"))
"""Names that one expects in four languages."""
NUMBERS = frozenset(XSD.term(t) for t in ("decimal", "integer", "nonNegativeInteger", "double"))
MOMENTS = frozenset(XSD.term(t) for t in ("date", "gYear", "gYearMonth"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One fact: its value as people read it and as the graph has it, its layer, and where it is said."""

    text: str
    language: str | None
    address: str | None
    resource: str | None
    """The IRI, where the value is a thing."""
    content: str
    """The lexical form, where the value is a literal."""
    datatype: str | None
    layer: str
    layer_title: str
    quotes: tuple[Reference, ...]
    documents: tuple[Item, ...]
    rules: tuple[Label, ...]
    gloss: str | None = None
    """The name of the thing in our own words, where no source gives one in the language of the page."""
    own: bool = False
    """Whether the name shown is in our own words."""


@dataclass(frozen=True, slots=True)
class Row:
    """The facts of one property."""

    anchor: str
    predicate: str
    label: Label
    short: str
    address: str | None
    values: tuple[Shown, ...]
    total: int
    missing: tuple[str, ...] = ()
    """Languages in which there is no name."""

    @property
    def common(self) -> Shown | None:
        """A fact that stands for all where every one has the same layer and rules, so that a page says them once."""
        kinds = {(v.layer, v.rules) for v in self.values}
        return self.values[0] if len(kinds) == 1 else None

    @property
    def derived(self) -> bool:
        """Whether every fact was inferred."""
        return all(v.layer == "inferred" for v in self.values)

    @property
    def more(self) -> int:
        """How many facts are not shown."""
        return self.total - len(self.values)


class Teller:
    """Names and addresses for the page about one thing."""

    def __init__(self, entity: Entity) -> None:
        self.entity, self.language = entity, i18n.language()
        self.labels = labels(here().engine)

    def name(self, iri: str) -> Label:
        """What a thing is called here."""
        if self.labels.known(iri):
            return self.labels.of(iri, self.language)
        found = self.entity.label(iri, preference(self.language))
        return Label(found.text, found.language) if found.found else Label(self.labels.compact(iri))

    def item(self, iri: str) -> Item:
        """A thing with its name and address."""
        return Item(iri, self.name(iri), safe_link(iri))

    def kind(self, iri: str) -> str:
        """The most telling class of a thing, as a word."""
        found = self.labels.kind(iri)
        return self.name(found).text if found else ""

    def property_name(self, iri: str, way: str) -> Label:
        """What a property is called as it reads from the thing of the page."""
        return inverse_label(self.labels, iri, self.language) if way == "in" else self.name(iri)

    def row(self, number: int, group: Group, way: str) -> Row:
        """One property of the page."""
        iri = group.predicate.value
        tags = {getattr(f.value, "language", None) for f in group.facts}
        named = way == "out" and group.predicate in NAMING and tags & set(LANGUAGES)
        return Row(
            f"{way}-{number}",
            iri,
            self.property_name(iri, way),
            ("^" if way == "in" else "") + self.labels.compact(iri),
            safe_link(iri),
            tuple(self.shown(f, f.value if way == "out" else f.subject) for f in group.facts[:SHOWN]),
            group.total,
            tuple(code for code in LANGUAGES if code not in tags) if named else (),
        )

    def shown(self, fact: Fact, value: ox.NamedNode | ox.Literal) -> Shown:
        """One fact of the page."""
        evidence = fact.evidence
        text, language, address = self._value(value)
        literal = value if isinstance(value, ox.Literal) else None
        named = self.name(value.value) if isinstance(value, ox.NamedNode) else None
        return Shown(
            text,
            language,
            address,
            value.value if isinstance(value, ox.NamedNode) else None,
            literal.value if literal else "",
            literal.datatype.value if literal and not literal.language else None,
            fact.layer,
            self.name(self.entity.layers[fact.layer]).text if fact.layer else "",
            tuple(Reference(q.identifier, _live(q.address)) for q in evidence.quotes) if evidence else (),
            tuple(self.item(d) for d in evidence.documents) if evidence else (),
            tuple(self.name(r.iri) for r in evidence.rules) if evidence else (),
            named.gloss if named else None,
            own=bool(named and named.own),
        )

    def _value(self, value: ox.NamedNode | ox.Literal) -> tuple[str, str | None, str | None]:
        if isinstance(value, ox.NamedNode):
            name = self.name(value.value)
            return name.text, name.language, safe_link(value.value)
        if value.language:
            return value.value, value.language, None
        return written(value), None, external_link(value.value) if value.datatype == XSD.anyURI else None


def _live(address: str | None) -> str | None:
    return external_link(address) if address else None


def written(value: ox.Literal) -> str:
    """A literal without language as the page's language writes it; what cannot be read stays as it is."""
    if value.datatype in NUMBERS:
        try:
            return i18n.number(Decimal(value.value))
        except InvalidOperation:
            return value.value
    if value.datatype in MOMENTS:
        return moment(value.value)
    if value.datatype == XSD.boolean:
        return {"true": i18n.gettext("yes"), "false": i18n.gettext("no")}.get(value.value, value.value)
    return value.value
