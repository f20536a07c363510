"""SHACL validation with pySHACL: the only place where rdflib is used, and only on terms that pyoxigraph parsed.

rdflib would fetch, rewrite and normalise; so its graphs are filled term by term, and nothing is ever parsed by it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pyshacl
import rdflib
from pyshacl.errors import ReportableRuntimeError, ShapeLoadError, ValidationFailure
from rdflib.namespace import RDF, RDFS, SH

from gob_graph import vocab
from gob_graph.documents import serialize
from gob_graph.errors import GateBroken
from gob_graph.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TURTLE = next(f for f in FORMATS if f.name == "turtle")
SEVERITIES = ("Violation", "Warning", "Info")


@dataclass(frozen=True, slots=True)
class Finding:
    """One validation result (SHACL section 3.6.2), in plain values; messages by language (`""`: none given)."""

    severity: str
    focus: str
    path: str | None
    value: str | None
    message: Mapping[str, str]
    shape: str
    component: str
    term: ox.NamedNode | ox.Literal | None = None

    def text(self, language: str = "en") -> str:
        """The message in a language, else in English, else any."""
        return self.message.get(language) or self.message.get("en") or next(iter(self.message.values()), self.component)


@dataclass(frozen=True, slots=True)
class Report:
    """What a validation found, and how much it looked at: a shape without focus nodes checks nothing."""

    findings: tuple[Finding, ...]
    targets: Mapping[str, int] = field(default_factory=dict)

    @property
    def conforms(self) -> bool:
        """No violation; warnings and infos are advice."""
        return not self.of_severity("Violation")

    def of_severity(self, severity: str) -> list[Finding]:
        """The findings of one severity."""
        return [f for f in self.findings if f.severity == severity]

    def violations(self) -> Report:
        """What keeps a graph from being published, without the advice."""
        return Report(tuple(self.of_severity("Violation")), self.targets)

    def text(self, language: str = "en") -> str:
        """The report for people: a summary, then each finding with its place; sorted, so that two runs compare."""
        counts = Counter(f.severity for f in self.findings)
        numbers = ", ".join(f"{counts[s]} {s.lower()}" for s in SEVERITIES)
        lines = [f"{'conforms' if self.conforms else 'does not conform'}: {numbers}"]
        for f in self.findings:
            lines.append(f"{f.severity.lower()}: {f.focus}")
            if f.path:
                lines.append(f"    path: {f.path}")
            if f.value is not None and f.value != f.focus:
                lines.append(f"    value: {f.value}")
            lines += [f"    {f.text(language)}", f"    shape: {f.shape}"]
        return "\n".join(lines) + "\n"

    def turtle(self, prefixes: Mapping[str, str]) -> bytes:
        """The report as SHACL defines it (section 3.6), for machines; the same findings give the same bytes."""
        return serialize(list(self._triples()), TURTLE, prefixes)

    def _triples(self) -> Iterable[ox.Triple]:
        report = ox.BlankNode("report")
        yield ox.Triple(report, vocab.RDF.type, vocab.SH.ValidationReport)
        yield ox.Triple(report, vocab.SH.conforms, ox.Literal(self.conforms))
        for number, finding in enumerate(self.findings, 1):
            node = ox.BlankNode(f"finding{number:05}")
            yield ox.Triple(report, vocab.SH.result, node)
            yield ox.Triple(node, vocab.RDF.type, vocab.SH.ValidationResult)
            yield ox.Triple(node, vocab.SH.resultSeverity, vocab.SH.term(finding.severity))
            yield ox.Triple(node, vocab.SH.focusNode, _iri_or_text(finding.focus))
            yield ox.Triple(node, vocab.SH.sourceShape, _iri_or_text(finding.shape))
            yield ox.Triple(node, vocab.SH.sourceConstraintComponent, vocab.SH.term(finding.component))
            if finding.path and "<" not in finding.path:  # a longer path is told in the text
                yield ox.Triple(node, vocab.SH.resultPath, _iri_or_text(finding.path))
            if finding.term is not None:
                yield ox.Triple(node, vocab.SH.value, finding.term)
            for language, text in finding.message.items():
                yield ox.Triple(node, vocab.SH.resultMessage, ox.Literal(text, language=language or None))

    def target_text(self) -> str:
        """How many focus nodes each shape with a target had."""
        return "".join(f"{count:6}  {shape}\n" for shape, count in sorted(self.targets.items()))


def validate(data: Iterable[ox.Triple | ox.Quad], shapes: Iterable[ox.Triple | ox.Quad]) -> Report:
    """Validate a graph against shapes; nothing is inferred or fetched, and neither input is changed.

    Raises:
        GateBroken: the shapes cannot be run, or have no target at all (an empty shapes graph accepts everything).
    """
    data_graph, shapes_graph = _graph(data), _graph(shapes)
    targets = count_targets(data_graph, shapes_graph)
    if not targets:
        raise GateBroken("the shapes have no target, so they would accept anything; is it the right file?")
    try:
        _, results, _ = pyshacl.validate(
            data_graph,
            shacl_graph=shapes_graph,
            inference="none",
            advanced=False,
            do_owl_imports=False,
            meta_shacl=False,
        )
    except (
        ShapeLoadError,
        ReportableRuntimeError,
        ValidationFailure,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise GateBroken(f"the shapes cannot be run: {error}") from error
    if not isinstance(results, rdflib.Graph):
        raise GateBroken(f"the shapes cannot be run: {results}")
    return Report(_findings(results, shapes_graph), targets)


def check_gate(shapes: Iterable[ox.Triple | ox.Quad]) -> None:
    """Prove that the gate still closes: the canary, a graph with known faults, must be rejected for each of them.

    Raises:
        GateBroken: the canary passed, or one of its faulty nodes was not found out.
    """
    body = files("gob_graph.pipeline").joinpath("canary.ttl").read_bytes()
    canary = [q.triple for q in ox.parse(body, format=ox.RdfFormat.TURTLE)]
    report = validate(canary, shapes)
    faulty = {str(t.subject).strip("<>") for t in canary if "/canary/" in str(t.subject)}
    found = {f.focus for f in report.of_severity("Violation")}
    missed = sorted(faulty - found)
    if missed:
        raise GateBroken(
            f"the shapes let a graph with known faults pass ({missed[0]}); nothing is published until they reject it"
        )


def _graph(triples: Iterable[ox.Triple | ox.Quad]) -> rdflib.Graph:
    graph = rdflib.Graph(bind_namespaces="none")
    for t in triples:
        graph.add((_term(t.subject), _term(t.predicate), _term(t.object)))
    return graph


def _term(term: Any) -> Any:  # noqa: ANN401 - the union of all term classes of two libraries
    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, ox.Literal):
        if term.language:
            return rdflib.Literal(term.value, lang=term.language)
        if term.datatype == vocab.XSD.string:
            # rdflib tells "x" from "x"^^xsd:string, RDF 1.1 does not, and its SPARQL parser makes the former.
            return rdflib.Literal(term.value)
        return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)
    raise TypeError(term)


def count_targets(data: rdflib.Graph, shapes: rdflib.Graph) -> dict[str, int]:
    """The number of focus nodes of each shape that has a target (SHACL section 2.1.3)."""
    focus: dict[str, set[Any]] = {}

    def add(shape: Any, nodes: Iterable[Any]) -> None:  # noqa: ANN401
        focus.setdefault(str(shape), set()).update(nodes)

    for shape, cls in shapes.subject_objects(SH.targetClass):
        add(shape, _instances(data, cls))
    for shape in shapes.subjects(RDF.type, SH.NodeShape):
        if (shape, RDF.type, RDFS.Class) in shapes:
            add(shape, _instances(data, shape))
    for shape, node in shapes.subject_objects(SH.targetNode):
        add(shape, [node])
    for shape, predicate in shapes.subject_objects(SH.targetSubjectsOf):
        add(shape, data.subjects(predicate))
    for shape, predicate in shapes.subject_objects(SH.targetObjectsOf):
        add(shape, data.objects(predicate=predicate))
    return {shape: len(nodes) for shape, nodes in focus.items()}


def _instances(data: rdflib.Graph, cls: Any) -> set[Any]:  # noqa: ANN401
    return {node for kind in data.transitive_subjects(RDFS.subClassOf, cls) for node in data.subjects(RDF.type, kind)}


def _findings(results: rdflib.Graph, shapes: rdflib.Graph) -> tuple[Finding, ...]:
    named = set(shapes.subjects())
    found = []
    for node in results.subjects(RDF.type, SH.ValidationResult):
        one = {p: results.value(node, p) for p in (SH.resultSeverity, SH.focusNode, SH.resultPath, SH.value)}
        source = results.value(node, SH.sourceConstraint) or results.value(node, SH.sourceShape)
        if not isinstance(source, rdflib.URIRef):
            source = results.value(node, SH.sourceShape)
        owner = source
        while isinstance(owner, rdflib.BNode) and owner in named:
            owner = next((s for s in shapes.subjects(object=owner)), None)
        # pySHACL reports one message of a SPARQL constraint, whichever comes first; the shape has one per language.
        written = list(shapes.objects(source, SH.message)) or list(results.objects(node, SH.resultMessage))
        messages = {getattr(m, "language", None) or "": str(m) for m in written}
        found.append(
            Finding(
                severity=str(one[SH.resultSeverity]).rpartition("#")[2],
                focus=_show(one[SH.focusNode]) or "",
                path=_path(results, one[SH.resultPath]),
                value=_show(one[SH.value]),
                message=dict(sorted(messages.items())),
                shape=str(owner or source),
                component=str(results.value(node, SH.sourceConstraintComponent)).rpartition("#")[2],
                term=_back(one[SH.value]),
            )
        )
    rank = {name: number for number, name in enumerate(SEVERITIES)}
    return tuple(
        sorted(found, key=lambda f: (rank.get(f.severity, 9), f.focus, f.shape, f.path or "", f.value or "", f.text()))
    )


def _path(results: rdflib.Graph, node: Any) -> str | None:  # noqa: ANN401
    """A property path as SPARQL writes it (section 9): an IRI alone is given bare."""
    if not isinstance(node, rdflib.BNode):
        return _show(node)
    inverse = results.value(node, SH.inversePath)
    if inverse is not None:
        return f"^<{inverse}>"
    choices = results.value(node, SH.alternativePath)
    if choices is not None:
        return "|".join(f"<{step}>" for step in results.items(choices))
    return "/".join(f"<{step}>" for step in results.items(node)) or "(path)"


def _iri_or_text(text: str) -> ox.NamedNode | ox.Literal:
    return ox.NamedNode(text) if "://" in text or text.startswith("urn:") else ox.Literal(text)


def _back(term: Any) -> ox.NamedNode | ox.Literal | None:  # noqa: ANN401
    if isinstance(term, rdflib.URIRef):
        return ox.NamedNode(str(term))
    if isinstance(term, rdflib.Literal):
        if term.language:
            return ox.Literal(str(term), language=term.language)
        return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype)) if term.datatype else None)
    return None


def _show(term: Any) -> str | None:  # noqa: ANN401
    if term is None:
        return None
    if isinstance(term, rdflib.URIRef):
        return str(term)
    if isinstance(term, rdflib.BNode):
        return "(blank node)"
    return term.n3() if isinstance(term, rdflib.Literal) else str(term)
