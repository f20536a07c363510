"""Numbers about the graph of a release, made once when it is built, with which some queries are answered.

`statistics.json` in the folder of a release, for its union of graphs::

    {"release": id, "triples": 9, "predicates": {iri: 5}, "classes": {iri: 2},
     "languages": {predicate: {"nl": 3, "": 1}}, "ends": {predicate: {"nl": [first values, last values]}}}

`languages` is of predicates whose values are all literals, some of them with a language; "" counts those without.
`ends` are the first and the last values in the order of code points, where there are many.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from gob_graph.errors import ReleaseError
from gob_graph.release import file_of
from gob_graph.vocab import RDF

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gob_graph.release import Release

FILE: Final = "statistics.json"
MANY: Final = 2000
"""Values in one language of a predicate from which on the first and the last are kept."""
KEPT: Final = 256
"""Values that are kept of each end."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The numbers of one graph; IRIs are without angle brackets."""

    triples: int
    predicates: Mapping[str, int]
    classes: Mapping[str, int] | None
    """None where something else than an IRI is a class."""
    languages: Mapping[str, Mapping[str, int]]
    ends: Mapping[str, Mapping[str, tuple[list[str], list[str]]]]


def statistics(triples: Collection[ox.Triple]) -> Statistics:
    """The numbers of a graph, which is read once."""
    predicates, classes, kind = Counter[str](), Counter[object](), RDF.type.value
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    texts: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    other: set[str] = set()
    for t in triples:
        predicate, thing = t.predicate.value, t.object
        predicates[predicate] += 1
        if predicate == kind:
            classes[thing] += 1
        if isinstance(thing, ox.Literal) and not thing.direction:
            language = thing.language or ""
            counts[predicate][language] += 1
            if language:
                texts[predicate][language].add(thing.value)
        else:
            other.add(predicate)
    named = all(isinstance(cls, ox.NamedNode) for cls in classes)
    told = {name for name in texts if name not in other}
    return Statistics(
        len(triples),
        predicates,
        {cls.value: count for cls, count in classes.items() if isinstance(cls, ox.NamedNode)} if named else None,
        {name: each for name, each in counts.items() if name in told},
        {name: found for name in counts if name in told and (found := _ends(texts[name]))},
    )


def _ends(texts: Mapping[str, set[str]]) -> dict[str, tuple[list[str], list[str]]]:
    return {
        language: (heapq.nsmallest(KEPT, each), heapq.nlargest(KEPT, each))
        for language, each in texts.items()
        if len(each) >= MANY
    }


def to_json(made: Statistics, release: str) -> bytes:
    """The bytes of `statistics.json`."""
    document = {
        "release": release,
        "triples": made.triples,
        "predicates": made.predicates,
        "classes": made.classes,
        "languages": made.languages,
        "ends": made.ends,
    }
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def read_statistics(release: Release) -> Statistics | None:
    """The numbers that a release carries; None when it has none, or those of another one."""
    if FILE not in release.manifest["files"]:
        return None
    try:
        found: dict[str, Any] = json.loads(file_of(release, FILE))
        if found.pop("release") != release.id:
            return None
        return Statistics(**found)
    except (ReleaseError, ValueError, KeyError, TypeError):
        # They only spare time.
        return None
