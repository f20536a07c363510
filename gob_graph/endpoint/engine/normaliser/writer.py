"""Writes the tree of a query back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gob_graph.endpoint.engine.normaliser.tree import Block, Nested, Select, Union, Verbatim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gob_graph.endpoint.engine.normaliser.tree import Element, Group, Query

STEP = "  "


def written(query: Query) -> str:
    """The text of a query."""
    # A comment may stand before the group.
    gap = "\n" if "#" in query.head.rpartition("\n")[2] else " "
    return f"{query.head}{gap}{_group(query.group, '')}\n{query.tail}".strip()


def _group(group: Group, indent: str) -> str:
    inner = indent + STEP
    lines = [inner + line for element in group.elements for line in _lines(element, inner)]
    return "\n".join(["{", *lines, indent + "}"])


def _lines(element: Element, indent: str) -> Iterator[str]:
    match element:
        case Block():
            yield from (f"{t.subject} {t.path} {t.object} ." for t in element.triples)
            yield from (f"{statement} ." for statement in element.opaque)
        case Verbatim():
            yield element.text
        case Nested():
            yield " ".join(part for part in (element.keyword, element.term, _group(element.group, indent)) if part)
        case Union():
            yield " UNION ".join(_group(group, indent) for group in element.groups)
        case Select():
            body = f"{element.head} {_group(element.group, indent + STEP)} {element.tail}".rstrip()
            yield f"{{ {body} }}"
