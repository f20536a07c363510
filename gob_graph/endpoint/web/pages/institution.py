"""Which organisation a release is about: the one that states how many administrations it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gob_graph.endpoint.description.model import Label
from gob_graph.endpoint.engine.page_query import rows
from gob_graph.endpoint.engine.per_release import per_release
from gob_graph.endpoint.web.pages.labels import labels

if TYPE_CHECKING:
    from gob_graph.endpoint.engine.engine import Engine

INSTITUTION = """
SELECT ?institution ?page WHERE {
    ?institution gov:statedUnitCount ?count .
    OPTIONAL { ?source a schema:WebPage ; dct:source ?page }
}
"""


@dataclass(frozen=True, slots=True)
class Institution:
    """The organisation that everything hangs on, and the address of the page that the facts were read from."""

    iri: str
    label: Label
    page: str | None


def institution(engine: Engine, language: str) -> Institution:
    """The institution of the release, named in a language.

    Raises:
        RequestError: the engine has no time or room now.
    """
    iri, page = _found(engine)
    return Institution(iri, labels(engine).of(iri, language), page)


def institution_iri(engine: Engine) -> str:
    """The IRI of the institution of the release."""
    return _found(engine)[0]


@per_release
def _found(engine: Engine) -> tuple[str, str | None]:
    row = rows(engine, INSTITUTION)[0]
    page = row.get("page")
    return row["institution"].value, page.value if page is not None else None
