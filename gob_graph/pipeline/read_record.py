"""What is known of the page that was read, without a copy of it: enough to refuse a statement that cannot be right.

``data/evidence/page.csv`` holds one row: the page's number of code points, and the digest of all rows of statements.csv
as `gob-graph evidence --source` found them in the page. A statement whose fragment holds its very words is also checked
word for word.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gob_graph.errors import EvidenceError, ForbiddenFact
from gob_graph.pipeline.files import read_rows, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.pipeline.evidence import Evidence, Statement
    from gob_graph.settings import Settings

COLUMNS = ("code_points", "statements_sha256")
_SPACES = 6
"""With more spaces than this the digest of the whole table decides alone: each may be a no-break space."""


def seal(statements: Iterable[Statement]) -> str:
    """The digest of where the statements stand and of what their words are."""
    rows = sorted(f"{s.id},{s.start},{s.end},{s.sha256}\n" for s in statements)
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def check(evidence: Evidence, settings: Settings) -> None:
    """Hold the statements against what was recorded of the page.

    Raises:
        ForbiddenFact: at the statement: it ends outside the page, or its digest or length is not that of its words.
        EvidenceError: the record is missing or unusable.
    """
    path = settings.data_dir / "evidence" / "statements.csv"
    size, recorded = _record(settings)
    lines = {text.partition(",")[0]: number for number, text in enumerate(read_text(path).split("\n"), 1)}
    for s in evidence.statements.values():
        if not 0 <= s.start < s.end <= size:
            reason = f"{s.id}: {s.start}–{s.end} is outside the page, which has {size} code points"
            raise ForbiddenFact(path, reason, lines.get(s.id))
        if not _fits(s):
            raise ForbiddenFact(path, f"{s.id}: offsets or digest do not match its own words", lines.get(s.id))
    if seal(evidence.statements.values()) != recorded:
        reason = "offsets or digests are not those that were checked with the page; run gob-graph evidence --source"
        raise ForbiddenFact(path, reason, 1)


def _record(settings: Settings) -> tuple[int, str]:
    path = settings.data_dir / "evidence" / "page.csv"
    rows = list(read_rows(path, COLUMNS))
    if len(rows) != 1 or not rows[0][1][0].isdecimal():
        raise EvidenceError(path, "one row: the page's number of code points and the digest of statements.csv")
    return int(rows[0][1][0]), rows[0][1][1]


def _fits(statement: Statement) -> bool:
    """Whether words, length and digest agree; a fragment that gives only the first and last words says too little."""
    words = [part for part in statement.fragment.split(",") if not part.startswith("-") and not part.endswith("-")]
    if len(words) != 1:
        return True
    text = unquote(words[0])
    if len(text) != statement.end - statement.start:
        return False
    pieces = text.split(" ")
    if len(pieces) - 1 > _SPACES:
        return True
    kinds = itertools.product(" \u00a0", repeat=len(pieces) - 1)
    spellings = ("".join(itertools.chain(*zip(pieces, (*kind, ""), strict=True))) for kind in kinds)
    return any(hashlib.sha256(s.encode()).hexdigest() == statement.sha256 for s in spellings)
