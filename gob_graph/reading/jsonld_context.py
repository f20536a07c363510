"""JSON-LD contexts that a document names by address: put in from files, never fetched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gob_graph.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEPTH = 200
"""Levels of nesting that are followed; the parser behind has its own bound."""


def with_contexts(path: Path, body: bytes, contexts: Mapping[str, Path]) -> bytes:
    """The document with each context that it names by address replaced by the content of a file.

    The key "" of `contexts` stands for every address that has no file of its own. Without contexts, the document is
    given back as it is.

    Raises:
        SourceError: at its line: the document or a context is no JSON, or is nested too deeply.
    """
    if not contexts:
        return body
    loaded = {address: _context(file) for address, file in contexts.items()}
    return json.dumps(_replace(_load(path, body), loaded, path, 0), ensure_ascii=False).encode()


def _load(path: Path, body: bytes) -> Any:  # noqa: ANN401 - what JSON can hold
    try:
        return json.loads(body)
    except RecursionError as error:
        raise SourceError(path, "is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise SourceError(path, f"is no JSON: {error.msg}", error.lineno, error.colno) from error
    except ValueError as error:
        raise SourceError(path, f"is no JSON: {error}") from error


def _context(path: Path) -> Any:  # noqa: ANN401
    try:
        document = _load(path, path.read_bytes())
    except OSError as error:
        raise SourceError(path, f"cannot be read: {error.strerror or error}") from error
    if not isinstance(document, dict) or "@context" not in document:
        raise SourceError(path, "is no JSON-LD context: it has no member '@context'")
    return document["@context"]


def _replace(node: Any, contexts: Mapping[str, Any], path: Path, depth: int) -> Any:  # noqa: ANN401
    if depth > DEPTH:
        raise SourceError(path, f"is nested more than {DEPTH} levels deep")
    if isinstance(node, list):
        return [_replace(item, contexts, path, depth + 1) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _given(value, contexts) if key == "@context" else _replace(value, contexts, path, depth + 1)
        for key, value in node.items()
    }


def _given(value: Any, contexts: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """A context with its addresses replaced: one alone, or those of a list; a file's own addresses stay."""
    if isinstance(value, list):
        flat: list[Any] = []
        for item in value:
            found = _given(item, contexts)
            flat += found if isinstance(found, list) else [found]
        return flat
    if isinstance(value, str):
        return contexts.get(value, contexts.get("", value))
    return value
