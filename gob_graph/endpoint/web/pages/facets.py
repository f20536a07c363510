"""Things by class, layer, language of their names, and year: what is chosen stands in the address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gob_graph import curies
from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.page_index.prepare import page_index
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.i18n import gettext, message
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.layout import address
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gob_graph.endpoint.web.page_index.opened import Signature
    from gob_graph.release import Release

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
Chosen = dict[str, str]


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet: what it is called, how many things it leaves, the address that chooses or drops it."""

    label: Label
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Alike:
    """The things of one signature: how many, and their values by facet."""

    signature: int
    things: int
    values: Mapping[str, frozenset[str]]


@per_release
def _table(release: Release) -> tuple[Alike, ...]:
    """All things that have a class.

    Raises:
        RequestError: ``not-prepared``.
    """
    prefixes = release.manifest["prefixes"]

    def values(one: Signature) -> dict[str, frozenset[str]]:
        return {
            "class": frozenset(curies.compact(iri, prefixes) or iri for iri in one.types),
            "layer": frozenset(layer for layers in one.types.values() for layer in layers),
            "lang": frozenset(one.languages),
            "year": frozenset(one.years),
        }

    return tuple(Alike(one.id, one.things, values(one)) for one in page_index(release).signatures.values())


def chosen(given: Mapping[str, str]) -> Chosen:
    """What an address chooses of the facets."""
    return {facet: given[facet] for facet in FACETS if given.get(facet)}


def view(some: Chosen, number: int) -> dict[str, Any]:
    """The things that have everything that is chosen, a page of them, and the facets with what each value leaves.

    Raises:
        RequestError: ``not-found``: there is no such page, or nothing has a value that is chosen.
    """
    release = here().release
    table = _table(release)
    for facet, value in some.items():
        if not any(value in alike.values[facet] for alike in table):
            raise RequestError("not-found", f"nothing has the {facet} {value[:100]!r}")
    having = _having(table, some)
    total = sum(alike.things for alike in having)
    pages = max(1, -(-total // ROWS))
    if not 1 <= number <= pages:
        raise RequestError("not-found", f"this list has {pages} page(s)")
    signatures = {alike.signature for alike in having}
    part = page_index(release).things(signatures, i18n.language(), ROWS, (number - 1) * ROWS)
    return {
        "chosen": some,
        "facets": [(facet, gettext(text), _options(table, some, facet)) for facet, text in FACETS.items()],
        "most": SHOWN,
        "total": total,
        "things": [_row(thing) for thing in part],
        "number": number,
        "pages": pages,
        "page_address": lambda n: address_of({**some, "page": str(n)}),
    }


def facets() -> list[tuple[str, str, list[Option]]]:
    """The facets where nothing is chosen yet."""
    table = _table(here().release)
    return [(facet, gettext(text), _options(table, {}, facet)) for facet, text in FACETS.items()]


def _having(table: Iterable[Alike], some: Chosen) -> list[Alike]:
    return [alike for alike in table if all(value in alike.values[facet] for facet, value in some.items())]


def _options(table: Iterable[Alike], some: Chosen, facet: str) -> list[Option]:
    """The values of a facet among the things that have all else that is chosen, those with the most things first."""
    others = {name: value for name, value in some.items() if name != facet}
    counts: Counter[str] = Counter()
    for alike in _having(table, others):
        counts.update(dict.fromkeys(alike.values[facet], alike.things))
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


def _row(thing: str) -> dict[str, Any]:
    known, language = labels(here().engine), i18n.language()
    kind = known.kind(thing)
    return {
        "label": known.of(thing, language),
        "address": safe_link(thing),
        "kind": known.of(kind, language) if kind else None,
    }


def address_of(some: Chosen) -> str:
    """The address of the things that have what is chosen."""
    order = {facet: some[facet] for facet in (*FACETS, "page") if facet in some}
    return address("pages.browse", **order) or ""
