"""What becomes of the rows that a registry pastes or uploads: addresses, numbers and names, each in its way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from flask import g

from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.reconciliation.prepare import catalogue
from gob_graph.endpoint.reconciliation.queries import TEXT, Query
from gob_graph.endpoint.reconciliation.service import Service
from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages.i18n import gettext, message
from gob_graph.endpoint.web.pages.institution import institution_iri
from gob_graph.endpoint.web.pages.labels import labels
from gob_graph.endpoint.web.pages.links import safe_link
from gob_graph.endpoint.web.pages.lookup_view import REASONS, shared_note
from gob_graph.endpoint.web.pages.reasons import reason
from gob_graph.endpoint.web.pages.reconcile_words import LocalWords
from gob_graph.endpoint.web.routes.status import STATUSES, is_ours, listed_statuses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gob_graph.endpoint.engine.engine import Engine
    from gob_graph.endpoint.reconciliation.catalogue import Catalogue
    from gob_graph.endpoint.reconciliation.identifiers import Found
    from gob_graph.lifecycle import Status

ROWS = 1000
"""Rows in one request of the page."""
COLUMNS = ("iri", "name", "certain", "status", "status_text", "successors", "remark")
"""What is added to a table."""
NUMBER = """SELECT ?text WHERE {
    VALUES ?institution { UNDEF }
    ?institution rov:hasRegisteredOrganization?/adms:identifier/skos:notation ?text
} ORDER BY ?text LIMIT 1"""
UNIT = """SELECT ?unit WHERE {
    VALUES ?institution { UNDEF }
    ?unit org:unitOf ?institution
} ORDER BY ?unit LIMIT 1"""
YES, NO = message("yes"), message("to be checked")


@dataclass(frozen=True, slots=True)
class Answered:
    """One row: what was given, the thing, whether that is certain, what became of it, what has to be known."""

    given: str
    iri: str = ""
    name: str = ""
    certain: bool = False
    status: str = ""
    successors: tuple[str, ...] = ()
    remark: str = ""
    remark_language: str = ""
    """The language of the remark, where that is not the language of the page."""

    @property
    def page(self) -> str | None:
        """The page of the thing."""
        return safe_link(self.iri) if self.iri else None

    @property
    def status_text(self) -> str:
        """The status in the language of the page."""
        return gettext(STATUSES[self.status]) if self.status in STATUSES else ""

    @property
    def after(self) -> list[tuple[str, str | None]]:
        """What followed: name and page of each."""
        return [(_name(iri), safe_link(iri)) for iri in self.successors if iri.startswith("http")]

    def cells(self) -> list[str]:
        """The row as it is added to a table; the status as a code for programs, and in words."""
        if not self.iri:
            return ["", "", "", self.status, self.status_text, "", self.remark]
        certain = "yes" if self.certain else "no"
        after = " | ".join(self.successors)
        return [self.iri, self.name, certain, self.status, self.status_text, after, self.remark]


def answered(given: Iterable[str]) -> list[Answered]:
    """The answers to rows, each the address of a thing, a number or code, or a name.

    Raises:
        RequestError: a release that is compared with cannot be read.
    """
    several = [text.strip() for text in given]
    service = Service(here().engine, LocalWords(g.language))
    made = [_meant(service, text) for text in several]
    found = iter(listed_statuses([row.iri for row in made if row.iri])[0])
    return [_with_status(row, next(found)) if row.iri else row for row in made]


def _meant(service: Service, text: str) -> Answered:
    known = service.known
    if not text:
        return Answered(text)
    if is_ours(text):
        number = known.number(text)
        return Answered(text, text, known.label(number, g.language).text if number is not None else "", certain=True)
    found = known.identifiers.look_up(text)
    if found.hits:
        return _by_identifier(known, text, found)
    return _by_name(service, text, found)


def _by_identifier(known: Catalogue, text: str, found: Found) -> Answered:
    number = known.number(found.hits[0].thing)
    shared = len(found.things) > 1
    name = known.label(number, g.language).text if number is not None else ""
    remark = shared_note(known, found) if shared else ""
    return Answered(text, f"{known.base_iri}/{found.hits[0].thing}", name, certain=not shared, remark=remark)


def _by_name(service: Service, text: str, found: Found) -> Answered:
    if found.reason in {"check-digits", "unknown-number", "unknown-address"}:
        return Answered(text, remark=gettext(REASONS[found.reason]))
    candidates = service.candidates(Query(text[:TEXT]))
    if not candidates:
        return Answered(text, remark=gettext("Nothing in the data has a name like this."))
    best = candidates[0]
    iri = f"{service.known.base_iri}/{best['id']}"
    return Answered(text, iri, best["name"], certain=best["match"], remark=best["description"])


def _with_status(row: Answered, status: Status) -> Answered:
    after = tuple(status["successors"])
    told = replace(row, status=status["status"], successors=after)
    if row.remark or not status["reason"]:
        return told
    why = reason(status["reason"])
    return replace(told, remark=why.text, remark_language=why.language or "")


def _name(iri: str) -> str:
    known = catalogue(here().engine)
    number = known.number(iri)
    return iri if number is None else known.label(number, g.language).text


def view(rows: list[Answered]) -> dict[str, Any]:
    """What the page is given of the answers."""
    return {"rows": rows, "yes": gettext(YES), "no": gettext(NO)}


def examples(engine: Engine, language: str) -> list[str]:
    """What a row can be, from this graph: an address, a number or code, a name.

    Raises:
        RequestError: the engine has no time or room now.
    """
    iri = institution_iri(engine)
    node = ox.NamedNode(iri)
    numbers = [row["text"].value for row in rows(engine, NUMBER, institution=node)]
    units = [row["unit"].value for row in rows(engine, UNIT, institution=node)]
    return [iri, *numbers, *(labels(engine).of(unit, language).text for unit in units)]
