"""The questions with their answers as pages show them: a table, a yes or no, a document, or a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pyoxigraph as ox

from gob_graph.endpoint.engine.job import Formats, Job, Manner
from gob_graph.endpoint.sparql.prescan import reaches_out
from gob_graph.endpoint.sparql.stored_query import read_questions
from gob_graph.endpoint.web.pages.term import Cell, Cells

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.sparql.stored_query import QuestionFile
    from gob_graph.release import Release

MANNER = Manner(None, None, Formats("json", "json", "turtle"))
ROWS_SHOWN = 500
"""Rows of a table on a page; the page says when there are more, and gives the whole as CSV and JSON."""
REFUSED = "service-refused"


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
        return "/sparql?" + urlencode({"query": self.query, "format": wanted})

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
    if answer.kind == "graph":
        return Answered(question, query, document=answer.body.decode())
    found = ox.parse_query_results(answer.body, format=ox.QueryResultsFormat.JSON)
    if isinstance(found, ox.QueryBoolean):
        return Answered(question, query, boolean=bool(found))
    cells = Cells(engine, language)
    names = [variable.value for variable in found.variables]
    rows = [tuple(cells.of(solution[name]) for name in names) for solution in found]
    return Answered(question, query, tuple(names), tuple(rows[:ROWS_SHOWN]), len(rows))
