"""What a condition says of one variable: that it is one of some IRIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gob_graph.endpoint.engine.normaliser.terms import Terms
    from gob_graph.endpoint.engine.tokens import Token

_OPENING, _CLOSING = {"(", "{", "["}, {")", "}", "]"}


def conjuncts(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The conditions of a FILTER, all of which hold in the rows that pass it: its expression, split at `&&`."""
    yield from _conjuncts(tokens[1:])


def _conjuncts(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    tokens = _bare(tokens)
    if len(_split(tokens, "||")) == 1 and len(parts := _split(tokens, "&&")) > 1:
        for part in parts:
            yield from _conjuncts(part)
    else:
        yield tokens


def restriction(
    tokens: Sequence[Token], constants: Mapping[str, str], terms: Terms
) -> tuple[str, tuple[str, ...]] | None:
    """The variable of a condition and the IRIs, each once, one of which it is if the condition is true; or None."""
    name = ""
    found: dict[str, str] = {}
    for part in _split(_bare(tokens), "||"):
        equal = _equal(_bare(part), constants)
        if equal is None or (name and equal[0] != name):
            return None
        name = equal[0]
        for text in equal[1]:
            iri = terms.iri(text)
            if iri is None:
                return None
            found.setdefault(iri, text)
    return (name, tuple(found.values())) if found else None


def _equal(tokens: Sequence[Token], constants: Mapping[str, str]) -> tuple[str, list[str]] | None:
    texts = [token.text for token in tokens]
    shape = [token.upper or ("?" if token.kind == "variable" else "x") for token in tokens]
    if shape[:2] == ["SAMETERM", "("] and len(shape) == 6 and shape[3] == ",":
        sides = texts[2], texts[4]
    elif len(shape) == 3 and shape[1] == "=":
        sides = texts[0], texts[2]
    elif shape[:3] == ["?", "IN", "("] and shape[3:] == ["x", ","] * ((len(shape) - 5) // 2) + ["x", ")"]:
        return "?" + texts[0][1:], texts[3::2]
    else:
        return None
    return _sides(*sides, constants)


def _sides(left: str, right: str, constants: Mapping[str, str]) -> tuple[str, list[str]] | None:
    for name, value in ((left, right), (right, left)):
        if name[0] in "?$" and "?" + name[1:] not in constants:
            known = constants.get("?" + value[1:]) if value[0] in "?$" else None
            return "?" + name[1:], [known or value]
    return None


def _bare(tokens: Sequence[Token]) -> Sequence[Token]:
    """Without brackets around all of it."""
    while len(tokens) > 2 and tokens[0].text == "(" and _closes(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closes(tokens: Sequence[Token]) -> int:
    depth = 0
    for place, token in enumerate(tokens):
        if token.kind == "mark":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if not depth:
            return place
    return -1


def _split(tokens: Sequence[Token], mark: str) -> list[Sequence[Token]]:
    parts, depth, start = [], 0, 0
    for place, token in enumerate(tokens):
        if token.kind == "mark":
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            if not depth and token.text == mark:
                parts.append(tokens[start:place])
                start = place + 1
    return [*parts, tokens[start:]]
