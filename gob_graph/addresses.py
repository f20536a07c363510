"""Addresses of documents: which document a path shows, and which thing a document is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

_FILE = re.compile(r"doc/dataset/[^/]+/[^/]+/file/[^/.]+(?:\.[a-z]+(?:\.gz)?)?(?:/checksum)?")
"""The document about a file of a version: what it is called ends like a format, which is not that of the document."""
_DOCUMENT = re.compile(r"(?:/(?:nl|fr|de|en))?/(?P<path>doc/.+)")
_SUFFIXES = frozenset({"ttl", "jsonld", "nt", "rdf", "html"})


def split_suffix(path: str) -> tuple[str, str]:
    """The path of a document, ``doc/…``, without the suffix that chooses a format, and that suffix without its dot."""
    named = _FILE.match(path)
    start = named.end() if named else 0
    stem, dot, suffix = path[start:].rpartition(".")
    return (path[:start] + stem, suffix) if dot else (path, "")


def document_of(path: str) -> str | None:
    """The path of the document whose representation is at a path: ``/doc/x`` of ``/nl/doc/x`` and ``/doc/x.ttl``."""
    found = _DOCUMENT.fullmatch(path)
    if not found:
        return None
    stem, suffix = split_suffix(found["path"])
    return f"/{stem if suffix in _SUFFIXES else found['path']}"


def described_at(address: str, places: Iterable[str], base_iri: str, ontology_base: str) -> str | None:
    """The IRI of the thing that a document is about, by the address that a browser shows: ``…/nl/doc/x``, ``….ttl``.

    `places` are the addresses below which documents are served, by http or https. None for every other address.
    """
    path = None
    for place in places:
        rest = re.escape(place.partition("://")[2])
        if found := re.match(rf"https?://{rest}(/[^?#]*)", address.strip()):
            path = document_of(unquote(found[1]))
    if path is None:
        return None
    thing = path.removeprefix("/doc/")
    if thing.startswith("ns/"):
        return f"{ontology_base}/{thing}"
    return f"{base_iri}/{thing}" if thing.startswith("auth/") else f"{base_iri}/id/{thing}"
