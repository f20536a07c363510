"""What a `Graph` asks: a server, or a release on disk. Both give the same documents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

MANIFEST = "manifest.json"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its body, its media type without parameters, the id of the release that it is from."""

    body: bytes
    media_type: str
    release: str


def manifest_of(source: Source, release: str) -> Document:
    """The manifest of a release, by its full id."""
    return dict(json.loads(source.file(release, MANIFEST)))


class Source(Protocol):
    """Where answers come from. Every method raises `ClientError`."""

    place: str

    def query(self, text: str, accept: str, release: str | None) -> Answer:
        """The result of a query, asked of a release (None: the current one)."""

    def releases(self) -> list[Document]:
        """The releases as ``GET /releases`` lists them: id, version, issued, current, published (number, at)."""

    def file(self, release: str, name: str) -> bytes:
        """A file of a release (its full id), with the digest that the manifest says; or the manifest itself."""

    def changes(self, old: str, new: str) -> Document:
        """What turns one release into another (full ids): the summary of ``GET /changes/<old>..<new>``."""

    def status(self, iris: Sequence[str], since: str | None) -> list[Document]:
        """What became of each IRI, as ``POST /uris/status`` tells."""

    def reconcile(self, queries: Sequence[Document], language: str) -> list[list[Document]]:
        """The candidates for each query, as the Reconciliation Service API 0.2 gives them."""

    def lookup(self, identifier: str, language: str) -> Document:
        """The things that bear an identifier: ``things`` (IRIs), or the ``reason`` why none, and what is ``near``."""

    def close(self) -> None:
        """End what was started."""
