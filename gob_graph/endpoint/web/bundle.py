"""The bundled editor and typefaces (frontend/), as the package carries them: hashed names, each also compressed.

An installation may lack them; the site then works with a plain form and the typefaces of the system.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG = logging.getLogger("gob_graph")
FOLDER = Path(__file__).parent / "static" / "dist"
LICENCES = "THIRD-PARTY-LICENSES.txt"
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""Content codings and the extension of the files that are kept in them, the best one first."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    media_type: str
    coding: str | None


@cache
def names() -> Mapping[str, str]:
    """The hashed name of each file; empty where there is no bundle."""
    try:
        found = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        LOG.warning("gob-graph: no bundle in %s: the SPARQL page has no editor; see docs/frontend.md", FOLDER)
        return {}
    return dict(found)


def read(name: str, codings: Mapping[str, float]) -> Asset | None:
    """A file by its hashed name, in the best coding that the client takes; only what the manifest lists."""
    if name not in {*names().values(), LICENCES}:
        return None
    for coding, suffix in SUFFIXES.items():
        path = FOLDER / (name + suffix)
        if codings.get(coding, 0) > 0 and path.is_file():
            return Asset(path.read_bytes(), _media_type(name), coding)
    path = FOLDER / name
    return Asset(path.read_bytes(), _media_type(name), None) if path.is_file() else None


def _media_type(name: str) -> str:
    return MEDIA_TYPES[Path(name).suffix]
