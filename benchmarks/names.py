"""Reconciliation over a made-up list of names: `python -m benchmarks.names` (1 M names, about five minutes).

Ours and csv-reconcile (PyPI, in an environment of its own, as it wants an older Flask) answer queries with one or two
typing errors, or none, over the same list, each in its own process and without HTTP. csv-reconcile compares every name
with every query, so it is asked fewer queries of the larger lists. Times are of the processor, so that whatever else
the machine does counts less.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

from gob_graph.endpoint.reconciliation.catalogue import Catalogue
from gob_graph.endpoint.reconciliation.identifiers import Identifiers
from gob_graph.endpoint.reconciliation.index import Name, NameIndex
from gob_graph.endpoint.reconciliation.matching import Asked, Matcher
from gob_graph.endpoint.reconciliation.texts import Lists, Texts

KEPT = Path(__file__).parent.parent / ".benchmarks"
PEER = "csv-reconcile==0.3.2"
QUERIES, PEER_PAIRS = 400, 1_000_000
"""Queries of ours; pairs of a query and a name that the other one compares."""
SYLLABLES = (
    "ba",
    "ke",
    "lo",
    "mi",
    "ru",
    "sta",
    "vel",
    "dorp",
    "gem",
    "ter",
    "hove",
    "lin",
    "ra",
    "zon",
    "brug",
    "mar",
)
KINDS = ("Dienst", "Directie", "Bureau", "Bestuur", "Agentschap", "Service", "Direction", "Office", "Gemeente", "Ville")
FIELDS = (
    "Mobiliteit",
    "Huisvesting",
    "Begroting",
    "Leefmilieu",
    "Cultuur",
    "Energie",
    "Mobilité",
    "Logement",
    "Emploi",
)
PEER_CODE = """
import json, sys, time

import csv_reconcile_dice as scorer
names, asked = json.load(open(sys.argv[1], encoding="utf-8"))
start = time.process_time()
known = [(n, scorer.normalizeWord(name)) for n, name in enumerate(names)]
built, times, right = time.process_time() - start, [], 0
for query, name in asked:
    start = time.process_time()
    wanted = scorer.normalizeWord(query)
    best = max(known, key=lambda pair: scorer.scoreMatch(wanted, pair[1]))
    times.append(time.process_time() - start)
    right += names[best[0]] == name
print(json.dumps([built, times, right]))
"""


def main() -> None:
    """Measure and print one row of RESULTS.md for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--alone", action="store_true", help="ours only")
    given = parser.parse_args()
    rnd = random.Random(1)
    names = made(given.names, rnd)
    asked = [(misspelt(name, rnd), name) for name in rnd.sample(names, min(QUERIES, len(names)))]
    print("| names | service | built, names/s | bytes/name | p50 ms | p99 ms | right first |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    ours(names, asked)
    if not given.alone:
        theirs(names, asked[: max(1, PEER_PAIRS // given.names)])


def made(count: int, rnd: random.Random) -> list[str]:
    """So many names, all different: kinds and fields that many share, places that few do."""
    places = ["".join(rnd.choices(SYLLABLES, k=rnd.randint(2, 5))).capitalize() for _ in range(60_000)]
    found: dict[str, None] = {}
    while len(found) < count:
        kind, field, place = rnd.choice(KINDS), rnd.choice(FIELDS), rnd.choice(places)
        forms = (f"{kind} {field} {place}", f"{kind} voor {field} van {place}", f"{kind} {place} {rnd.choice(places)}")
        name = rnd.choice(forms)
        found[name] = None
    return list(found)


def misspelt(name: str, rnd: random.Random) -> str:
    """The name with no, one or two letters left out, exchanged or replaced."""
    for _ in range(rnd.choice((0, 1, 1, 2))):
        at = rnd.randrange(1, len(name) - 2)
        one, two = name[at], name[at + 1]
        name = name[:at] + rnd.choice((two, two + one, rnd.choice("aeionrst") + two)) + name[at + 2 :]
    return name


def ours(names: list[str], asked: list[tuple[str, str]]) -> None:
    """Index the names, and ask for candidates as the service does."""
    start = time.process_time()
    index = NameIndex(Name(n, 0, 0, name) for n, name in enumerate(names))
    built = time.process_time() - start
    paths, none = Texts(f"id/organization/{n:08d}" for n in range(len(names))), Lists()
    base = "https://data.example.org"
    matcher = Matcher(Catalogue(base, paths, index, Identifiers(), {}, {}, (), {}, {}, {}, none))
    times, right = [], 0
    for query, name in asked:
        start = time.process_time()
        candidates = matcher.candidates(Asked(query))
        times.append(time.process_time() - start)
        right += bool(candidates) and candidates[0].text == name
    size = (index.size + paths.size) / len(names) + 2 * 4
    row("gob-graph", len(names), built, f"{size:.0f}", times, right)


def theirs(names: list[str], asked: list[tuple[str, str]]) -> None:
    """csv-reconcile, as its scorer compares names, in its own environment."""
    place = KEPT / PEER
    if not (place / "ready").exists():
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([place / "bin/pip", "install", "-q", PEER], check=True)
        (place / "ready").touch()
    data = KEPT / "names.json"
    data.write_text(json.dumps([names, asked]), encoding="utf-8")
    run = subprocess.run([place / "bin/python", "-c", PEER_CODE, data], check=True, capture_output=True, text=True)
    built, times, right = json.loads(run.stdout.splitlines()[-1])
    row(PEER, len(names), built, "–", times, right)


def row(name: str, count: int, built: float, size: str, times: list[float], right: int) -> None:
    """One row of the table."""
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    cells = [f"{count:,}", name, f"{count / built:,.0f}", size, f"{statistics.median(times) * 1000:.1f}",
             f"{p99 * 1000:.1f}", f"{right / len(times):.0%} of {len(times)}"]  # fmt: skip
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
