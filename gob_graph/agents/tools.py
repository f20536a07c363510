"""The tools: each asks the graph and answers with one object, or refuses with a code of the endpoint."""

from __future__ import annotations

import json
import warnings
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Final, Literal, ParamSpec, TypeVar

import pyoxigraph as ox
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from gob_graph.agents import answers as a
from gob_graph.agents.facts import SHOWN, asked, evidence_of, facts_of, figures_of, links_to, local
from gob_graph.client.failures import ClientError, refusal
from gob_graph.manifest import dataset_iri

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from gob_graph.client.graph import Graph

P = ParamSpec("P")
T = TypeVar("T")
Language = Literal["nl", "fr", "de", "en"]
AsOf = Annotated[
    str,
    Field(description="Answer as of a day (2026-01-31), a version or a release; empty: now. Refused with current-only "
          "by search, lookup_identifier and check_addresses, which know the current release."),
]  # fmt: skip
MOST: Final = 500
"""Rows of an answer."""
EVIDENCE: Final = 100
ADDRESSES: Final = 100
HEDGED: Final = "Some figures are bounds or approximate, or without a date: say so; they need not agree."
TITLE: Final = "SELECT ?licence WHERE {{ <{dataset}> dct:license ?licence }}"


def refusing(tool: Callable[P, T]) -> Callable[P, T]:
    """A tool whose refusals are JSON with code, detail and remedy; never a traceback."""

    @wraps(tool)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of values that stay text: every value is text here
                return tool(*args, **kwargs)
        except ClientError as error:
            detail = getattr(error, "detail", error.what)
            document = {"code": error.code, "detail": detail, "remedy": error.remedy}
            raise ToolError(json.dumps(document, ensure_ascii=False)) from None

    return call


class Tools:
    """The tools over one graph."""

    def __init__(self, graph: Graph) -> None:
        """Name the graph."""
        self._graph = graph

    def _at(self, as_of: str) -> Graph:
        """The graph as of then, or as it is now; a tool takes it once, so that an answer is from one release."""
        return self._graph.as_of(as_of) if as_of.strip() else self._graph.fixed()

    def search(self, text: str, language: Language = "en", limit: int = 5, as_of: AsOf = "") -> a.Candidates:
        """Find the organisation, post, mission, value or other thing that a name, abbreviation or number may mean."""
        graph = self._at(as_of)
        rows = graph.reconcile([text], limit=max(1, min(limit, 50)), language=language)
        found = [_candidate(row) for row in rows.to_dict("records")]
        note = "" if found else f"{a.SILENT} Nothing in the graph is called like this."
        return a.Candidates(release=graph.release, said=bool(found), note=note, count=len(found), candidates=found)

    def describe(self, iri: str, language: Language = "en", as_of: AsOf = "") -> a.Described:
        """Tell all that the data say of a thing: facts with evidence, figures with bounds, reservations and dates."""
        graph, node = self._at(as_of), _node(iri)
        facts, links = facts_of(graph, node, language), links_to(graph, node, language)
        figures = figures_of(graph, [node], language)
        notes = [] if facts or links else [f"{a.SILENT} The graph says nothing of this address; try check_addresses."]
        notes += [HEDGED] if figures else []
        notes += [f"Only the first {SHOWN} things that refer to it are listed."] if len(links) > SHOWN else []
        return a.Described(
            release=graph.release,
            said=bool(facts or links),
            note=" ".join(notes),
            iri=node,
            label=graph.names([node], language).get(node, local(node)),
            count=len(facts),
            facts=facts,
            figures=figures,
            links=links[:SHOWN],
        )

    def list_questions(self, language: Language = "en", as_of: AsOf = "") -> a.Questions:
        """List the questions that the data answer well; ask one with ask_question."""
        graph = self._at(as_of)
        rows = graph.questions(language).to_dict("records")
        listed = [a.Question(**{key: str(value) for key, value in row.items()}) for row in rows]
        return a.Questions(release=graph.release, said=True, count=len(listed), questions=listed)

    def ask_question(self, name: str, language: Language = "en", as_of: AsOf = "") -> a.Rows:
        """Answer a listed question by its name: rows, names of the things in them, figures, and the evidence."""
        from gob_graph.endpoint.sparql.prescan import form

        graph = self._at(as_of)
        asked_ = graph.question_file(name)
        text = asked_.in_language(language)
        title = asked_.title.get(language, name)
        kind = form(text)
        if kind == "ASK":
            return a.Rows(release=graph.release, said=True, title=title, boolean=graph.ask(text))
        if kind != "SELECT":
            turtle = graph.construct(text).serialize(format="turtle")
            return a.Rows(release=graph.release, said=True, title=title, turtle=turtle)
        found = _rows(graph, graph.select_arrow(text), MOST, language)
        found.title = title
        if not found.count:
            found.note = f"{a.SILENT} {asked_.empty.get(language, '')}".strip()
        return found

    def query(self, sparql: str, limit: int = 100, language: Language = "en", as_of: AsOf = "") -> a.Rows:
        """Answer a SPARQL query (SELECT or ASK) within the limits of the endpoint; at most 500 rows are shown.

        `count` is the number of all rows, `complete` says whether they are all here.
        """
        from gob_graph.endpoint.sparql.prescan import form

        graph = self._at(as_of)
        if form(sparql) == "ASK":
            return a.Rows(release=graph.release, said=True, boolean=graph.ask(sparql))
        return _rows(graph, graph.select_arrow(sparql), max(1, min(limit, MOST)), language)

    def lookup_identifier(self, identifier: str, language: Language = "en", as_of: AsOf = "") -> a.LookedUp:
        """Find what has a number or code (KBO/BCE, VAT, NUTS, REFNIS, an address), however it is spelled."""
        graph = self._at(as_of)
        found = graph.lookup(identifier, language)
        names = graph.names(found["things"], language)
        things = [
            a.Candidate(iri=iri, label=names.get(iri, local(iri)), score=100, sure=True, former=False, types=[])
            for iri in found["things"]
        ]
        note = "" if things else f"{a.SILENT} No thing in the graph bears it: {found['reason']}."
        if len(things) > 1:
            note = "Several things share it: the number belongs to a registered entity that others refer to."
        near = [a.Near(**one) for one in found["near"]]
        return a.LookedUp(
            release=graph.release, said=bool(things), note=note, count=len(things), things=things,
            reason=found["reason"], near=near,
        )  # fmt: skip

    def check_addresses(self, iris: list[str], as_of: AsOf = "") -> a.Statuses:
        """Tell what became of identifiers (IRIs): in use, renamed, merged, ended, withdrawn, never published."""
        if len(iris) > ADDRESSES:
            raise refusal("batch-too-large", f"{len(iris)} addresses; the limit is {ADDRESSES}")
        graph = self._at(as_of)
        rows = graph.status(iris).to_dict("records")
        listed = [
            a.Status(
                iri=row["iri"], status=row["status"], dates=list(row["dates"]), successors=list(row["successors"]),
                reason=row["reason"] or "",
            )
            for row in rows
        ]  # fmt: skip
        said = any(one.status not in {"never-existed", "not-ours"} for one in listed)
        return a.Statuses(release=graph.release, said=said, count=len(listed), addresses=listed)

    def cite(self, language: Language = "en", as_of: AsOf = "") -> a.Citation:
        """Tell how the data are cited: title, version, date, licence, and the hash that proves a copy."""
        graph = self._at(as_of)
        manifest, dataset = graph.manifest, dataset_iri(graph.manifest)
        licences = asked(graph, TITLE.format(dataset=dataset))
        title = graph.names([dataset], language).get(dataset, "gob-graph")
        iri = f"{dataset}/{manifest['version']}"
        return a.Citation(
            release=graph.release,
            said=True,
            text=f"{title} ({manifest['version']}, {manifest['issued']}). {iri}. Release {graph.release}.",
            iri=iri,
            version=manifest["version"],
            issued=manifest["issued"],
            licence=licences[0]["licence"] if licences else str(manifest.get("license", "")),
            proof=graph.release,
        )


