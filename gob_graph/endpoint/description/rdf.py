"""The document about one thing as RDF: the same triples in every format.

It holds the facts of the `Entity` in both directions, the labels of what it links to, and for each fact that has
evidence the reified statement with its layer (``dct:isPartOf`` the layer's graph) and its evidence: the statement of
the source page (``oa:hasBody``) with a link into the live page (``foaf:page``), the primary source, or the rule. A
fact of a file that one document gave whole has no reified statement in the graph: it has one in the document, whose
IRI is a part of that of the document, and its subject is ``void:inDataset`` of the file. A fact without reified
statement is of the layer `vocab`, `evidence` or `meta`. Then what the document itself is.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.description.rows import NAMES
from gob_graph.vocab import DCT, FOAF, OA, OWL, PROV, RDF, RDFS, VOID, XSD, governance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gob_graph.endpoint.description.minted import Minted
    from gob_graph.endpoint.description.model import Entity, Evidence, Fact, Group
    from gob_graph.release import Release


def description(entity: Entity, document: str, release: Release, licence: str | None) -> list[ox.Triple]:
    """Every triple of the document about a thing; `document` is its IRI."""
    gov = governance(release.manifest["ontology_base"])
    triples: set[ox.Triple] = set()
    for group in (*entity.facts, *entity.incoming):
        for fact in group.facts:
            triples.add(fact.triple)
            if fact.evidence:
                node = ox.NamedNode(fact.evidence.fact or f"{document}#fact-{_digest(fact)}")
                triples.update(_evidence(node, fact, fact.evidence, entity.layers[fact.layer]))
                triples.update(ox.Triple(node, gov.derivedBy, ox.NamedNode(r.iri)) for r in fact.evidence.rules)
    triples.update(_labels(entity))
    if document != entity.iri:
        triples.update(_document(document, entity.iri, release, licence))
        triples.update(_cuts(entity, ox.NamedNode(document)))
    return sorted(triples, key=str)


def _digest(fact: Fact) -> str:
    return hashlib.sha256(str(fact.triple).encode()).hexdigest()[:16]


def _evidence(node: ox.NamedNode, fact: Fact, evidence: Evidence, graph: str) -> Iterator[ox.Triple]:
    yield ox.Triple(node, RDF.type, RDF.Statement)
    yield ox.Triple(node, RDF.subject, fact.subject)
    yield ox.Triple(node, RDF.predicate, fact.predicate)
    yield ox.Triple(node, RDF.object, fact.value)
    yield ox.Triple(node, DCT.isPartOf, ox.NamedNode(graph))
    for address in evidence.documents:
        yield ox.Triple(node, PROV.hadPrimarySource, ox.NamedNode(address))
    if evidence.dataset:
        yield ox.Triple(fact.subject, VOID.inDataset, ox.NamedNode(evidence.dataset))
    for quote in evidence.quotes:
        statement = ox.NamedNode(quote.iri)
        yield ox.Triple(statement, OA.hasBody, node)
        yield ox.Triple(statement, DCT.identifier, ox.Literal(quote.identifier))
        yield ox.Triple(statement, PROV.wasQuotedFrom, ox.NamedNode(quote.page))
        if quote.address:
            yield ox.Triple(statement, FOAF.page, ox.NamedNode(quote.address))


def _labels(entity: Entity) -> Iterator[ox.Triple]:
    """The best labels of each thing that is named as subject or value, in every language."""
    linked: set[str] = {entity.layers[f.layer] for f in _facts(entity) if f.evidence}
    for fact in _facts(entity):
        linked |= {t.value for t in (fact.subject, fact.value) if isinstance(t, ox.NamedNode)}
        if fact.evidence:
            linked.update(fact.evidence.documents)
            linked.update(rule.iri for rule in fact.evidence.rules)
    for iri in linked - {entity.iri}:
        known = entity.labels.get(iri, ())
        best = min((rank for rank, _ in known), default=0)
        for rank, text in known:
            if rank == best:
                yield ox.Triple(ox.NamedNode(iri), NAMES[rank], text)


def _facts(entity: Entity) -> Iterator[Fact]:
    for group in (*entity.facts, *entity.incoming):
        yield from group.facts


def _document(document: str, topic: str, release: Release, licence: str | None) -> Iterator[ox.Triple]:
    node = ox.NamedNode(document)
    dataset = release.dataset_iri
    yield ox.Triple(node, RDF.type, FOAF.Document)
    yield ox.Triple(node, FOAF.primaryTopic, ox.NamedNode(topic))
    yield ox.Triple(node, VOID.inDataset, ox.NamedNode(dataset))
    yield ox.Triple(node, DCT.isPartOf, ox.NamedNode(f"{dataset}/{release.version}"))
    if licence:
        yield ox.Triple(node, DCT.license, ox.NamedNode(licence))


def _cuts(entity: Entity, document: ox.NamedNode) -> Iterator[ox.Triple]:
    """State for each truncated list that it is not complete."""
    for groups, role in ((entity.facts, "values"), (entity.incoming, "subjects")):
        for group in _cut(groups):
            text = f"Only the first {len(group.facts)} of {group.total} {role} of <{group.predicate.value}> are given."
            yield ox.Triple(document, RDFS.comment, ox.Literal(text, language="en"))


def _cut(groups: Iterable[Group]) -> Iterator[Group]:
    return (group for group in groups if group.cut)


def tombstone(
    minted: Minted, topic: str, document: str, release: Release, licence: str | None, reasons: Mapping[str, str]
) -> list[ox.Triple]:
    """What is left to say of a withdrawn IRI: since when, why, and what to use instead.

    `reasons` has the reason by language.
    The date is no ``prov:invalidatedAtTime`` unless the registry gives a time of the day: none is invented.
    """
    node = ox.NamedNode(topic)
    triples = [
        ox.Triple(node, OWL.deprecated, ox.Literal("true", datatype=XSD.boolean)),
        *(ox.Triple(node, RDFS.comment, ox.Literal(text, language=code)) for code, text in reasons.items()),
        ox.Triple(node, RDFS.label, ox.Literal(minted.meaning, language="en")),
    ]
    if "T" in minted.changed:
        moment = ox.Literal(minted.changed, datatype=XSD.dateTime)
        triples.append(ox.Triple(node, PROV.invalidatedAtTime, moment))
    else:
        triples.append(ox.Triple(node, DCT.modified, ox.Literal(minted.changed, datatype=XSD.date)))
    if minted.successor:
        triples.append(ox.Triple(node, DCT.isReplacedBy, ox.NamedNode(f"{release.base_iri}/{minted.successor}")))
    if document != node.value:
        triples += _document(document, node.value, release, licence)
    return triples
