"""The evaluation of one query by an engine that others run, in a worker; its answer is written by our own writers.

The embedded engine parses each query first, over no data: what is wrong is told as ever, and says which kind of result
the other engine is to be asked for.
"""

from __future__ import annotations

import json
import re
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from gob_graph.endpoint.engine.evaluation import BY_NAME, described, document_of
from gob_graph.endpoint.engine.normaliser.spelling import readable
from gob_graph.endpoint.engine.remote.connection import RESULTS, TRIPLES, Connection, bad
from gob_graph.endpoint.engine.remote.counting import counted
from gob_graph.endpoint.engine.remote.outgoing import Outgoing, outgoing
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gob_graph.endpoint.engine.job import Job, Limits

    Result = ox.QuerySolutions | ox.QueryBoolean | set[ox.Triple]

WIDER: Final = 4
"""An answer in JSON or N-Triples may be so many times as large as the largest document that is made from it."""
ASK_COLUMN: Final = "__ASK_RETVAL"
JSON: Final = ox.QueryResultsFormat.JSON
INVALID: Final = (SyntaxError, ValueError, KeyError, TypeError, AttributeError)
"""What is raised when an answer is read that is not what it should be."""
MARGIN: Final = 0.1
"""The part of the limit of time that is left to end the connection and to say so, before the process is ended."""
_UNKNOWN = re.compile(r"The custom function <(.*)> is not supported")


@dataclass(slots=True)
class Remote:
    """An engine that holds the graphs of a release."""

    url: str
    connection: Connection
    graphs: tuple[str, ...]
    cut_at: int | None = None
    """The number of rows above which this engine cuts results, once it has said so."""

    def evaluate(self, job: Job, prefixes: Mapping[str, str], limits: Limits) -> tuple[dict[str, Any], bytes]:
        """What was answered, or the refusal as an exception.

        Raises:
            SyntaxError: the query is none.
            RequestError: it is refused, or the engine gave no answer that can be used.
        """
        kind, columns = kind_of(job)
        if job.manner.described:
            # It is evaluated as it is written; what its values are, which some surprises are about, is known elsewhere.
            return {"kind": "bindings", "format": "json"}, described(readable(job.query), None, ox.Store())
        if BY_NAME.get(getattr(job.manner.formats, kind) or "") is None:
            return {"code": "not-acceptable", "kind": kind, "detail": f"this query gives a {kind} result"}, b""
        self.connection.limit = WIDER * limits.result * 2**20
        query = outgoing(readable(job.query), job.manner, self.graphs)
        try:
            with _deadline(limits.seconds):
                result = self.result(query, kind, limits.seconds, columns)
                return document_of(result, job, prefixes, limits.result * 2**20)
        except INVALID as error:
            raise _invalid() from error
        finally:
            self.connection.end_answer()

    def result(self, query: Outgoing, kind: str, seconds: float, columns: Sequence[str] = ()) -> Result:
        """The whole answer to a query of this kind; that of a SELECT with these columns, in this order.

        Raises:
            RequestError: there is none, or it cannot be used.
        """
        if kind == "graph":
            counted_first = self._refuse_cut(query, seconds)
            triples = _triples(self.connection.ask(query, TRIPLES, seconds).body.all())
            if self.cut_at is not None and not counted_first and len(triples) >= self.cut_at:
                raise _cut(self.cut_at)
            return triples
        reply = self.connection.ask(query, RESULTS, seconds)
        self.cut_at = reply.cut_at or self.cut_at
        body = reply.body.all()
        if kind == "boolean":
            return _boolean(body)
        if reply.cut_at is not None and sum(1 for _ in _parsed(body)) >= reply.cut_at:
            raise _cut(reply.cut_at)
        return _with_columns(body, columns)

    def solutions(self, query: Outgoing, columns: Sequence[str], seconds: float) -> list[ox.QuerySolution]:
        """The rows of a query of our own.

        Raises:
            RequestError: there is no usable answer.
        """
        try:
            result = self.result(query, "bindings", seconds, columns)
            return list(result) if isinstance(result, ox.QuerySolutions) else []
        except INVALID as error:
            raise _invalid() from error
        finally:
            self.connection.end_answer()

    def _refuse_cut(self, query: Outgoing, seconds: float) -> bool:
        """Count the solutions of a CONSTRUCT, where the engine would cut them without a word; says whether it could.

        Raises:
            RequestError: ``result-too-large``: there are as many as it gives at most.
        """
        if self.cut_at is None or (count := counted(query.text)) is None:
            return False
        answer = _parsed(self.connection.ask(query._replace(text=count), RESULTS, seconds).body.all())
        (solution,) = list(answer)
        if int(solution[0].value) >= self.cut_at:
            raise _cut(self.cut_at)
        return True


