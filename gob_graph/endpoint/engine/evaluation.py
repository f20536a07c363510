"""The evaluation of one query over the dataset of a release, in whatever process this is called."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.documents import serialize
from gob_graph.endpoint.engine.dataset import Dataset
from gob_graph.endpoint.engine.normaliser.comparison import differs
from gob_graph.endpoint.engine.normaliser.memory import Form
from gob_graph.endpoint.engine.normaliser.spelling import readable
from gob_graph.endpoint.engine.normaliser.surprises import surprises
from gob_graph.endpoint.engine.syntax_error import explain
from gob_graph.errors import RequestError
from gob_graph.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gob_graph.endpoint.engine.job import Job, Limits, Manner
    from gob_graph.formats import Format

_Result = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples
BY_NAME = {f.name: f for f in FORMATS}
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""Characters, in UTF-8, that XML 1.0 has no way to write; the engine writes them all the same."""
_UNKNOWN = re.compile(r"The custom function <(.*)> is not supported")


COMPARE = 2
"""The setting with which both forms of a query are evaluated."""


class _TooLarge(Exception):
    """Raised out of the serialiser: it is the only way to stop it."""


class _Unrepresentable(Exception):
    """The format has no way to write a value of this result."""


class _Sink:
    """Collects what a serialiser writes, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.parts = limit, 0, [b""]

    def write(self, part: bytes) -> int:
        self.size += len(part)
        if self.size > self.limit:
            raise _TooLarge
        self.parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing is buffered."""

    def body(self) -> bytes:
        return b"".join(self.parts)


def answer(dataset: Dataset, job: Job, prefixes: Mapping[str, str], limits: Limits) -> tuple[dict[str, Any], bytes]:
    """Evaluate one query: what was answered, or the code and the detail of the refusal; and the document."""
    size = limits.result * 2**20
    return answered(lambda: evaluate(dataset, job, prefixes, size, limits.normaliser), job, prefixes, limits)


def answered(
    evaluated: Callable[[], tuple[dict[str, Any], bytes]], job: Job, prefixes: Mapping[str, str], limits: Limits
) -> tuple[dict[str, Any], bytes]:
    """What an evaluation gives, or the code and the detail of the refusal for what it raises."""
    try:
        return evaluated()
    except SyntaxError as error:
        return {"code": "query-syntax", **explain(str(error), readable(job.query), job.manner.base, prefixes)}, b""
    except _Unrepresentable as error:
        return {"code": "unrepresentable", "detail": str(error)}, b""
    except RequestError as error:
        return {"code": error.code, "detail": error.detail}, b""
    except _TooLarge:
        return {"code": "result-too-large", "detail": f"the result is larger than {limits.result} MiB"}, b""
    except MemoryError:
        return {"code": "query-memory", "detail": f"the query needs more than {limits.memory} MiB"}, b""
    except (ValueError, RuntimeError, OSError) as error:
        # The text of an inner server or of the system is withheld: it could describe the inside of a network.
        if "service" in str(error).lower() or isinstance(error, OSError):
            return {"code": "service-refused", "detail": "the query would reach out to another service"}, b""
        return {"code": "query-failed", "detail": str(error)[:500]}, b""


def evaluate(
    dataset: Dataset, job: Job, prefixes: Mapping[str, str], limit: int, normaliser: int = 1
) -> tuple[dict[str, Any], bytes]:
    """Evaluate one query: what was answered (kind, format or the code of a refusal), and the document.

    `limit` is the size of the largest document, in bytes; `normaliser` is the setting of that name.
    """
    if job.manner.described:
        return {"kind": "bindings", "format": "json"}, _described(dataset, job, normaliser)
    form = _form(dataset, job) if normaliser else Form(job.query, job.query)
    said, body = document_of(_query(dataset, form.text, job.manner), job, prefixes, limit)
    if normaliser == COMPARE and differs(form, lambda text: _query(dataset, text, job.manner)):
        said["differs"] = True
    return said, body


def _form(dataset: Dataset, job: Job) -> Form:
    """What is evaluated for a query."""
    form = dataset.normaliser.form(job.query, job.manner.base)
    if job.manner.default_graphs is not None or job.manner.named_graphs is not None:
        return form
    found = dataset.prepared.of(job.query, job.manner.base)
    if found and found.rows is not None:
        answer = _query(dataset, found.text, job.manner)
        if not isinstance(answer, ox.QuerySolutions) or sum(1 for _ in answer) < found.rows:
            return form
    return Form(found.text, form.standard) if found else form


