"""The page of the data model: class diagram, terms, reused vocabularies, layers, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gob_graph.endpoint.web.context import here
from gob_graph.endpoint.web.pages import i18n
from gob_graph.endpoint.web.pages.drawing.class_diagram import diagram
from gob_graph.endpoint.web.pages.layout import page
from gob_graph.endpoint.web.pages.ontology import model
from gob_graph.endpoint.web.pages.term import Cells
from gob_graph.vocab import FALLBACK, LAYERS

if TYPE_CHECKING:
    from flask import Response

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
        diagram=diagram(found),
        layers=layers,
        policy=URI_POLICY,
        fallback=FALLBACK,
        namespace=f"{manifest['ontology_base']}/ns/governance#",
        **more,
    )
