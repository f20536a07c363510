"""Natural questions over an organisation tree: as people write them, in the best form known, and normalised.

    .venv/bin/python -m benchmarks.plans [--sizes 100k,1M] [--markdown FILE]

One process, the engine as a library: the times are those of plans, without HTTP and without a memory of answers. All
three forms must give the same bag of rows; only where the engine alone departs from the standard may rows be missing in
the first. Anything else ends the run.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox

from benchmarks.registry import registry
from gob_graph.endpoint.engine import tokens
from gob_graph.endpoint.engine.normaliser.normaliser import Normaliser

SIZES = {"100k": 100_000, "1M": 1_000_000}
BASE = "https://data.example.org"
ROUNDS, LONG = 4, 0.5
"""A question is asked so often, the best time counts; one that takes longer than so many seconds is asked once."""
PREFIXES = f"""PREFIX org: <http://www.w3.org/ns/org#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX gov: <{BASE}/ns/governance#>
PREFIX o: <{BASE}/id/organization/>
"""
X, Y = "o:institution-20", "o:institution-7"
UNDER = "org:unitOf/org:subOrganizationOf*"
EITHER = "(org:unitOf|org:subOrganizationOf)+"


class Question(NamedTuple):
    """A question, as it is written and in its best form (none: the two need not be told apart)."""

    row: int
    """Of the table of kinds: 1 paths, 2 alternatives, 3 staff, 4 equalities, 5 order, 6 needs nothing."""
    name: str
    written: str
    best: str = ""


QUESTIONS = (
    Question(
        1, "units under X", f"SELECT ?u {{ ?u {UNDER} {X} }}", f"SELECT ?u {{ VALUES ?x {{ {X} }} ?u {UNDER} ?x }}"
    ),
    Question(
        1,
        "same, two patterns and a class",
        f"SELECT ?u {{ ?u a org:OrganizationalUnit ; org:unitOf ?m . ?m org:subOrganizationOf* {X} }}",
        f"SELECT ?u {{ VALUES ?x {{ {X} }} ?u a org:OrganizationalUnit ; {UNDER} ?x }}",
    ),
    Question(
        1,
        "same with labels, SELECT *",
        f"SELECT * {{ ?u {UNDER} {X} ; skos:prefLabel ?l FILTER(LANG(?l) = 'nl') }}",
        f"SELECT ?u ?l {{ VALUES ?x {{ {X} }} ?u {UNDER} ?x ; skos:prefLabel ?l FILTER(LANG(?l) = 'nl') }}",
    ),
    Question(
        2,
        "everything under X, with labels",
        f"SELECT ?u ?l {{ ?u {EITHER} {X} ; skos:prefLabel ?l }}",
        f"SELECT ?u ?l {{ VALUES ?x {{ {X} }} ?u {EITHER} ?x . ?u skos:prefLabel ?l }}",
    ),
    Question(
        3,
        "staff under X, path first",
        f"SELECT ?f ?n {{ ?u {UNDER} {X} . ?f gov:figureOf ?u ; gov:exactValue ?n }}",
        f"SELECT ?f ?n {{ VALUES ?x {{ {X} }} ?u {UNDER} ?x . ?f gov:figureOf ?u ; gov:exactValue ?n }}",
    ),
    Question(
        3,
        "same, path last, summed",
        f"SELECT (SUM(?n) AS ?s) {{ ?f gov:exactValue ?n ; gov:figureOf ?u . ?u {UNDER} {X} }}",
        f"SELECT (SUM(?n) AS ?s) {{ VALUES ?x {{ {X} }} ?u {UNDER} ?x . ?f gov:figureOf ?u ; gov:exactValue ?n }}",
    ),
    Question(
        3,
        "same, one long path",
        f"SELECT ?f ?n {{ ?f gov:figureOf/{UNDER} {X} ; gov:exactValue ?n }}",
        f"SELECT ?f ?n {{ VALUES ?x {{ {X} }} ?f gov:figureOf/{UNDER} ?x ; gov:exactValue ?n }}",
    ),
    Question(
        4,
        "FILTER(?o = X)",
        f"SELECT ?u ?l {{ ?u org:unitOf ?o ; skos:prefLabel ?l FILTER(?o = {X}) }}",
        f"SELECT ?u ?l {{ ?u org:unitOf {X} ; skos:prefLabel ?l }}",
    ),
    Question(
        4,
        "FILTER sameTerm(X, ?o)",
        f"SELECT ?u ?l {{ ?u org:unitOf ?o ; skos:prefLabel ?l FILTER sameTerm({X}, ?o) }}",
        f"SELECT ?u ?l {{ ?u org:unitOf {X} ; skos:prefLabel ?l }}",
    ),
    Question(
        4,
        "FILTER(?o IN (X, Y))",
        f"SELECT ?u ?l {{ ?u org:unitOf ?o ; skos:prefLabel ?l FILTER(?o IN ({X}, {Y})) }}",
        f"SELECT ?u ?l {{ VALUES ?o {{ {X} {Y} }} ?u org:unitOf ?o ; skos:prefLabel ?l }}",
    ),
    Question(
        5,
        "BIND behind the pattern",
        f"SELECT ?u {{ ?u org:unitOf ?o BIND({X} AS ?x) FILTER(?o = ?x) }}",
        f"SELECT ?u {{ ?u org:unitOf {X} }}",
    ),
    Question(
        5,
        "OPTIONAL before the selective pattern",
        f"SELECT ?u ?l {{ ?u a org:OrganizationalUnit OPTIONAL {{ ?u skos:prefLabel ?l }} ?u org:unitOf {X} }}",
        f"SELECT ?u ?l {{ ?u a org:OrganizationalUnit ; org:unitOf {X} OPTIONAL {{ ?u skos:prefLabel ?l }} }}",
    ),
    Question(
        5,
        "EXISTS where a join would do",
        f"SELECT ?u {{ ?u a org:OrganizationalUnit FILTER EXISTS {{ ?u org:unitOf {X} }} }}",
        f"SELECT ?u {{ ?u a org:OrganizationalUnit ; org:unitOf {X} }}",
    ),
    Question(
        6,
        "a known unit, then the path",
        f"SELECT ?u {{ VALUES ?u {{ o:unit-20-3 o:unit-7-1 }} ?u {UNDER} o:institution-0 }}",
    ),
    Question(6, "labels or other labels", f"SELECT ?u ?l {{ ?u org:unitOf {X} . ?u skos:prefLabel|skos:altLabel ?l }}"),
    Question(6, "both directions, counted twice", f"SELECT ?u {{ ?u ^org:hasUnit|org:unitOf {X} }}"),
)


class Timed(NamedTuple):
    """A question and milliseconds: as written, best, normalised; and those of the normaliser, new and known."""

    question: Question
    written: float
    best: float
    normal: float
    first: float
    again: float
    departs: bool
    """Whether the engine alone departs from the standard."""


def main() -> None:
    """Measure and print; also as Markdown into a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(SIZES), help=f"comma-separated: {', '.join(SIZES)}")
    parser.add_argument("--markdown", type=Path, help="write the tables into this file")
    chosen = parser.parse_args()
    tokens.prepare()
    parts = []
    for size in chosen.sizes.split(","):
        store = ox.Store()
        store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in registry(SIZES[size], BASE, BASE))
        parts.append(table(size, len(store), [timed(store, question) for question in QUESTIONS]))
        print(parts[-1], flush=True)
    if chosen.markdown:
        chosen.markdown.write_text("\n".join(parts), encoding="utf-8")


