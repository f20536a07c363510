"""How good a release is, said by the release itself: `quality.json` for pages, `quality.ttl` (DQV) for machines.

``quality.json``; `messages`, `label` and `title` are objects with the keys nl, fr, de, en::

    release, version, issued
    conforms    the gate let it pass: no violation (sh:conforms of report.ttl is false with a warning or an info too)
    counts      {"Violation": n, "Warning": n, "Info": n}
    findings    [{severity, focus, path, value, shape, component, messages}]   path and value may be null
    shapes      [{shape, label, focus_nodes, findings}]                        every shape that has a target
    entities    [{entity, counts}]                                             those with findings, most first
    languages   [{class, total, labelled: {"nl": n, "fr": n, "de": n, "en": n}}]   of the resources that have a label
    evidence    [{layer, facts, evidenced, needed}]                            needed: a fact without it is an error
    links       [{check, title, checked, failed: [iri]}]

https://www.w3.org/TR/vocab-dqv/
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.documents import serialize
from gob_graph.formats import FORMATS
from gob_graph.pipeline import links
from gob_graph.pipeline.validation import SEVERITIES
from gob_graph.vocab import (
    ASSERTED,
    DCT,
    DQV,
    LANGUAGES,
    LAYERS,
    OA,
    PROV,
    RDF,
    RDFS,
    SH,
    SKOS,
    VOID,
    XSD,
    governance,
    layer_graph,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Set

    from gob_graph.pipeline.assembled import Assembled
    from gob_graph.pipeline.validation import Finding, Report
    from gob_graph.settings import Settings

Document = dict[str, Any]
TURTLE = next(f for f in FORMATS if f.name == "turtle")
LABELS = (SKOS.prefLabel, RDFS.label, DCT.term("title"))
NEEDED = ("source", "external", "history", "inferred")
"""The layers in which a fact without evidence is an error; of `vocab` only names that a source gives have one."""


def assess(assembled: Assembled, report: Report, shapes: Iterable[ox.Triple], settings: Settings) -> Document:
    """The content of ``quality.json``."""
    found = Counter(f.severity for f in report.findings)
    return {
        "release": assembled.identity,
        "version": assembled.facts.version,
        "issued": assembled.facts.issued,
        "conforms": report.passes_gate,
        "counts": {severity: found[severity] for severity in SEVERITIES},
        "findings": [_finding(f) for f in report.findings],
        "shapes": _shapes(report, shapes),
        "entities": _entities(report.findings),
        "languages": _languages(assembled, settings.base_iri),
        "evidence": _evidence(assembled, settings),
        "links": links.check(assembled.layers, settings.base_iri),
    }


def to_json(document: Document) -> bytes:
    """The bytes of ``quality.json``."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _finding(finding: Finding) -> Document:
    return {
        "severity": finding.severity,
        "focus": finding.focus,
        "path": finding.path,
        "value": finding.value,
        "shape": finding.shape,
        "component": finding.component,
        "messages": {code: finding.text(code) for code in LANGUAGES},
    }


def _shapes(report: Report, shapes: Iterable[ox.Triple]) -> list[Document]:
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    owner: dict[str, str] = {}
    for t in shapes:
        if not isinstance(t.subject, ox.NamedNode):
            continue
        if t.predicate == RDFS.label and isinstance(t.object, ox.Literal):
            labels[t.subject.value][t.object.language or ""] = t.object.value
        elif t.predicate in {SH.property, SH.term("sparql")} and isinstance(t.object, ox.NamedNode):
            owner[t.object.value] = t.subject.value
    found = Counter(owner.get(f.shape, f.shape) for f in report.findings)
    return [
        {"shape": shape, "label": labels.get(shape, {}), "focus_nodes": count, "findings": found[shape]}
        for shape, count in sorted(report.targets.items())
    ]


def _entities(findings: Iterable[Finding]) -> list[Document]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        counts[finding.focus][finding.severity] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))
    return [{"entity": entity, "counts": {s: count[s] for s in SEVERITIES}} for entity, count in ordered]


def _languages(assembled: Assembled, base_iri: str) -> list[Document]:
    """Per class, how many of its members have a label in each language; only those that have one in any.

    The members are counted as pages count them, over all layers. Listed are the classes that people give to resources
    of ours.
    """
    ours = tuple(f"{base_iri}/{kind}/" for kind in ("id", "auth"))
    spoken: dict[object, set[str]] = defaultdict(set)
    members: dict[str, set[object]] = defaultdict(set)
    given: set[str] = set()
    everything = ((layer, t) for layer in LAYERS for t in assembled.layers[layer])
    for name, t in everything:
        if t.predicate in LABELS and isinstance(t.object, ox.Literal):
            spoken[t.subject].add(t.object.language or "")
        elif t.predicate == RDF.type and isinstance(t.object, ox.NamedNode):
            members[t.object.value].add(t.subject)
            if name in ASSERTED and isinstance(t.subject, ox.NamedNode) and t.subject.value.startswith(ours):
                given.add(t.object.value)
    matrix = []
    for cls in sorted(given):
        labelled = [spoken[r] for r in members[cls] if r in spoken]
        if labelled:
            counts = {code: sum(code in languages for languages in labelled) for code in LANGUAGES}
            matrix.append({"class": cls, "total": len(labelled), "labelled": counts})
    return matrix


