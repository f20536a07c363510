"""The shapes as pySHACL reads them rightly: what it overlooks of SHACL is said in triples that it does not overlook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rdflib
from rdflib.namespace import OWL, RDFS, SH, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyoxigraph as ox

    from gob_graph.pipeline.shacl.terms import Terms

TRUE = rdflib.Literal("true", datatype=XSD.boolean)


def shapes_graph(triples: Iterable[ox.Triple | ox.Quad], terms: Terms) -> rdflib.Graph:
    """The shapes graph for a run."""
    graph = terms.graph(triples)
    # Part of OWL: so a shape that is an owl:Class is an implicit class target (SHACL section 2.1.3.3).
    graph.add((OWL.Class, RDFS.subClassOf, RDFS.Class))
    _import_prefixes(graph)
    _drop_other_truths(graph)
    return graph


def _import_prefixes(graph: rdflib.Graph) -> None:
    """Prefixes come from `sh:prefixes/owl:imports*/sh:declare` (SHACL section 5.2.1)."""
    for owner in set(graph.objects(predicate=SH.prefixes)):
        for imported in set(graph.transitive_objects(owner, OWL.imports)):
            for declaration in set(graph.objects(imported, SH.declare)):
                graph.add((owner, SH.declare, declaration))


def _drop_other_truths(graph: rdflib.Graph) -> None:
    """`sh:uniqueLang` is on for the literal true only (SHACL section 4.4.2), not for other forms of that value."""
    for shape, value in list(graph.subject_objects(SH.uniqueLang)):
        if isinstance(value, rdflib.Literal) and (str(value), value.datatype) != (str(TRUE), TRUE.datatype):
            graph.remove((shape, SH.uniqueLang, value))
