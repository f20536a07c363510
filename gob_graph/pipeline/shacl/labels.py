"""Labels for blank nodes that depend on what is said of them, not on where a file says it.

Each blank node gets a digest of its statements, refined by the digests of its neighbours (Weisfeiler and Lehman), in a
fixed number of rounds: the cost grows with the graph only. Nodes that cannot be told apart are numbered.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROUNDS = 6


def stable_labels(triples: Iterable[ox.Triple | ox.Quad]) -> dict[ox.BlankNode, str]:
    """A label for each blank node: the same for equal graphs, whatever the order of their statements."""
    about: dict[ox.BlankNode, list[tuple[str, object, object]]] = defaultdict(list)
    for t in triples:
        if isinstance(t.subject, ox.BlankNode):
            about[t.subject].append((">", t.predicate, t.object))
        if isinstance(t.object, ox.BlankNode):
            about[t.object].append(("<", t.predicate, t.subject))
    digests: Mapping[object, str] = dict.fromkeys(about, "")
    for _ in range(ROUNDS):
        digests = {node: _digest(said, digests) for node, said in about.items()}
    seen: Counter[str] = Counter()
    labels = {}
    for node in sorted(about, key=lambda n: (digests[n], len(n.value), n.value)):
        digest = digests[node]
        seen[digest] += 1
        labels[node] = f"b{digest}" if seen[digest] == 1 else f"b{digest}n{seen[digest]}"
    return labels


def _digest(said: list[tuple[str, object, object]], digests: Mapping[object, str]) -> str:
    rows = sorted(f"{way} {predicate} {digests.get(other) or _plain(other)}" for way, predicate, other in said)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def _plain(term: object) -> str:
    return "_:" if isinstance(term, ox.BlankNode) else str(term)