def _evidence(assembled: Assembled, settings: Settings) -> list[Document]:
    terms: dict[object, dict[ox.NamedNode, ox.NamedNode | ox.Literal]] = defaultdict(dict)
    supported: set[object] = set()
    derived = governance(settings.ontology_base).derivedBy
    for t in assembled.layers["evidence"]:
        if t.predicate in {RDF.subject, RDF.predicate, RDF.object}:
            terms[t.subject][t.predicate] = t.object  # type: ignore[assignment]
        elif t.predicate in {PROV.hadPrimarySource, derived}:
            supported.add(t.subject)
        elif t.predicate == OA.hasBody:
            supported.add(t.object)
    facts = {
        (said[RDF.subject], said[RDF.predicate], said[RDF.object])
        for node, said in terms.items()
        if node in supported and len(said) == 3
    }
    in_files = _in_files(assembled.layers["evidence"])
    rows = []
    for layer in (*ASSERTED, "inferred"):
        given, found = assembled.layers[layer], in_files.get(layer_graph(settings.base_iri, layer), frozenset())
        evidenced = sum(t.subject in found or (t.subject, t.predicate, t.object) in facts for t in given)
        rows.append({"layer": layer, "facts": len(given), "evidenced": evidenced, "needed": layer in NEEDED})
    return rows


def _in_files(evidence: Collection[ox.Triple]) -> Mapping[object, Set[object]]:
    """By named graph, the subjects of which it says only what a file of one document says."""
    sourced = {t.subject for t in evidence if t.predicate == PROV.hadPrimarySource}
    graphs = {t.object: t.subject for t in evidence if t.predicate == VOID.subset and t.object in sourced}
    found: dict[object, set[object]] = defaultdict(set)
    for t in evidence:
        if t.predicate == VOID.inDataset and t.object in graphs:
            found[graphs[t.object]].add(t.subject)
    return found


def turtle(document: Document, dataset: str, base_iri: str, prefixes: Mapping[str, str]) -> bytes:
    """The same numbers in the Data Quality Vocabulary."""
    return serialize(list(_measurements(document, dataset, base_iri)), TURTLE, prefixes)


def _measurements(document: Document, dataset: str, base_iri: str) -> Iterator[ox.Triple]:
    whole = ox.NamedNode(dataset)
    for severity, count in document["counts"].items():
        yield from _measure(dataset, f"{severity.lower()}-findings", whole, count, "SHACL results of this severity")
    for row in document["entities"]:
        entity = ox.NamedNode(row["entity"]) if "://" in row["entity"] else whole
        yield from _measure(dataset, "findings", entity, sum(row["counts"].values()), "SHACL results on this resource")
    for row in document["shapes"]:
        shape = ox.NamedNode(row["shape"])
        yield from _measure(dataset, "findings-of-shape", shape, row["findings"], "SHACL results of this shape")
    for row in document["languages"]:
        for code, count in row["labelled"].items():
            cls = ox.NamedNode(row["class"])
            yield from _measure(dataset, f"labelled-{code}", cls, count, "instances with a label in this language")
    for row in document["evidence"]:
        layer = layer_graph(base_iri, row["layer"])
        yield from _measure(dataset, "facts-with-evidence", layer, row["evidenced"], "facts that have evidence")
    for row in document["links"]:
        yield from _measure(dataset, f"failed-{row['check']}", whole, len(row["failed"]), row["title"]["en"])


def _measure(dataset: str, name: str, of: ox.NamedNode, number: int, meaning: str) -> Iterator[ox.Triple]:
    metric = ox.NamedNode(f"{dataset}/quality/{name}")
    slug = re.sub(r"[^a-z0-9]+", "-", of.value.split("://", 1)[-1].lower()).strip("-")
    node = ox.NamedNode(f"{metric.value}/{slug}")
    yield ox.Triple(metric, RDF.type, DQV.Metric)
    yield ox.Triple(metric, SKOS.definition, ox.Literal(meaning, language="en"))
    yield ox.Triple(metric, DQV.expectedDataType, XSD.integer)
    yield ox.Triple(node, RDF.type, DQV.QualityMeasurement)
    yield ox.Triple(node, DQV.isMeasurementOf, metric)
    yield ox.Triple(node, DQV.computedOn, of)
    yield ox.Triple(node, DQV.value, ox.Literal(str(number), datatype=XSD.integer))


def text(document: Document, language: str = "en") -> str:
    """The report for people, in the terminal."""
    counts = ", ".join(f"{n} {severity.lower()}" for severity, n in document["counts"].items())
    verdict = "no violation" if document["conforms"] else "fails"
    lines = [f"release {document['release']}", f"SHACL: {verdict}; {counts}"]
    lines.append("\nFindings per shape (focus nodes, findings)")
    for row in document["shapes"]:
        label = row["label"].get(language) or row["shape"]
        lines.append(f"{row['focus_nodes']:6} {row['findings']:4}  {label}")
    lines.append("\nFindings per resource")
    for row in document["entities"]:
        said = Counter(f["messages"][language] for f in document["findings"] if f["focus"] == row["entity"])
        lines.append(f"{sum(row['counts'].values()):4}  {row['entity']}")
        lines += [f"          {message}" for message in sorted(said)]
    lines.append(f"\nLabels per language: {'total':>5} {' '.join(f'{code:>5}' for code in LANGUAGES)}")
    for row in document["languages"]:
        numbers = " ".join(f"{row['labelled'][code]:5}" for code in LANGUAGES)
        lines.append(f"                     {row['total']:5} {numbers}  {re.split('[#/]', row['class'])[-1]}")
    lines.append("\nFacts with evidence")
    for row in document["evidence"]:
        needed = "" if row["needed"] else "  (ours to word; what a source gives has evidence)"
        lines.append(f"{row['evidenced']:6} of {row['facts']:4}  {row['layer']}{needed}")
    lines.append("\nLinks (checked, failed)")
    for row in document["links"]:
        lines.append(f"{row['checked']:6} {len(row['failed']):4}  {row['title'][language]}")
        lines += [f"              {iri}" for iri in row["failed"]]
    return "\n".join(lines) + "\n"