def timed(store: ox.Store, question: Question) -> Timed:
    """Ask a question in its forms, and compare the answers."""
    normaliser = Normaliser.of(store)
    written = PREFIXES + question.written
    (form, first), (_, again) = (_clocked(normaliser, written) for _ in range(2))
    (alone, rows_alone), (normal, rows) = _asked(store, written), _asked(store, form.text)
    best, rows_best = _asked(store, PREFIXES + question.best) if question.best else (alone, rows)
    departs = rows_alone != rows
    if rows != rows_best or (departs and set(rows_alone) != set(rows)) or not rows:
        sys.exit(f"{question.name}: the forms have different answers, or none\n{form.text}")
    return Timed(question, alone, best, normal, first, again, departs)


def _clocked(normaliser: Normaliser, text: str) -> tuple[object, float]:
    began = time.perf_counter()
    form = normaliser.form(text, BASE)
    return form, (time.perf_counter() - began) * 1e3


def _asked(store: ox.Store, text: str) -> tuple[float, Counter[str]]:
    """The best time in milliseconds, and the bag of the rows, whatever the order of the columns."""
    best, rows = float("inf"), Counter()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = store.query(text)
        names = sorted(variable.value for variable in answer.variables)
        rows = Counter(" ".join(str(row[name]) for name in names) for row in answer)
        best = min(best, (time.perf_counter() - began) * 1e3)
        if best > LONG * 1e3:
            break
    return best, rows


def table(size: str, triples: int, found: list[Timed]) -> str:
    """The times as Markdown."""
    lines = [
        f"## {size}: {triples:,} triples, ms\n",
        "| kind | question | as written | best form | normalised | faster | of the best | normaliser, new |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for _, each in itertools.groupby(found, lambda t: t.question.row):
        for t in each:
            mark = " (rows that the engine alone loses)" if t.departs else ""
            of_best = f"{t.normal / t.best:.1f}×" if t.question.best else "–"
            times = " | ".join(f"{time:.2f}" for time in (t.written, t.best, t.normal))
            ratios = f"{t.written / t.normal:.1f}× | {of_best} | {t.first:.2f}"
            lines.append(f"| {t.question.row} | {t.question.name}{mark} | {times} | {ratios} |")
    known = sorted(t.again for t in found)[len(found) // 2] * 1e3
    return "\n".join([*lines, "", f"A text that is known costs {known:.1f} µs (median).", ""])


if __name__ == "__main__":
    main()