def kind_of(job: Job) -> tuple[str, list[str]]:
    """The kind of result that a query has, and the names of its columns.

    Raises:
        SyntaxError: it is none.
        RequestError: ``extension-refused``: it calls a function that SPARQL does not know.
    """
    try:
        result = ox.Store().query(readable(job.query), base_iri=job.manner.base)
    except RuntimeError as error:
        if found := _UNKNOWN.fullmatch(str(error)):
            raise RequestError("extension-refused", f"<{found[1][:200]}> is no function of SPARQL 1.1") from error
        raise
    if isinstance(result, ox.QueryTriples):
        return "graph", []
    if isinstance(result, ox.QueryBoolean):
        return "boolean", []
    return "bindings", [variable.value for variable in result.variables]


def _cut(rows: int) -> RequestError:
    return RequestError("result-too-large", f"the engine gives {rows} rows at most, and this answer has as many")


def _parsed(body: bytes) -> ox.QuerySolutions:
    """The rows of a result, read to its end before the first is used."""
    answer = ox.parse_query_results(body, format=JSON)
    if not isinstance(answer, ox.QuerySolutions):
        raise bad("answered yes or no to a query for rows")
    return answer


def _with_columns(body: bytes, columns: Sequence[str]) -> ox.QuerySolutions:
    """The rows with these columns: in `SELECT *` their order is the engine's own, and Virtuoso invents one for `{}`."""
    answer = _parsed(body)
    given = [variable.value for variable in answer.variables]
    if given == list(columns):
        return answer
    if not set(columns) <= set(given):
        raise bad("gave other columns than the query has")
    rows = json.loads(body)["results"]["bindings"]
    bindings = [{name: row[name] for name in columns if name in row} for row in rows]
    return _parsed(json.dumps({"head": {"vars": list(columns)}, "results": {"bindings": bindings}}).encode())


def _boolean(body: bytes) -> ox.QueryBoolean:
    """Read by a JSON parser of its own: that of the engine stops behind the value and would take a cut answer.

    Virtuoso 7 gives a table of one column instead, with no row for no.
    """
    said = json.loads(body)
    if said.get("head", {}).get("vars") == [ASK_COLUMN]:
        said = {"boolean": any(row[ASK_COLUMN]["value"] == "1" for row in said["results"]["bindings"])}
    if not isinstance(said.get("boolean"), bool) or "results" in said:
        raise bad("answered something else than yes or no")
    answer = ox.parse_query_results(json.dumps({"head": {}, "boolean": said["boolean"]}), format=JSON)
    if not isinstance(answer, ox.QueryBoolean):
        raise TypeError("no boolean")
    return answer


def _triples(body: bytes) -> set[ox.Triple]:
    if body and not body.endswith(b"\n"):
        raise _invalid()
    return {quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)}


def _invalid() -> RequestError:
    return bad("gave an answer that is not whole or not valid")


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Stop what is waited for shortly before the process would be ended; a worker evaluates in its main thread."""

    def late(*_: object) -> None:
        raise RequestError("query-timeout", f"the query was stopped after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds * (1 - MARGIN))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
