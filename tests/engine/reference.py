"""The reference of the generated queries: pyoxigraph alone, in a process of its own that can be killed.

Only what the standard translates otherwise than the engine is translated: alternatives of paths, which
`tests/unit/test_normaliser.py` compares with a translation of its own.

It loads a release in its own way, then answers each line of standard input, a JSON string, by a line of JSON:
``["select", [row, …]]``, ``["ask", true]``, ``["graph", [triple, …]]``, ``["syntax", ""]`` or ``["failed", text]``.
"""

import json
import sys
from typing import Any

import pyoxigraph as ox

from gob_graph.endpoint.engine.normaliser.normaliser import Normaliser
from gob_graph.endpoint.engine.normaliser.terms import FEW


def canonical(answer: Any) -> list[Any]:
    """An answer as lists of text that can be compared; the order of rows and triples is not part of it."""
    if isinstance(answer, ox.QueryBoolean):
        return ["ask", bool(answer)]
    if isinstance(answer, ox.QueryTriples):
        return ["graph", sorted({str(triple) for triple in answer})]
    names = sorted(v.value for v in answer.variables)
    return ["select", sorted([[f"{n}={s[n]}" for n in names if s[n] is not None] for s in answer])]


def main() -> None:
    """Arguments: dataset.nq, and the address that relative ones are resolved against."""
    store = ox.Store()
    with open(sys.argv[1], "rb") as stream:  # noqa: PTH123
        for quad in ox.parse(stream, format=ox.RdfFormat.N_QUADS):
            store.add(quad)
            store.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    normaliser = Normaliser(lambda _pattern: FEW)
    for line in sys.stdin:
        try:
            query = normaliser.form(json.loads(line), sys.argv[2]).standard
            outcome = canonical(store.query(query, base_iri=sys.argv[2]))
        except SyntaxError:
            outcome = ["syntax", ""]
        except (ValueError, RuntimeError, OSError) as error:
            outcome = ["failed", str(error)]
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
