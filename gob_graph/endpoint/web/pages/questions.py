"""The questions with their answers as pages show them: a table, a yes or no, a document, or a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pyoxigraph as ox

from gob_graph.endpoint.engine.job import Formats, Job, Manner
from gob_graph.endpoint.engine.page_query import Term
from gob_graph.endpoint.engine.service_clause import reaches_out
from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.pages.answer_sentence import Sentence
from gob_graph.endpoint.web.pages.column_names import column_name
from gob_graph.endpoint.web.pages.drawing.bars import drawings
from gob_graph.endpoint.web.pages.evidence_index import evidence_index
from gob_graph.endpoint.web.pages.i18n import gettext, message
from gob_graph.endpoint.web.pages.i18n import language as language_of_page
from gob_graph.endpoint.web.pages.institution_page import Item
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.endpoint.web.pages.term import Cell, Cells
from gob_graph.vocab import LANGUAGES, RDF, XSD

if TYPE_CHECKING:
    from markupsafe import Markup

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.engine.page_query import Row
    from gob_graph.endpoint.sparql.stored_query import QuestionFile
    from gob_graph.endpoint.web.pages.drawing.bars import Bars
    from gob_graph.endpoint.web.pages.institution_graph import Reference
    from gob_graph.release import Release

MANNER = Manner(None, None, Formats("json", "json", "turtle"))
ROWS_SHOWN = 500
"""Rows of a table on a page; the page says when there are more, and gives the whole as CSV and JSON."""
REFUSED = "service-refused"
ANSWERS = (message("yes"), message("no"), message("not known"))
"""Answers that queries give as plain texts."""
SHOWN = 4
"""Statements and documents beside a row at most."""
THING = re.compile(r"\b(?P<prefix>[a-z][a-z0-9-]*):(?P<name>[a-z0-9][a-z0-9-]*)")
"""A compact name of a thing in a query."""


@dataclass(frozen=True, slots=True)
class RowProof:
    """The statements and documents that a row comes from."""

    quotes: tuple[Reference, ...]
    documents: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its answer: rows of cells, a yes or no, Turtle, or the code of a refusal."""

    question: QuestionFile
    query: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: int = 0
    boolean: bool | None = None
    document: str | None = None
    refusal: str | None = None
    sentence: Markup | None = None
    """The answer in words."""
    proofs: tuple[RowProof, ...] = ()
    """Where each row comes from; empty where nothing is known of any."""
    bars: tuple[Bars, Bars] | None = None
    """Their numbers drawn, for a screen and for a phone."""

    @property
    def empty(self) -> bool:
        """Whether a table was asked for and none of its rows exist."""
        return bool(self.columns) and not self.total

    @property
    def numeric(self) -> frozenset[str]:
        """The columns that hold numbers only."""
        columns = zip(self.columns, zip(*self.rows, strict=True), strict=False)
        return frozenset(name for name, cells in columns if all(cell.number for cell in cells))

    def address(self, wanted: str) -> str:
        """The address of the answer in a format."""
        name = self.question.name
        return "/sparql?" + urlencode({"query": self.query, "format": wanted, "download": name})

    @property
    def tables(self) -> list[tuple[str, str]]:
        """The table as CSV with names in each language: language, and address; empty where the answer has no names."""
        if not self.question.language_line or self.document is not None:
            return []
        name = self.question.name
        return [
            (code, "/sparql?" + urlencode({"query": text, "format": "csv", "download": f"{name}-{code}"}))
            for code in LANGUAGES
            if (text := self.question.in_language(code))
        ]

    @property
    def headings(self) -> list[tuple[str, str]]:
        """The columns: variable, and what a page calls it."""
        return [(name, column_name(self.question.name, name)) for name in self.columns]

    @property
    def formats(self) -> tuple[tuple[str, str], ...]:
        """The formats that the answer can be had in: short name and label."""
        if self.document is not None:
            return (("turtle", "Turtle"), ("jsonld", "JSON-LD"))
        return (("csv", "CSV"), ("json", "JSON"))


