"""First questions without SPARQL: which … of …? What can be chosen comes from the graph, organisation by organisation.

A choice is a property of an organisation whose values are all of one kind ("mission"), or the figures about one
indicator; only what reads as a sentence is offered. From a choice follows a query, which can then be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from gob_graph.endpoint.engine.page_query import declared, rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.page_index.prepare import page_index
from gob_graph.endpoint.web.pages.institution import institution_iri
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.vocab import ORG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.web.pages.labels import Labels

THINGS: Final = """
SELECT ?organisation ?property ?thing ?class WHERE {
    VALUES ?organisation { UNDEF }
    ?organisation a org:Organization ; ?property ?thing .
    ?thing skos:prefLabel|rdfs:label ?name ; a ?class .
    FILTER(?property != rdf:type)
}
"""
FIGURES: Final = """
SELECT DISTINCT ?organisation ?indicator ?figure WHERE {
    VALUES ?organisation { UNDEF }
    ?figure gov:figureOf ?organisation ; gov:indicator ?indicator .
    ?organisation a org:Organization .
}
"""
ASK_THINGS: Final = """
SELECT ?position ?thing ?name WHERE {
    {of} {what} ?thing .
    OPTIONAL { ?thing schema:position ?position }
    OPTIONAL { ?thing skos:prefLabel|rdfs:label ?nameWanted . FILTER(LANG(?nameWanted) = "{names}") }
    OPTIONAL { ?thing skos:prefLabel|rdfs:label ?nameDutch . FILTER(LANG(?nameDutch) = "nl") }
    BIND(COALESCE(?nameWanted, ?nameDutch) AS ?name)
}
ORDER BY ?position ?name
"""
ASK_FIGURES: Final = """
SELECT ?year ?exact ?moreThan ?about ?hedge ?figure WHERE {
    ?figure gov:figureOf {of} ;
        gov:indicator {what} .
    OPTIONAL { ?figure gov:referenceDate ?year }
    OPTIONAL { ?figure gov:exactValue ?exact }
    OPTIONAL { ?figure gov:exclusiveLowerBound ?moreThan }
    OPTIONAL { ?figure gov:approximateValue ?about }
    OPTIONAL { ?figure gov:hedge ?hedge }
}
ORDER BY DESC(BOUND(?year)) ?year ?figure
"""
OF: Final = frozenset(
    """org:hasUnit org:purpose org:hasPost org:changedBy org:resultedFrom cv:contactPoint locn:address gov:hasValue
    gov:helpsWith gov:hasGoverningBody gov:hasResponsibility gov:chairedBy gov:meetingSchedule""".split()  # noqa: SIM905 - words
)
"""The relations for which “… of this organisation” says what is meant; a link or an oversight does not."""

MANY: Final = 1000
"""Organisations up to which the choices of each are offered; of more, those of the institution alone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be asked of an organisation: compact IRIs, the IRI that names it, how many answers there are."""

    of: str
    what: str
    named_by: str
    count: int
    figures: bool = False

    @property
    def pattern(self) -> str:
        """The query with the places ``{of}``, ``{what}`` and ``{names}`` still open."""
        return ASK_FIGURES if self.figures else ASK_THINGS

    def query(self, names: str, prefixes: Mapping[str, str]) -> str:
        """The query, with names in a language where there are some."""
        text = self.pattern
        for place, value in (("{of}", self.of), ("{what}", self.what), ("{names}", names)):
            text = text.replace(place, value)
        # An empty line between the prefixes and the question.
        return declared(text, prefixes)


@per_release
def choices(engine: Engine) -> tuple[Choice, ...]:
    """Everything that can be chosen, the organisations with the most to say first.

    Raises:
        RequestError: the engine has no time or room now.
    """
    known = labels(engine)
    counts = page_index(engine.release).classes
    values: dict[tuple[str, str], dict[str, set[str]]] = {}
    given = _organisations(engine)
    for row in rows(engine, THINGS, **given):
        things = values.setdefault((row["organisation"].value, row["property"].value), {})
        things.setdefault(row["thing"].value, set()).add(row["class"].value)
    found: dict[tuple[str, str, frozenset[str]], Choice] = {}
    # Two properties with the same values are one question; the shorter name is the simpler one.
    for (organisation, name), things in sorted(values.items(), key=lambda item: (len(item[0][1]), item[0])):
        named_by = _named_by(things, counts, known)
        of, what = known.compact(organisation), known.compact(name)
        if named_by and what in OF and "/" not in of:
            key = (organisation, named_by, frozenset(things))
            found.setdefault(key, Choice(of, what, named_by, len(things)))
    made = [*found.values(), *_figures(engine, known, given)]
    sizes = {of: sum(c.count for c in made if c.of == of) for of in {c.of for c in made}}
    return tuple(sorted(made, key=lambda c: (-sizes[c.of], c.of, c.figures, -c.count, c.what)))


def _named_by(things: Mapping[str, set[str]], counts: Mapping[str, int], known: Labels) -> str | None:
    """The kind that all answers are: one of the project's ontology where there is one, else the rarest."""
    shared = {iri for iri in set.intersection(*things.values()) if known.known(iri)}
    return min(shared, key=lambda iri: (not known.compact(iri).startswith("gov:"), counts[iri], iri), default=None)


def _organisations(engine: Engine) -> dict[str, ox.NamedNode]:
    """What the queries are given: nothing, which is every organisation, or the institution where there are many."""
    few = page_index(engine.release).classes[ORG.Organization.value] <= MANY
    return {} if few else {"organisation": ox.NamedNode(institution_iri(engine))}


def _figures(engine: Engine, known: Labels, given: Mapping[str, ox.NamedNode]) -> list[Choice]:
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows(engine, FIGURES, **given):
        found.setdefault((row["organisation"].value, row["indicator"].value), set()).add(row["figure"].value)
    return [
        Choice(known.compact(of), known.compact(what), what, len(figures), figures=True)
        for (of, what), figures in found.items()
    ]