def _described(dataset: Dataset, job: Job, normaliser: int) -> bytes:
    """What can be said of a query before it is evaluated, as JSON: `form` (null: as it is written), `surprises`."""
    text = readable(job.query)
    _query(Dataset.of(ox.Store()), text, job.manner)
    form = _form(dataset, job).text if normaliser else text
    return described(text, None if form == text else form, dataset.store)


def described(text: str, form: str | None, store: ox.Store) -> bytes:
    """What is said of a query, as JSON: the `form` in which it is evaluated, and its `surprises` over these data."""
    found = [
        {"code": one.code, "line": line, "column": column, "about": one.about}
        for one in surprises(text, store)
        for line, column in [_place(text, one.start)]
    ]
    return json.dumps({"form": form, "surprises": found}).encode()


def _place(text: str, start: int) -> tuple[int, int]:
    """Line and column of a character, both from 1."""
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)


def document_of(
    result: _Result | set[ox.Triple], job: Job, prefixes: Mapping[str, str], limit: int
) -> tuple[dict[str, Any], bytes]:
    """The document of a result in the format that the job asks for."""
    kind = _kind(result)
    chosen = BY_NAME.get(getattr(job.manner.formats, kind) or "")
    if chosen is None:
        return {"code": "not-acceptable", "kind": kind, "detail": f"this query gives a {kind} result"}, b""
    sink = _Sink(limit)
    if isinstance(result, ox.QueryTriples) and chosen.name in {"ntriples", "nquads"}:
        # The engine writes the lines itself, with no object for each term; sorted, they are what `serialize` gives.
        result.serialize(sink, format=ox.RdfFormat.N_TRIPLES)  # type: ignore[arg-type]
        return {"kind": kind, "format": chosen.name}, _in_order(sink.body())
    if isinstance(result, ox.QueryTriples | set):
        sink.write(_document(set(result), chosen, prefixes))
    elif isinstance(chosen.codec, ox.QueryResultsFormat):
        result.serialize(sink, format=chosen.codec)  # type: ignore[arg-type]
    body = sink.body()
    if chosen.name in {"xml", "rdfxml"}:
        body = _as_xml(body)
    return {"kind": kind, "format": chosen.name}, body


def _as_xml(body: bytes) -> bytes:
    """What the engine wrote, with the characters that XML changes or cannot hold escaped or refused."""
    if found := _NOT_XML.search(body):
        raise _Unrepresentable(f"XML cannot hold the character {found[0].decode()!r} of this result")
    # A carriage return that is not escaped becomes a line feed in every XML parser.
    return body.replace(b"\r", b"&#13;")


def _in_order(lines: bytes) -> bytes:
    """The lines sorted, each once. They come nearly sorted, so that this is faster than a set of them."""
    found = lines.split(b"\n")[:-1]
    found.sort()
    once = [line for line, following in zip(found, [*found[1:], b""], strict=False) if line != following]
    return b"\n".join([*once, b""])


def _document(triples: set[ox.Triple], chosen: Format, prefixes: Mapping[str, str]) -> bytes:
    try:
        body = serialize(triples, chosen, prefixes)
    except OSError as error:
        raise _Unrepresentable(f"{chosen.label} cannot hold this result: {error}") from error
    if chosen.name == "rdfxml" and b"<oxprefix: " in body:
        raise _Unrepresentable("a predicate of this result ends in nothing that can be an XML name")
    return body


def _query(dataset: Dataset, text: str, manner: Manner) -> _Result:
    """A call of a function that is not known is an error in its expression (SPARQL 1.1 section 17.6), not of the query.

    The engine, which refuses such a query and names the function, is given one that has no value.
    """
    seen = dataset.seen_by(text, manner)
    unknown: dict[ox.NamedNode, Callable[..., None]] = {}
    while True:
        try:
            return dataset.store.query(text, base_iri=manner.base, custom_functions=unknown, **seen)  # type: ignore[arg-type]
        except RuntimeError as error:
            found = _UNKNOWN.fullmatch(str(error))
            if found is None or (function := ox.NamedNode(found[1])) in unknown:
                raise
            unknown[function] = _no_value


def _no_value(*_arguments: object) -> None:
    """An unknown function: its result is an error."""


def _kind(result: object) -> str:
    if isinstance(result, ox.QueryTriples | set):
        return "graph"
    return "boolean" if isinstance(result, ox.QueryBoolean) else "bindings"
