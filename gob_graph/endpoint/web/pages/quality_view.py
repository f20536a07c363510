"""How good the data are, from the report that the release carries (``quality.json``), in words of a language."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.term import Cell, Cells
from gob_graph.vocab import preference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gob_graph.endpoint.engine.engine import Engine

FILE: Final = "quality.json"
MACHINE: Final = (FILE, "quality.ttl", "report.ttl", "report.txt")
"""The files that say the same to machines."""
SEVERITIES: Final = {
    "Violation": ("Violations", "violation"),
    "Warning": ("Warnings", "warning"),
    "Info": ("Notes", "note"),
}
"""What findings of a severity are called, many and one, as message ids."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: about what, of which severity, what is to be said."""

    severity: str
    focus: Cell
    path: Cell | None
    value: str
    message: Label


@dataclass(frozen=True, slots=True)
class Quality:
    """The report as a page shows it."""

    conforms: bool
    counts: Mapping[str, int]
    findings: list[Finding]
    shapes: list[tuple[Label, str, int, int]]
    languages: list[tuple[Cell, int, Mapping[str, int]]]
    evidence: list[tuple[Cell, int, int, bool]]
    links: list[tuple[Label, int, list[str]]]
    files: list[str]


def quality(engine: Engine, language: str) -> Quality | None:
    """The report of the release that is served; None where the release carries none.

    Raises:
        RequestError: the engine has no time or room now.
    """
    report = _read(engine)
    if report is None:
        return None
    cells = Cells(engine, language)
    graphs = engine.release.manifest["graphs"]
    return Quality(
        conforms=report["conforms"],
        counts=report["counts"],
        findings=[_finding(found, cells) for found in report["findings"]],
        shapes=sorted(
            (_shape(row, language) for row in report["shapes"]),
            key=lambda row: (-row[3], row[0].text),
        ),
        languages=sorted(
            ((cells.named(row["class"]), row["total"], row["labelled"]) for row in report["languages"]),
            key=lambda row: (-row[1], row[0].text),
        ),
        evidence=[
            (cells.named(graphs[row["layer"]]), row["facts"], row["evidenced"], row["needed"])
            for row in report["evidence"]
        ],
        links=[(_text(row["title"], language, row["check"]), row["checked"], row["failed"]) for row in report["links"]],
        files=[name for name in MACHINE if name in engine.release.manifest["files"]],
    )


def _finding(found: Mapping[str, Any], cells: Cells) -> Finding:
    return Finding(
        found["severity"],
        _term(found["focus"], cells),
        _term(found["path"], cells) if found["path"] else None,
        found["value"] or "",
        _text(found["messages"], cells.language, found["component"]),
    )


def _shape(row: Mapping[str, Any], language: str) -> tuple[Label, str, int, int]:
    return (_text(row["label"], language, row["shape"]), row["shape"], row["focus_nodes"], row["findings"])


def _term(text: str, cells: Cells) -> Cell:
    """A term of the report: an IRI as its label with a link, anything else (a path, a literal) as it is written."""
    return cells.named(text) if urlsplit(text).scheme in {"http", "https"} and " " not in text else Cell(text)


def _text(texts: Mapping[str, str], language: str, otherwise: str) -> Label:
    known: Iterable[str] = (code for code in preference(language) if texts.get(code))
    code = next(iter(known), None)
    return Label(texts[code], code) if code else Label(otherwise)


@per_release
def _read(engine: Engine) -> dict[str, Any] | None:
    try:
        return dict(json.loads((engine.release.path / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