def in_order(release: Release) -> list[QuestionFile]:
    """The questions, those that the graph must answer first, by their number."""

    def place(question: QuestionFile) -> tuple[int, str]:
        found = re.search(r"\d+", question.answers)
        return (int(found[0]) if found else 9999, question.name)

    return sorted(read_questions(release), key=place)


def answered(engine: Engine, question: QuestionFile, language: str) -> Answered:
    """Ask a question of the graph, in the language of the page.

    Raises:
        RequestError: the engine has no time or room now.
    """
    query = question.in_language(language)
    if reaches_out(query):
        return Answered(question, query, refusal=REFUSED)
    answer = engine.ask_page(Job(query, MANNER))
    words, template = Sentence(engine, language), question.sentence.get(language, "")
    if answer.kind == "graph":
        return Answered(question, query, document=answer.body.decode(), sentence=words.filled(template, []))
    found = ox.parse_query_results(answer.body, format=ox.QueryResultsFormat.JSON)
    if isinstance(found, ox.QueryBoolean):
        return Answered(question, query, boolean=bool(found))
    names = [variable.value for variable in found.variables]
    rows = [{n: v for n in names if isinstance(v := solution[n], Term)} for solution in found]
    return _table(engine, Answered(question, query, tuple(names), total=len(rows)), rows, language)


def _table(engine: Engine, asked: Answered, rows: list[Row], language: str) -> Answered:
    cells, words = Cells(engine, language), Sentence(engine, language)
    shown = rows[:ROWS_SHOWN]
    template = asked.question.sentence.get(language, "")
    table = [[_cell(cells, row.get(name)) for name in asked.columns] for row in shown]
    kept = [n for n in range(len(asked.columns)) if not _repeated(table, n, asked.columns[n])]
    return replace(
        asked,
        columns=tuple(asked.columns[n] for n in kept),
        rows=tuple(tuple(row[n] for n in kept) for row in table),
        sentence=words.filled(template, rows) if rows and template else None,
        proofs=_proofs(engine, asked.query, shown),
        bars=drawings(asked.columns, shown, cells, asked.query),
    )


def _cell(cells: Cells, term: Term | None) -> Cell:
    """A cell; the answers yes, no and not known are words of the page."""
    if isinstance(term, ox.Literal) and not term.language and term.value in ANSWERS:
        return Cell(gettext(term.value))
    return cells.of(term)


def _repeated(table: list[list[Cell]], column: int, name: str) -> bool:
    """Whether a column only repeats how the things of its rows are called; the downloads have it all the same."""
    rows = [row for row in table if row[column].text]
    if not rows:
        return name.lower().endswith("gloss")  # of ours, for languages in which no source gives a name
    names = [{text for cell in row if cell.link for text in (cell.text, cell.gloss)} for row in rows]
    return all(not row[column].link and row[column].text in known for row, known in zip(rows, names, strict=True))


def _proofs(engine: Engine, query: str, rows: list[Row]) -> tuple[RowProof, ...]:
    """Where each row comes from: of the facts that link its values with each other or with what is asked of."""
    prefixes = engine.release.manifest["prefixes"]
    asked = [prefixes[m["prefix"]] + m["name"] for m in THING.finditer(query) if m["prefix"] in prefixes]
    linked = [v.value for row in rows for v in row.values() if isinstance(v, ox.NamedNode)]
    index, found = evidence_index(engine, [*asked, *linked]), []
    for row in rows:
        things = [v.value for v in row.values() if isinstance(v, ox.NamedNode)]
        texts = [v for v in row.values() if isinstance(v, ox.Literal) and v.datatype in {XSD.string, RDF.langString}]
        proof = index.between([*asked, *things], row.values()) + index.of_texts(texts)
        found.append(RowProof(proof.quotes[:SHOWN], tuple(_document(engine, d) for d in proof.documents[:SHOWN])))
    return tuple(found) if any(p.quotes or p.documents for p in found) else ()


def _document(engine: Engine, iri: str) -> Item:
    return Item(iri, labels(engine).of(iri, language_of_page()), safe_link(iri))
