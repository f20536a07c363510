"""The graph for analysts: ``from gob_graph import Graph``."""

from __future__ import annotations

import difflib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import pyarrow as pa

from gob_graph.client import copies, lists
from gob_graph.client.cache import Cache, default_folder
from gob_graph.client.empty import types_of
from gob_graph.client.failures import Refused, UnknownName, WrongForm, refusal
from gob_graph.client.frames import Table, as_pandas, table_of, with_types
from gob_graph.client.http import Http
from gob_graph.client.rdf import CONSTRUCT_TYPE, about, graph_of
from gob_graph.client.releases import CURRENT, Moment, chosen, only_current
from gob_graph.client.source import manifest_of
from gob_graph.client.terms import TSV

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    import pandas
    import polars
    import rdflib

    from gob_graph.client.source import Answer, Document, Source
    from gob_graph.endpoint.sparql.stored_query import QuestionFile

JSON_RESULTS = "application/sparql-results+json"
PARQUET = "tables/{name}.parquet"
QUERY = "queries/{name}.rq"


class Graph:
    """A server (``Graph("https://…")``) or a release on disk (``Graph("releases/…")``); both give the same answers.

    Every answer is whole or an error, a `ClientError` that names the remedy.
    """

    def __init__(
        self, place: str | Path, *, cache: str | Path | None = "", timeout: float = 60.0, patience: float = 30.0
    ) -> None:
        """Name the server or the folder.

        Args:
            place: the address of a server, a folder of releases, or the folder of one release.
            cache: a folder for answers with an ETag; "" is the one of the user, None keeps nothing.
            timeout: seconds without a byte after which a server counts as gone.
            patience: seconds that are waited, in all, when a server says "later" (Retry-After).

        Raises:
            ReleaseNotFound: the folder holds no release.
        """
        self._release: str | None = None
        self._manifests: dict[str, Document] = {}
        self._source: Source
        if str(place).startswith(("http://", "https://")):
            from gob_graph.client.remote import Remote

            folder = default_folder() if cache == "" else Path(cache) if cache else None
            self._source = Remote(str(place), Http(Cache(folder), timeout, patience))
        else:
            from gob_graph.client.disk import Disk

            self._source = Disk(Path(place))

    @property
    def release(self) -> str:
        """The id of the release that answers."""
        return self._release or chosen(self._source.releases(), CURRENT)

    @property
    def manifest(self) -> Document:
        """The manifest of the release: version, issued, licence, files with their digests, prefixes."""
        release = self.release
        if release not in self._manifests:
            self._manifests[release] = manifest_of(self._source, release)
        return self._manifests[release]

    def as_of(self, release: Moment) -> Graph:
        """The same graph as it was: a release by its id, first digits or version, or what was current then.

        Raises:
            ReleaseNotFound: there is none.
        """
        return self.fixed(chosen(self._source.releases(), release))

    def fixed(self, release: str | None = None) -> Graph:
        """The same graph, whose release stays the same whatever is published meanwhile."""
        other = object.__new__(Graph)
        other._source, other._manifests, other._release = self._source, self._manifests, release or self.release
        return other

    def select(self, query: str) -> pandas.DataFrame:
        """The solutions of a SELECT; columns have Arrow types, languages stand in ``name@lang``.

        ``attrs`` holds the release, the datatypes by column, and how many cells kept their lexical form.

        Raises:
            ClientError: the query is refused, gives no table, or the answer is not whole.
        """
        return self._table(query).pandas()

    def select_arrow(self, query: str) -> pa.Table:
        """The solutions of a SELECT as an Arrow table; raises as `select`."""
        return self._table(query).arrow()

    def select_polars(self, query: str) -> polars.DataFrame:
        """The solutions of a SELECT as a DataFrame of polars; raises as `select`."""
        return self._table(query).polars()

    def ask(self, query: str) -> bool:
        """The answer to an ASK; raises as `select`."""
        document = json.loads(self._ask(query, JSON_RESULTS).body)
        if "boolean" not in document:
            raise WrongForm("This query gives a table, not yes or no", "Use .select(query).")
        return bool(document["boolean"])

    def construct(self, query: str) -> rdflib.Graph:
        """The triples of a CONSTRUCT or DESCRIBE; raises as `select`."""
        return graph_of(self._ask(query, CONSTRUCT_TYPE).body, self.manifest["prefixes"])

    def describe(self, iri: str) -> rdflib.Graph:
        """What the graph says of a thing, in both directions, with the names of what it links to and the evidence.

        Raises:
            UnknownName: the graph says nothing of it; raises as `select` besides.
        """
        found = self.construct(about(iri, self.manifest["ontology_base"]))
        if not len(found):
            raise UnknownName(f"The graph says nothing of {iri}", "Use .status([iri]), or .reconcile([name]).")
        return found

    def table(self, name: str) -> pandas.DataFrame:
        """A table of the release, as its Parquet file has it.

        Raises:
            UnknownName: the release has no such table.
        """
        return as_pandas(self.table_arrow(name))

    def table_arrow(self, name: str) -> pa.Table:
        """A table of the release as an Arrow table; raises as `table`."""
        import pyarrow.parquet as pq

        known = self.tables()
        if name not in known:
            near = difflib.get_close_matches(name, known, 3) or known
            remedy = f"Choose one of {', '.join(near)}." if known else "Take a newer release, or .question(…)."
            raise UnknownName(f"Release {self.release[:12]} has no table {name!r}", remedy)
        return pq.read_table(io.BytesIO(self._source.file(self.release, PARQUET.format(name=name))))

    def tables(self) -> list[str]:
        """The names of the tables of the release."""
        return self._names_in(PARQUET)

    def questions(self, language: str = "en") -> pandas.DataFrame:
        """The questions of the release: name, title and description in a language."""
        one = self.fixed()
        rows = [
            {"name": q.name, "title": q.title.get(language), "description": q.description.get(language)}
            for q in map(one.question_file, one._names_in(QUERY))
        ]
        return lists.frame(rows, lists.QUESTIONS)

    def question(self, name: str, language: str = "nl") -> pandas.DataFrame | bool | rdflib.Graph:
        """The answer to a question of the release: a table, yes or no, or triples, as the question is.

        ``attrs["title"]`` is the question in words; ``attrs["empty"]``, of a table without rows, why that is right.

        Raises:
            UnknownName: there is no such question; raises as `select` besides.
        """
        from gob_graph.endpoint.sparql.prescan import form

        graph = self.fixed()
        asked = graph.question_file(name)
        query = asked.in_language(language)
        kind = form(query)
        if kind == "ASK":
            return graph.ask(query)
        if kind != "SELECT":
            return graph.construct(query)
        frame = graph.select(query)
        frame.attrs |= {"question": name, "title": asked.title.get(language, name)}
        if frame.empty:
            frame.attrs["empty"] = asked.empty.get(language, "")
        return frame

    def status(self, iris: Sequence[str], since: str | None = None) -> pandas.DataFrame:
        """What became of identifiers; `since` is a release or a day that was seen last. Raises as `only_current`."""
        only_current(self._release, self._source, "status")
        known = chosen(self._source.releases(), since) if since and "-" not in since else since
        return lists.statuses(self._source.status(list(iris), known))

    def reconcile(
        self, names: Sequence[str], *, of_type: str = "", limit: int = 5, language: str = "nl"
    ) -> pandas.DataFrame:
        """The things that names or numbers may mean, the likeliest first. Raises as `only_current`."""
        only_current(self._release, self._source, "reconcile")
        asked = [{"query": name, "limit": limit, **({"type": of_type} if of_type else {})} for name in names]
        found = self._source.reconcile(asked, language)
        base = str(self.manifest["base_iri"])
        return lists.candidates(names, found, base, lambda iris: self.names(iris, language))

    def names(self, iris: Sequence[str], language: str = "nl") -> dict[str, str]:
        """What things are called in a language, or in the next best one."""
        wanted = " ".join(f"<{iri}>" for iri in dict.fromkeys(iris))
        return lists.called(self._rows(lists.NAMES.format(iris=wanted)), language) if wanted else {}

    def lookup(self, identifier: str, language: str = "nl") -> Document:
        """The things that bear an identifier; else ``reason`` and what is ``near``. Raises as `only_current`."""
        only_current(self._release, self._source, "lookup")
        if not identifier.strip():
            raise refusal("bad-parameter", "no identifier is given")
        return self._source.lookup(identifier, language)

    def changes(self, old: Moment, new: Moment = CURRENT, language: str = "nl") -> pandas.DataFrame:
        """What changed between two releases, a row for each thing; ``attrs["counts"]`` counts quads and classes."""
        listed = self._source.releases()
        last = self._release if self._release and new == CURRENT else chosen(listed, new)
        return lists.changes(self._source.changes(chosen(listed, old), last), language)

    def releases(self) -> pandas.DataFrame:
        """What was published when."""
        return lists.releases(self._source.releases())

    def dump(self, path: str | Path) -> copies.Proof:
        """Write the whole graph into a file and prove it; the name tells the format. Raises as `copies.dump`."""
        return copies.dump(self._source, self.release, Path(path))

    def download(self, folder: str | Path = "releases") -> Path:
        """Download the release whole; ``Graph(path)`` answers from it without a server. Returns its folder."""
        return copies.download(self._source, self.release, Path(folder))

    def close(self) -> None:
        """End the processes of a release on disk."""
        self._source.close()

    def __enter__(self) -> Self:
        """For ``with Graph(…) as graph``."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what was started."""
        self.close()

    def __repr__(self) -> str:
        """The call that makes it."""
        return f"Graph({self._source.place!r})" + (f".as_of({self._release[:12]!r})" if self._release else "")

    def _ask(self, query: str, accept: str) -> Answer:
        try:
            return self._source.query(query, accept, self._release)
        except Refused as error:
            if error.code != "not-acceptable":
                raise
            remedy = "Use .select for SELECT, .ask for ASK, .construct for CONSTRUCT and DESCRIBE."
            raise WrongForm(error.detail.capitalize(), remedy) from error

    def _table(self, query: str) -> Table:
        answer = self._ask(query, TSV)
        table = table_of(answer.body)
        table.attributes = {"release": answer.release, "query": query}
        return table if table.rows else with_types(table, types_of(query, self._pairs))

    def _pairs(self, query: str) -> list[tuple[str, str]]:
        return [(row["p"], row["type"]) for row in self._rows(query)]

    def _rows(self, query: str) -> list[Mapping[str, Any]]:
        return cast("list[Mapping[str, Any]]", table_of(self._ask(query, TSV).body).arrow().to_pylist())

    def _names_in(self, pattern: str) -> list[str]:
        """The names of the files of the release that have a form."""
        before, _, after = pattern.partition("{name}")
        files = self.manifest["files"]
        return sorted(
            n.removeprefix(before).removesuffix(after) for n in files if n.startswith(before) and n.endswith(after)
        )

    def question_file(self, name: str) -> QuestionFile:
        """A question with its title and its query in four languages; raises as `question`."""
        from gob_graph.endpoint.sparql.stored_query import parse

        known = self._names_in(QUERY)
        if name not in known:
            near = ", ".join(difflib.get_close_matches(name, known, 3, 0.4) or known[:5])
            raise UnknownName(f"There is no question {name!r}", f"Did you mean {near}? .questions() lists them.")
        return parse(name, self._source.file(self.release, QUERY.format(name=name)).decode())
