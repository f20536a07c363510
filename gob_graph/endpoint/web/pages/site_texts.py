"""Texts that a folder of data brings for the pages of its own institution (``site.json`` of the release)."""

from __future__ import annotations

import json

from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.manifest import SITE_FILE
from gob_graph.release import Release, file_of


def site_text(release: Release, name: str, language: str) -> str | None:
    """The text with this name in a language; None where the release brings none."""
    return _read(release).get(name, {}).get(language)


@per_release
def _read(release: Release) -> dict[str, dict[str, str]]:
    known = SITE_FILE in release.manifest["files"]
    return dict(json.loads(file_of(release, SITE_FILE))) if known else {}
