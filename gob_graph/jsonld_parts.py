"""The parts of a JSON-LD file that make no triple: what a parser drops in silence, and another one may read.

A proof is about the file, so `refuse_left_out` walks it with the terms of its own ``@context`` and refuses each name
that no context defines, each null, each bare text where a node is due, each IRI and language that a parser discards.
Files whose contexts do more than name terms and prefixes are refused as well: what they leave out cannot be told here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from gob_graph.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SHOWN = 5
KEYWORDS = {"@context", "@id", "@type", "@graph", "@value", "@language", "@list", "@set", "@reverse", "@included"}
IN_CONTEXT = {"@base", "@vocab", "@version", "@language"}
IN_TERM = {"@id", "@type", "@language", "@prefix"}
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_NO_IRI = re.compile(r"[\x00-\x20<>\"{}|^`\\]|^@[A-Za-z]+$")
Terms = dict[str, str]


def refuse_left_out(body: bytes, path: Path) -> None:
    """Accept a JSON-LD file of which every part makes a triple.

    Raises:
        SourceError: parts make none (they are counted and the first are named), or this cannot be told.
    """
    try:
        found = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise SourceError(path, f"is no JSON: {error}") from error
    parts = list(_node(found, {}, "$"))
    if parts:
        named = "; ".join(parts[:SHOWN]) + (f"; and {len(parts) - SHOWN} more" if len(parts) > SHOWN else "")
        raise SourceError(
            path, f"{len(parts)} part(s) make no triple, so that the file cannot be proved by its triples: {named}"
        )


class _Pairs(list[tuple[str, Any]]):
    """The members of an object in order: one that stands twice is not lost."""


def _node(value: object, terms: Terms, place: str) -> Iterator[str]:
    """The parts that make no triple of what stands where a node is due."""
    if isinstance(value, _Pairs):
        yield from _object(value, terms, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _node(item, terms, f"{place}[{number}]")
    else:
        yield f"{place}: {value!r:.40} is no node"


def _object(pairs: _Pairs, terms: Terms, place: str) -> Iterator[str]:
    for _, context in (pair for pair in pairs if pair[0] == "@context"):
        terms = dict(terms)
        yield from _context(context, terms, f"{place}.@context")
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        yield f"{place}: a key stands twice"
    if set(keys) == {"@id"}:
        yield f"{place}: nothing is said of this node"
    for key, value in pairs:
        if key != "@context":
            yield from _member(key, value, terms, f"{place}.{key}")


def _member(key: str, value: object, terms: Terms, place: str) -> Iterator[str]:
    if key in {"@id", "@type"}:
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or not _may_be_iri(_expanded(name, terms)):
                yield f"{place}: {name!r:.60} is no IRI"
    elif key in {"@graph", "@included"}:
        yield from _node(value, terms, place)
    elif key == "@reverse" and isinstance(value, _Pairs):
        yield from _object(value, terms, place)
    elif key in KEYWORDS or key.startswith("@"):
        yield f"{place}: this keyword has no meaning here"
    elif not _ABSOLUTE.fullmatch(_expanded(key, terms)):
        yield f"{place}: no context makes an IRI of this name"
    else:
        yield from _value(value, terms, place)


def _value(value: object, terms: Terms, place: str) -> Iterator[str]:
    """The parts that make no triple of what stands where a value is due."""
    if value is None:
        yield f"{place}: null"
    elif isinstance(value, _Pairs):
        members = dict(value)
        if "@value" in members:
            yield from _literal(value, members, place)
        elif members.keys() & {"@list", "@set"} and len(value) == 1:
            yield from _value(value[0][1], terms, place)
        elif list(members) == ["@id"] and len(value) == 1:
            yield from _member("@id", members["@id"], terms, f"{place}.@id")
        else:
            yield from _object(value, terms, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _value(item, terms, f"{place}[{number}]")


def _literal(value: _Pairs, members: Mapping[str, object], place: str) -> Iterator[str]:
    if len(value) != len(members) or not members.keys() <= {"@value", "@type", "@language"}:
        yield f"{place}: a value with more than @value, @type and @language"
    if members["@value"] is None or isinstance(members["@value"], list):
        yield f"{place}: no value"
    language = members.get("@language", "en")
    if not isinstance(language, str) or not _is_language(language):
        yield f"{place}: {language!r:.40} is no language"
    datatype = members.get("@type", "")
    if not isinstance(datatype, str) or not _may_be_iri(datatype):
        yield f"{place}: the datatype is no IRI"


def _may_be_iri(text: str) -> bool:
    """Whether a parser makes an IRI of a text, with a base where it is relative."""
    try:
        ox.NamedNode(text if _ABSOLUTE.fullmatch(text) else "x:")
    except ValueError:
        return False
    return not _NO_IRI.search(text)


def _is_language(text: str) -> bool:
    try:
        ox.Literal("", language=text)
    except ValueError:
        return False
    return True


def _context(context: object, terms: Terms, place: str) -> Iterator[str]:
    """The parts of a context that say more than which IRI a name is; the others are put into `terms`."""
    if isinstance(context, list) and not isinstance(context, _Pairs):
        for number, item in enumerate(context):
            yield from _context(item, terms, f"{place}[{number}]")
    elif not isinstance(context, _Pairs):
        yield f"{place}: only a context that stands in the file is read; put it there"
    else:
        for key, value in context:
            definition = dict(value) if isinstance(value, _Pairs) else {"@id": value}
            if key == "@language" and not (isinstance(value, str) and _is_language(value)):
                yield f"{place}: {value!r:.40} is no language"
            if key in IN_CONTEXT and key != "@vocab":
                continue
            if (key.startswith("@") and key != "@vocab") or not definition.keys() <= IN_TERM:
                yield f"{place}.{key}: what this leaves out cannot be told; convert the file to N-Quads"
            elif not isinstance(definition.get("@id", key), str):
                yield f"{place}.{key}: the name has no IRI"
            else:
                terms[key] = str(definition.get("@id", key))


def _expanded(name: str, terms: Terms) -> str:
    """The IRI that a name is by the terms, as often as one leads to another; the name where none does."""
    for _ in range(len(terms) + 1):
        prefix, colon, local = name.partition(":")
        if name in terms and terms[name] != name:
            name = terms[name]
        elif colon and prefix in terms and not local.startswith("//"):
            name = terms[prefix] + local
        elif not colon and "@vocab" in terms:
            return terms["@vocab"] + name
        else:
            break
    return name
