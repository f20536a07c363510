"""The things of a release that can be meant by a name or a number: read from its N-Quads in one pass, without a query.

Nothing is decided by class: a thing is whatever below our base has a name in a layer that people write. What names a
thing are the properties of `NAMES` and those that the graph calls subproperties of them; what ended is what the graph
says an event ended, or was a unit only formerly.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pyoxigraph as ox

from gob_graph.endpoint.reconciliation.identifiers import Identifier
from gob_graph.vocab import ADMS, DCT, FOAF, LANGUAGES, ORG, OWL, RDF, RDFS, SCHEMA, SKOS, governance, layer_graph

if TYPE_CHECKING:
    from gob_graph.release import Release

ROV: Final = "http://www.w3.org/ns/regorg#"
NAME, SHORT, FORMER, OTHER = range(4)
KINDS: Final = ("name", "short", "former", "other")
"""What a name is to its thing: its name, a shorter one, one that it once had, another spelling."""
NAMES: Final = {
    SKOS.prefLabel: NAME,
    RDFS.label: NAME,
    DCT.term("title"): NAME,
    FOAF.name: NAME,
    SCHEMA.name: NAME,
    ox.NamedNode(ROV + "legalName"): NAME,
    SKOS.altLabel: SHORT,
    SKOS.hiddenLabel: OTHER,
    SCHEMA.alternateName: OTHER,
    DCT.alternative: OTHER,
}
SAME: Final = (OWL.sameAs, SCHEMA.sameAs, SKOS.exactMatch, SKOS.closeMatch)
"""Properties that lead to the same thing, or nearly the same, elsewhere; its identifiers there lead to ours."""
PART_OF: Final = (ORG.unitOf, ORG.subOrganizationOf, ORG.transitiveSubOrganizationOf, ORG.postIn)
REGISTERED: Final = ox.NamedNode(ROV + "hasRegisteredOrganization")
READ: Final = ("source", "external", "history", "vocab", "inferred")
CODES: Final = (*LANGUAGES, "")
"""The languages of names; the last for those without one, or with another."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one subject, of all that matters here."""

    values: dict[ox.NamedNode, list[ox.NamedNode | ox.Literal]] = field(default_factory=lambda: defaultdict(list))

    def iris(self, *properties: ox.NamedNode) -> list[str]:
        """The IRIs among the values of some properties, in their order."""
        found = (value.value for p in properties for value in self.values.get(p, ()) if isinstance(value, ox.NamedNode))
        return list(dict.fromkeys(found))

    def texts(self, *properties: ox.NamedNode) -> list[str]:
        """The texts among the values."""
        return [value.value for p in properties for value in self.values.get(p, ()) if isinstance(value, ox.Literal)]


@dataclass(frozen=True, slots=True)
class Ended:
    """That a body is a former one: the days that sources give, and what followed, where the graph knows."""

    dates: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()


