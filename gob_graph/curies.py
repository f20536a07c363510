"""Compact IRIs (SPARQL 1.1 section 4.1.1): a prefix of a release and a local name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOCAL: Final = re.compile(r"\w(?:[\w.-]*[\w-])?", re.ASCII)
"""A local name that Turtle and SPARQL read without an escape."""


def compact(iri: str, prefixes: Mapping[str, str]) -> str | None:
    """The short form of an IRI, by the longest namespace that it begins with; None where it has none."""
    fitting = (
        (namespace, prefix)
        for prefix, namespace in prefixes.items()
        if iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace))
    )
    found = max(fitting, key=lambda pair: len(pair[0]), default=None)
    return f"{found[1]}:{iri[len(found[0]) :]}" if found else None


def expand(name: str, prefixes: Mapping[str, str]) -> str | None:
    """The IRI that a compact one stands for; None where its prefix is not known."""
    prefix, colon, local = name.partition(":")
    namespace = prefixes.get(prefix)
    return namespace + local if colon and namespace else None
