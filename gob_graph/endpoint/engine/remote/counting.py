"""From a CONSTRUCT to the SELECT that counts its solutions, for engines that cut graphs without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gob_graph.endpoint.engine.tokens import Token


def counted(text: str) -> str | None:
    """The query that counts the solutions of a CONSTRUCT; None for a DESCRIBE, whose triples have no such number.

    Its pattern and what modifies it become a sub-select. The text has no comments and no dataset clauses.
    """
    found = list(tokens(text))
    place = next((number for number, token in enumerate(found) if token.upper == "CONSTRUCT"), None)
    if place is None:
        return None
    # The short form, CONSTRUCT WHERE { … }, has no template.
    pattern = _behind_group(found, place + 1) if found[place + 1].text == "{" else place + 1
    prologue, rest = text[: found[place].start], text[found[pattern].start :]
    return f"{prologue}SELECT (COUNT(*) AS ?n) WHERE {{ SELECT * {rest}\n}}"


def _behind_group(found: Sequence[Token], place: int) -> int:
    """The number of the token behind the group that begins at one."""
    depth = 0
    for number in range(place, len(found)):
        depth += (found[number].text == "{") - (found[number].text == "}")
        if depth == 0:
            return number + 1
    return len(found)
