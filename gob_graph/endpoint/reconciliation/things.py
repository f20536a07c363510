"""The things of a release that can be meant by a name or a number: read from its N-Quads in one pass, without a query.

Nothing is decided by class: a thing is whatever below our base has a name in a layer that people write. What names a
thing are the properties of `NAMES` and those that the graph calls subproperties of them; what ended is what the graph
says an event ended, or was a unit only formerly.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pyoxigraph as ox

from gob_graph.digests import BLOCK
from gob_graph.endpoint.reconciliation.identifiers import Identifier
from gob_graph.endpoint.reconciliation.said import said_table
from gob_graph.vocab import ADMS, DCT, FOAF, LANGUAGES, ORG, OWL, RDF, RDFS, SCHEMA, SKOS, governance, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gob_graph.endpoint.reconciliation.said import Said, SaidTable
    from gob_graph.release import Release
    from gob_graph.vocab import Namespace

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
BELOW: Final = ("auth/", "id/")
"""How the paths of things that can be meant begin, in order."""
CODES: Final = (*LANGUAGES, "")
"""The languages of names; the last for those without one, or with another."""


@dataclass(frozen=True, slots=True)
class Ended:
    """That a body is a former one: the days that sources give, and what followed, where the graph knows."""

    dates: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that has a name: what is said of it, and its names (kind, language, text)."""

    iri: str
    path: str
    said: Said
    names: list[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class Things:
    """What is read off the subjects of a release."""

    base_iri: str
    gov: Namespace
    table: SaidTable
    naming: dict[ox.NamedNode, int]

    def path(self, iri: str) -> str | None:
        """The path below our base of a thing that can be meant; terms of the ontology and layers cannot."""
        path = iri.removeprefix(f"{self.base_iri}/")
        return path if path != iri and path.startswith(BELOW) else None

    def named(self) -> Iterator[Thing]:
        """The things that have a name, in the order of their paths; what stands for an identifier is none."""
        for start in BELOW:
            for iri, said in self.table.below(f"{self.base_iri}/{start}"):
                if ADMS.Identifier.value in said.iris(RDF.type):
                    continue
                names = [
                    (kind, language, text)
                    for property_, kind in self.naming.items()
                    for text, language in said.literals(property_)
                    if text.strip()
                ]
                if names:
                    yield Thing(iri, iri.removeprefix(f"{self.base_iri}/"), said, list(dict.fromkeys(names)))

    def notes_of(self, iri: str) -> dict[str, str]:
        """What is noted of a subject, by language, one text each."""
        found = sorted({(language, text) for text, language in self.table.of(iri).literals(SKOS.scopeNote)})
        return dict(reversed(found))

    def ended(self, thing: Thing) -> Ended | None:
        """What ended a body, if anything did."""
        end_events = thing.said.iris(self.gov.endEvent)
        events = thing.said.iris(ORG.changedBy, self.gov.endEvent)
        events = [e for e in events if e in end_events or self._ends(e, thing.iri)]
        if not events and not thing.said.iris(self.gov.formerUnitOf):
            return None
        about = [self.table.of(e) for e in events]
        dates = sorted({text for event in about for text in event.texts(DCT.date)})
        after = sorted({i for event in about for i in event.iris(ORG.resultingOrganization)} - {thing.iri})
        return Ended(tuple(dates), tuple(after))

    def wholes(self, thing: Thing) -> list[str]:
        """What a body or post is a unit, a part or the governing body of."""
        return thing.said.iris(*PART_OF, self.gov.governs)

    def _ends(self, event: str, iri: str) -> bool:
        results = self.table.of(event).iris(ORG.resultingOrganization)
        return bool(results) and iri not in results

    def identifiers(self, thing: Thing) -> list[Identifier]:
        """Every identifier of a thing, its own and those of what it is the same as or is registered as, each once."""
        path = thing.path
        found = [Identifier(scheme, text, path) for scheme, text in self._own(thing.iri, thing.said)]
        for other in thing.said.iris(REGISTERED):
            found.append(Identifier(_host(other), other, path, other))
            found += [Identifier(scheme, text, path, other) for scheme, text in self._own(other)]
        for other in thing.said.iris(*SAME):
            found.append(Identifier(_host(other), other, path))
            found += [Identifier(scheme or _host(other), text, path) for scheme, text in self._own(other)]
        return list(dict.fromkeys(found))

    def _own(self, iri: str, known: Said | None = None) -> list[tuple[str, str]]:
        said = known or self.table.of(iri)
        codes = said.texts(SKOS.notation, DCT.identifier)
        own = [(self._scheme(iri, said), text) for text in codes]
        for node in said.iris(ADMS.identifier):
            about = self.table.of(node)
            agency = next(iter(about.texts(ADMS.schemeAgency)), "")
            own += [(agency, text) for text in about.texts(SKOS.notation)]
        return own

    def _scheme(self, iri: str, said: Said) -> str:
        """The name of the scheme of an outside code, as the graph has it: the words before the code."""
        for code in said.texts(SKOS.notation):
            for words in said.texts(RDFS.comment):
                if words.endswith(code) and words != code:
                    return words.removesuffix(code).rstrip(" ,:")
        return "" if iri.startswith(f"{self.base_iri}/") else _host(iri)


@contextmanager
def read_things(release: Release, scratch: Path | None = None) -> Iterator[Things]:
    """The things of a release. Its digests are checked when it is opened, not here.

    `scratch` is where a file may stand meanwhile; without one, what is read is held in memory.
    """
    gov = governance(str(release.manifest["ontology_base"]))
    graphs = [layer_graph(release.base_iri, layer).value for layer in READ]
    naming: dict[ox.NamedNode, int] = {**NAMES, gov.formerName: FORMER}
    rest = (
        RDF.type, RDFS.comment, SKOS.notation, SKOS.scopeNote, DCT.identifier, DCT.date, ADMS.identifier,
        ADMS.schemeAgency, ORG.changedBy, ORG.resultingOrganization, REGISTERED, *SAME, *PART_OF,
        gov.governs, gov.endEvent, gov.formerUnitOf,
    )  # fmt: skip
    naming |= _more_names(release, naming)
    wanted = dict.fromkeys(property_.value for property_ in (*rest, *naming))
    with said_table(release.dataset, wanted, graphs, scratch) as table:
        yield Things(release.base_iri, gov, table, naming)


def _more_names(release: Release, properties: dict[ox.NamedNode, int]) -> dict[ox.NamedNode, int]:
    """The properties that the graph calls subproperties of those that name a thing."""
    lines = b"".join(_lines_with(release.dataset, f" {RDFS.subPropertyOf} ".encode()))
    return {
        quad.subject: properties[quad.object]
        for quad in ox.parse(lines, format=ox.RdfFormat.N_QUADS)
        if isinstance(quad.subject, ox.NamedNode) and quad.object in properties and quad.subject not in properties
    }


def _lines_with(path: Path, marker: bytes) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.readlines(BLOCK):
            if marker in b"".join(block):
                yield from (line for line in block if marker in line)


def _host(iri: str) -> str:
    return urlsplit(iri).netloc
