"""Findings and reports (SHACL section 3.6): for people as text, for machines as SHACL says."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph import vocab
from gob_graph.documents import serialize
from gob_graph.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.pipeline.shacl.paths import Path
    from gob_graph.pipeline.shacl.terms import Term

TURTLE = next(f for f in FORMATS if f.name == "turtle")
SEVERITIES = ("Violation", "Warning", "Info")
ADVICE = ("Warning", "Info")
"""What the gate of the build lets pass; a severity that it does not know stops it."""


@dataclass(frozen=True, slots=True)
class ResultTerms:
    """The terms of a result as the report writes them."""

    focus: Term
    shape: Term
    path: Path | None = None
    value: Term | None = None
    constraint: Term | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One validation result (SHACL section 3.6.2), in plain values; messages by language (`""`: none given).

    `severity` and `component` are names of SHACL, or whole IRIs of other vocabularies. `shape` is the IRI of the shape
    or of the nearest shape around it that has one; `place` is the file and line of a shape without IRI.
    """

    severity: str
    focus: str
    path: str | None
    value: str | None
    message: Mapping[str, str]
    shape: str
    component: str
    place: str = ""
    terms: ResultTerms | None = None

    def text(self, language: str = "en") -> str:
        """The message in a language, else in English, else any."""
        return self.message.get(language) or self.message.get("en") or next(iter(self.message.values()), self.component)


@dataclass(frozen=True, slots=True)
class Report:
    """What a validation found, and how much it looked at: a shape without focus nodes checks nothing.

    `targets` counts the focus nodes of each shape that has a target, `focus_nodes` counts each node once. `notes` say
    what was not looked at.
    """

    findings: tuple[Finding, ...]
    targets: Mapping[str, int] = field(default_factory=dict)
    focus_nodes: int = 0
    notes: tuple[str, ...] = ()

    @property
    def conforms(self) -> bool:
        """No result at all, whatever its severity (SHACL section 3.6.1.1)."""
        return not self.findings

    @property
    def passes_gate(self) -> bool:
        """Nothing that keeps a graph from being published: warnings and infos are advice."""
        return not self.stopping()

    def stopping(self) -> list[Finding]:
        """The findings that the gate of the build stops at."""
        return [f for f in self.findings if f.severity not in ADVICE]

    def of_severity(self, severity: str) -> list[Finding]:
        """The findings of one severity."""
        return [f for f in self.findings if f.severity == severity]

    def violations(self) -> Report:
        """What keeps a graph from being published, without the advice."""
        return Report(tuple(self.stopping()), self.targets, self.focus_nodes, self.notes)

    def text(self, language: str = "en") -> str:
        """The report for people: a summary, then each finding with its place; sorted, so that two runs compare."""
        counts = Counter(f.severity for f in self.findings)
        others = sorted(counts.keys() - set(SEVERITIES))
        numbers = ", ".join(f"{counts[s]} {_shown(s)}" for s in (*SEVERITIES, *others))
        lines = [f"{self._verdict()}: {numbers}"]
        for f in self.findings:
            lines.append(f"{_shown(f.severity)}: {f.focus}")
            if f.path:
                lines.append(f"    path: {f.path}")
            if f.value is not None and f.value != f.focus:
                lines.append(f"    value: {f.value}")
            place = f" ({f.place})" if f.place and f.place != f.shape else ""
            lines += [f"    {f.text(language)}", f"    shape: {f.shape}{place}"]
        return "\n".join(lines) + "\n"

    def _verdict(self) -> str:
        if self.findings:
            return "does not conform"
        return "conforms" if self.focus_nodes else "nothing was checked"

    def gate_text(self) -> str:
        """What the gate of the build says, in one line: it has a threshold of its own."""
        if self.conforms:
            return ""
        return (
            "gate of the build: open, as warnings and infos are advice\n"
            if self.passes_gate
            else f"gate of the build: closed, for {len(self.stopping())} of the {len(self.findings)} findings\n"
        )

    def turtle(self, prefixes: Mapping[str, str]) -> bytes:
        """The report as SHACL defines it (section 3.6), for machines; the same findings give the same bytes."""
        return serialize(self.triples(), TURTLE, prefixes)

    def triples(self) -> list[ox.Triple]:
        """The report as a graph."""
        report = ox.BlankNode("report")
        out = [
            ox.Triple(report, vocab.RDF.type, vocab.SH.ValidationReport),
            ox.Triple(report, vocab.SH.conforms, ox.Literal(self.conforms)),
        ]
        for number, finding in enumerate(self.findings, 1):
            out.append(ox.Triple(report, vocab.SH.result, ox.BlankNode(f"finding{number:05}")))
            out += _result(finding, f"finding{number:05}")
        return out

    def target_text(self) -> str:
        """How many focus nodes each shape with a target had."""
        return "".join(f"{count:6}  {shape}\n" for shape, count in sorted(self.targets.items()))

    def checked_text(self) -> str:
        """How much was looked at, in one line."""
        busy = sum(1 for count in self.targets.values() if count)
        return (
            f"focus nodes checked: {self.focus_nodes}; shapes that had any: {busy} of {len(self.targets)} with a target"
        )


def _shown(severity: str) -> str:
    return f"<{severity}>" if ":" in severity else severity.lower()


def _result(finding: Finding, label: str) -> Iterable[ox.Triple]:
    node, numbers, out = ox.BlankNode(label), itertools.count(1), list[ox.Triple]()
    terms = finding.terms
    if terms is None:
        raise TypeError("a finding without terms is for people only")
    said: list[tuple[ox.NamedNode, Term | None]] = [
        (vocab.RDF.type, vocab.SH.ValidationResult),
        (vocab.SH.resultSeverity, _of_shacl(finding.severity)),
        (vocab.SH.focusNode, terms.focus),
        (vocab.SH.sourceShape, terms.shape),
        (vocab.SH.sourceConstraint, terms.constraint),
        (vocab.SH.sourceConstraintComponent, _of_shacl(finding.component)),
        (vocab.SH.value, terms.value),
    ]
    if terms.path is not None:
        said.append((vocab.SH.resultPath, terms.path.write(lambda: ox.BlankNode(f"{label}p{next(numbers)}"), out)))
    said += [(vocab.SH.resultMessage, ox.Literal(t, language=lang or None)) for lang, t in finding.message.items()]
    return [ox.Triple(node, predicate, term) for predicate, term in said if term is not None] + out


def _of_shacl(name: str) -> ox.NamedNode:
    return ox.NamedNode(name) if ":" in name else vocab.SH.term(name)
