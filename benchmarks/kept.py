"""Figures of a size that was measured to its end, kept in the work folder, so that a run that is ended goes on."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def known(file: Path, made_from: str) -> list[dict[str, Any]]:
    """The figures that were kept of these data; none where there are none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(found["figures"]) if found["made_from"] == made_from else []


def keep(file: Path, made_from: str, figures: Sequence[Any]) -> None:
    """Keep figures, each a dataclass, of these data."""
    draft = file.with_suffix(".draft")
    draft.write_text(
        json.dumps({"made_from": made_from, "figures": [asdict(one) for one in figures]}), encoding="utf-8"
    )
    draft.replace(file)
