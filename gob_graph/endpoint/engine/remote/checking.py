"""Compares an engine that others run with the embedded one: by probes, questions of the release, its limit of time.

What is compared is what a client would get: the engine is asked the way that a worker asks it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gob_graph.endpoint.engine.evaluation import answer, answered
from gob_graph.endpoint.engine.job import Formats, Job, Limits, Manner
from gob_graph.endpoint.engine.page_query import declared
from gob_graph.endpoint.engine.remote.probes import QUESTION, TIME_LIMIT, Probe, table
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gob_graph.endpoint.engine.dataset import Dataset
    from gob_graph.endpoint.engine.remote.evaluation import Remote
    from gob_graph.release import Release

LIMITS: Final = Limits(memory=4096, result=64, seconds=60.0)
MUCH: Final = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
"""More than an engine can count in the time that it is given; the number is known."""
HONEST: Final = frozenset({"query-timeout", "query-failed", "engine-answer", "engine-down"})
"""What an answer may be that does not come in time: anything but rows."""
SHOWN: Final = 60
"""Characters of an answer that are shown."""

Shape = tuple[str, object]
"""An answer as it is compared: what it is, and its content."""


class Finding(NamedTuple):
    """A query that two engines answer differently, and what each gives, shortened."""

    probe: Probe
    embedded: str
    engine: str


def check(
    release: Release, dataset: Dataset, remote: Remote, questions: Iterable[tuple[str, str]], seconds: float
) -> Iterator[Finding | None]:
    """A finding for each query that is answered differently, None for each that is not.

    `questions` are names and texts; `seconds` is the limit of time at which an answer must not be cut.

    Raises:
        RequestError: ``engine-unreachable``.
    """
    prefixes = release.manifest["prefixes"]
    manner = Manner(None, None, Formats("json", "json", "ntriples"), f"{release.base_iri}/id/graph/")
    for probe in (*table().probes, *(Probe(QUESTION + name, text) for name, text in questions)):
        job = Job(declared(probe.query, prefixes), manner)
        ours = _shape(answer(dataset, job, prefixes, LIMITS), probe.query)
        theirs = _shape(_asked(remote, job, LIMITS), probe.query)
        yield None if ours == theirs else Finding(probe, *_difference(ours, theirs))
    said, body = _asked(remote, Job(MUCH, manner), replace(LIMITS, seconds=seconds))
    right = f'"value":"{release.manifest["distinct_triples"] ** 3}"'
    if said.get("code") in HONEST or right in body.decode():
        yield None
    else:
        yield Finding(Probe(TIME_LIMIT, MUCH), f"none within {seconds:g} s", body.decode()[-2 * SHOWN :])


def _asked(remote: Remote, job: Job, limits: Limits) -> tuple[dict[str, Any], bytes]:
    said, body = answered(lambda: remote.evaluate(job, {}, limits), job, {}, limits)
    if said.get("code") == "engine-unreachable":
        raise RequestError("engine-unreachable", said["detail"])
    return said, body


def _shape(given: tuple[dict[str, Any], bytes], query: str) -> Shape:
    said, body = given
    if "code" in said:
        return "refused", said["code"]
    if said["kind"] == "graph":
        return "graph", Counter(body.decode().splitlines())
    result = json.loads(body)
    if said["kind"] == "boolean":
        return "boolean", result["boolean"]
    rows = [_row(row) for row in result["results"]["bindings"]]
    return "rows", rows if "ORDER BY" in query.upper() else Counter(rows)


def _row(row: dict[str, dict[str, str]]) -> str:
    return " ".join(f"?{name}={_term(row[name])}" for name in sorted(row))


def _term(term: dict[str, str]) -> str:
    if term["type"] in {"uri", "bnode"}:
        return f"<{term['value']}>" if term["type"] == "uri" else "[]"
    kind = f"@{term['xml:lang']}" if "xml:lang" in term else f"^^{term.get('datatype', '').rpartition('#')[2]}"
    return json.dumps(term["value"], ensure_ascii=False) + ("" if kind == "^^" else kind)


def _difference(ours: Shape, theirs: Shape) -> tuple[str, str]:
    """What each gives that the other does not."""
    if isinstance(ours[1], Counter) and isinstance(theirs[1], Counter):
        return _few(ours[1] - theirs[1]), _few(theirs[1] - ours[1])
    return tuple(f"{shape[0]}: {str(shape[1])[:SHOWN]}" for shape in (ours, theirs))  # type: ignore[return-value]


def _few(rows: Counter[str]) -> str:
    first = min(rows, default="")
    return f"{rows.total()} more: {first[:SHOWN]}" if rows else "nothing more"
