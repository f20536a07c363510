"""The pages of the data model: terms, class diagram, what is in use, reused vocabularies, layers, addresses.

Each term has a page of its own, so that the overview, at the address of the ontology, stays light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.drawing.class_diagram import NARROW, diagram
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.ontology import in_use, model
from gob_graph.endpoint.web.pages.term import Cells
from gob_graph.errors import RequestError
from gob_graph.vocab import FALLBACK, LAYERS

if TYPE_CHECKING:
    from flask import Response

KINDS: Final = ("classes", "properties")
"""The lists of what is in use."""
LAYER_TEXTS: Final = {
    "source": "What the source page says, fact by fact, each with its place in the page.",
    "external": "What other public documents say, each fact with the address of its document.",
    "history": "Former names and organisations, events, and figures with the date they hold for.",
    "vocab": "The ontology, the lists of concepts, and our own labels for them.",
    "evidence": "For each fact of the first three layers: which statement or document says it.",
    "inferred": "What follows from the other layers by a rule; each fact names its rule.",
    "meta": "What this dataset is: version, licence, counts.",
}
"""What each layer holds, as message ids."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form of address: the pattern, what it names, and how it answers."""

    path: str
    text: str


URI_POLICY: Final = (
    Pattern(
        "/id/{concept}/{name}", "A thing: an organisation, a post, a figure, an event. Answers 303 to its document."
    ),
    Pattern("/auth/{scheme}/{code}", "A concept of a list: a mission, a value, a role. Answers 303 to its document."),
    Pattern("/doc/{concept}/{name}", "The document about a thing, as page and as RDF, by Accept header or by suffix."),
    Pattern("/ns/governance#{term}", "A class or property of the ontology. Its base is the same in every deployment."),
    Pattern("/id/graph/{layer}", "A layer, that is a named graph."),
    Pattern("/releases/{id}/{file}", "A file of a release. It never changes."),
)
"""The forms of address, as message ids."""


def model_page(language: str, **more: Any) -> Response:  # noqa: ANN401 - what the template shows beside
    """The data model in a language; the address of the ontology shows the same page."""
    site = here()
    found = model(site.engine, language)
    cells = Cells(site.engine, language)
    manifest = site.release.manifest
    layers = [
        (layer, cells.named(manifest["graphs"][layer]), i18n.gettext(LAYER_TEXTS[layer]), manifest["triples"][layer])
        for layer in LAYERS
    ]
    return page(
        "model.html",
        language=language,
        model=found,
        wide=diagram(found),
        narrow=diagram(found, NARROW),
        layers=layers,
        policy=URI_POLICY,
        fallback=FALLBACK,
        namespace=f"{manifest['ontology_base']}/ns/governance#",
        **more,
    )


def term_page(name: str) -> Response:
    """One class or property of the ontology.

    Raises:
        RequestError: ``not-found``: the ontology has no term of that name.
    """
    found = model(here().engine, i18n.language())
    one = next((term for term in (*found.classes, *found.properties) if term.name == name), None)
    if one is None:
        raise RequestError("not-found", f"the ontology has no term {name!r}")
    iri = f"{here().release.manifest['ontology_base']}/ns/governance#{name}"
    return page("model_term.html", model=found, t=one, is_class=one in found.classes, iri=iri)


def in_use_page(kind: str) -> Response:
    """The classes or the properties that the graph uses, ours and those of others, each with a query.

    Raises:
        RequestError: ``not-found``: there is no such kind.
    """
    if kind not in KINDS:
        raise RequestError("not-found", f"there is no list of {kind}")
    terms = [term for term in in_use(here().engine, i18n.language()) if term.is_class == (kind == "classes")]
    return page("model_in_use.html", kind=kind, terms=terms)
