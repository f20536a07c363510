"""Which organisation a release is about: the one that data/release.ttl names, else one that the facts point at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.labels import labels

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine

SUBJECT = """
SELECT ?institution WHERE { VALUES ?dataset { UNDEF } ?dataset dct:subject ?institution . ?institution a ?class }
ORDER BY ?institution LIMIT 1
"""
COUNTED = "SELECT ?institution WHERE { ?institution gov:statedUnitCount ?count } ORDER BY ?institution LIMIT 1"
ROOT = """
SELECT ?institution WHERE {
    ?unit org:unitOf ?institution .
    FILTER NOT EXISTS { ?institution org:unitOf|org:subOrganizationOf ?above }
} ORDER BY ?institution LIMIT 1
"""
ANY = "SELECT ?institution WHERE { ?institution a org:Organization } ORDER BY ?institution LIMIT 1"
PAGE = "SELECT ?page WHERE { ?source a schema:WebPage ; dct:source ?page } ORDER BY ?page LIMIT 1"


@dataclass(frozen=True, slots=True)
class Institution:
    """The organisation that everything hangs on, and the address of the page that the facts were read from."""

    iri: str
    label: Label
    page: str | None


def institution(engine: Engine, language: str) -> Institution:
    """The institution of the release, named in a language.

    Raises:
        RequestError: the engine has no time or room now.
    """
    iri, page = _found(engine)
    return Institution(iri, labels(engine).of(iri, language), page)


def institution_iri(engine: Engine) -> str:
    """The IRI of the institution of the release; that of the dataset where the release knows no organisation."""
    return _found(engine)[0]


@per_release
def _found(engine: Engine) -> tuple[str, str | None]:
    dataset = engine.release.dataset_iri
    found = rows(engine, SUBJECT, dataset=ox.NamedNode(dataset))
    for query in (COUNTED, ROOT, ANY):
        found = found or rows(engine, query)
    page = rows(engine, PAGE)
    return found[0]["institution"].value if found else dataset, page[0]["page"].value if page else None