def _rows(graph: Graph, table: pa.Table, most: int, language: str) -> a.Rows:
    shown = table.slice(0, most).to_pylist()
    iris = [v for row in shown for v in row.values() if isinstance(v, str) and _is_iri(v)]
    base = graph.manifest["base_iri"]
    ours = list(dict.fromkeys(iri for iri in iris if iri.startswith(f"{base}/id/")))[:MOST]
    figures = figures_of(graph, ours, language) if ours else []
    complete = table.num_rows <= most
    notes = [] if complete else [f"Only {most} of {table.num_rows} rows are here: ask for less at once."]
    notes += [HEDGED] if any(f.more_than or f.about or f.hedge or not f.date for f in figures) else []
    notes += [] if table.num_rows else [a.SILENT]
    return a.Rows(
        release=graph.release,
        said=bool(table.num_rows),
        note=" ".join(notes),
        columns=table.column_names,
        count=table.num_rows,
        complete=complete,
        rows=[a.Row(cells={k: None if v is None else _text(v) for k, v in row.items()}) for row in shown],
        labels=graph.names(iris, language),
        evidence=evidence_of(graph, ours, EVIDENCE),
    )


def _candidate(row: dict[str, object]) -> a.Candidate:
    label = row["label"] if isinstance(row["label"], str) else local(str(row["iri"]))
    return a.Candidate(
        iri=str(row["iri"]), label=label, score=float(str(row["score"])), sure=bool(row["match"]),
        former=bool(row["former"]), types=list(row["types"]),  # type: ignore[call-overload]
    )  # fmt: skip


def _node(iri: str) -> str:
    try:
        return ox.NamedNode(iri.strip().strip("<>")).value
    except ValueError:
        raise refusal("bad-parameter", f"{iri[:100]!r} is no IRI; search gives IRIs") from None


def _is_iri(text: str) -> bool:
    if not text.startswith(("http://", "https://", "urn:")):
        return False
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
