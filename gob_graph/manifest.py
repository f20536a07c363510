"""The manifest of a release, read strictly: a key that is missing, damaged or of another kind is told, never met later.

What the parts of the software read of a manifest stands in `KINDS`; a manifest that passes has all of it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from gob_graph.errors import ReleaseError
from gob_graph.vocab import DATASET_PATH, LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

LAYOUT = 1
"""Version of the folder's layout; a reader refuses one that it does not know."""
DATASET = "dataset.nq"
SITE_FILE = "site.json"
"""The file with the texts that data/site.toml brings."""
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)*", re.ASCII)
DIGEST = re.compile("[0-9a-f]{64}")
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]+")
Manifest = dict[str, Any]


def _count(value: object) -> bool:
    return type(value) is int and value >= 0


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _iri(value: object) -> bool:
    return isinstance(value, str) and IRI.fullmatch(value) is not None


def _counts(value: object) -> bool:
    return isinstance(value, dict) and set(value) == set(LAYERS) and all(map(_count, value.values()))


def _graphs(value: object) -> bool:
    return isinstance(value, dict) and set(value) == set(LAYERS) and all(map(_iri, value.values()))


def _prefixes(value: object) -> bool:
    return isinstance(value, dict) and all(map(_iri, value.values()))


def _files(value: object) -> bool:
    return isinstance(value, dict) and DATASET in value and all(map(NAME.fullmatch, value)) and (
        all(isinstance(e, dict) and _count(e.get("bytes")) and _digest(e.get("sha256")) for e in value.values())
    )  # fmt: skip


def _digest(value: object) -> bool:
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


KINDS = {
    "id": (_digest, "a SHA-256"),
    "version": (_text, "a text"),
    "issued": (_text, "a text"),
    "license": (_iri, "an IRI"),
    "base_iri": (_iri, "an IRI"),
    "ontology_base": (_iri, "an IRI"),
    "triples": (_counts, "a count for each layer"),
    "distinct_triples": (_count, "a count"),
    "graphs": (_graphs, "the IRIs of the graphs"),
    "prefixes": (_prefixes, "prefixes with IRIs"),
    "files": (_files, f"files with bytes and sha256, {DATASET} among them"),
}
"""What each key must be, as a check and in words."""


def dataset_iri(manifest: Mapping[str, Any]) -> str:
    """The IRI of the dataset that the release is an edition of, as data/release.ttl names it."""
    return str(manifest.get("dataset") or f"{manifest['base_iri']}/{DATASET_PATH}")


def read_manifest(body: bytes, place: object) -> Manifest:
    """The manifest that these bytes are; `place` is named where they are none.

    Raises:
        ReleaseError: it is no JSON in UTF-8, of another layout, or a key is missing or of another kind.
    """
    try:
        found = json.loads(body.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"{place} cannot be read: {error}; restore it or build again") from error
    layout = found.get("layout") if isinstance(found, dict) else None
    if type(layout) is not int or layout != LAYOUT:
        raise ReleaseError(f"{place} has layout {layout!r}; this software reads {LAYOUT}")
    for key, (fits, kind) in KINDS.items():
        if not fits(found.get(key)):
            raise ReleaseError(f"{place} is damaged: {key!r} is not {kind}; restore it or build again")
    if "dataset" in found and not _iri(found["dataset"]):
        raise ReleaseError(f"{place} is damaged: 'dataset' is not an IRI; restore it or build again")
    return dict(found)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
