"""Things by class, layer, language of their names, and year: what is chosen stands in the address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.i18n import gettext, message
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.layout import address
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gob_graph.endpoint.engine.engine import Engine

ROWS: Final = 50
"""Things on one page."""
SHOWN: Final = 15
"""Values of a facet that are shown at once; the others are folded."""
FACETS: Final = {
    "class": message("Class"),
    "layer": message("Layer"),
    "lang": message("Has a name in"),
    "year": message("Year"),
}
"""The parameters of the address, and what each is called."""
QUERIES: Final = {
    "class": "SELECT DISTINCT ?thing ?value WHERE { ?thing a ?value . FILTER(ISIRI(?thing)) }",
    "layer": "SELECT DISTINCT ?thing ?value WHERE { GRAPH ?value { ?thing a ?class . FILTER(ISIRI(?thing)) } }",
    "lang": """SELECT DISTINCT ?thing (LANG(?text) AS ?value) WHERE {
        ?thing skos:prefLabel|skos:altLabel|rdfs:label|dct:title|gov:formerName ?text .
        FILTER(ISIRI(?thing) && LANG(?text) != "")
    }""",
    "year": """SELECT DISTINCT ?thing (SUBSTR(STR(?date), 1, 4) AS ?value) WHERE {
        ?thing ?property ?date .
        FILTER(ISIRI(?thing) && DATATYPE(?date) IN (xsd:date, xsd:dateTime, xsd:gYear, xsd:gYearMonth))
        FILTER(?property != rdf:object)
    }""",
}
Chosen = dict[str, str]


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet: what it is called, how many things it leaves, the address that chooses or drops it."""

    label: Label
    count: int
    address: str
    chosen: bool


@per_release
def _table(engine: Engine) -> dict[str, dict[str, frozenset[str]]]:
    """The values of every thing by facet; things are those with a class.

    Raises:
        RequestError: the engine has no time or room now.
    """
    compact, layers = labels(engine).compact, _layers(engine)
    found: dict[str, dict[str, set[str]]] = {}
    for facet, query in QUERIES.items():
        for row in rows(engine, query):
            value = row["value"].value
            name = compact(value) if facet == "class" else layers.get(value, value) if facet == "layer" else value
            if facet == "class":
                found.setdefault(row["thing"].value, {})
            if row["thing"].value in found:
                found[row["thing"].value].setdefault(facet, set()).add(name)
    return {thing: {facet: frozenset(values) for facet, values in several.items()} for thing, several in found.items()}


def _layers(engine: Engine) -> dict[str, str]:
    return {iri: name for name, iri in engine.release.manifest["graphs"].items()}


def chosen(given: Mapping[str, str]) -> Chosen:
    """What an address chooses of the facets."""
    return {facet: given[facet] for facet in FACETS if given.get(facet)}


def view(some: Chosen, number: int) -> dict[str, Any]:
    """The things that have everything that is chosen, a page of them, and the facets with what each value leaves.

    Raises:
        RequestError: ``not-found``: there is no such page, or nothing has a value that is chosen.
    """
    table = _table(here().engine)
    for facet, value in some.items():
        if not any(value in several.get(facet, ()) for several in table.values()):
            raise RequestError("not-found", f"nothing has the {facet} {value[:100]!r}")
    named = {thing: labels(here().engine).of(thing, i18n.language()) for thing in _having(table, some)}
    order = sorted(named, key=lambda thing: (named[thing].text.casefold(), thing))
    pages = max(1, -(-len(order) // ROWS))
    if not 1 <= number <= pages:
        raise RequestError("not-found", f"this list has {pages} page(s)")
    part = order[(number - 1) * ROWS : number * ROWS]
    return {
        "chosen": some,
        "facets": [(facet, gettext(text), _options(table, some, facet)) for facet, text in FACETS.items()],
        "most": SHOWN,
        "total": len(order),
        "things": [_row(thing, named[thing]) for thing in part],
        "number": number,
        "pages": pages,
        "page_address": lambda n: address_of({**some, "page": str(n)}),
    }


def facets() -> list[tuple[str, str, list[Option]]]:
    """The facets where nothing is chosen yet."""
    table = _table(here().engine)
    return [(facet, gettext(text), _options(table, {}, facet)) for facet, text in FACETS.items()]


def _having(table: dict[str, dict[str, frozenset[str]]], some: Chosen) -> list[str]:
    return [
        thing
        for thing, several in table.items()
        if all(value in several.get(facet, ()) for facet, value in some.items())
    ]


def _options(table: dict[str, dict[str, frozenset[str]]], some: Chosen, facet: str) -> list[Option]:
    """The values of a facet among the things that have all else that is chosen, those with the most things first."""
    others = {name: value for name, value in some.items() if name != facet}
    counts = Counter(value for thing in _having(table, others) for value in table[thing].get(facet, ()))
    if facet == "class":  # of others, without a name in these data: found by its address all the same
        known = labels(here().engine)
        counts = Counter({v: n for v, n in counts.items() if v == some.get(facet) or known.known(_class_iri(v))})
    place: Callable[[str], Any] = (lambda v: (-int(v),)) if facet == "year" else (lambda v: (-counts[v], v))
    found = []
    for value in sorted((v for v in counts if facet != "year" or v.isdigit()), key=place):
        is_chosen = some.get(facet) == value
        target = others if is_chosen else {**others, facet: value}
        found.append(Option(_named(facet, value), counts[value], address_of(target), is_chosen))
    return found


def _class_iri(name: str) -> str:
    prefix, _, local = name.partition(":")
    return here().prefixes.get(prefix, f"{prefix}:") + local


def _named(facet: str, value: str) -> Label:
    engine, language = here().engine, i18n.language()
    if facet == "class":
        return labels(engine).of(_class_iri(value), language)
    if facet == "layer":
        return labels(engine).of(engine.release.manifest["graphs"][value], language)
    return Label(i18n.ENDONYMS.get(value, value), value) if facet == "lang" else Label(value)


def _row(thing: str, label: Label) -> dict[str, Any]:
    known = labels(here().engine)
    kind = known.kind(thing)
    return {"label": label, "address": safe_link(thing), "kind": known.of(kind, i18n.language()) if kind else None}


def address_of(some: Chosen) -> str:
    """The address of the things that have what is chosen."""
    order = {facet: some[facet] for facet in (*FACETS, "page") if facet in some}
    return address("pages.browse", **order) or ""
