"""The listed questions (`benchmarks.questions`), asked of every engine: times, memory, and whether the answers agree.

    .venv/bin/python -m benchmarks.engines [--sizes 10k,100k,1M] [--large] [--again] [--peers oxi,virt] [--markdown F]
                                          [--svg F]

The engines are asked one after the other, over HTTP those that are servers. Each query bears a number as a comment, so
that no memory of answers helps. The answers are compared with those of `oxigraph serve`; when ours are others, the run
ends with an error. The figures of a size are kept in the work folder when all its engines were asked: the same command
goes on where a run was ended, and `--again` measures anew.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import curves, data, kept
from benchmarks.agreement import Bag, agree, bag
from benchmarks.libraries import LIBRARIES
from benchmarks.peers import Ours, Oxigraph, Peer, RdflibEndpoint, Virtuoso
from benchmarks.questions import QUESTIONS, Question
from benchmarks.run import ROOT
from benchmarks.workloads import JSON
from gob_graph.release import current

if TYPE_CHECKING:
    from benchmarks.data import Dataset

SIZES: Final = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000}
LARGE: Final = {"10M": 10_000_000}
ENGINES: Final[tuple[type[Peer], ...]] = (Oxigraph, Ours, Virtuoso, RdflibEndpoint, *LIBRARIES)
MOST: Final = {RdflibEndpoint.name: 100_000}
"""Triples beyond which an engine is not asked: it needs minutes to read them."""
ROUNDS, LONG = 15, 0.5
"""A question is asked so often, but for no longer than so many seconds in all, and the best time counts."""
TIMEOUT: Final = 10.0
GIVEN_UP: Final = 3
"""Late answers after which an engine is asked no more, as it works on in its background; ours ends what is late."""


@dataclass(slots=True)
class Asked:
    """What an engine answered to one question: milliseconds (None: no answer), and whether it is right."""

    ms: float | None = None
    right: bool = True


@dataclass(slots=True)
class Outcome:
    """An engine over one size of data."""

    engine: str
    size: str
    triples: int
    start: float = 0.0
    memory: float = 0.0
    """MiB, with shared pages divided among those that share them, after all questions."""
    asked: dict[str, Asked] = field(default_factory=dict)
    missing: str = ""
    """Why there is nothing of it."""

    @property
    def middle(self) -> float | None:
        """The geometric mean of the times of right answers; None where fewer than half are."""
        times = [max(one.ms, 0.01) for one in self.asked.values() if one.ms is not None and one.right]
        return statistics.geometric_mean(times) if 2 * len(times) >= len(QUESTIONS) else None


def main() -> None:
    """Measure and print; also as Markdown and SVG into files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(SIZES), help=f"comma-separated: {', '.join(SIZES)}")
    parser.add_argument("--large", action="store_true", help="10 M triples too (memory: 16 GiB)")
    parser.add_argument("--peers", default="", help="comma-separated beginnings of names; ours and oxigraph always")
    parser.add_argument("--again", action="store_true", help="measure what was measured before, too")
    parser.add_argument("--markdown", type=Path, help="write the tables into this file")
    parser.add_argument("--svg", type=Path, help="draw the growth into this file")
    parser.add_argument("--work", type=Path, default=ROOT / ".benchmarks", help="installations and data, kept")
    chosen = parser.parse_args()
    os.chdir(ROOT)
    sizes = [size for size in chosen.sizes.split(",") if size] + ([*LARGE] if chosen.large else [])
    found: list[Outcome] = []
    for size in sizes:
        found += known_or_measured(size, chosen.peers, chosen.work.resolve(), again=chosen.again)
        print(table(size, found), flush=True)
        # After each size, so that a run that is ended has told what it knows.
        if chosen.markdown:
            known = dict.fromkeys(o.size for o in found)
            chosen.markdown.write_text("\n".join([*(table(k, found) for k in known), growth(found)]), encoding="utf-8")
        if chosen.svg:
            points = {(o.engine, o.triples): (o.middle, o.memory) for o in found if not o.missing}
            chosen.svg.write_text(curves.drawn(points), encoding="utf-8")
    print(growth(found))
    if wrong := [f"{o.size} {n}" for o in found if o.engine == Ours.name for n, a in o.asked.items() if not a.right]:
        sys.exit(f"gob-graph has other answers than {Oxigraph.name}: {', '.join(wrong)}")


def known_or_measured(size: str, peers: str, work: Path, *, again: bool = False) -> list[Outcome]:
    """The outcomes of one size, from the work folder where they are known."""
    folder = work / f"data-{size}"
    folder.mkdir(parents=True, exist_ok=True)
    made = data.grown(folder, size, (SIZES | LARGE)[size])
    made_from = f"{current(made.releases).name} {peers}"
    found = [] if again else [_outcome(**one) for one in kept.known(folder / "engines.json", made_from)]
    if not found:
        found = measured(size, tuple(peers.split(",")), work, made)
        kept.keep(folder / "engines.json", made_from, found)
    return found


