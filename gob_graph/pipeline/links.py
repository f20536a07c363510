"""Checks of the IRIs that the graph points at: ours are described, foreign ones typed and in their owner’s form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.vocab import ASSERTED, LAYERS, RDF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.pipeline.sources import Layers

FORMS = {
    "publications.europa.eu": r"http://publications\.europa\.eu/resource/authority/[a-z-]+/[A-Z0-9_]+",
    "data.europa.eu": r"http://data\.europa\.eu/(m8g/\w*|nuts/code/[A-Z]{2}[A-Z0-9]{0,3})",
    "vocab.belgif.be": r"http://vocab\.belgif\.be/auth/[a-z0-9-]+/[A-Za-z0-9-]+",
    "org.belgif.be": r"https://org\.belgif\.be/id/CbeRegisteredEntity/[01]\d{9}",
    "sws.geonames.org": r"https://sws\.geonames\.org/\d+/",
    "www.wikidata.org": r"http://www\.wikidata\.org/entity/Q\d+",
}
"""How each authority writes its identifiers: an https for an http, or a slash less, is another IRI."""

TITLES = {
    "internal-described": {
        "nl": "Elke IRI van ons waarnaar wordt verwezen, is beschreven",
        "fr": "Chacune de nos IRI citées est décrite",
        "de": "Jede eigene IRI, auf die verwiesen wird, ist beschrieben",
        "en": "Each IRI of ours that is referred to is described",
    },
    "foreign-typed": {
        "nl": "Van elke vreemde IRI is gezegd van welk type zij is",
        "fr": "Pour chaque IRI étrangère, on dit ce qu’elle désigne",
        "de": "Zu jeder fremden IRI ist angegeben, von welchem Typ sie ist",
        "en": "Each foreign IRI is said to be of some type",
    },
    "authority-form": {
        "nl": "Elke IRI van een autoriteit heeft de vorm die deze gebruikt",
        "fr": "Chaque IRI d’une autorité a la forme que celle-ci utilise",
        "de": "Jede IRI einer Behörde hat die Form, die diese verwendet",
        "en": "Each IRI of an authority has the form that it uses",
    },
}


@dataclass(slots=True)
class _Named:
    """The IRIs of a graph, by what is done with them."""

    described: set[str] = field(default_factory=set)
    typed: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    """Those of others that our resources point at; not the terms of vocabularies."""

    def add(self, triples: Iterable[ox.Triple], base_iri: str, *, facts: bool) -> None:
        """Take in the triples of a layer; only facts point at foreign IRIs."""
        ours, resources, kind = f"{base_iri}/", _ours(base_iri), RDF.type
        for t in triples:
            subject, thing, types = t.subject, t.object, t.predicate == kind
            name = subject.value if isinstance(subject, ox.NamedNode) else ""
            if name:
                self.described.add(name)
            if name and types:
                self.typed.add(name)
            if isinstance(thing, ox.NamedNode):
                target = thing.value
                self.targets.add(target)
                if facts and not types and name.startswith(resources) and not target.startswith(ours):
                    self.foreign.add(target)


def check(layers: Layers, base_iri: str) -> list[dict[str, Any]]:
    """Each check: its name, its title, how many IRIs it looked at, and those that fail."""
    named = _Named()
    for layer in LAYERS:
        named.add(layers[layer], base_iri, facts=layer in ASSERTED)
    internal = {iri for iri in named.targets if iri.startswith(_ours(base_iri))}
    of_authorities = {iri for iri in named.targets | named.described if _host(iri) in FORMS}
    return [
        _result("internal-described", internal, internal - named.described),
        _result("foreign-typed", named.foreign, named.foreign - named.typed),
        _result(
            "authority-form",
            of_authorities,
            {iri for iri in of_authorities if not re.fullmatch(FORMS[_host(iri)], iri)},
        ),
    ]


def _ours(base_iri: str) -> tuple[str, ...]:
    return tuple(f"{base_iri}/{kind}/" for kind in ("id", "auth", "doc"))


def _host(iri: str) -> str:
    return iri.split("://", 1)[-1].partition("/")[0]


def _result(name: str, checked: set[str], failed: set[str]) -> dict[str, Any]:
    return {"check": name, "title": TITLES[name], "checked": len(checked), "failed": sorted(failed)}
