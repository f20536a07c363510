"""The layer `meta`: what the dataset is (DCAT, PROV) and how much of what it holds (VoID).

Counts leave `meta` out, so that they do not depend on themselves. Nothing here depends on where the release is served:
addresses of the service are added by the endpoint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.errors import SourceError
from gob_graph.pipeline.void_counts import term
from gob_graph.vocab import DCAT, DCT, LAYERS, ORG, PROV, RDF, SD, SH, VOID, XSD, layer_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gob_graph.pipeline.sources import Layers
    from gob_graph.pipeline.void_counts import Counted, LineCounts
    from gob_graph.settings import Settings

COPIED = (
    DCT.term("title"), DCT.description, DCT.publisher, DCT.language, DCT.license, DCT.accessRights, DCT.spatial,
    DCT.conformsTo, DCAT.theme, DCAT.keyword,
)  # fmt: skip
"""What holds of the dataset holds of each edition of it."""
LAYER_TITLES: Mapping[str, Mapping[str, str]] = {
    "source": {
        "nl": "Wat de bronpagina zegt",
        "fr": "Ce que dit la page source",
        "de": "Was die Quellseite sagt",
        "en": "What the source page says",
    },
    "external": {
        "nl": "Feiten uit andere bronnen",
        "fr": "Faits d’autres sources",
        "de": "Fakten aus anderen Quellen",
        "en": "Facts from other sources",
    },
    "history": {
        "nl": "Geschiedenis en gedateerde cijfers",
        "fr": "Histoire et chiffres datés",
        "de": "Geschichte und datierte Zahlen",
        "en": "History and dated figures",
    },
    "vocab": {
        "nl": "Ontologie en begrippenlijsten",
        "fr": "Ontologie et listes de concepts",
        "de": "Ontologie und Begriffslisten",
        "en": "Ontology and concept schemes",
    },
    "evidence": {"nl": "Bronvermeldingen", "fr": "Preuves", "de": "Belege", "en": "Evidence"},
    "inferred": {
        "nl": "Afgeleid door regels",
        "fr": "Déduit par des règles",
        "de": "Durch Regeln abgeleitet",
        "en": "Inferred by rules",
    },
    "meta": {
        "nl": "Over deze dataset",
        "fr": "À propos de ce jeu de données",
        "de": "Über diesen Datensatz",
        "en": "About this dataset",
    },
}


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a person wrote of the dataset in data/release.ttl: its IRI, version, issue date (ISO 8601), licence."""

    dataset: str
    version: str
    issued: str
    license: str


def release_facts(triples: Iterable[ox.Triple], base_iri: str, path: Path) -> ReleaseFacts:
    """The dataset with its version, issue date and licence, as data/release.ttl gives them.

    Raises:
        SourceError: one of them is missing, or more than one dataset has a version.
    """
    triples = list(triples)
    versioned = {t.subject for t in triples if t.predicate == DCAT.version and isinstance(t.subject, ox.NamedNode)}
    dataset = versioned.pop() if len(versioned) == 1 else None
    if dataset is None or not re.fullmatch(rf"{re.escape(base_iri)}/id/dataset/[^/]+", dataset.value):
        raise SourceError(path, f"must give dcat:version of one dataset, called {base_iri}/id/dataset/ and a name")
    said = {t.predicate: t.object for t in triples if t.subject == dataset}
    version, issued, licence = said.get(DCAT.version), said.get(DCT.issued), said.get(DCT.license)
    if not isinstance(version, ox.Literal) or not isinstance(issued, ox.Literal):
        raise SourceError(path, f"must give dcat:version and dct:issued of <{dataset.value}>")
    if not isinstance(licence, ox.NamedNode):
        raise SourceError(path, f"must give dct:license of <{dataset.value}>, the IRI of the licence")
    return ReleaseFacts(dataset.value, version.value, issued.value, licence.value)


def describe(
    layers: Layers,
    settings: Settings,
    identity: str,
    facts: ReleaseFacts,
    prefixes: Mapping[str, str],
    counts: LineCounts,
) -> set[ox.Triple]:
    """The made triples of `meta`: identity, prefixes, layers as named graphs, VoID statistics of all but `meta`."""
    base_iri = settings.base_iri
    dataset = ox.NamedNode(facts.dataset)
    edition = ox.NamedNode(f"{dataset.value}/{facts.version}")
    made = {
        ox.Triple(dataset, RDF.type, VOID.Dataset),
        # A harvester knows the dataset by its identifier, which is the same in every release; the id is the edition's.
        ox.Triple(dataset, DCT.identifier, ox.Literal(dataset.value)),
        ox.Triple(dataset, DCT.modified, ox.Literal(facts.issued, datatype=XSD.date)),
        ox.Triple(dataset, VOID.uriSpace, ox.Literal(f"{base_iri}/")),
        ox.Triple(dataset, VOID.uriRegexPattern, ox.Literal(f"^{base_iri.replace('.', chr(92) + '.')}/(id|auth)/")),
        ox.Triple(dataset, DCAT.hasVersion, edition),
        ox.Triple(dataset, DCAT.hasCurrentVersion, edition),
        ox.Triple(edition, RDF.type, DCAT.Dataset),
        ox.Triple(edition, DCAT.version, ox.Literal(facts.version)),
        ox.Triple(edition, DCAT.isVersionOf, dataset),
        ox.Triple(edition, PROV.specializationOf, dataset),
        ox.Triple(edition, DCT.identifier, ox.Literal(identity)),
    }
    made |= {
        ox.Triple(edition, t.predicate, t.object)
        for t in layers["meta"]
        if t.subject == dataset and t.predicate in COPIED
    }
    if example := _example(dataset, layers):
        made.add(ox.Triple(dataset, VOID.exampleResource, example))
    made.add(ox.Triple(edition, DCT.issued, ox.Literal(facts.issued, datatype=XSD.date)))
    made |= _period(dataset, edition, layers)
    made |= _counts(dataset, counts, base_iri, prefixes)
    made |= _declarations(prefixes, settings.ontology_base)
    made |= _named_graphs(dataset, base_iri)
    return made