def _outcome(asked: dict[str, dict[str, Any]], **others: Any) -> Outcome:  # noqa: ANN401 - as it was kept
    return Outcome(asked={number: Asked(**one) for number, one in asked.items()}, **others)


def measured(size: str, beginnings: tuple[str, ...], work: Path, made: Dataset) -> list[Outcome]:
    """Ask all questions of all engines over data of one size; those of `oxigraph serve` first, to compare with."""
    right: dict[str, Bag] = {}
    found = []
    for kind in ENGINES:
        if kind not in {Oxigraph, Ours} and not kind.name.startswith(beginnings):
            continue
        engine = kind(work / kind.name.replace(" ", "-"))
        outcome = Outcome(kind.name, size, made.size)
        found.append(outcome)
        if made.size > MOST.get(kind.name, made.size) * 1.5:
            outcome.missing = f"not asked beyond {MOST[kind.name]:,} triples"
            continue
        try:
            _ask_all(engine, made, outcome, right)
        except Exception as error:  # noqa: BLE001 - whatever keeps an engine from starting is told
            outcome.missing = f"{type(error).__name__}: {error}"[:120].splitlines()[0]
        finally:
            engine.stop()
        print(f"{size} {kind.name}: {outcome.missing or outcome.middle}", file=sys.stderr, flush=True)
    return found


def _ask_all(engine: Peer, made: Dataset, outcome: Outcome, right: dict[str, Bag]) -> None:
    engine.install()
    engine.start(made)
    outcome.start = engine.start_seconds
    late = 0
    for question in QUESTIONS:
        outcome.asked[question.number] = asked = Asked()
        if late == GIVEN_UP and not isinstance(engine, Ours):
            continue
        try:
            asked.ms, rows = _asked(engine, question)
        except TimeoutError:
            late += 1
            _again(engine, made)
        except (OSError, RuntimeError, ValueError):
            continue
        else:
            asked.right = agree(right.setdefault(question.number, rows), rows, any_rows=question.any_rows)
    outcome.memory = engine.memory()[1]


def _again(engine: Peer, made: Dataset) -> None:
    """A library cannot be stopped but by ending its process."""
    if isinstance(engine, LIBRARIES):
        engine.stop()
        engine.start(made)


_NUMBERS = itertools.count()


def _asked(engine: Peer, question: Question) -> tuple[float, Bag]:
    """The best time of an answer in milliseconds, and its rows."""
    times: list[float] = []
    body = b""
    while len(times) < ROUNDS and sum(times) < LONG:
        query = f"{question.text}\n# {next(_NUMBERS)}"
        began = time.perf_counter()
        body = engine.ask(query, JSON, TIMEOUT)
        times.append(time.perf_counter() - began)
    return min(times) * 1e3, bag(body)


def table(size: str, found: list[Outcome]) -> str:
    """The times of one size as Markdown; what an engine answers otherwise than the first is marked."""
    columns = [o for o in found if o.size == size]
    there = [o for o in columns if not o.missing]
    head = ["#", "question", *(o.engine for o in there)]
    lines = [f"## {size}: {columns[0].triples:,} triples, ms\n", _row(head), _row(["---"] * len(head))]
    for question in QUESTIONS:
        cells = [_cell(o.asked[question.number]) for o in there]
        lines.append(_row([question.number, question.name, *cells]))
    lines.append(_row(["", "geometric mean of right answers", *(_number(o.middle) for o in there)]))
    lines.append(_row(["", "other answers, or none", *(str(_failed(o)) for o in there)]))
    lines += ["", *(f"Not measured: {o.engine} ({o.missing})." for o in columns if o.missing), ""]
    return "\n".join(lines)


def _failed(outcome: Outcome) -> int:
    return sum(one.ms is None or not one.right for one in outcome.asked.values())


def _cell(asked: Asked) -> str:
    if asked.ms is None:
        return "–"
    return _number(asked.ms) + ("" if asked.right else " **other**")


def _number(ms: float | None) -> str:
    return "–" if ms is None else f"{ms:.2f}" if ms < 10 else f"{ms:.0f}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def growth(found: list[Outcome]) -> str:
    """Start, memory and times by size, as Markdown."""
    head = ["triples", "engine", "start to first answer, s", "PSS, MiB", "geometric mean, ms", "other answers, or none"]
    lines = ["## Growth\n", _row(head), _row(["---"] * len(head))]
    for o in found:
        if o.missing:
            lines.append(_row([f"{o.triples:,}", o.engine, o.missing, "–", "–", "–"]))
        else:
            numbers = [f"{o.start:.1f}", f"{o.memory:.0f}", _number(o.middle), str(_failed(o))]
            lines.append(_row([f"{o.triples:,}", o.engine, *numbers]))
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
