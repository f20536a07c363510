"""The source page as it is now beside what data/evidence says of it: which statements stand, moved or went.

Offsets are code points of the page's text, half-open (Web Annotation Data Model 4.2.5). A statement is known by the
digest of its words, so a page that changed can be read statement by statement without keeping a copy of it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyoxigraph as ox

from gob_graph.curies import compact
from gob_graph.errors import EvidenceError
from gob_graph.pipeline.evidence import read_evidence
from gob_graph.pipeline.files import read_rows, read_text
from gob_graph.pipeline.fragments import fragment
from gob_graph.pipeline.read_record import seal
from gob_graph.pipeline.source_page import source_page
from gob_graph.pipeline.sources import load, read_prefixes
from gob_graph.vocab import SPDX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gob_graph.pipeline.evidence import Evidence, Statement
    from gob_graph.pipeline.sources import Layers
    from gob_graph.settings import Settings

State = Literal["same", "moved", "gone"]
CONNECTIVE_COLUMNS = ("sha256", "meaning")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands in the page now; `start` is None when its words are gone."""

    statement: Statement
    state: State
    start: int | None

    @property
    def end(self) -> int | None:
        """The end of the span, exclusive."""
        return None if self.start is None else self.start + self.statement.end - self.statement.start

    def text(self) -> str:
        """One line for people."""
        was = f"{self.statement.start}–{self.statement.end}"
        now = f"moved from {was} to {self.start}–{self.end}" if self.state == "moved" else f"{self.state} ({was})"
        return f"{self.statement.id}: {now}: {self.statement.label}"


