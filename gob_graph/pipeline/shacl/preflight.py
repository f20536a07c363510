"""What can be said of shapes before they run: what cannot be run at all, and what is not looked at."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import rdflib
from pyparsing import ParseBaseException
from rdflib.namespace import OWL, RDF, SH

from gob_graph.errors import GateBroken
from gob_graph.pipeline.shacl.queries import prepared
from gob_graph.pipeline.shacl.targets import has_targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.pipeline.shacl.terms import Places

CANNOT = "the shapes cannot be run"
_QUERIES = (SH.select, SH.ask)
_SUBTRACTION = re.compile(r"\[[^\]]*[^\\]-\[")
"""Python reads it otherwise than SPARQL does, and does not complain."""
_RUNS = (SH.sparql, SH.validator, SH.nodeValidator, SH.propertyValidator)
_STAND_IN = "<urn:gob-graph:path>"
_PREDECLARED = {"rdf": str(RDF), "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "owl": str(OWL)}
"""What pySHACL declares itself."""
UNSUPPORTED = {
    SH.target: "sh:target (SHACL Advanced Features) is not supported; say sh:targetClass, sh:targetNode, "
    "sh:targetSubjectsOf or sh:targetObjectsOf",
    SH.rule: "sh:rule (SHACL Advanced Features) is not supported; no rule is run",
    SH.js: "sh:js (SHACL JavaScript Extensions) is not supported",
    SH.expression: "sh:expression (SHACL Advanced Features) is not supported",
}


@dataclass(frozen=True, slots=True)
class Preflight:
    """The shapes, and the files and lines of their nodes, as far as they are known."""

    shapes: rdflib.Graph
    places: Places

    def check(self) -> None:
        """Refuse shapes that cannot be run.

        Raises:
            GateBroken: naming shape and reason: no target, a query that is no SPARQL, a pattern that is no pattern.
        """
        if not has_targets(self.shapes):
            custom = next(iter(sorted(self.shapes.subjects(SH.target), key=str)), None)
            if custom is not None:
                raise self._wrong(custom, UNSUPPORTED[SH.target])
            raise GateBroken("the shapes have no target, so they would accept anything; is it the right file?")
        paths = Counter(self.shapes.subjects(SH.path))
        for node in sorted((node for node, number in paths.items() if number > 1), key=str):
            raise self._wrong(node, f"it has {paths[node]} values of sh:path, and a property shape has one")
        for kind in _QUERIES:
            for node, text in sorted(self.shapes.subject_objects(kind), key=str):
                self._check_query(node, str(text))
        for node, pattern in sorted(self.shapes.subject_objects(SH.pattern), key=str):
            self._check_pattern(node, pattern)

    def notes(self) -> Iterator[str]:
        """What of the shapes is not looked at, each with its place."""
        for predicate, reason in UNSUPPORTED.items():
            for node in sorted(self.shapes.subjects(predicate), key=str):
                yield f"{self.located(node)}: {reason}"
        for target in sorted(set(self.shapes.objects(predicate=OWL.imports)) - set(self.shapes.subjects()), key=str):
            yield f"owl:imports <{target}> is not followed; give that file by another --shapes"

    def name(self, node: Any) -> str:  # noqa: ANN401 - a term of rdflib
        """A shape by its IRI, or by the place of the blank node and the IRI around it."""
        place = ""
        seen = set()
        while isinstance(node, rdflib.BNode) and node not in seen:
            seen.add(node)
            place = place or self.places.get(ox.BlankNode(str(node)), "")
            node = min(self.shapes.subjects(object=node), key=str, default=None)
        if isinstance(node, rdflib.URIRef):
            return f"{place} (in {node})" if place else str(node)
        return place or "a shape without IRI"

    def located(self, node: Any) -> str:  # noqa: ANN401
        """A shape as an error names it: the file and line, if they are known, and the IRI."""
        place = self.places.get(ox.NamedNode(str(node)), "") if isinstance(node, rdflib.URIRef) else ""
        return f"{place} ({node})" if place else self.name(node)

    def _check_query(self, node: Any, text: str) -> None:  # noqa: ANN401
        if (node, SH.deactivated, rdflib.Literal(True)) in self.shapes:  # noqa: FBT003
            return
        if not any((None, p, node) in self.shapes for p in _RUNS):
            return  # a target, a rule or a function
        text = re.sub(r"[$?]PATH\b", _STAND_IN, text)
        fault = _query_fault(text, tuple(sorted(self._prefixes(node).items())))
        if fault:
            raise self._wrong(node, fault)

    def _prefixes(self, node: Any) -> dict[str, str]:  # noqa: ANN401
        known = dict(_PREDECLARED)
        owners = set(self.shapes.objects(node, SH.prefixes))
        if owners:  # then pySHACL takes those of every ontology too
            owners |= set(self.shapes.subjects(RDF.type, OWL.Ontology))
        for declaration in {d for owner in owners for d in self.shapes.objects(owner, SH.declare)}:
            prefix, namespace = (self.shapes.value(declaration, p) for p in (SH.prefix, SH.namespace))
            if prefix is not None and namespace is not None:
                known[str(prefix)] = str(namespace)
        return known

    def _check_pattern(self, node: Any, pattern: Any) -> None:  # noqa: ANN401
        text = str(pattern)
        try:
            re.compile(text)
            fault = "a class that is taken from another, as in [a-z-[aeiou]]" if _SUBTRACTION.search(text) else ""
        except (re.error, OverflowError, RecursionError) as error:
            fault = str(error)
        if fault:
            raise self._wrong(node, f"its sh:pattern '{text}' is not known to the engine (Python's re): {fault}")

    def _wrong(self, node: Any, reason: str) -> GateBroken:  # noqa: ANN401
        return GateBroken(f"{CANNOT}: {self.located(node)}: {reason}")


def _query_fault(text: str, prefixes: tuple[tuple[str, str], ...]) -> str:
    """What is wrong with a query; nothing when it can be run."""
    try:
        prepared(text, prefixes)
    except ParseBaseException as error:
        return f"syntax error in its query at line {error.lineno}: {error.msg}"
    except RecursionError:
        return "its query is nested too deeply"
    except Exception as error:  # noqa: BLE001 - the library raises its base class for a prefix that is not declared
        return f"its query cannot be read: {error}"
    return ""
