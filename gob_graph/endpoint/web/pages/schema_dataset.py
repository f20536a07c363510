"""The dataset in the words of schema.org, for search engines of data sets: what `schema_org` says, and the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph import catalogue
from gob_graph.endpoint.feeds.release_list import media_type
from gob_graph.vocab import DCAT, DCT, LANGUAGE_IRIS

if TYPE_CHECKING:
    from gob_graph.endpoint.description.model import Entity
    from gob_graph.endpoint.web.pages.schema_org import Json
    from gob_graph.release import Release
    from gob_graph.settings import Settings


def completed(view: Json, entity: Entity, release: Release, settings: Settings) -> Json:
    """The view of a thing; that of the dataset with its version, licence, publisher and files."""
    if view["@type"] != "Dataset":
        return view
    said = {value for value in entity.values(DCT.language) if isinstance(value, ox.NamedNode)}
    publishers = [
        {"@type": "Organization", "@id": value.value, "name": [_literal(name) for name in entity.names(value.value)]}
        for value in entity.values(DCT.publisher)
    ]
    identity, address = release.id, f"{settings.service_url}/releases/{release.id}"
    more: Json = {
        "url": entity.iri,
        "identifier": [entity.iri, f"sha256:{identity}"],
        "version": release.version,
        "datePublished": release.issued,
        "dateModified": release.issued,
        "license": release.manifest["license"],
        "isAccessibleForFree": True,
        "publisher": publishers,
        "creator": publishers,
        "inLanguage": [code for code, iri in LANGUAGE_IRIS.items() if ox.NamedNode(iri) in said],
        "keywords": [_literal(word) for word in entity.values(DCAT.keyword) if isinstance(word, ox.Literal)],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": name,
                "contentUrl": f"{address}/{name}",
                "encodingFormat": media_type(name),
                "contentSize": f"{entry['bytes']} B",
                "sha256": entry["sha256"],
            }
            for name, entry in sorted(release.manifest["files"].items())
            if catalogue.content_of(name) and name not in release.pruned
        ],
    }
    return view | {name: value for name, value in more.items() if value not in ([], "")}


def _literal(text: ox.Literal) -> Json:
    return {"@value": text.value, "@language": text.language} if text.language else {"@value": text.value}
