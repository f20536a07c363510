"""What a release says of the thing of a page, by the compact names of its properties, as marked-up words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
from markupsafe import Markup, escape

from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.institution_page import best

if TYPE_CHECKING:
    from gob_graph.endpoint.description.model import Entity, Fact, Label
    from gob_graph.endpoint.web.pages.teller import Teller


def said(text: str, /, **values: object) -> Markup:
    """A text of the catalogues with values filled in; plain values are escaped."""
    return Markup(escape(i18n.gettext(text))) % {name: escape(value) for name, value in values.items()}  # noqa: S704


def words(label: Label) -> Markup:
    """A name, tagged with its language where that is not the page's, with our own rendering of it."""
    if not _foreign(label):
        return escape(label.text) + _gloss(label)
    return Markup('<span lang="{}">{}</span>').format(label.language, label.text) + _tag(label) + _gloss(label)


def anchor(label: Label, address: str | None) -> Markup:
    """A name as a link."""
    if not address:
        return words(label)
    if not _foreign(label):
        return Markup('<a href="{}">{}</a>').format(address, label.text) + _gloss(label)
    link = Markup('<a href="{}" lang="{}">{}</a>').format(address, label.language, label.text)
    return link + _tag(label) + _gloss(label)


def _foreign(label: Label) -> bool:
    return label.language not in {None, i18n.language()}


def _tag(label: Label) -> Markup:
    return Markup(' <span class="lang" lang="en">{}</span>').format(label.language)


def quoted(label: Label) -> Markup:
    """Words of a source in quotation marks, with the tag of their language behind them."""
    text = Markup('<q lang="{}">{}</q>').format(label.language or i18n.language(), label.text)
    return text + (_tag(label) if _foreign(label) else Markup(""))


def listed(parts: list[Markup]) -> Markup:
    """Several things in a row."""
    return Markup(", ").join(parts)


def _gloss(label: Label) -> Markup:
    if label.own:
        return Markup(' <span class="own">{}</span>').format(i18n.gettext("our wording"))
    if not label.gloss:
        return Markup("")
    return Markup(' <small class="gloss muted">({} – {})</small>').format(label.gloss, i18n.gettext("our wording"))


class About:
    """The thing of a page."""

    def __init__(self, entity: Entity, tell: Teller) -> None:
        self.entity, self.tell = entity, tell

    def facts(self, name: str) -> list[Fact]:
        """The facts with a property."""
        wanted = self._iri(name)
        return [fact for group in self.entity.facts if group.predicate.value == wanted for fact in group.facts]

    def things(self, name: str) -> list[str]:
        """What a property leads to."""
        return [fact.value.value for fact in self.facts(name) if isinstance(fact.value, ox.NamedNode)]

    def thing(self, name: str) -> str | None:
        """The first thing that a property leads to."""
        return next(iter(self.things(name)), None)

    def saying(self, name: str) -> list[str]:
        """What leads to the thing by a property."""
        wanted = self._iri(name)
        return [
            f.subject.value for group in self.entity.incoming if group.predicate.value == wanted for f in group.facts
        ]

    def count_of(self, name: str) -> int:
        """How many things lead to it by a property."""
        wanted = self._iri(name)
        return sum(group.total for group in self.entity.incoming if group.predicate.value == wanted)

    def text(self, name: str) -> str | None:
        """The first literal of a property in its lexical form."""
        return next((fact.value.value for fact in self.facts(name) if isinstance(fact.value, ox.Literal)), None)

    def best(self, name: str) -> Label | None:
        """A text in the first language of the page's order that has one."""
        return best((f.value for f in self.facts(name) if isinstance(f.value, ox.Literal)), self.tell.language)

    def name(self, iri: str) -> Markup:
        """A thing as a link with its name."""
        item = self.tell.item(iri)
        return anchor(item.label, item.address)

    def names(self, iris: list[str]) -> Markup:
        """Several things as links."""
        return listed([self.name(iri) for iri in iris])

    def _iri(self, name: str) -> str | None:
        return self.tell.labels.expand(name)
