"""From the results graph that pySHACL gives to findings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import rdflib
from rdflib.namespace import SH

from gob_graph.pipeline.shacl.labels import stable_labels
from gob_graph.pipeline.shacl.paths import read_path
from gob_graph.pipeline.shacl.report import SEVERITIES, Finding, ResultTerms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gob_graph.pipeline.shacl.paths import Path
    from gob_graph.pipeline.shacl.terms import Places, Term, Terms

_TEMPLATE = re.compile(r"\{[?$](\w+)\}")
_RANK = {name: number for number, name in enumerate(SEVERITIES)}


@dataclass
class Results:
    """The results of a run, with what they are about; `places` are files and lines of blank nodes."""

    graph: rdflib.Graph
    shapes: rdflib.Graph
    terms: Terms
    sources: tuple[Iterable[ox.Triple | ox.Quad], ...]
    places: Places

    def findings(self) -> Iterator[Finding]:
        """The results of the report, without those that only explain another (sh:detail)."""
        return map(self._finding, self.graph.objects(predicate=SH.result))

    @cached_property
    def _labels(self) -> Mapping[ox.BlankNode, str]:
        return stable_labels(chain.from_iterable(self.sources))

    @cached_property
    def _parents(self) -> dict[Any, Any]:
        """The smallest subject that has each blank node of the shapes as object."""
        found: dict[Any, Any] = {}
        for s, o in self.shapes.subject_objects():
            if isinstance(o, rdflib.BNode) and (o not in found or str(s) < str(found[o])):
                found[o] = s
        return found

    def _finding(self, node: Any) -> Finding:  # noqa: ANN401
        value = {
            p: self.graph.value(node, p)
            for p in (SH.resultSeverity, SH.focusNode, SH.value, SH.sourceShape, SH.sourceConstraint)
        }
        source, constraint = value[SH.sourceShape], value[SH.sourceConstraint]
        shown = constraint if isinstance(constraint, rdflib.URIRef) else source
        path = read_path(self.graph, self.graph.value(node, SH.resultPath))
        place = self.places.get(ox.BlankNode(str(source)), "") if isinstance(shown, rdflib.BNode) else ""
        return Finding(
            severity=_name(value[SH.resultSeverity]),
            focus=self._show(value[SH.focusNode]) or "",
            path=path.text() if path else None,
            value=self._show(value[SH.value]),
            message=self._messages(node, shown, constraint, path),
            shape=self._owner(shown) or place or "(a shape without IRI)",
            component=_name(self.graph.value(node, SH.sourceConstraintComponent)),
            place=place,
            terms=ResultTerms(
                focus=self._stable(value[SH.focusNode]) or ox.Literal(""),
                shape=self._stable(source) or ox.Literal(""),
                path=path,
                value=self._stable(value[SH.value]),
                constraint=self._stable(constraint),
            ),
        )

    def _owner(self, shape: Any) -> str:  # noqa: ANN401
        """The IRI of a shape, or of the nearest thing around it that has one."""
        seen: set[Any] = set()
        while isinstance(shape, rdflib.BNode) and shape not in seen:
            seen.add(shape)
            shape = self._parents.get(shape)
        return str(shape) if isinstance(shape, rdflib.URIRef) else ""

    def _messages(self, node: Any, shown: Any, constraint: Any, path: Path | None) -> dict[str, str]:  # noqa: ANN401
        """What the shape says, in all its languages: pySHACL reports one message of a SPARQL constraint."""
        written = list(self.shapes.objects(constraint, SH.message)) if constraint is not None else []
        written = written or list(self.shapes.objects(shown, SH.message))
        known = {
            "this": self._plain(self.graph.value(node, SH.focusNode)),
            "value": self._plain(self.graph.value(node, SH.value)),
            "path": path.text() if path else None,
        }
        needed = {name for m in written for name in _TEMPLATE.findall(str(m))}
        if not written or any(known.get(name) is None for name in needed):
            written = list(self.graph.objects(node, SH.resultMessage))
        messages: dict[str, str] = {}
        for m in sorted(written, key=str):
            text = _TEMPLATE.sub(lambda found: known.get(found[1]) or found[0], str(m))
            messages.setdefault(getattr(m, "language", None) or "", text)
        return dict(sorted(messages.items()))

    def _plain(self, term: Any) -> str | None:  # noqa: ANN401
        """A term as a message has it: a literal by its text alone."""
        return str(term) if isinstance(term, rdflib.Literal) else self._show(term)

    def _stable(self, term: Any) -> Term | None:  # noqa: ANN401
        found = self.terms.back(term)
        return ox.BlankNode(self._labels.get(found, found.value)) if isinstance(found, ox.BlankNode) else found

    def _show(self, term: Any) -> str | None:  # noqa: ANN401
        found = self.terms.back(term)
        if isinstance(found, ox.BlankNode):
            place = self.places.get(found)
            return f"(blank node, {place})" if place else "(blank node)"
        if isinstance(term, rdflib.Literal):
            return str(term.n3())
        return found.value if isinstance(found, ox.NamedNode) else None if found is None else str(found)


def findings(runs: Iterable[Results]) -> tuple[Finding, ...]:
    """What runs over different shapes found, in a fixed order."""
    return tuple(sorted((finding for run in runs for finding in run.findings()), key=_order))


def _name(term: Any) -> str:  # noqa: ANN401
    """A name of SHACL without its namespace, any other IRI whole."""
    return str(term).removeprefix(str(SH))


def _order(finding: Finding) -> tuple[object, ...]:
    """What findings are sorted by: nothing of where a file says it."""
    terms = finding.terms
    if terms is None:
        raise TypeError("a finding without terms is for people only")
    focus = f"(blank node) {terms.focus}" if isinstance(terms.focus, ox.BlankNode) else finding.focus
    value = f"(blank node) {terms.value}" if isinstance(terms.value, ox.BlankNode) else finding.value or ""
    shape = str(terms.shape) if finding.shape == finding.place else finding.shape
    severity = (_RANK.get(finding.severity, 0), finding.severity)
    return (severity, focus, shape, finding.path or "", value, finding.text(), finding.component, str(terms.shape))
