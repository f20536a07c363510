"""The page that the statements of data/evidence are read from: which document of the graph it is, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.vocab import DCT, FALLBACK, LANGUAGE_IRIS, RDF, SCHEMA

if TYPE_CHECKING:
    from gob_graph.pipeline.sources import Layers

UNNAMED = "doc/source/page"
"""Below the base: the page where no document says that it is one."""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """The page: its node, and the code of its language."""

    node: ox.NamedNode
    language: str


def source_page(layers: Layers, base_iri: str) -> SourcePage:
    """The ``schema:WebPage`` of the layer `source`, else the first document of ours that data/evidence describes."""
    ours = f"{base_iri}/doc/source/"
    web_page = SCHEMA.term("WebPage")
    pages = {t.subject for t in layers["source"] if t.predicate == RDF.type and t.object == web_page}
    documents = {t.subject for t in layers["evidence"] if t.subject.value.startswith(ours)}  # type: ignore[union-attr]
    found = min(pages or documents, key=str, default=None)
    node = found if isinstance(found, ox.NamedNode) else ox.NamedNode(f"{base_iri}/{UNNAMED}")
    said = {t.object for t in layers["source"] if t.subject == node and t.predicate == DCT.language}
    codes = [code for code, iri in LANGUAGE_IRIS.items() if ox.NamedNode(iri) in said]
    return SourcePage(node, codes[0] if codes else FALLBACK[0])
