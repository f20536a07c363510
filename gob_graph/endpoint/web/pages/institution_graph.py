"""What a release says of its institution, read once: the home page, the chart and the page of missions are made of it.

Nothing is counted or named here that the graph does not say; lists stand in the order of `schema:position`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import rows, triples
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.institution import institution_iri
from gob_graph.vocab import SCHEMA, governance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.engine.engine import Engine

WAYS = (
    "?institution a ?any . BIND(?institution AS ?thing)",
    "?institution org:hasUnit|org:purpose|gov:hasValue|gov:helpsWith|gov:implementsPolicy ?thing",
    "?thing gov:planOf|gov:figureOf|gov:claimedBy|gov:governs|gov:formerUnitOf ?institution",
    "?institution gov:principalInstrumentOf ?thing",
    "?institution gov:principalInstrumentOf/^dct:spatial ?thing",
    "?institution org:purpose/^skos:broader ?thing",
    "?institution org:purpose/^skos:member ?thing",
    "?institution org:purpose/^skos:member/dct:audience ?thing",
    "?institution org:purpose/^skos:member/dct:audience/^skos:member ?thing",
    "?institution gov:hasValue/^skos:member ?thing",
    "?institution gov:helpsWith/skos:inScheme ?thing",
    "?figure gov:currency ?thing",
    "?thing gov:figureOf/dct:spatial/^dct:spatial ?institution",
    "?institution ^gov:planOf/(dct:temporal|gov:hasAmbition) ?thing",
    "?institution ^gov:planOf/gov:hasAmbition/gov:beneficiary ?thing",
    "?institution ^gov:governs/(gov:chairedBy|gov:chairedBy/gov:assistedBy|gov:meetingSchedule) ?thing",
    "?institution ^gov:governs/gov:hasResponsibility ?thing",
    "?institution ^gov:governs/^gov:figureOf ?thing",
)
"""How the things of the portrait hang on the institution."""
_UNION = " UNION ".join(f"{{ VALUES ?institution {{ UNDEF }} {way} }}" for way in WAYS)
# The institution stands in each way, and the things are found first: the engine would go through the whole graph for
# each way, and through the ways again for the triples.
AROUND = f"""
CONSTRUCT {{ ?thing ?property ?value }} WHERE {{
    {{ SELECT DISTINCT ?thing WHERE {{ {_UNION} }} }}
    ?thing ?property ?value .
}}
"""
QUOTES = """
SELECT ?subject ?predicate ?object ?statement ?address WHERE {
    ?fact rdf:subject ?subject ;
        rdf:predicate ?predicate ;
        rdf:object ?object .
    ?annotation oa:hasBody ?fact ;
        dct:identifier ?statement ;
        oa:hasTarget ?target .
    OPTIONAL {
        ?target oa:hasSource/dct:source ?page ;
            oa:hasSelector/rdf:value ?fragment .
        BIND(CONCAT(STR(?page), "#", ?fragment) AS ?address)
    }
}
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """A statement of the source page: its number (``S16``), and the live page with its words highlighted."""

    statement: str
    address: str | None


class Portrait:
    """The institution and what hangs on it, as terms."""

    def __init__(
        self, institution: str, facts: Iterable[ox.Triple], quotes: dict[str, list[Reference]], gov: str
    ) -> None:
        self.institution = institution
        self._gov = gov
        self._quotes = quotes
        self._said: dict[tuple[str, str], list[Any]] = {}
        self._saying: dict[tuple[str, str], list[str]] = {}
        for fact in facts:
            subject, predicate = fact.subject.value, fact.predicate.value  # type: ignore[union-attr]
            self._said.setdefault((subject, predicate), []).append(fact.object)
            if isinstance(fact.object, ox.NamedNode):
                self._saying.setdefault((predicate, fact.object.value), []).append(subject)

    def gov(self, name: str) -> str:
        """A term of the project's ontology."""
        return self._gov + name

    def values(self, thing: str, predicate: str) -> list[Any]:
        """All values of a property, as terms, in a fixed order."""
        return sorted(self._said.get((thing, predicate), ()), key=str)

    def things(self, thing: str, predicate: str) -> list[str]:
        """The IRIs that a property leads to, in their order on the page."""
        return self._placed(v.value for v in self.values(thing, predicate) if isinstance(v, ox.NamedNode))

    def saying(self, predicate: str, thing: str) -> list[str]:
        """The IRIs that lead to a thing by a property, in their order on the page."""
        return self._placed(self._saying.get((predicate, thing), ()))

    def subjects(self, predicate: str) -> list[str]:
        """Everything that has a property, in the order on the page."""
        return self._placed(subject for subject, p in self._said if p == predicate)

    def texts(self, thing: str, predicate: str) -> list[ox.Literal]:
        """The literals of a property."""
        return [v for v in self.values(thing, predicate) if isinstance(v, ox.Literal)]

    def text(self, thing: str, predicate: str) -> str | None:
        """The first literal of a property."""
        return next((t.value for t in self.texts(thing, predicate)), None)

    def quotes(self, subject: str, predicate: str, value: object = None) -> list[Reference]:
        """The statements of the source page that say so; without a value, that say anything by this property."""
        wanted = [value] if value is not None else self.values(subject, predicate)
        found = [quote for v in wanted for quote in self._quotes.get(_key(subject, predicate, v), ())]
        return list(dict.fromkeys(found))

    def _placed(self, iris: Iterable[str]) -> list[str]:
        def place(iri: str) -> tuple[int, str]:
            position = self.text(iri, SCHEMA.position.value)
            return int(position) if position and position.isdigit() else 10**6, iri

        return sorted(dict.fromkeys(iris), key=place)


@per_release
def portrait(engine: Engine) -> Portrait:
    """The portrait of the institution of the release that an engine answers from.

    Raises:
        RequestError: the engine has no time or room now.
    """
    iri = institution_iri(engine)
    quotes: dict[str, list[Reference]] = {}
    for row in rows(engine, QUOTES):
        address = row.get("address")
        quote = Reference(row["statement"].value, address.value if address else None)
        quotes.setdefault(_key(row["subject"].value, row["predicate"].value, row["object"]), []).append(quote)
    gov = governance(engine.release.manifest["ontology_base"])
    return Portrait(iri, triples(engine, AROUND, institution=ox.NamedNode(iri)), quotes, gov)


def _key(subject: str, predicate: str, value: object) -> str:
    node = ox.NamedNode(value) if isinstance(value, str) else value
    return f"{subject} {predicate} {node}"
