"""Where a finding of the gate stands: the file and line of the offending triple in ontology/ or data/.

A parser of Turtle reports no positions, so the line is found in the text: in the block of the subject, the line of the
predicate, then that of the object. When something is missing, the place is the focus node's own description.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.pipeline.files import read_text
from gob_graph.pipeline.sources import Rebase, find_sources, rebase
from gob_graph.vocab import RDF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gob_graph.pipeline.shacl.report import Finding, Report
    from gob_graph.pipeline.shacl.terms import Term
    from gob_graph.settings import Settings

_PREFIX = re.compile(r"(?im)^\s*@?PREFIX\s+([\w-]*):\s*<([^>]*)>")
_STEP = re.compile(r"<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Written:
    """One triple as a file states it: its terms in this deployment, the same as written, the file."""

    triple: ox.Triple
    raw: ox.Triple
    path: Path
    layer: str


@dataclass(frozen=True, slots=True)
class Place:
    """A file, and the line (from 1) if it was found."""

    path: Path
    line: int | None

    def __str__(self) -> str:
        """The place as compilers write it."""
        return str(self.path) if self.line is None else f"{self.path}:{self.line}"


class Locator:
    """Finds triples and findings in the files that people write."""

    def __init__(self, settings: Settings) -> None:
        """Read every source file once."""
        self._written = list(_written(settings, rebase(settings)))

    def of_triple(self, triple: ox.Triple, layer: str | None = None) -> Place | None:
        """The place that states a triple, in a layer or anywhere; none when no file does."""
        found = (w for w in self._written if w.triple == triple and layer in {None, w.layer})
        return next((_place(w) for w in found), None)

    def of_finding(self, finding: Finding) -> tuple[Place, ox.Triple] | None:
        """The offending triple and its place, else the focus node's description; none when no file mentions it."""
        focus = finding.terms.focus if finding.terms else None
        steps = [ox.NamedNode(step) for step in _STEP.findall(finding.path or "")]
        if finding.path and not steps:
            steps = [ox.NamedNode(finding.path)]
        value = finding.terms.value if finding.terms else None
        inverse = "^" in (finding.path or "")
        for pattern in _patterns(focus, steps, value, inverse=inverse):
            found = self._first(*pattern)
            if found:
                return _place(found), found.triple
        return None

    def _first(self, subject: object, predicate: object, thing: object) -> Written | None:
        for written in self._written:
            t = written.triple
            if (
                subject in {None, t.subject}
                and predicate in {None, t.predicate}
                and (thing is None or thing == t.object)
            ):
                return written
        return None


_Pattern = tuple[object, object, object]


def _patterns(
    focus: Term | None, steps: list[ox.NamedNode], value: Term | None, *, inverse: bool
) -> Iterator[_Pattern]:
    """Which triples are to blame, the most telling first; None stands for any term."""
    if value is not None:
        for step in steps:
            yield from ((focus, step, value), (value, step, focus), (value, step, None))
        yield from ((None, step, value) for step in steps)
        if not steps:
            yield from ((focus, None, value), (value, None, focus), (None, value, None), (None, RDF.type, value))
            yield from ((value, RDF.type, None), (value, None, None), (None, None, value))
    if focus is not None:
        yield from ((focus, step, None) for step in steps)
        yield from ((None, step, focus) for step in steps if inverse)
        yield from ((focus, RDF.type, None), (focus, None, None), (None, None, focus))


def _written(settings: Settings, mapping: Rebase) -> Iterator[Written]:
    for source in find_sources(settings):
        for quad in ox.parse(read_text(source.path).encode(), format=ox.RdfFormat.TURTLE):
            terms = (mapping.term(t) for t in (quad.subject, quad.predicate, quad.object))
            yield Written(ox.Triple(*terms), quad.triple, source.path, source.layer)  # type: ignore[arg-type]


def _place(written: Written) -> Place:
    text = read_text(written.path)
    spaces = {namespace: prefix for prefix, namespace in _PREFIX.findall(text)}
    subject, predicate, thing = (
        _forms(t, spaces) for t in (written.raw.subject, written.raw.predicate, written.raw.object)
    )
    lines = text.split("\n")
    first: int | None = None
    for start in (n for n, line in enumerate(lines) if re.match(rf"(?:{subject})(?=\s)", line)):
        first = start if first is None else first
        end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
        told = [n for n in range(start, end) if re.search(rf"(?:^|\s)(?:{predicate})(?=\s)", lines[n])]
        for at in told:
            exact = next((n for n in range(at, end) if re.search(thing, lines[n])), None)
            if exact is not None:
                return Place(written.path, exact + 1)
    return Place(written.path, None if first is None else first + 1)


def _forms(term: object, spaces: dict[str, str]) -> str:
    """A pattern for the ways in which Turtle may write a term in a file with these prefixes."""
    if isinstance(term, ox.Literal):
        return re.escape(term.value.split("\n")[0].split('"')[0])
    if not isinstance(term, ox.NamedNode):
        return re.escape(str(term))
    ways = [re.escape(f"<{term.value}>")]
    for namespace, prefix in spaces.items():
        if term.value.startswith(namespace):
            ways.append(re.escape(f"{prefix}:{term.value.removeprefix(namespace)}") + r"(?![\w-])")
    return "|".join(["a(?=\\s)", *ways] if term == RDF.type else ways)


def describe(report: Report, settings: Settings, language: str = "en") -> str:
    """The violations for the people who write data: place, node, path, value with its datatype, message; each once."""
    locator = Locator(settings)
    blocks = [_block(f, locator.of_finding(f), language) for f in report.stopping()]
    return "\n".join(dict.fromkeys(blocks)) + "\n"


def _block(finding: Finding, found: tuple[Place, ox.Triple] | None, language: str) -> str:
    """A finding; the focus node of a constraint on the graph or on a class is not the faulty node: the fact is."""
    value = finding.terms.value if finding.terms else None
    if found is None:
        lines, stated = [finding.text(language), f"    node: {finding.focus}"], False
    else:
        place, fact = found
        terms = (fact.subject, fact.predicate, fact.object)
        ends = [fact.subject] if fact.predicate == RDF.type else [fact.subject, fact.object]
        known = finding.terms is not None and finding.terms.focus in ends
        focus = finding.focus if known else str(fact.subject).strip("<>")
        lines = [f"{place}: {finding.text(language)}", f"    node: {focus}", f"    fact: {fact}"]
        stated = value in terms
    if finding.path:
        lines.append(f"    path: {finding.path}")
    if finding.value is not None and finding.value != finding.focus and not stated:
        lines.append(f"    value: {finding.value if value is None else value}")
    return "\n".join([*lines, f"    shape: {finding.shape}"])
