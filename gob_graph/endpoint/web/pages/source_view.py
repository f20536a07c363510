"""The statements of the source page, in the order of the page, each with the facts that were drawn from it.

What a statement is called is our own wording (``dct:description``); the words of the page are not repeated here but
found in the live page by their text fragment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.term import Cell, Cells
from gob_graph.vocab import RDF

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Row, Term

STATEMENTS = """
SELECT ?id ?label ?kind ?start ?end ?fragment ?page ?title ?part ?digest WHERE {
    ?statement a gov:SourceStatement ;
        dct:identifier ?id ;
        dct:description ?label ;
        dct:type ?kind ;
        oa:hasTarget ?target .
    ?target oa:hasSource ?document ;
        oa:hasSelector ?position , ?words .
    ?position oa:start ?start ;
        oa:end ?end .
    ?words rdf:value ?fragment .
    OPTIONAL { ?document dct:source ?page }
    OPTIONAL { ?document dct:title ?title }
    OPTIONAL { ?document spdx:checksum/spdx:checksumValue ?digest }
    OPTIONAL { ?statement dct:isPartOf ?part }
}
ORDER BY ?start DESC(?end) ?id
"""
FACTS = """
SELECT ?id ?subject ?predicate ?object WHERE {
    ?statement a gov:SourceStatement ;
        dct:identifier ?id ;
        oa:hasBody ?fact .
    ?fact rdf:subject ?subject ;
        rdf:predicate ?predicate ;
        rdf:object ?object .
}
"""
Fact = tuple["Term", "Term", "Term"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one statement says of one thing: property and value, in words."""

    subject: Cell
    facts: list[tuple[Cell, Cell]]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the source page. Offsets are code points, from 0, the end not included."""

    id: str
    label: Cell
    kind: Cell
    kind_code: str
    start: int
    end: int
    link: str | None
    part: Cell | None
    drawn: list[Drawn] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many facts hang on it."""
        return sum(len(drawn.facts) for drawn in self.drawn)


@dataclass(frozen=True, slots=True)
class SourcePage:
    """The source page: where it is, what it is called, its digest, its statements."""

    address: str | None
    title: Cell
    digest: str
    statements: list[Statement]

    @property
    def facts(self) -> int:
        """How many facts hang on the statements; one that two statements say counts twice."""
        return sum(statement.count for statement in self.statements)


def source_page(engine: Engine, language: str) -> SourcePage:
    """The source page with all its statements, in words of a language.

    Raises:
        RequestError: the engine has no time or room now.
    """
    found, facts = _asked(engine)
    cells = Cells(engine, language)
    statements = [_statement(row, facts.get(row["id"].value, ()), cells) for row in found]
    first = found[0] if found else {}
    digest = first.get("digest")
    address = first.get("page")
    return SourcePage(
        address.value if address is not None else None,
        cells.of(first.get("title")),
        digest.value if digest is not None else "",
        statements,
    )


@per_release
def _asked(engine: Engine) -> tuple[list[Row], dict[str, list[Fact]]]:
    facts: dict[str, list[Fact]] = {}
    for row in rows(engine, FACTS):
        facts.setdefault(row["id"].value, []).append((row["subject"], row["predicate"], row["object"]))
    once: dict[str, Row] = {}
    for row in rows(engine, STATEMENTS):
        once.setdefault(row["id"].value, row)
    return list(once.values()), facts


def _statement(row: Row, facts: list[Fact] | tuple[()], cells: Cells) -> Statement:
    page, kind, part = row.get("page"), row["kind"], row.get("part")
    return Statement(
        id=row["id"].value,
        label=cells.of(row["label"]),
        kind=cells.of(kind),
        kind_code=kind.value.rsplit("/", 1)[-1],
        start=int(row["start"].value),
        end=int(row["end"].value),
        link=f"{page.value}#{row['fragment'].value}" if page is not None else None,
        part=cells.of(part) if part is not None else None,
        drawn=_drawn(facts, cells),
    )


def _drawn(facts: list[Fact] | tuple[()], cells: Cells) -> list[Drawn]:
    """The facts by subject: what it is first, then the rest by the name of the property."""
    by_subject: dict[Term, list[Fact]] = {}
    for fact in sorted(facts, key=lambda f: (f[0].value, f[1] != RDF.type, f[1].value, f[2].value)):
        by_subject.setdefault(fact[0], []).append(fact)
    return [
        Drawn(cells.of(subject), [(cells.of(f[1]), cells.of(f[2])) for f in found])
        for subject, found in by_subject.items()
    ]
