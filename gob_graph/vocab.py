"""The few IRIs that code needs by name. Everything else is data."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from pyoxigraph import NamedNode


class Namespace(str):
    """An IRI that terms are made from: ``RDF.type`` or ``DCT["title"]``."""

    def __getattr__(self, name: str) -> NamedNode:
        """The term of that local name; made once, as terms are asked for once a triple."""
        if name.startswith("__"):
            raise AttributeError(name)
        node = vars(self)[name] = _node(self + name)
        return node

    def term(self, name: str) -> NamedNode:
        """The term, for names that are attributes of ``str`` (``title``, ``format``, ``index`` …)."""
        return _node(self + name)


@lru_cache(maxsize=4096)
def _node(iri: str) -> NamedNode:
    """One node for each IRI."""
    return NamedNode(iri)


RDF: Final = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS: Final = Namespace("http://www.w3.org/2000/01/rdf-schema#")
OWL: Final = Namespace("http://www.w3.org/2002/07/owl#")
XSD: Final = Namespace("http://www.w3.org/2001/XMLSchema#")
SKOS: Final = Namespace("http://www.w3.org/2004/02/skos/core#")
DCT: Final = Namespace("http://purl.org/dc/terms/")
DCAT: Final = Namespace("http://www.w3.org/ns/dcat#")
VOID: Final = Namespace("http://rdfs.org/ns/void#")
PROV: Final = Namespace("http://www.w3.org/ns/prov#")
OA: Final = Namespace("http://www.w3.org/ns/oa#")
ORG: Final = Namespace("http://www.w3.org/ns/org#")
SH: Final = Namespace("http://www.w3.org/ns/shacl#")
SD: Final = Namespace("http://www.w3.org/ns/sparql-service-description#")
SPDX: Final = Namespace("http://spdx.org/rdf/terms#")
FOAF: Final = Namespace("http://xmlns.com/foaf/0.1/")
CV: Final = Namespace("http://data.europa.eu/m8g/")
SCHEMA: Final = Namespace("http://schema.org/")
AS: Final = Namespace("https://www.w3.org/ns/activitystreams#")
LDES: Final = Namespace("https://w3id.org/ldes#")
TREE: Final = Namespace("https://w3id.org/tree#")
ADMS: Final = Namespace("http://www.w3.org/ns/adms#")
LOCN: Final = Namespace("http://www.w3.org/ns/locn#")
DQV: Final = Namespace("http://www.w3.org/ns/dqv#")
VCARD: Final = Namespace("http://www.w3.org/2006/vcard/ns#")

LAYERS: Final = ("source", "external", "history", "vocab", "evidence", "inferred", "meta")
"""The named graphs of a release, in the order in which a triple's only place is decided."""

ASSERTED: Final = ("source", "external", "history", "vocab")
"""The layers that people write; `evidence` and `inferred` are made from them, `meta` describes them."""

LANGUAGES: Final = ("nl", "fr", "de", "en")

LANGUAGE_IRIS: Final = {
    code: f"http://publications.europa.eu/resource/authority/language/{name}"
    for code, name in {"nl": "NLD", "fr": "FRA", "de": "DEU", "en": "ENG"}.items()
}
"""The languages in the list of the EU, in the same order: the main one first."""

FALLBACK: Final = ("nl", "fr", "en", "de")
"""The languages in which a name is looked for when the one asked for has none: the one order of pages and answers."""


def preference(language: str) -> tuple[str, ...]:
    """The languages in which a name is looked for, first the one asked for."""
    return (language, *(code for code in FALLBACK if code != language))


def governance(ontology_base: str) -> Namespace:
    """The ``gov:`` namespace of a deployment."""
    return Namespace(f"{ontology_base}/ns/governance#")


DATASET_PATH = "id/dataset/gob-kg"
"""The dataset, below the base, in releases whose manifest does not name it: those that older software built."""
"""The dataset, below the base of the identifiers; a version of it stands below that."""


def layer_graph(base_iri: str, layer: str) -> NamedNode:
    """The IRI of a layer's named graph."""
    return NamedNode(f"{base_iri}/id/graph/{layer}")