@dataclass(slots=True)
class Things:
    """Subjects by IRI, and what is read off them."""

    base_iri: str
    gov: str
    said: dict[str, Said]
    names: dict[ox.NamedNode, int]

    def path(self, iri: str) -> str | None:
        """The path below our base of a thing that can be meant; terms of the ontology and layers cannot."""
        path = iri.removeprefix(f"{self.base_iri}/")
        return path if path != iri and path.startswith(("id/", "auth/")) else None

    def named(self) -> dict[str, list[tuple[int, str, str]]]:
        """The names of each thing by its path: kind, language, text."""
        found: dict[str, list[tuple[int, str, str]]] = {}
        for iri, said in self.said.items():
            path = self.path(iri)
            if path is None or self._is_identifier(said):
                continue
            for property_, kind in self.names.items():
                for value in said.values.get(property_, ()):
                    if isinstance(value, ox.Literal) and value.value.strip():
                        found.setdefault(path, []).append((kind, value.language or "", value.value))
        return found

    def texts_of(self, iri: str, *properties: ox.NamedNode) -> dict[str, str]:
        """The texts of a subject by language, one each."""
        said = self.said.get(iri, Said())
        found = sorted({(v.language or "", v.value) for p in properties for v in said.values.get(p, ())
                        if isinstance(v, ox.Literal)})  # fmt: skip
        return dict(reversed(found))

    def ended(self, iri: str) -> Ended | None:
        """What ended a body, if anything did."""
        said = self.said[iri]
        gov_end, gov_former = ox.NamedNode(f"{self.gov}endEvent"), ox.NamedNode(f"{self.gov}formerUnitOf")
        events = [e for e in said.iris(ORG.changedBy, gov_end) if self._ends(e, iri, said.iris(gov_end))]
        if not events and not said.iris(gov_former):
            return None
        about = [self.said[e] for e in events if e in self.said]
        dates = sorted({text for event in about for text in event.texts(DCT.date)})
        after = sorted({i for event in about for i in event.iris(ORG.resultingOrganization)} - {iri})
        return Ended(tuple(dates), tuple(after))

    def wholes(self, iri: str) -> list[str]:
        """What a body or post is a unit, a part or the governing body of."""
        return self.said[iri].iris(*PART_OF, ox.NamedNode(f"{self.gov}governs"))

    def _ends(self, event: str, iri: str, end_events: list[str]) -> bool:
        about = self.said.get(event)
        results = about.iris(ORG.resultingOrganization) if about else []
        return event in end_events or (bool(results) and iri not in results)

    def identifiers(self) -> list[Identifier]:
        """Every identifier of every thing, its own and those of what it is the same as or is registered as."""
        found: list[Identifier] = []
        for iri, said in self.said.items():
            path = self.path(iri)
            if path is None or self._is_identifier(said):
                continue
            found += [Identifier(scheme, text, path) for scheme, text in self._own(iri)]
            for other in said.iris(REGISTERED):
                found.append(Identifier(_host(other), other, path, other))
                found += [Identifier(scheme, text, path, other) for scheme, text in self._own(other)]
            for other in said.iris(*SAME):
                found.append(Identifier(_host(other), other, path))
                found += [Identifier(scheme or _host(other), text, path) for scheme, text in self._own(other)]
        return found

    @staticmethod
    def _is_identifier(said: Said) -> bool:
        """Whether a subject stands for an identifier and not for what bears it."""
        return ADMS.Identifier.value in said.iris(RDF.type)

    def _own(self, iri: str) -> list[tuple[str, str]]:
        said = self.said.get(iri, Said())
        own = [(self._scheme(iri), text) for text in said.texts(SKOS.notation, DCT.identifier)]
        for node in said.iris(ADMS.identifier):
            about = self.said.get(node, Said())
            agency = next(iter(about.texts(ADMS.schemeAgency)), "")
            own += [(agency, text) for text in about.texts(SKOS.notation)]
        return own

    def _scheme(self, iri: str) -> str:
        """The name of the scheme of an outside code, as the graph has it: the words before the code."""
        said = self.said.get(iri, Said())
        for code in said.texts(SKOS.notation):
            for words in said.texts(RDFS.comment):
                if words.endswith(code) and words != code:
                    return words.removesuffix(code).rstrip(" ,:")
        return "" if iri.startswith(f"{self.base_iri}/") else _host(iri)


def read_things(release: Release) -> Things:
    """The things of a release. Its digests are checked when it is opened, not here."""
    gov = governance(str(release.manifest["ontology_base"]))
    graphs = {layer_graph(release.base_iri, layer) for layer in READ}
    properties: dict[ox.NamedNode, int] = {**NAMES, ox.NamedNode(f"{gov}formerName"): FORMER}
    rest = {
        RDF.type, RDFS.comment, SKOS.notation, SKOS.scopeNote, DCT.identifier, DCT.date, ADMS.identifier,
        ADMS.schemeAgency, ORG.changedBy, ORG.resultingOrganization, ORG.originalOrganization, REGISTERED, *SAME,
        *PART_OF, ox.NamedNode(f"{gov}governs"), ox.NamedNode(f"{gov}endEvent"), ox.NamedNode(f"{gov}formerUnitOf"),
    }  # fmt: skip
    properties |= _more_names(release, properties)
    wanted = rest | properties.keys()
    said: dict[str, Said] = defaultdict(Said)
    for quad in ox.parse(path=release.dataset, format=ox.RdfFormat.N_QUADS):
        if quad.predicate in wanted and quad.graph_name in graphs and isinstance(quad.subject, ox.NamedNode):
            value = quad.object
            if isinstance(value, ox.NamedNode | ox.Literal):
                said[quad.subject.value].values[quad.predicate].append(value)
    return Things(release.base_iri, gov, dict(said), properties)


def _more_names(release: Release, properties: dict[ox.NamedNode, int]) -> dict[ox.NamedNode, int]:
    """The properties that the graph calls subproperties of those that name a thing."""
    marker = f"{RDFS.subPropertyOf} ".encode()
    with release.dataset.open("rb") as stream:
        lines = b"".join(line for line in stream if marker in line)
    return {
        quad.subject: properties[quad.object]
        for quad in ox.parse(lines, format=ox.RdfFormat.N_QUADS)
        if isinstance(quad.subject, ox.NamedNode) and quad.object in properties and quad.subject not in properties
    }


def _host(iri: str) -> str:
    return urlsplit(iri).netloc
