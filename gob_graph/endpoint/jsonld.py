"""JSON-LD for programmers: compact, with short names, the thing itself first (JSON-LD 1.1; compaction by PyLD).

The context is that of `context.json` (terms of foreign vocabularies), the prefixes of the release, and the properties
of the ontology as their ranges say. A document carries the part of it that it uses, so that reading it takes no second
request and works offline; the whole is served at ``/ns/context.jsonld``. Our own IRIs are written out: a program that
reads one can follow it.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NoReturn, cast

import pyoxigraph as ox
from pyld import jsonld

from gob_graph.documents import order
from gob_graph.endpoint.asking import rows
from gob_graph.vocab import OWL, RDF, RDFS, XSD, governance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gob_graph.endpoint.engine import Engine

Context = dict[str, Any]
PROPERTIES = f"""SELECT ?property ?object ?range WHERE {{
    VALUES ?ontology {{ UNDEF }}
    ?property {RDFS.isDefinedBy} ?ontology ; a {RDF.Property} .
    BIND(EXISTS {{ ?property a {OWL.ObjectProperty} }} AS ?object)
    OPTIONAL {{ ?property {RDFS.range} ?range }}
}}"""
NATIVE = (XSD.string, XSD.integer, XSD.nonNegativeInteger, XSD.boolean)
"""Datatypes that JSON has itself."""
_CURIE = re.compile(r"([A-Za-z0-9-]+):(?!//)")
_LEAVES = {"@value", "@language", "@direction"}


def context(engine: Engine) -> Context:
    """The whole context of a release."""
    return cast("Context", json.loads(_context(_Known(engine))))


class _Known:
    """An engine that is told from others by its release, so that its context is made once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.engine.release.path == self.engine.release.path

    def __hash__(self) -> int:
        return hash(self.engine.release.path)


@lru_cache(maxsize=2)
def _context(known: _Known) -> str:
    release = known.engine.release
    ontology = f"{release.manifest['ontology_base']}/ns/governance"
    own = f"{release.base_iri}/"
    terms: Context = {p: n for p, n in release.manifest["prefixes"].items() if not n.startswith(own) or "/ns/" in n}
    terms |= json.loads(files(__package__).joinpath("context.json").read_text(encoding="utf-8"))
    gov = governance(release.manifest["ontology_base"])
    for row in rows(known.engine, PROPERTIES, ontology=ox.NamedNode(ontology)):
        name = row["property"].value.removeprefix(gov)
        if name in terms or "/" in name:
            continue
        terms[name] = {"@id": f"gov:{name}"} | _coercion(row["object"].value == "true", row.get("range"))
    return json.dumps(terms)


def _coercion(is_object: bool, spread: object) -> dict[str, str]:  # noqa: FBT001 - what the query says
    if is_object:
        return {"@type": "@id"}
    if spread == RDF.langString:
        return {"@container": "@language"}
    if isinstance(spread, ox.NamedNode) and spread.value.startswith(XSD) and spread not in NATIVE:
        return {"@type": f"xsd:{spread.value.removeprefix(XSD)}"}
    return {}


def document(triples: Iterable[ox.Triple], whole: Context, first: str) -> bytes:
    """The triples as a compact document; the thing of the IRI `first` opens it."""
    expanded = json.loads(ox.serialize(sorted(triples, key=order), format=ox.RdfFormat.JSON_LD) or b"[]")
    expanded.sort(key=lambda node: (node.get("@id") != first, node.get("@id", "")))
    for node in expanded:
        _simplify(node)
    compact = jsonld.compact(expanded, {"@context": whole}, {"documentLoader": _refuse, "graph": True})
    graph = compact.get("@graph", [])
    used = {"@context": _used(whole, graph), "@graph": graph}
    return (json.dumps(used, ensure_ascii=False, indent=2) + "\n").encode()


def _simplify(node: dict[str, Any]) -> None:
    """Types as types, canonical integers and booleans as JSON has them; both mean the same triples."""
    types = node.pop(RDF.type.value, None)
    if types:
        node["@type"] = [item["@id"] for item in types]
    for values in node.values():
        for value in values if isinstance(values, list) else ():
            text = value.get("@value") if isinstance(value, dict) else None
            if text is None:
                continue
            if _datatype(value) == XSD.integer.value and text == str(int(text)):
                value["@value"] = int(value.pop("@value"))
                del value["@type"]
            elif _datatype(value) == XSD.boolean.value and text in {"true", "false"}:
                value["@value"] = text == "true"
                del value["@type"]


def _datatype(value: object) -> object:
    """The datatype of an expanded value."""
    return value.get("@type") if isinstance(value, dict) and "@value" in value else None


def _refuse(address: str, _: object = None) -> NoReturn:
    """Nothing is ever fetched."""
    raise ValueError(f"{address} is not read")


def _used(whole: Context, graph: object) -> Context:
    """The part of the context that a compacted graph uses: its terms and the prefixes of its short names."""
    keys, texts = set(), set()
    for key, text in _walk(graph):
        keys.add(key)
        texts.add(text)
    chosen = {name: whole[name] for name in whole if name in keys}
    texts |= keys | {value for term in chosen.values() if isinstance(term, dict) for value in term.values()}
    prefixes = {match[1] for text in texts if (match := _CURIE.match(text))}
    return {
        **{name: whole[name] for name in ("id", "type")},
        **{name: whole[name] for name in sorted(prefixes & whole.keys())},
        **{name: chosen[name] for name in sorted(chosen)},
    }


def _walk(node: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every key with every text that may be an IRI below it; literal texts are left out."""
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, key)
    elif isinstance(node, dict):
        for name, item in node.items():
            yield name, ""
            if name not in _LEAVES:
                yield from _walk(item, name)
    elif isinstance(node, str):
        yield key, node
