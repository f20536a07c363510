"""RDF Patch read as its specification says (https://afs.github.io/rdf-delta/rdf-patch.html): ours and other tools'.

A row ends with a dot; white space may be tabs, lines may be empty, and ``#`` begins a comment. ``H`` is a header;
``TX``, ``TC`` and ``TA`` begin, commit and abort a transaction; ``PA`` and ``PD`` are about prefixes, which N-Quads do
not have; ``A`` and ``D`` add and delete a triple or a quad. Terms may be written in any way that N-Quads allow: they
are read into the canonical lines, so that two spellings of a literal are one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from gob_graph.documents import nquads_lines, split_lines
from gob_graph.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = "urn:sha256:"
_END = r"\s*\.\s*(?:#.*)?"
_STRING = r'"(?:[^"\\]|\\.)*"'
_HEADER = re.compile(rf'H\s+([\w-]+)\s*(?:<([^>]*)>|"((?:[^"\\]|\\.)*)"\S*|(_:\S+?|[^\s<"]\S*?)){_END}')
_PREFIX = re.compile(rf"P[AD]\s+(?:{_STRING}|[\w.-]*:?)(?:\s+(?:<[^>]*>|{_STRING}|_:\S+?)){{0,2}}{_END}")
_TRANSACTION = re.compile(rf"(T[XCA]){_END}")
_SYSTEM_BLANK = re.compile("<_:([^>]*)>")


@dataclass(slots=True)
class Patch:
    """The headers of a patch, and its committed rows: line, ``A`` or ``D``, canonical N-Quads line."""

    head: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[int, str, str]] = field(default_factory=list)


def read_patch(text: str, name: Path | str) -> Patch:
    """The patch that a text is.

    Raises:
        SourceError: at its line: it is no row of an RDF Patch, a transaction is not ended, or is not begun.
    """
    patch = Patch()
    begun: int | None = None
    since = 0
    for number, line in enumerate(split_lines(text.removeprefix("\ufeff")), 1):
        row = line.strip(" \t")
        if not row or row.startswith("#") or _PREFIX.fullmatch(row):
            continue
        if found := _HEADER.fullmatch(row):
            patch.head[found[1]] = next(value for value in found.groups()[1:] if value is not None)
        elif found := _TRANSACTION.fullmatch(row):
            if (found[1] == "TX") != (begun is None):
                raise SourceError(name, "begins a transaction within one" if begun else "ends none that began", number)
            if found[1] == "TA":
                del patch.rows[since:]
            begun, since = (number, len(patch.rows)) if found[1] == "TX" else (None, len(patch.rows))
        else:
            patch.rows.append((number, *_change(row, number, name)))
    if begun is not None:
        raise SourceError(name, "is cut: this transaction has no 'TC .'", begun)
    return patch


def _change(row: str, number: int, name: Path | str) -> tuple[str, str]:
    operation, rest = row[0], row[1:]
    if operation not in "AD" or not rest[:1].isspace():
        raise SourceError(name, f"no row of an RDF Patch (H, TX, TC, TA, PA, PD, A, D): {row[:60]!r}", number)
    try:
        lines = nquads_lines(ox.parse(_SYSTEM_BLANK.sub(r"_:\1", rest.strip()), format=ox.RdfFormat.N_QUADS))
    except SyntaxError as error:
        raise SourceError(name, f"no triple or quad in N-Quads follows {operation}: {error.msg}", number) from error
    if len(lines) != 1:
        raise SourceError(name, f"{operation} takes one triple or quad, not {len(lines)}", number)
    return operation, lines[0]
