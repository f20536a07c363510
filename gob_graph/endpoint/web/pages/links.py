"""From IRIs to links that are safe to follow, and to short names for display. Every template links through here.

A thing of ours is linked by a path on this very server, in the language of the page, so that a visitor of a local copy
stays local; other http and https addresses as they are; nothing else (`javascript:`, `data:` …) ever becomes a link.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from gob_graph.curies import compact
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n

if TYPE_CHECKING:
    from flask import Flask

PATH = re.compile(r"(?:id|auth|doc|ns)(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+")
"""What the path of an IRI of ours looks like, below its base (`pipeline.identifiers` is stricter for new ones)."""
EXTERNAL = frozenset({"http", "https"})
UNSAFE = re.compile(r"[\x00-\x20<>\"\\^`{|}\x7f]")
ONTOLOGY = "ns/governance"


def document_path(path: str) -> str | None:
    """The path of the document about ``id/…``, ``auth/…``, ``doc/…`` or ``ns/governance/…``; None for other paths.

    `id/x` is described at `doc/x`; `auth/x` at `doc/auth/x` and `ns/x` at `doc/ns/x`, which no concept may be called;
    a thing that is a document itself is described where it is.
    """
    if not PATH.fullmatch(path):
        return None
    kind, _, rest = path.partition("/")
    if kind == "id":
        return None if rest.partition("/")[0] in {"auth", "ns"} else f"doc/{rest}"
    return path if kind == "doc" else f"doc/{path}"


def local_path(iri: str, base_iri: str, ontology_base: str, language: str = "") -> str | None:
    """The path on this server at which an IRI of ours is described, in a language; None for IRIs that are not ours."""
    thing, _, fragment = iri.partition("#")
    for base, kinds in ((ontology_base, ("ns/",)), (base_iri, ("id/", "auth/", "doc/"))):
        path = thing.removeprefix(f"{base}/")
        if path == thing or not path.startswith(kinds) or not PATH.fullmatch(path):
            continue
        prefix = f"/{language}" if language else ""
        if path == ONTOLOGY:
            return f"{prefix}/{path}" + (f"#{quote(fragment)}" if fragment else "")
        if (fragment and not path.startswith("ns/")) or not (document := document_path(path)):
            return None
        return f"{prefix}/{document}"
    return None


def safe_link(iri: str) -> str | None:
    """The address that a page may link for an IRI, or None: then it stays text."""
    settings, release = here().settings, here().release
    local = local_path(iri, release.base_iri, settings.ontology_base, i18n.language())
    return local or external_link(iri)


def external_link(iri: str) -> str | None:
    """The IRI itself when it is a plain web address."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return None
    return iri if parts.scheme in EXTERNAL and parts.netloc and not UNSAFE.search(iri) else None


def curie(iri: str) -> str:
    """The short name with a prefix of the release, or the IRI in angle brackets."""
    return compact(iri, here().release.manifest["prefixes"]) or f"<{iri}>"


def attach(app: Flask) -> None:
    """Let templates use the filters ``safe_link`` and ``curie``."""
    app.jinja_env.filters["safe_link"] = safe_link
    app.jinja_env.filters["curie"] = curie
