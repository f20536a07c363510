"""A query process: it evaluates one query at a time and may be killed at any moment.

It is forked by the zygote with the store already loaded, can open nothing, and dies with its parent. User SPARQL is
parsed and evaluated here and nowhere else.
"""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import pyoxigraph as ox

from gob_graph.documents import serialize
from gob_graph.endpoint.engine.awake import NEXT_JOB
from gob_graph.endpoint.engine.kernel import (
    allow_processor_time,
    await_end,
    confine,
    die_with_parent,
    far,
    keep_to,
    niceness,
    peak_memory,
    send,
    take_job,
)
from gob_graph.endpoint.engine.syntax_error import explain
from gob_graph.formats import FORMATS

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from gob_graph.formats import Format

BY_NAME = {f.name: f for f in FORMATS}
LOOKS_AT_GRAPHS = ("graph", "from", "describe", "\\u")
"""A query in which none of this stands, not even in a string, is about the default graph; `\\u` may be any letter."""
STACK = 256 * 2**20
"""Bytes of stack for an evaluation: no 64 kB query that was tried overflows it."""
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""Characters, in UTF-8, that XML 1.0 has no way to write; the engine writes them all the same."""
GROWTH = 32 * 2**20
"""A query that took so many bytes leaves them taken (a deep one its stack); the process ends after having answered."""
KEPT_MANNERS = 32
"""Ways to evaluate that are remembered as written; most clients ask in one of a few."""
RECYCLE_ABOVE = 8 * 2**20
"""A result of so many bytes leaves the process large; it ends after having sent it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use: MiB of memory and of result, seconds of processor time."""

    memory: int
    result: int
    seconds: float


class Stores(NamedTuple):
    """The data of a release, twice: a look at the default graph passes by every quad of the named graphs."""

    whole: ox.Store
    """The named graphs, and the default graph."""
    union: ox.Store
    """The default graph alone."""

    def seen_by(self, job: Job) -> ox.Store:
        """The smaller one that gives the same answer."""
        text = job.query.lower()
        named = job.manner.default_graphs is not None or job.manner.named_graphs is not None
        return self.whole if named or any(word in text for word in LOOKS_AT_GRAPHS) else self.union


class Formats(NamedTuple):
    """The short name of the format for each kind of result (None: not acceptable)."""

    bindings: str | None
    boolean: str | None
    graph: str | None


class Manner(NamedTuple):
    """How a query is evaluated: its dataset (None: the service's own), and what becomes of the result."""

    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    formats: Formats
    base: str = "http://localhost/"
    """What relative addresses in the query are resolved against."""


@dataclass(frozen=True, slots=True)
class Job:
    """A query, and how it is evaluated."""

    query: str
    manner: Manner

    def encode(self) -> tuple[bytes, bytes]:
        """As it travels: the manner, which hardly ever differs and is written once, and the query as it is."""
        return _written(self.manner), self.query.encode()

    @classmethod
    def decode(cls, head: bytes, body: bytes) -> Job:
        """As it arrived."""
        return cls(body.decode(), _read(head))


@lru_cache(maxsize=KEPT_MANNERS)
def _written(manner: Manner) -> bytes:
    return json.dumps(manner).encode()


@lru_cache(maxsize=KEPT_MANNERS)
def _read(head: bytes) -> Manner:
    default_graphs, named_graphs, formats, base = json.loads(head)
    return Manner(_names(default_graphs), _names(named_graphs), Formats(*formats), base)


def _names(graphs: list[str] | None) -> tuple[str, ...] | None:
    return None if graphs is None else tuple(graphs)


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
        """There is nothing behind."""

    def body(self) -> bytes:
        return b"".join(self.parts)


def run(
    connection: socket.socket,
    jobs: socket.socket,
    processors: set[int],
    stores: Stores,
    prefixes: Mapping[str, str],
    limits: Limits,
    parent: int,
) -> NoReturn:
    """Answer jobs until the front hangs up."""
    die_with_parent(parent)
    confine(limits.memory * 2**20, STACK)
    threading.stack_size(STACK)
    most = peak_memory() + GROWTH
    usual = niceness()
    first: list[Job | None] = [None]
    """What the next thread begins with (None: with receiving); empty when there is to be none."""

    def answer_all(job: Job | None) -> None:
        # One thread receives, evaluates and sends: handing a job to another one would cost two wake-ups a query, and a
        # result object must end in the thread that made it.
        # The main thread as well: it gives its processors to the next one, and may be the last to end.
        keep_to(processors, 0, os.getpid())
        last = alone = False
        while not last:
            if job is None:
                try:
                    alone, *message = take_job(jobs, connection, NEXT_JOB if alone else 0.0)
                except EOFError:
                    break
                job = Job.decode(*message)
                # Looked at only now, as the front may make a thread step back when it has just sent its answer.
                if niceness() != usual:
                    first.append(job)
                    return
            allow_processor_time(limits.seconds)
            meta, body = _answer(stores, job, prefixes, limits)
            last = len(body) > RECYCLE_ABOVE or peak_memory() > most
            said = json.dumps(meta | {"last": last}) if "code" in meta else _usual(meta["kind"], meta["format"], last)
            send(connection, said.encode(), body)
            job = None
        keep_to(far(processors), 0, os.getpid())
        os._exit(0)

    # Only a thread can have a stack of our choosing, and one that stepped back can never come forward again. So this
    # one, which never steps back, makes them, one after the other; it outlives the last only when that failed.
    while first:
        thread = threading.Thread(target=answer_all, args=(first.pop(),))
        thread.start()
        thread.join()
        assert thread.native_id is not None  # noqa: S101
        # There is no room for the stack of another one before.
        await_end(thread.native_id)
    os._exit(1)


@lru_cache(maxsize=64)
def _usual(kind: str, form: str, last: bool) -> str:  # noqa: FBT001 - a key of the memory
    return json.dumps({"kind": kind, "format": form, "last": last})


def _answer(stores: Stores, job: Job, prefixes: Mapping[str, str], limits: Limits) -> tuple[dict[str, Any], bytes]:
    try:
        return evaluate(stores, job, prefixes, limits.result * 2**20)
    except SyntaxError as error:
        return {"code": "query-syntax", **explain(str(error), job.query, job.manner.base, prefixes)}, b""
    except _Unrepresentable as error:
        return {"code": "unrepresentable", "detail": str(error)}, b""
    except _TooLarge:
        return {"code": "result-too-large", "detail": f"the result is larger than {limits.result} MiB"}, b""
    except MemoryError:
        return {"code": "query-memory", "detail": f"the query needs more than {limits.memory} MiB"}, b""
    except (ValueError, RuntimeError, OSError) as error:
        # What an inner server or the system said is nobody's business: it could tell of the inside of a network.
        if "service" in str(error).lower() or isinstance(error, OSError):
            return {"code": "service-refused", "detail": "the query would reach out to another service"}, b""
        return {"code": "query-failed", "detail": str(error)[:500]}, b""


def evaluate(stores: Stores, job: Job, prefixes: Mapping[str, str], limit: int) -> tuple[dict[str, Any], bytes]:
    """Evaluate one query: what was answered (kind, format or the code of a refusal), and the document."""
    answer = _query(stores.seen_by(job), job)
    kind = _kind(answer)
    chosen = BY_NAME.get(getattr(job.manner.formats, kind) or "")
    if chosen is None:
        return {"code": "not-acceptable", "kind": kind, "detail": f"this query gives a {kind} result"}, b""
    sink = _Sink(limit)
    if isinstance(answer, ox.QueryTriples) and chosen.name in {"ntriples", "nquads"}:
        # The engine writes the lines itself, with no object for each term; sorted, they are what `serialize` gives.
        answer.serialize(sink, format=ox.RdfFormat.N_TRIPLES)  # type: ignore[arg-type]
        return {"kind": kind, "format": chosen.name}, _in_order(sink.body())
    if isinstance(answer, ox.QueryTriples):
        sink.write(_document(set(answer), chosen, prefixes))
    elif isinstance(chosen.codec, ox.QueryResultsFormat):
        answer.serialize(sink, format=chosen.codec)  # type: ignore[arg-type]
    body = sink.body()
    if chosen.name in {"xml", "rdfxml"} and (found := _NOT_XML.search(body)):
        raise _Unrepresentable(f"XML cannot hold the character {found[0].decode()!r} of this result")
    return {"kind": kind, "format": chosen.name}, body


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
    if chosen.name != "rdfxml":
        return body
    if b"<oxprefix: " in body:
        raise _Unrepresentable("a predicate of this result ends in nothing that can be an XML name")
    # A carriage return that is not escaped becomes a line feed in every XML parser.
    return body.replace(b"\r", b"&#13;")


def _query(store: ox.Store, job: Job) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    """A dataset of the protocol replaces FROM and FROM NAMED, and then both parts are given (Protocol 2.1.4)."""
    default_graphs, named_graphs, _, base = job.manner
    if default_graphs is None and named_graphs is None:
        return store.query(job.query, base_iri=base)
    return store.query(
        job.query,
        base_iri=base,
        default_graph=[ox.NamedNode(iri) for iri in default_graphs or ()],
        named_graphs=[ox.NamedNode(iri) for iri in named_graphs or ()],
    )


def _kind(answer: object) -> str:
    if isinstance(answer, ox.QueryTriples):
        return "graph"
    return "boolean" if isinstance(answer, ox.QueryBoolean) else "bindings"