@dataclass(frozen=True, slots=True)
class Span:
    """Words of the page that no statement covers."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class PageReport:
    """All that the comparison found."""

    places: tuple[Place, ...]
    uncovered: tuple[Span, ...]
    unchanged: bool | None
    """Whether the page has the digest that is recorded; None where none is."""
    facts: Mapping[str, tuple[ox.Triple, ...]]
    unsupported: tuple[ox.Triple, ...]
    prefixes: Mapping[str, str]

    @property
    def whole(self) -> bool:
        """Every statement stands where it stood, nothing is uncovered, no fact of the source is without a statement."""
        return not self.uncovered and not self.unsupported and all(p.state == "same" for p in self.places)

    def summary(self) -> str:
        """The last line of the report."""
        count = {state: sum(p.state == state for p in self.places) for state in ("same", "moved", "gone")}
        return (
            f"{count['same']}/{len(self.places)} records stand where they stood, {count['moved']} moved, "
            f"{count['gone']} gone; {len(self.uncovered)} uncovered spans; "
            f"{len({t for drawn in self.facts.values() for t in drawn})} facts with and {len(self.unsupported)} "
            f"without evidence; {_PAGE[self.unchanged]}"
        )

    def text(self, *, facts: bool = False) -> str:
        """The report for people; with the facts of each statement, or only their number."""
        lines = []
        for place in self.places:
            drawn = self.facts.get(place.statement.id, ())
            lines.append(f"{place.text()} – {len(drawn)} {'fact' if len(drawn) == 1 else 'facts'}")
            if facts:
                lines += [f"    {self._short(t)}" for t in drawn]
        lines += [f"uncovered {s.start}–{s.end}: {s.text!r}" for s in self.uncovered]
        lines += [f"no evidence: {self._short(t)}" for t in self.unsupported]
        return "\n".join([*lines, self.summary()]) + "\n"

    def _short(self, triple: ox.Triple) -> str:
        return " ".join(shorten(t, self.prefixes) for t in (triple.subject, triple.predicate, triple.object))


_PAGE = {
    True: "the page is unchanged",
    False: "the page is another than the one that was read",
    None: "no digest of the page is recorded (spdx:checksum, data/evidence/page.ttl)",
}


def shorten(term: object, prefixes: Mapping[str, str]) -> str:
    """A term as Turtle would write it with these prefixes."""
    return (isinstance(term, ox.NamedNode) and compact(term.value, prefixes)) or str(term)


def check_page(settings: Settings, path: Path) -> PageReport:
    """Compare a page's text with the evidence.

    Raises:
        SourceError: the file is not UTF-8, or data/evidence cannot be used.
    """
    evidence, layers = read_evidence(settings), load(settings)
    text = read_text(path)
    places = locate(evidence.statements.values(), text)
    facts = {key: tuple(dict.fromkeys(triples)) for key, triples in _facts(evidence).items()}
    supported = {t for triples in facts.values() for t in triples}
    recorded = _recorded_digest(layers, settings)
    return PageReport(
        places,
        uncovered(places, text, read_connectives(settings.data_dir / "evidence" / "connectives.csv")),
        None if recorded is None else _sha256(path.read_bytes()) == recorded,
        facts,
        tuple(sorted(layers["source"] - supported, key=str)),
        read_prefixes(settings),
    )


def record_row(report: PageReport, path: Path) -> str:
    """The row of page.csv for a page in which every statement stands where it should.

    Raises:
        SourceError: the file is not UTF-8.
    """
    return f"{len(read_text(path))},{seal(p.statement for p in report.places)}"


def statement_row(path: Path, start: int, end: int) -> str:
    """The row of statements.csv for a span of a page: what a person has to name is in capitals.

    Raises:
        SourceError: the file is not UTF-8, the span is not in it, or no text fragment finds it.
    """
    text = read_text(path)
    if not 0 <= start < end <= len(text):
        raise EvidenceError(path, f"has {len(text)} code points; {start}–{end} is no span of it")
    found = fragment(text, start, end)
    if found is None:
        raise EvidenceError(path, f"no text fragment finds {text[start:end]!r}; take whole words")
    quoted = f'"{found}"' if "," in found else found
    return f"ID,explicit,{start},{end},{_sha256(text[start:end].encode())},{quoted},LABEL"


def _facts(evidence: Evidence) -> dict[str, list[ox.Triple]]:
    found: dict[str, list[ox.Triple]] = {}
    for line in evidence.of_layer("source"):
        found.setdefault(line.key, []).append(line.triple)
    return found


def _recorded_digest(layers: Layers, settings: Settings) -> str | None:
    page = source_page(layers, settings.base_iri).node
    nodes = {t.object for t in layers["evidence"] if t.subject == page and t.predicate == SPDX.checksum}
    values = (t.object for t in layers["evidence"] if t.subject in nodes and t.predicate == SPDX.checksumValue)
    return next((v.value for v in values if isinstance(v, ox.Literal)), None)


def locate(statements: Iterable[Statement], text: str) -> tuple[Place, ...]:
    """Find each statement in the text, in the order of the page as it was.

    Words that occur more than once are taken to be where the statements before them moved to.
    """
    places = []
    shift = 0
    for statement in sorted(statements, key=lambda s: (s.start, -s.end)):
        if _sha256(text[statement.start : statement.end].encode()) == statement.sha256:
            shift = 0
            places.append(Place(statement, "same", statement.start))
            continue
        found = _occurrences(statement, text)
        if not found:
            places.append(Place(statement, "gone", None))
            continue
        expected = statement.start + shift
        start = min(found, key=lambda at: (abs(at - expected), at))
        shift = start - statement.start
        places.append(Place(statement, "moved", start))
    return tuple(places)


def _occurrences(statement: Statement, text: str) -> list[int]:
    length = statement.end - statement.start
    return [
        start
        for start in range(len(text) - length + 1)
        if _sha256(text[start : start + length].encode()) == statement.sha256
    ]


def uncovered(places: Iterable[Place], text: str, connectives: frozenset[str]) -> tuple[Span, ...]:
    """The runs of the text that hold words, are within no statement, and are no connective."""
    free = bytearray(b"1" * len(text))
    for place in places:
        if place.start is not None and place.end is not None:
            free[place.start : place.end] = b"0" * (place.end - place.start)
    spans = []
    for run in re.finditer("1+", free.decode()):
        words = re.search(r"\w(?:.*\w)?", text[run.start() : run.end()], re.DOTALL)
        if words and _sha256(words[0].encode()) not in connectives:
            start = run.start() + words.start()
            spans.append(Span(start, start + len(words[0]), words[0]))
    return tuple(spans)


def read_connectives(path: Path) -> frozenset[str]:
    """The digests of the words between statements that say nothing by themselves.

    Raises:
        EvidenceError: at its line.
    """
    digests = set()
    for line, (digest, _) in read_rows(path, CONNECTIVE_COLUMNS):
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise EvidenceError(path, "write: the SHA-256 of the words, and what they do", line)
        digests.add(digest)
    return frozenset(digests)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
