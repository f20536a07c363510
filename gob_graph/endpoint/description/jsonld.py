"""JSON-LD for programmers: compact, with short names, the thing itself first (JSON-LD 1.1; compaction by PyLD).

The context is that of `context.json` (terms of foreign vocabularies), the prefixes of the release, and the properties
of the ontology as their ranges say. A document carries the part of it that it uses, so that reading it takes no second
request and works offline; the whole is served at ``/ns/context.jsonld``. Our own IRIs are written out: a program that
reads one can follow it.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NoReturn

import pyoxigraph as ox
from pyld import jsonld

from gob_graph.documents import order, used_prefixes
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.vocab import OWL, RDF, RDFS, XSD, governance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.engine.engine import Engine

Context = dict[str, Any]
PROPERTIES = f"""SELECT ?property ?object ?range WHERE {{
    VALUES ?ontology {{ UNDEF }}
    ?property {RDFS.isDefinedBy} ?ontology ; a {RDF.Property} .
    BIND(EXISTS {{ ?property a {OWL.ObjectProperty} }} AS ?object)
    OPTIONAL {{ ?property {RDFS.range} ?range }}
}}"""
NATIVE = (XSD.string, XSD.integer, XSD.nonNegativeInteger, XSD.boolean)
"""Datatypes that JSON has itself."""


@per_release
def context(engine: Engine) -> Context:
    """The whole context of a release."""
    release = engine.release
    ontology_base, own = release.manifest["ontology_base"], f"{release.base_iri}/"
    terms: Context = {p: n for p, n in release.manifest["prefixes"].items() if not n.startswith(own) or "/ns/" in n}
    terms |= json.loads(files(__package__).joinpath("context.json").read_text(encoding="utf-8"))
    for row in rows(engine, PROPERTIES, ontology=ox.NamedNode(f"{ontology_base}/ns/governance")):
        name = row["property"].value.removeprefix(governance(ontology_base))
        if name not in terms and "/" not in name:
            terms[name] = {"@id": f"gov:{name}"} | _coercion(row["object"].value == "true", row.get("range"))
    return terms


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
    ordered = sorted(triples, key=order)
    expanded = json.loads(ox.serialize(ordered, format=ox.RdfFormat.JSON_LD) or b"[]")
    expanded.sort(key=lambda node: (node.get("@id") != first, node.get("@id", "")))
    for node in expanded:
        _simplify(node)
    chosen = _chosen(whole, ordered)
    options: Any = {"documentLoader": _refuse, "graph": True, "skipExpansion": True}
    compact = jsonld.compact(expanded, {"@context": chosen}, options)
    return (json.dumps(compact, ensure_ascii=False, indent=2) + "\n").encode()


def _chosen(whole: Context, triples: list[ox.Triple]) -> Context:
    """The part of the context that a document needs: names of its properties, prefixes of its short names."""
    prefixes = {name: value for name, value in whole.items() if isinstance(value, str) and not value.startswith("@")}
    predicates = {triple.predicate.value for triple in triples}
    terms = {}
    for name, value in whole.items():
        if isinstance(value, dict):
            prefix, _, local = value["@id"].partition(":")
            if prefix in prefixes and prefixes[prefix] + local in predicates:
                terms[name] = value
    needed = set(used_prefixes(triples, prefixes))
    needed |= {text.partition(":")[0] for value in terms.values() for text in value.values()}
    return {
        "id": "@id",
        "type": "@type",
        **{name: prefixes[name] for name in sorted(needed & prefixes.keys())},
        **{name: terms[name] for name in sorted(terms)},
    }


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
