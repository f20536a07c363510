"""Triples as a graph of rdflib, and the query for everything about one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.client.failures import IncompleteAnswer, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping

    import rdflib

CONSTRUCT_TYPE = "application/n-triples"
ABOUT = """PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX gov: <{ontology}/ns/governance#>
CONSTRUCT {{ ?s ?p ?o }} WHERE {{
    {{ BIND(<{iri}> AS ?s) ?s ?p ?o }}
    UNION {{ BIND(<{iri}> AS ?o) ?s ?p ?o FILTER(?p NOT IN (rdf:subject, rdf:object, void:inDataset)) }}
    UNION {{ <{iri}> ?link ?s . VALUES ?p {{ rdfs:label skos:prefLabel dct:title }} ?s ?p ?o }}
    UNION {{ ?s rdf:subject <{iri}> ; ?p ?o }}
    UNION {{ ?fact rdf:subject <{iri}> . ?s oa:hasBody ?fact .
        VALUES ?p {{ oa:hasBody dct:identifier dct:description }} ?s ?p ?o }}
    UNION {{ <{iri}> void:inDataset ?s . ?s ?p ?o }}
    UNION {{ <{iri}> void:inDataset ?o . VALUES ?p {{ void:subset }} ?s ?p ?o }}
}}"""
"""Its facts in both directions; names of what it links to; its reified facts and the statements they stand on; and
the file that all of it stands in, where there is one."""


def about(iri: str, ontology: str) -> str:
    """The query for what the graph says of a thing.

    Raises:
        UnknownName: the text is no IRI.
    """
    try:
        return ABOUT.format(iri=ox.NamedNode(iri).value, ontology=ontology)
    except ValueError as error:
        raise UnknownName(f"{iri!r} is no IRI", "Give a whole one, as https://…/id/organization/name.") from error


def graph_of(body: bytes, prefixes: Mapping[str, str]) -> rdflib.Graph:
    """The triples of a document in N-Triples; literals keep their lexical form, which rdflib's own parsers change.

    Raises:
        IncompleteAnswer: the document is cut.
    """
    import rdflib

    if body and not body.endswith(b"\n"):
        raise IncompleteAnswer("The triples are cut in their last line", "Ask again, or ask for less at once.")
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in prefixes.items():
        graph.bind(prefix, namespace)

    def term(value: ox.NamedNode | ox.BlankNode | ox.Literal) -> rdflib.term.Identifier:
        if isinstance(value, ox.NamedNode):
            return rdflib.URIRef(value.value)
        if isinstance(value, ox.BlankNode):
            return rdflib.BNode(value.value)
        if value.language:
            return rdflib.Literal(value.value, lang=value.language)
        plain = value.datatype.value == "http://www.w3.org/2001/XMLSchema#string"
        datatype = None if plain else rdflib.URIRef(value.datatype.value)
        return rdflib.Literal(value.value, datatype=datatype, normalize=False)

    try:
        for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES):
            graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))
    except SyntaxError as error:
        raise IncompleteAnswer(f"The triples cannot be read: {error}", "Ask again.") from error
    return graph