def _example(dataset: ox.NamedNode, layers: Layers) -> ox.NamedNode | None:
    """The organisation that data/release.ttl says the dataset is about; else the first that other ones are units of."""
    about = (t.object for t in layers["meta"] if t.subject == dataset and t.predicate == DCT.subject)
    wholes = (t.object for layer in LAYERS for t in layers[layer] if t.predicate == ORG.unitOf)
    for found in (about, wholes):
        named = min((n.value for n in found if isinstance(n, ox.NamedNode)), default=None)
        if named:
            return ox.NamedNode(named)
    return None


def _counts(dataset: ox.NamedNode, counts: LineCounts, base_iri: str, prefixes: Mapping[str, str]) -> set[ox.Triple]:
    """How much each layer holds, and the dataset in all; its partitions, and the vocabularies it uses."""
    graphs = [layer_graph(base_iri, layer) for layer in LAYERS if layer != "meta"]
    made = {triple for graph in graphs for triple in counts.of_graph(graph).statistics(graph)}
    whole = counts.whole()
    made |= whole.statistics(dataset)
    made |= counts.partitions(dataset)
    made |= {
        ox.Triple(dataset, VOID.vocabulary, ox.NamedNode(namespace)) for namespace in _vocabularies(whole, prefixes)
    }
    return made


def _named_graphs(dataset: ox.NamedNode, base_iri: str) -> set[ox.Triple]:
    """Each layer as a named graph of the dataset, with its titles."""
    made: set[ox.Triple] = set()
    for layer in LAYERS:
        graph = layer_graph(base_iri, layer)
        made.add(ox.Triple(graph, RDF.type, SD.NamedGraph))
        made.add(ox.Triple(graph, RDF.type, VOID.Dataset))
        made.add(ox.Triple(dataset, VOID.subset, graph))
        made |= {
            ox.Triple(graph, DCT.term("title"), ox.Literal(text, language=code))
            for code, text in LAYER_TITLES[layer].items()
        }
    return made


def _period(dataset: ox.NamedNode, edition: ox.NamedNode, layers: Layers) -> set[ox.Triple]:
    """The years that the facts speak of: from the earliest date in them to the latest, as years."""
    years = {
        t.object.value[:4]
        for layer in ("source", "history")
        for t in layers[layer]
        if isinstance(t.object, ox.Literal) and t.object.datatype in {XSD.gYear, XSD.gYearMonth, XSD.date}
    }
    if not years:
        return set()
    period = ox.NamedNode(f"{dataset.value}/period")
    return {
        ox.Triple(dataset, DCT.temporal, period),
        ox.Triple(edition, DCT.temporal, period),
        ox.Triple(period, RDF.type, DCT.PeriodOfTime),
        ox.Triple(period, DCAT.startDate, ox.Literal(min(years), datatype=XSD.gYear)),
        ox.Triple(period, DCAT.endDate, ox.Literal(max(years), datatype=XSD.gYear)),
    }


def _declarations(prefixes: Mapping[str, str], ontology_base: str) -> set[ox.Triple]:
    """Each prefix as SHACL declares it (section 5.2.1), in the graph: query editors ask the endpoint for them."""
    ontology = ox.NamedNode(f"{ontology_base}/ns/governance")
    made: set[ox.Triple] = set()
    for name, namespace in prefixes.items():
        node = ox.NamedNode(f"{ontology.value}/prefix/{name}")
        made |= {
            ox.Triple(ontology, SH.declare, node),
            ox.Triple(node, RDF.type, SH.PrefixDeclaration),
            ox.Triple(node, SH.prefix, ox.Literal(name)),
            ox.Triple(node, SH.namespace, ox.Literal(namespace, datatype=XSD.anyURI)),
        }
    return made


def _vocabularies(counted: Counted, prefixes: Mapping[str, str]) -> list[str]:
    used = {term(text) for text in counted.predicates.keys() | counted.classes.keys()}
    names = [each.value for each in used if isinstance(each, ox.NamedNode)]
    return sorted(n for n in prefixes.values() if any(name.startswith(n) for name in names))
